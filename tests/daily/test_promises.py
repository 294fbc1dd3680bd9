"""What becomes of a promise when the lender's payments come in."""

from __future__ import annotations

from datetime import date

import pytest

from shouyue.casework.models import Case, Promise, TimelineEntry
from tests.daily.conftest import DAY, after, case_of, contact

pytestmark = pytest.mark.django_db


def promise(customer: str, amount: int, due: date, made: date = DAY, **values) -> Promise:
    """As the desk saves it at the end of a call."""
    call = contact(customer, made, result="promise")
    whole = {"amount_minor": amount, "currency": "CNY", "made_on": made, "due_on": due, **values}
    return Promise.objects.create(case=call.case, contact=call, staff=call.staff, **whole)


def state(promise: Promise) -> tuple[str, int]:
    promise.refresh_from_db()
    return promise.state, promise.paid_minor


def test_next_days_payment_keeps_the_promise(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    made = promise("C1", 60_000, after(3))
    lender.pays("L1", after(1), 60_000)
    lender.day(after(1))
    assert state(made) == ("kept", 60_000)
    assert made.judged_as_of == after(1)
    entry = TimelineEntry.objects.get(kind="promise_judged")
    assert (entry.case, entry.data["state"], entry.data["paid_minor"]) == (case_of("C1"), "kept", 60_000)
    assert case_of("C1").treatment == "collect_after_kept"


def test_open_promise_is_respected_until_its_last_day_of_grace_is_over(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    made = promise("C1", 60_000, after(2), grace_days=1)
    for days in (1, 2, 3):
        lender.day(after(days))
        assert state(made) == ("open", 0)
    assert case_of("C1").hold is False  # past its day: the desk asks again
    lender.day(after(4))
    assert state(made) == ("broken", 0)


def test_broken_promise_returns_case_to_the_top(lender, reps):
    for n in range(1, 5):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    promise("C2", 60_000, after(1), grace_days=0)
    lender.day(after(1))
    assert case_of("C2").hold
    assert Case.objects.order_by("-priority").last() == case_of("C2")
    lender.day(after(2))
    assert Case.objects.order_by("-priority").first() == case_of("C2")
    assert case_of("C2").treatment == "collect_after_broken"
    assert "爽约" in case_of("C2").reason_zh


def test_some_money_by_the_deadline_keeps_it_in_part(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    made = promise("C1", 60_000, after(1), grace_days=1)
    lender.pays("L1", after(2), 20_000)
    lender.day(after(2))
    assert state(made) == ("open", 20_000)
    lender.pays("L1", after(3), 40_000)  # a day too late
    lender.day(after(3))
    assert state(made) == ("part_kept", 20_000)


def test_two_payments_keep_one_promise(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5), customer="C1")
    lender.day()
    made = promise("C1", 60_000, after(3))
    lender.pays("L1", after(1), 20_000)
    lender.pays("L2", after(2), 40_000)
    lender.day(after(2))
    assert state(made) == ("kept", 60_000)


def test_tolerance_lets_a_small_shortfall_pass(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    made = promise("C1", 60_000, after(3), tolerance_permille=950)
    lender.pays("L1", after(1), 57_000)
    lender.day(after(1))
    assert state(made) == ("kept", 57_000)


def test_reversed_payment_takes_the_keeping_back(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    made = promise("C1", 60_000, after(1), grace_days=0)
    paid = lender.pays("L1", after(1), 60_000)
    lender.day(after(1))
    assert state(made) == ("kept", 60_000)
    lender.takes_back(paid, after(3))
    lender.day(after(3))
    assert state(made) == ("broken", 0)
    states = TimelineEntry.objects.filter(kind="promise_judged").order_by("id").values_list("data__state", flat=True)
    assert list(states) == ["kept", "broken"]


def test_one_payment_does_not_keep_two_promises(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    first = promise("C1", 50_000, after(1))
    lender.pays("L1", after(1), 50_000)
    lender.day(after(1))
    second = promise("C1", 50_000, after(2), made=after(1))
    lender.day(after(4))
    assert state(first) == ("kept", 50_000)
    assert state(second) == ("broken", 0)


def test_a_replaced_promise_is_not_judged(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    made = promise("C1", 50_000, after(1), state="replaced", ended_on=after(1))
    lender.day(after(9))
    assert state(made) == ("replaced", 0)


def test_the_day_published_again_forgets_what_was_said_on_it(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    promise("C1", 50_000, after(2))
    lender.day()
    case = case_of("C1")
    assert (case.hold, case.treatment) == (False, "collect")
    lender.day(after(1))
    assert case_of("C1").hold


def test_money_counts_whoever_closed_the_case(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    made = promise("C1", 100_000, after(3))
    lender.pays("L1", after(1), 100_000)
    lender.day(after(1))
    assert case_of("C1").close_reason == "cured"
    assert state(made) == ("kept", 100_000)
