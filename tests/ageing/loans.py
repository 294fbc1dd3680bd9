"""Random loans, and the same loans as the tables of a shard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

from shouyue.ageing.convention import (
    ALL_PARTS,
    CHARGE_ORDERS,
    COUNT_FROM,
    COUNTERS,
    CUSTOMER_DPD,
    DIRECTIONS,
    EXPOSURES,
    INSTALMENT_ORDERS,
    LEVELS,
    MISSED,
    PARTS,
    PAUSES,
    PLANS,
    Bucket,
    Convention,
)
from shouyue.ageing.reference import Charge, Instalment, Loan, Pause, Payment
from shouyue.ageing.trial import aged
from shouyue.base.workdays import SHIFTS
from shouyue.book.schema import TABLES

__all__ = ["BEGIN", "SPAN", "aged", "conventions", "days", "frames", "loans"]

BEGIN = date(2023, 1, 20)
SPAN = 130

days = st.integers(0, SPAN).map(lambda n: BEGIN + timedelta(days=n))
amounts = st.one_of(st.integers(0, 60), st.sampled_from([10, 20, 50, 100]))


@st.composite
def instalments(draw) -> list[Instalment]:
    rows = {}
    for seq, version, due, amount in draw(
        st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3), days, amounts), max_size=7)
    ):
        fee = draw(st.one_of(st.none(), st.integers(0, amount)))
        interest = draw(st.one_of(st.none(), st.integers(0, amount - (fee or 0))))
        debit = draw(st.one_of(st.none(), st.integers(-3, 40).map(lambda n, due=due: due + timedelta(days=n))))
        rows[seq, version, due] = Instalment(seq, due, amount, version, debit, fee, interest)
    return list(rows.values())


@st.composite
def payments(draw) -> list[Payment]:
    """Payments, some booked late, some reversed in part or whole, some reversals reversed."""
    rows: list[Payment] = []
    for n, (value, amount, delay) in enumerate(
        draw(st.lists(st.tuples(days, amounts, st.one_of(st.none(), st.integers(0, 50))), max_size=7))
    ):
        reverses = draw(st.one_of(st.none(), st.none(), st.integers(-1, n - 1))) if n else None
        target = None if reverses is None else ("lost" if reverses < 0 else rows[reverses].id)
        booked = None if delay is None else value + timedelta(days=delay)
        rows.append(Payment(f"P{n}", value, amount, booked, target))
    return rows


loans = st.builds(
    Loan,
    instalments(),
    payments(),
    st.lists(st.builds(Charge, st.sampled_from(["penalty", "late_fee"]), days, amounts), max_size=3),
    st.lists(st.tuples(days, st.integers(0, 40)).map(lambda p: Pause(p[0], p[0] + timedelta(days=p[1]))), max_size=3),
    st.one_of(st.none(), days),
)


@st.composite
def conventions(draw, by_customer: bool = False, **fixed) -> Convention:
    """Any mixture of rules that may go together; ``by_customer`` some that look at all loans of a customer."""
    pick = {name: draw(st.sampled_from(choices)) for name, choices in CHOICES.items()} | fixed
    parts = ALL_PARTS if pick["charges"] == "as_parts" else PARTS
    pick["parts"] = tuple(draw(st.permutations(parts)))
    pick["overdue_with_charges"] = pick["charges_late"] or draw(st.booleans())
    if pick["counter"] == "missed_payments":
        pick["missed"] = draw(st.sampled_from(MISSED))
    if pick["threshold_basis_points"]:
        pick["exposure"] = draw(st.sampled_from(EXPOSURES))
    if pick["shift"] != "none":
        pick["calendar"] = draw(st.sampled_from(["CN", "CN", "", "ECB"]))
        pick["days_off"] = tuple(draw(st.lists(days, max_size=3)))
        pick["days_worked"] = tuple(draw(st.lists(days, max_size=3)))
    if by_customer:
        pick["customer_dpd"] = draw(st.sampled_from(CUSTOMER_DPD))
        whole_pauses = pick["counter"] == "consecutive" and pick["pauses"] == "whole"
        if pick["customer_dpd"] == "effective" and not whole_pauses:
            pick["materiality_level"] = draw(st.sampled_from(LEVELS))
    return Convention("any", **pick)


CHOICES = {
    "counter": [COUNTERS[0], COUNTERS[0], *COUNTERS],
    "count_from": COUNT_FROM,
    "grace_days": [0, 0, 3, 10],
    "pauses": PAUSES,
    "charges_late": [False, False, True],
    "shift": ["none", "none", *SHIFTS],
    "threshold_minor": [0, 0, 0, 10, 60],
    "threshold_basis_points": [0, 0, 0, 100, 2500],
    "instalments": INSTALMENT_ORDERS,
    "charges": CHARGE_ORDERS,
    "direction": DIRECTIONS,
    "plan": PLANS,
    "buckets": [Convention("x").buckets, (Bucket("only", None),), (Bucket("a", 5), Bucket("b", None))],
}


def frames(
    book: Sequence[Loan], ids: Sequence[str] | None = None, customers: Sequence[str] | None = None
) -> dict[str, pl.DataFrame]:
    """The loans as tables of a book, rows in no particular order; each loan another customer's unless told."""
    names = ids or [f"L{n:04d}" for n in range(len(book))]
    rows: dict[str, list[dict]] = {"loans": [], "instalments": [], "payments": [], "charges": [], "pauses": []}
    whose = customers or [f"C{name}" for name in names]
    for name, customer, loan in zip(names, whose, book, strict=True):
        rows["loans"].append({"loan_id": name, "customer_id": customer, "opened_on": loan.opened})
        for i in loan.instalments:
            rows["instalments"].append(
                {
                    "loan_id": name,
                    "seq": i.seq,
                    "version": i.version,
                    "due_date": i.due,
                    "debit_date": i.debit,
                    "amount_minor": i.amount,
                    "fee_minor": i.fee,
                    "interest_minor": i.interest,
                }
            )
        for p in loan.payments:
            rows["payments"].append(
                {
                    "payment_id": f"{name}-{p.id}",
                    "loan_id": name,
                    "value_date": p.value,
                    "booked_on": p.booked,
                    "amount_minor": p.amount,
                    "reversal_of": f"{name}-{p.reverses}" if p.reverses else None,
                }
            )
        for n, c in enumerate(loan.charges):
            rows["charges"].append(
                {
                    "charge_id": f"{name}-{n}",
                    "loan_id": name,
                    "kind": c.kind,
                    "due_date": c.due,
                    "amount_minor": c.amount,
                }
            )
        for u in loan.pauses:
            rows["pauses"].append({"loan_id": name, "starts_on": u.start, "ends_on": u.end})
    return {name: _frame(name, given) for name, given in rows.items()}


def _frame(table: str, rows: list[dict]) -> pl.DataFrame:
    schema = pa.schema([(f.name, f.arrow) for f in TABLES[table].fields])
    return pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(rows, schema)))
