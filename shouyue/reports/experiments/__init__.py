"""What experiments say: outcomes of the enrolled instalments, arm by arm, with intervals that hold at every look.

=============  ======================================================================
outcomes       what became of each enrolled instalment, from the lender's book
arms           means, differences and their intervals day by day; pure
results        the use case: all experiments as of the newest published day, kept
words          what a manager may and may not conclude
=============  ======================================================================
"""
