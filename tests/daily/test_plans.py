"""What becomes of a payment plan when the lender's payments come in, or do not."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework.models import Plan, TimelineEntry
from shouyue.casework.plans import making, schedule
from shouyue.casework.plans.schedule import Asked
from tests.daily.conftest import after, case_of

pytestmark = pytest.mark.django_db


def plan(customer: str, by, first: int = 2, **values) -> Plan:
    """100,000 in weekly halves, as the desk saves it; the contract asks for nothing in the time."""
    case = case_of(customer)
    asked = Asked(100_000, 2, "week", after(first), 900_000, 100_000)
    lines, _ = making.show(case, asked, by)
    return making.make(case.pk, asked, schedule.digest(lines), by, uuid4())


def state(made: Plan) -> tuple[str, int]:
    made.refresh_from_db()
    return made.state, made.paid_minor


def test_a_plan_is_waited_for_and_a_broken_one_comes_back_at_once(lender, reps):
    for n in range(1, 4):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    made = plan("C1", reps[0])
    lender.day(after(1))
    assert (case_of("C1").hold, state(made)) == (True, ("active", 0))
    lender.pays("L1", after(2), 50_000)
    lender.day(after(2))
    assert state(made) == ("active", 50_000)
    lender.day(after(8))
    assert case_of("C1").hold
    lender.day(after(12))
    assert state(made)[0] == "active"  # the ninth day and three of grace
    lender.day(after(13))
    assert state(made) == ("broken", 50_000)
    assert (case_of("C1").hold, case_of("C1").treatment) == (False, "collect_after_broken")
    entry = TimelineEntry.objects.filter(kind="plan").latest("id")
    assert (entry.data["state"], entry.data["due_on"]) == ("broken", after(9).isoformat())
    lender.day(after(13))
    assert TimelineEntry.objects.filter(kind="plan").count() == 2


def test_a_plan_paid_in_time_is_kept(lender, reps):
    lender.loan("L1", after(-5), amount=100_000, instalments=1)
    lender.day()
    made = plan("C1", reps[0])
    lender.pays("L1", after(1), 50_000)
    lender.pays("L1", after(9), 50_000)
    lender.day(after(9))
    assert state(made) == ("kept", 100_000)


def test_a_payment_taken_back_breaks_what_was_kept(lender, reps):
    lender.loan("L1", after(-5), amount=100_000, instalments=2)
    lender.day()
    made = plan("C1", reps[0])
    paid = lender.pays("L1", after(1), 100_000)
    lender.day(after(1))
    assert state(made) == ("kept", 100_000)
    lender.takes_back(paid, after(14))
    lender.day(after(14))
    assert state(made) == ("broken", 0)
