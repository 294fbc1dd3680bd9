"""A book aged whole: the same bytes however it lies and however many work on it."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.columns import SCHEMA
from shouyue.ageing.convention import Convention
from shouyue.ageing.reference import Instalment, Loan, Payment, age_loan
from shouyue.ageing.run import age, age_shard, age_table, snapshot
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from tests.ageing.loans import conventions, days, frames, loans

AS_OF = date(2023, 3, 31)
COUNT = 30


def some_loans(count: int = COUNT) -> list[Loan]:
    """Loans of every kind of payer, by arithmetic on their number."""
    begin = date(2022, 6, 5)
    book = []
    for n in range(count):
        plan = [Instalment(k + 1, begin + timedelta(days=30 * k + n), 1000 + n) for k in range(12)]
        paid = [
            Payment(f"P{k}", i.due + timedelta(days=(n * k) % 17 - 4), i.amount - (n % 3) * 100)
            for k, i in enumerate(plan[: n % 13])
        ]
        if n % 5 == 0 and paid:
            paid.append(Payment("R", paid[-1].value, paid[-1].amount, paid[-1].value + timedelta(days=9), paid[-1].id))
        book.append(Loan(plan, paid))
    return book


def test_table_has_the_columns_in_their_order_and_agrees_with_the_reference(tmp_path):
    book = some_loans()
    version = build_version(tmp_path / "book", frames(book), shards=4)
    table = age_table(version, AS_OF)
    assert table.schema.equals(SCHEMA)
    assert table.column_names[:8] == [
        "loan_id", "customer_id", "dpd", "bucket", "overdue_minor", "oldest_unpaid_due", "next_due", "next_due_minor",
    ]  # fmt: skip
    found = {row.pop("loan_id"): row for row in table.to_pylist()}
    assert len(found) == COUNT
    for n, loan in enumerate(book):
        row = found[f"L{n:04d}"]
        assert row.pop("customer_id") == f"CL{n:04d}"
        assert row == age_loan(loan, AS_OF, None, Convention("default"))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(loans, min_size=1, max_size=8), days, st.one_of(st.none(), days), conventions(), st.randoms())
def test_neither_order_of_rows_nor_number_of_shards_matters(
    tmp_path_factory, book, as_of, known_at, convention, chance
):
    folder = tmp_path_factory.mktemp("book")
    tables = frames(book)
    one = build_version(folder / "one", tables, shards=1)
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=chance.randrange(2**32)) for name, frame in tables.items()
    }
    many = build_version(folder / "many", shuffled, shards=8)
    for suffix in ("csv", "parquet"):
        first, second = folder / f"1.{suffix}", folder / f"2.{suffix}"
        age(one, as_of, known_at, convention, out=first)
        age(many, as_of, known_at, convention, out=second)
        if suffix == "csv":
            assert first.read_bytes() == second.read_bytes()
        else:
            assert pq.read_table(first).equals(pq.read_table(second))


def test_same_inputs_give_the_same_bytes_whatever_the_number_of_workers(tmp_path):
    version = build_version(tmp_path / "book", frames(some_loans()), shards=8)
    made = []
    for n, workers in enumerate((1, 4, 4)):
        out = tmp_path / f"{n}.parquet"
        age(version, AS_OF, out=out, workers=workers)
        made.append(out.read_bytes())
    assert made[0] == made[1] == made[2]


def test_snapshot_is_the_table_in_one_file_per_shard_and_repeats_itself(tmp_path):
    version = build_version(tmp_path / "book", frames(some_loans()), shards=4)
    steps = []
    files = snapshot(version, AS_OF, directory=tmp_path / "snap", progress=lambda done, of: steps.append((done, of)))
    assert [f.name for f in files] == [f"shard-{n:04d}.parquet" for n in range(4)]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (
        pa.concat_tables([pq.read_table(f) for f in files]).replace_schema_metadata().equals(age_table(version, AS_OF))
    )
    before = [f.read_bytes() for f in files]
    snapshot(version, AS_OF, directory=tmp_path / "snap", workers=3)
    assert [f.read_bytes() for f in files] == before
    assert sorted(p.name for p in (tmp_path / "snap").iterdir()) == [f.name for f in files]


def test_file_says_by_which_rules_and_of_which_version_it_was_made(tmp_path):
    version = build_version(tmp_path / "book", frames(some_loans()), shards=2)
    out = tmp_path / "aged.parquet"
    age(version, AS_OF, date(2023, 2, 1), "fineract", out=out)
    told = pq.read_schema(out).metadata
    assert told[b"shouyue.as_of"] == b"2023-03-31"
    assert told[b"shouyue.known_at"] == b"2023-02-01"
    assert told[b"shouyue.convention"] == b"fineract"
    assert told[b"shouyue.book_version"] == version.id.encode()


def test_loan_without_instalments_or_payments_is_current_and_owes_nothing(tmp_path):
    version = build_version(tmp_path / "book", frames([Loan()]), shards=1)
    row = age_table(version, AS_OF).to_pylist()[0]
    assert (row["dpd"], row["bucket"], row["outstanding_minor"], row["next_due"], row["late_1"]) == (
        0,
        "C",
        0,
        None,
        None,
    )


def refused(code: str, call) -> None:
    with pytest.raises(ShouyueError) as told:
        call()
    assert told.value.code == code


def test_refusals_have_their_code(tmp_path):
    empty = build_version(tmp_path / "empty", {"loans": pl.DataFrame({"loan_id": [], "customer_id": []})}, shards=1)
    version = build_version(tmp_path / "book", frames(some_loans(3)), shards=1)
    refused("AGE-005", lambda: age(empty, AS_OF))
    refused("AGE-006", lambda: age(version, AS_OF, out=tmp_path / "aged.xls"))
    refused("AGE-007", lambda: age(version, date(1, 1, 1)))
    refused("AGE-007", lambda: age(version, date(9999, 12, 31)))
    refused("AGE-001", lambda: age(version, AS_OF, convention="nobody's"))


@pytest.mark.parametrize("too_much", ["instalments", "payments"])
def test_sums_beyond_64_bits_are_refused_and_name_the_loan(tmp_path, too_much):
    most = 2**62
    loan = Loan(
        [Instalment(n, AS_OF, most if too_much == "instalments" else 1) for n in range(2)],
        [Payment(f"P{n}", AS_OF, most if too_much == "payments" else 1) for n in range(2)],
    )
    version = build_version(tmp_path / "book", frames([Loan(), loan]), shards=1)
    with pytest.raises(ShouyueError) as told:
        age_shard(version, 0, AS_OF)
    assert told.value.code == "AGE-003"
    assert "L0001" in told.value.en


def test_largest_amounts_that_fit_are_exact(tmp_path):
    most = 2**63 - 1
    version = build_version(
        tmp_path / "book", frames([Loan([Instalment(1, AS_OF, most)], [Payment("P", AS_OF, most - 1)])]), shards=1
    )
    row = age_table(version, AS_OF + timedelta(days=1)).to_pylist()[0]
    assert (row["overdue_minor"], row["paid_total_minor"], row["dpd"]) == (1, most - 1, 1)


def test_rows_out_of_order_are_refused_rather_than_aged_wrongly(tmp_path):
    version = build_version(tmp_path / "book", frames(some_loans(3)), shards=1)
    file = version.shard_file("instalments", 0)
    rows = pq.read_table(file)
    pq.write_table(rows.take(pa.array(range(rows.num_rows - 1, -1, -1))), file)
    refused("AGE-004", lambda: age_table(version, AS_OF))
