"""A waiver told to the core is found in the core's next file."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework.concessions import exporting, proposing
from shouyue.casework.models import Concession
from shouyue.people.models import User
from tests.daily.conftest import DAY, after, case_of

pytestmark = pytest.mark.django_db


def charge(lender, number: str, amount: int, due) -> None:
    charges = lender.rows.setdefault("charges", [])
    charges[:] = [c for c in charges if c["charge_id"] != number]
    charges.append({"charge_id": number, "loan_id": "L1", "kind": "penalty", "due_date": due, "amount_minor": amount})


def state() -> str:
    return Concession.objects.get().state


def test_it_waits_until_the_charges_came_down_by_what_was_told(lender, reps):
    head = User.objects.create(username="head", role="head_office")
    lender.loan("L1", after(-20))
    charge(lender, "F1", 80_000, after(-1))
    lender.day()
    found = proposing.propose(case_of("C1").pk, "L1", {"penalty": 20_000}, "hardship", "", reps[0], uuid4())
    proposing.decide(found.pk, "approve", "", head)
    assert exporting.export() is not None
    lender.day(DAY)
    charge(lender, "F2", 5_000, after(1))  # what grows since is no answer
    lender.day(after(1))
    assert state() == "exported"
    charge(lender, "F1", 60_000, after(-1))
    lender.day(after(2))
    assert state() == "done"
    actions = list(found.steps.order_by("seq").values_list("action", flat=True))
    assert actions == ["propose", "approve", "export", "find"]
