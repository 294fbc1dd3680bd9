"""The signing interview (面谈): what the customer said of himself when the contract was signed, and since.

What is asked is data (form.toml). Answers are appended: another interview, or a correction of one, is a new version
with who, when and why, kept together with the form by which it was asked; older versions stay readable.
"""
