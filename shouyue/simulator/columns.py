"""The columns of an export, in order. A test holds them equal to the tables of a book."""

from __future__ import annotations

import pyarrow as pa

T, I, M, D, B = pa.string(), pa.int32(), pa.int64(), pa.date32(), pa.bool_()  # noqa: E741 (a table reads best short)

COLUMNS: dict[str, pa.Schema] = {
    "customers": pa.schema(
        [
            ("customer_id", T),
            ("name", T),
            ("id_number", T),
            ("sex", T),
            ("born_on", D),
            ("marital_status", T),
            ("occupation", T),
            ("employer", T),
            ("income_minor", M),
            ("salary_day", I),
            ("address", T),
            ("city", T),
            ("zone", T),
            ("language", T),
            ("vulnerable", B),
        ]
    ),
    "contacts": pa.schema(
        [
            ("customer_id", T),
            ("phone", T),
            ("relation", T),
            ("name", T),
            ("place", T),
            ("knows_of_loan", B),
            ("consent", B),
            ("rank", I),
        ]
    ),
    "loans": pa.schema(
        [
            ("loan_id", T),
            ("customer_id", T),
            ("product", T),
            ("store", T),
            ("region", T),
            ("goods", T),
            ("principal_minor", M),
            ("currency", T),
            ("opened_on", D),
            ("term", I),
            ("closed_on", D),
            ("debit_account", T),
            ("pays_corporate", B),
            ("wants_early_settlement", B),
            ("lender_dpd", I),
            ("lender_balance_minor", M),
        ]
    ),
    "instalments": pa.schema(
        [
            ("loan_id", T),
            ("seq", I),
            ("version", I),
            ("due_date", D),
            ("debit_date", D),
            ("amount_minor", M),
            ("principal_minor", M),
            ("interest_minor", M),
            ("fee_minor", M),
        ]
    ),
    "charges": pa.schema([("charge_id", T), ("loan_id", T), ("kind", T), ("due_date", D), ("amount_minor", M)]),
    "payments": pa.schema(
        [
            ("payment_id", T),
            ("loan_id", T),
            ("value_date", D),
            ("booked_on", D),
            ("amount_minor", M),
            ("channel", T),
            ("reversal_of", T),
        ]
    ),
    "pauses": pa.schema([("loan_id", T), ("starts_on", D), ("ends_on", D), ("reason", T)]),
    "balances": pa.schema(
        [
            ("loan_id", T),
            ("stated_on", D),
            ("outstanding_minor", M),
            ("principal_minor", M),
            ("interest_minor", M),
            ("fee_minor", M),
            ("penalty_minor", M),
            ("overdue_minor", M),
            ("dpd", I),
            ("bucket", T),
            ("status", T),
        ]
    ),
}
