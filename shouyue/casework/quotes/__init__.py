"""Early settlement quotes (提前结清): what settles a loan by a day, said to the borrower and held to.

``terms`` reads what the contracts say, ``quoting`` makes a quote and takes the desk's word on it, ``judging`` finds its
money and its end in the lender's files, ``exporting`` tells the core. What is owed is worked out by
``shouyue.ageing.settling``.
"""
