"""The columns of an ageing, in their order, and where the kernel puts each.

The kernel writes two matrices with a row per column and a place per loan: ``MONEY`` (int64 minor units) and
``DAYS`` (int32: counts, days, dates as days since 1970-01-01). ``NULL`` in ``DAYS`` is a missing value.
"""

from __future__ import annotations

import pyarrow as pa

#: a missing day or number in an int32 column
NULL = -(2**31)
#: ``met_on`` of an instalment that is still open
NEVER = 2**31 - 1

MONEY = (
    "overdue_minor",
    "next_due_minor",
    "outstanding_minor",
    "outstanding_principal_minor",
    "outstanding_interest_minor",
    "outstanding_fee_minor",
    "outstanding_penalty_minor",
    "outstanding_late_fee_minor",
    "last_payment_minor",
    "credit_minor",
    "paid_total_minor",
)

DAYS = (
    "dpd",
    "oldest_unpaid_due",
    "next_due",
    "instalments_due",
    "instalments_paid",
    "instalments_late",
    "last_payment_on",
    "worst_dpd_3m",
    "worst_dpd_6m",
    "worst_dpd_12m",
    "times_late",
    "late_1",
    "late_2",
    "late_3",
    "late_4",
    "late_5",
    "late_6",
    "past_due_days",
    "delinquent_since",
    "delinquent_date",
    "cured_on",
    "days_to_due",
    "first_due",
    "last_due",
)

_DATES = {
    "oldest_unpaid_due",
    "next_due",
    "last_payment_on",
    "delinquent_since",
    "delinquent_date",
    "cured_on",
    "first_due",
    "last_due",
}


def _field(name: str) -> pa.Field:
    if name in MONEY:
        return pa.field(name, pa.int64())
    if name in DAYS or name == "customer_dpd":
        return pa.field(name, pa.date32() if name in _DATES else pa.int32())
    return pa.field(name, pa.string())


#: the columns of the output, one row per loan
SCHEMA = pa.schema(
    [
        _field(name)
        for name in (
            "loan_id",
            "customer_id",
            "dpd",
            "bucket",
            "overdue_minor",
            "oldest_unpaid_due",
            "next_due",
            "next_due_minor",
            "outstanding_minor",
            "outstanding_principal_minor",
            "outstanding_interest_minor",
            "outstanding_fee_minor",
            "outstanding_penalty_minor",
            "outstanding_late_fee_minor",
            "instalments_due",
            "instalments_paid",
            "instalments_late",
            "last_payment_on",
            "last_payment_minor",
            "worst_dpd_3m",
            "worst_dpd_6m",
            "worst_dpd_12m",
            "times_late",
            "late_1",
            "late_2",
            "late_3",
            "late_4",
            "late_5",
            "late_6",
            "past_due_days",
            "delinquent_since",
            "delinquent_date",
            "cured_on",
            "days_to_due",
            "credit_minor",
            "first_due",
            "last_due",
            "paid_total_minor",
            "customer_dpd",
        )
    ]
)

#: the columns of the state of each instalment
STATES = pa.schema(
    [
        pa.field("loan_id", pa.string()),
        pa.field("seq", pa.int32()),
        pa.field("version", pa.int32()),
        pa.field("due_date", pa.date32()),
        pa.field("debit_date", pa.date32()),
        pa.field("amount_minor", pa.int64()),
        pa.field("paid_minor", pa.int64()),
        pa.field("open_minor", pa.int64()),
        pa.field("met_on", pa.date32()),
        pa.field("days_late", pa.int32()),
        pa.field("counts_from", pa.date32()),
    ]
)
