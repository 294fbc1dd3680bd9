"""Loans written down by hand, through the kernel: for worked examples, and to hold the kernel to the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from shouyue.ageing.columns import NULL
from shouyue.ageing.convention import Convention
from shouyue.ageing.customers import Customers, of_customers, taken
from shouyue.ageing.reference import Loan, age_customer
from shouyue.ageing.shard import Rows, age_rows, day_number, figures_of, rows_of
from shouyue.ageing.worked import Example
from shouyue.book.schema import TABLES

CHILDREN = ("instalments", "payments", "charges", "pauses")


def tables(book: Sequence[Loan]) -> dict[str, pa.Table]:
    """The loans as the child tables of one shard: in the shard's order, the loan's place as ``loan_ix``."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in CHILDREN}
    for ix, loan in enumerate(book):
        for name, found in _rows(ix, loan).items():
            rows[name] += sorted(found, key=lambda row, order=TABLES[name].order: _key(row, order))
    return {name: pa.Table.from_pylist(found, TABLES[name].arrow_schema()) for name, found in rows.items()}


def _rows(ix: int, loan: Loan) -> dict[str, list[dict[str, Any]]]:
    own = {"loan_ix": ix, "loan_id": str(ix)}
    return {
        "instalments": [
            own
            | {
                "seq": i.seq,
                "version": i.version,
                "due_date": i.due,
                "debit_date": i.debit,
                "amount_minor": i.amount,
                "fee_minor": i.fee,
                "interest_minor": i.interest,
            }
            for i in loan.instalments
        ],
        "payments": [
            own
            | {
                "payment_id": f"{ix}-{p.id}",
                "value_date": p.value,
                "booked_on": p.booked,
                "amount_minor": p.amount,
                "reversal_of": f"{ix}-{p.reverses}" if p.reverses else None,
            }
            for p in loan.payments
        ],
        "charges": [
            own | {"charge_id": f"{ix}-{n}", "kind": c.kind, "due_date": c.due, "amount_minor": c.amount}
            for n, c in enumerate(loan.charges)
        ],
        "pauses": [own | {"starts_on": u.start, "ends_on": u.end} for u in loan.pauses],
    }


def _key(row: dict[str, Any], order: Sequence[str]) -> list[Any]:
    return [(row[name] is not None, row[name] or 0) for name in order]


def rows(book: Sequence[Loan], known_at: date | None, convention: Convention) -> Rows:
    """The loans as the kernel reads them."""
    made = tables(book)
    children = (made[name] for name in CHILDREN)
    return rows_of(len(book), *children, known_at=known_at, convention=convention)


def aged(
    book: Sequence[Loan],
    as_of: date,
    known_at: date | None,
    convention: Convention,
    customer: Sequence[int] | None = None,
) -> list[dict[str, Any]]:
    """What the kernel says of each loan, by output column; dates as dates, missing values as None.

    ``customer`` are numbers that tell whose each loan is; left out, each loan is another customer's.
    """
    read = rows(book, known_at, convention)
    result = age_rows(read, as_of, convention)
    customer_dpd = [None] * len(book)
    if convention.customer_dpd != "none":
        numbers = np.arange(len(book)) if customer is None else np.asarray(customer)
        alone = np.bincount(numbers)[numbers] == 1
        opened = np.array([NULL if loan.opened is None else day_number(loan.opened) for loan in book], np.int32)
        shared = np.flatnonzero(~alone)
        some = Rows(shared.size, taken(read.columns, read.loans, shared))
        figures = of_customers(some, opened[shared], numbers[shared], as_of, convention)
        customer_dpd = Customers(shared, figures).apply(result.days, convention).tolist()
    return [figures_of(result, row, convention) | {"customer_dpd": customer_dpd[row]} for row in range(len(book))]


def differences(example: Example, convention: Convention) -> Iterator[tuple[date, str, Any, Any, Any]]:
    """Where an example is not met: day, column, what it expects, what the kernel and what the reference says."""
    for check in example.checks:
        given = (example.loans, check.as_of, check.known_at, convention)
        kernel = aged(*given, customer=[0] * len(example.loans))[0]
        reference = age_customer(*given)[0]
        for column, value in check.expected.items():
            wanted = None if value == "" else value
            said = [side.get(column, "no such column") for side in (kernel, reference)]
            if said != [wanted, wanted]:
                yield check.as_of, column, wanted, *said
