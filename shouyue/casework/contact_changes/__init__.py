"""Contact data told to the lender's core: new numbers, corrections, marks, addresses and employers.

``drawing`` says what a change is as a line of the file, ``exporting`` writes the numbered files, ``standing`` what the
core still says otherwise. The daily cycle settles what the lender's next file confirms (``daily.told_lines``). A file
is kept as digests and ids of rows alone (docs/contact-changes.md, docs/adr/0020).
"""
