"""Concessions (减免): penalty interest and late fees waived by two persons, within limits, and told to the core.

Principal and what the contract asks for are never the desk's to waive. ``proposing`` makes and decides, ``exporting``
writes the instruction for the lender's core, ``reconciling`` finds it in the core's next file.
"""
