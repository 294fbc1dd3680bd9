"""A loan is settled early: quoted from the published book, paid, told to the core, found in its next files."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.base import settings
from shouyue.base.errors import ShouyueError
from shouyue.casework.models import Loan, Quote
from shouyue.casework.quotes import exporting, quoting
from shouyue.daily import settling
from tests.daily.conftest import DAY, Lender, after, case_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender(tmp_path, monkeypatch) -> Lender:
    """One whose book the desk finds again by its name."""
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    return Lender(settings.book_path("lender"))


def plan(lender, interest: int = 1_000) -> None:
    """Three instalments of 100.00 and interest, of which the first is five days late."""
    if not lender.rows["loans"]:
        lender.loan("L1", after(-5))
    lender.rows["instalments"] = [
        {
            "loan_id": "L1",
            "seq": n + 1,
            "due_date": after(-5 + 30 * n),
            "amount_minor": 10_000 + interest,
            "interest_minor": interest,
        }
        for n in range(3)
    ]


def quote(rep, day, case=None) -> Quote:
    case = case or case_of("C1")
    loan = Loan.objects.get(loan_id="L1")
    shown = quoting.offer(case, loan, day, settling.worked_out).digest
    return quoting.make(case.pk, "L1", day, shown, settling.worked_out, rep, uuid4())


def state() -> str:
    return Quote.objects.get().state


def test_quoted_accepted_paid_and_found_settled(lender, reps):
    plan(lender)
    lender.day()
    made = quote(reps[0], after(10))
    # late instalment whole, 15 of 30 days of the running one, principal of the rest
    assert quoting.amounts(made) == {
        "principal": 30_000,
        "interest": 1_500,
        "fee": 0,
        "penalty": 0,
        "late_fee": 0,
        "settlement_fee": 0,
    }
    assert made.basis["book_version"] and made.saved_minor == 1_500
    quoting.decide(made.pk, "accept", "", reps[0])
    assert exporting.export() is not None
    lender.pays("L1", after(1), 31_500)
    lender.day(after(1))
    assert state() == "paid"
    plan(lender, interest=0)  # the core relieves the plan: now what was paid covers it
    lender.rows["instalments"][0] |= {"amount_minor": 11_500, "interest_minor": 1_500}
    lender.day(after(2))
    assert state() == "settled"
    assert [*made.steps.order_by("seq").values_list("action", flat=True)] == [
        "offer",
        "accept",
        "export",
        "pay",
        "find",
    ]
    lender.day(after(2))
    assert made.steps.count() == 5, "the same day again changes nothing"


def test_an_accepted_one_holds_the_case_as_a_promise_does_and_one_that_expires_is_none_broken(lender, reps):
    plan(lender)
    lender.day()
    made = quote(reps[0], after(5))
    lender.day(after(1))
    assert not case_of("C1").hold, "offered alone"
    quoting.decide(made.pk, "accept", "", reps[0])
    lender.day(after(1))
    assert not case_of("C1").hold, "a day published again is decided as it was in the morning"
    lender.day(after(2))
    assert case_of("C1").hold
    lender.day(after(8))
    assert state() == "expired"
    lender.day(after(9))
    assert not case_of("C1").hold


def test_the_money_does_not_come(lender, reps):
    plan(lender)
    lender.day()
    quote(reps[0], DAY)
    lender.pays("L1", after(1), 31_500)
    lender.day(after(2))
    assert state() == "offered", "it may be booked late"
    lender.day(after(3))
    assert state() == "expired"


def test_money_booked_late_counts_by_its_day(lender, reps):
    plan(lender)
    lender.day()
    made = quote(reps[0], after(1))
    lender.day(after(4))
    assert state() == "expired"
    lender.pays("L1", after(1), made.total_minor)
    lender.rows["payments"][-1]["booked_on"] = after(5)
    lender.day(after(5))
    assert state() == "paid"


def test_a_book_that_does_not_say_what_is_interest_is_told_plainly(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    with pytest.raises(ShouyueError) as error:
        quote(reps[0], DAY)
    assert error.value.code == "AGE-036"
