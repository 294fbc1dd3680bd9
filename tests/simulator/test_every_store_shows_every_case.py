"""The demo's 3,000 loans: whoever opens any store finds each bucket and each of the five early segments."""

from datetime import date, timedelta

import polars as pl
import pytest

from shouyue.simulator import export
from shouyue.simulator.size import Lender
from tests.simulator.books import Book, read
from tests.simulator.conftest import DAY

BUCKETS = [(1, 7), (1, 30), (31, 60), (61, 90), (91, 120), (121, 150), (151, 180), (181, 9_999)]


@pytest.fixture(scope="module", params=[(7, DAY), (1, DAY), (2, date(2027, 1, 30)), (3, date(2026, 2, 28))])
def demo(request, tmp_path_factory) -> Book:
    seed, day = request.param
    out = tmp_path_factory.mktemp("demo")
    export.write(Lender(3_000, seed, day), out)
    return read(out, day)


def _stores(loans: pl.DataFrame) -> set[str]:
    return set(loans["store"])


ALL = {"S001", "S002", "S003", "S004"}


def test_four_stores_in_two_regions_share_the_loans(demo):
    count = demo.loans.group_by("store").len()
    assert set(count["store"]) == ALL
    assert count["len"].min() > 450
    assert demo.loans["region"].n_unique() == 2


def test_every_bucket_is_in_every_store(demo):
    active = demo.active_on(demo.day)
    for low, high in BUCKETS:
        assert _stores(active.filter(pl.col("dpd").is_between(low, high))) == ALL, (low, high)


def _soon(book: Book) -> pl.DataFrame:
    """Loans that are not late and whose next open instalment falls due within seven days."""
    week = book.day + timedelta(days=7)
    return book.active_on(book.day).filter((pl.col("dpd") == 0) & (pl.col("oldest") <= week))


def test_reminders_fall_due_within_two_days_in_every_store(demo):
    soon = _soon(demo).filter(pl.col("oldest") <= demo.day + timedelta(days=6))
    assert _stores(soon) == ALL


def test_recovered_last_month(demo):
    soon = _soon(demo)
    was: set[str] = set()
    for back in range(1, 31, 3):
        late = demo.loans_on(demo.day - timedelta(days=back)).filter(pl.col("dpd") >= 8)
        was |= set(late["loan_id"])
    assert _stores(soon.filter(pl.col("loan_id").is_in(was))) == ALL


def test_habitually_late_and_last_period_abnormal(demo):
    late_days = _lateness(demo)
    soon = _soon(demo)
    habitual = late_days.filter(pl.col("turn") < 6).group_by("loan_id").agg(times=(pl.col("days") > 0).sum())
    assert _stores(soon.join(habitual.filter(pl.col("times") >= 3), on="loan_id")) == ALL
    abnormal = late_days.filter((pl.col("turn") == 0) & (pl.col("days") > 3))
    assert _stores(soon.join(abnormal, on="loan_id")) == ALL


def test_corporate_payers_and_early_settlers(demo):
    soon = _soon(demo)
    assert _stores(soon.filter(pl.col("pays_corporate"))) == ALL
    assert _stores(soon.filter(pl.col("wants_early_settlement"))) == ALL


def _lateness(book: Book) -> pl.DataFrame:
    """Days late of each instalment due before the day, the newest first; an open one is late until today."""
    due = book.instalments.filter(pl.col("due_date") < book.day).sort("loan_id", "due_date")
    due = due.with_columns(owed=pl.col("amount_minor").cum_sum().over("loan_id"))
    paid = book.payments.filter(pl.col("reversal_of").is_null()).sort("loan_id", "value_date")
    paid = paid.with_columns(sum=pl.col("amount_minor").cum_sum().over("loan_id"))
    met = due.join(paid.select("loan_id", "value_date", "sum"), on="loan_id", how="left")
    met = met.filter(pl.col("sum") >= pl.col("owed")).group_by("loan_id", "seq").agg(pl.col("value_date").min())
    rows = due.join(met, on=["loan_id", "seq"], how="left").with_columns(pl.col("value_date").fill_null(book.day))
    days = (pl.col("value_date") - pl.col("due_date")).dt.total_days()
    turn = pl.col("due_date").rank("ordinal", descending=True).over("loan_id") - 1
    return rows.select("loan_id", days=days, turn=turn)
