"""Matters (事项): dispute, hardship, vulnerability, complaint, death, bankruptcy, fraud, identity theft.

Each is told or found, stops at once what kinds.toml says, has evidence, an owner and a deadline, and ends by the word
of a role that may give it. What stops a contact stops it in the gate (``facts``), and the strategy holds the case.
"""
