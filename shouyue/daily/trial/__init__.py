"""Try before use (试算): what a changed strategy would do on a past book and day, before anybody is called by it.

``run.simulate`` decides with the daily cycle's own functions, so what it says is what the next ``day`` would publish.
Nothing of the desk is written. docs/experiments.md describes the result.

=============  ======================================================================
comparing      two lists of cases side by side: in, out, moved; sums by any column
workload       minutes against the reps' capacity, store by store
numbers        the numbers of the borrower and around him, and what the rules are told of each
law            which planned contacts the rules in force on the day would refuse
cash           what customers in the same state paid in the book's earlier months
run            the use case: reads, works part by part, keeps the rows, adds up
=============  ======================================================================
"""
