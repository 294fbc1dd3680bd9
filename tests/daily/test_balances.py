"""The daily cycle holds the lender's balances against the book, once per statement, after the day is out."""

from __future__ import annotations

import polars as pl
import pytest

from shouyue.compliance.models import AuditEntry
from shouyue.daily import cycle, reconciliations
from shouyue.daily.models import DailyRun, Reconciled
from shouyue.reports import witness
from tests.daily.conftest import DAY, after

pytestmark = pytest.mark.django_db


def states(lender, loan: str, dpd: int, day=DAY) -> None:
    said = lender.rows.setdefault("balances", [])
    said[:] = [row for row in said if row["loan_id"] != loan or row["stated_on"] != day]
    said.append({"loan_id": loan, "stated_on": day, "dpd": dpd})


@pytest.fixture
def stating(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-9))
    states(lender, "L1", 5)
    states(lender, "L2", 8)
    return lender


def test_a_statement_is_reconciled_and_the_differing_loans_are_kept(stating):
    stating.day()
    (made,) = Reconciled.objects.all()
    assert (made.as_of, made.differing, made.convention) == (DAY, 1, "default")
    rows = reconciliations.differences(made)
    assert rows is not None
    assert rows.select("loan_id", "cause", "theirs_dpd", "ours_dpd").collect().rows() == [("L2", "day_after", 8, 9)]
    assert reconciliations.file_of(made).stat().st_mode & 0o077 == 0
    entry = AuditEntry.objects.get(action="book.reconcile")
    assert (entry.subject, entry.data["differing"], entry.data["day_after"]) == (f"day:{DAY}", 1, 1)


def test_the_same_statement_is_looked_at_once_and_a_corrected_one_again(stating):
    stating.day()
    stating.day()
    assert Reconciled.objects.count() == 1
    stating.pays("L1", after(-1), 100_000)
    stating.day()
    assert Reconciled.objects.count() == 1  # the book changed, the statement did not
    states(stating, "L2", 9)
    states(stating, "L1", 0)
    stating.day()
    assert [m.differing for m in Reconciled.objects.order_by("made_at")] == [1, 0]
    assert list(witness.altered()) == []
    Reconciled.objects.filter(differing=1).update(differing=0)
    assert [one.row.split()[0] for one in witness.altered()] == ["Reconciled"]


def test_a_book_without_balances_is_published_as_ever(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    assert DailyRun.objects.count() == 1 and not Reconciled.objects.exists()


def test_a_day_is_out_even_when_its_balances_cannot_be_reconciled(stating, monkeypatch):
    def full(*_args: object, **_more: object) -> pl.DataFrame:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cycle.balances, "_write", full)
    stating.day()
    assert DailyRun.objects.count() == 1 and not Reconciled.objects.exists()
    monkeypatch.undo()
    stating.day()
    assert Reconciled.objects.count() == 1
