"""DMN decision tables, in and out: reading, running and writing the XML of the Decision Model and Notation.

What the cell language cannot hold is refused by name (element, id, line) and never changed unseen.
"""
