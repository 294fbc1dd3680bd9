"""What the desk knows of a person: which field holds what, a copy for the person, erasure once nothing keeps it.

``classes.toml`` classes every field of every table that tells of a borrower. The copy and the erasure read it, so that
a field that is added is copied and erased by being classed, and a test fails while it is not.
"""
