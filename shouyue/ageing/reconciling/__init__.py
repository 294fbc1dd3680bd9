"""What the lender's own system says of his loans, held against our ageing: where both differ, and why.

``run.reconcile`` goes over a book shard by shard. ``stated`` reads what they say, ``comparing`` lays it beside ours in
columns; of the loans that differ ``cases`` gathers what may have led to it, ``causes`` names the suspects, and
``trying`` puts each to the test: the loan is aged again as the suspect would have it, and only what then agrees in
every figure they state is a likely cause. docs/reconciliation.md has the definitions.
"""
