"""Random loans, and the same loans as the tables of a shard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

from shouyue.ageing.columns import DAYS, MONEY, NULL, SCHEMA
from shouyue.ageing.convention import Bucket, Convention
from shouyue.ageing.reference import Charge, Instalment, Loan, Pause, Payment
from shouyue.ageing.shard import age_rows, day_of, rows_of
from shouyue.book.schema import TABLES

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
)

conventions = st.builds(
    Convention,
    name=st.just("any"),
    count_from=st.sampled_from(["due", "debit"]),
    grace_days=st.sampled_from([0, 0, 3, 10]),
    pauses=st.sampled_from(["none", "whole", "overlap"]),
    instalments=st.sampled_from(["fifo", "lifo"]),
    charges=st.sampled_from(["after_due", "first", "last"]),
    parts=st.permutations(["fee", "interest", "principal"]).map(tuple),
    plan=st.sampled_from(["each_row", "latest_seq", "latest_plan"]),
    overdue_with_charges=st.booleans(),
    buckets=st.sampled_from([Convention("x").buckets, (Bucket("only", None),), (Bucket("a", 5), Bucket("b", None))]),
)


def frames(book: Sequence[Loan], ids: Sequence[str] | None = None) -> dict[str, pl.DataFrame]:
    """The loans as tables of a book, rows in no particular order."""
    names = ids or [f"L{n:04d}" for n in range(len(book))]
    rows: dict[str, list[dict]] = {"loans": [], "instalments": [], "payments": [], "charges": [], "pauses": []}
    for name, loan in zip(names, book, strict=True):
        rows["loans"].append({"loan_id": name, "customer_id": f"C{name}"})
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


def shard(book: Sequence[Loan]) -> dict[str, pa.Table]:
    """The loans as one shard: sorted, with ``loan_ix``."""
    tables = frames(book)
    ix = tables["loans"].select("loan_id").with_row_index("loan_ix").with_columns(pl.col("loan_ix").cast(pl.Int32))
    out = {}
    for name in ("instalments", "payments", "charges", "pauses"):
        joined = tables[name].join(ix, on="loan_id").sort(TABLES[name].order, nulls_last=False)
        out[name] = joined.to_arrow().cast(
            pa.schema([pa.field(c, TABLES[name].arrow_schema().field(c).type) for c in joined.columns])
        )
    return out


def aged(book: Sequence[Loan], as_of: date, known_at: date | None, convention: Convention) -> list[dict]:
    """What the kernel says of each loan, by column, dates as dates."""
    tables = shard(book)
    rows = rows_of(
        len(book),
        tables["instalments"],
        tables["payments"],
        tables["charges"],
        tables["pauses"],
        known_at,
        convention,
    )
    result = age_rows(rows, as_of, convention)
    found = []
    for row in range(len(book)):
        said: dict = {name: int(result.money[n, row]) for n, name in enumerate(MONEY)}
        for n, name in enumerate(DAYS):
            value = int(result.days[n, row])
            if value == NULL:
                said[name] = None
            else:
                said[name] = day_of(value) if pa.types.is_date(SCHEMA.field(name).type) else value
        said["bucket"] = convention.bucket_of(said["dpd"])
        found.append(said)
    return found
