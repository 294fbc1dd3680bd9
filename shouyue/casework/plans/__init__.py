"""Payment plans (分期计划): what is late, paid in parts on the customer's pay days, beside what the contract asks.

``terms`` are the house's limits, ``schedule`` works out and checks a plan without saving it, ``judging`` says from the
payments whether it is kept, ``making`` saves and ends plans.
"""
