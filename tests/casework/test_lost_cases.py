"""Lost contact as cases that a lawyer can read: cases/lost-contact.toml."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import calls, unreachable
from shouyue.casework.asking import question
from shouyue.casework.models import Case
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate

from .conftest import MORNING

pytestmark = pytest.mark.django_db
CASES = tomllib.loads((Path(__file__).parent / "cases" / "lost-contact.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_friend_may_be_called_where_the_borrower_is_lost_and_nowhere_else(desk, case):
    own = [desk.own]
    if case.get("numbers") == 0:
        desk.own.delete()
    for n in range(1, case.get("numbers", 1)):
        own.append(desk.case.customer.contact_points.create(phone=f"1000000010{n}", relation="self", rank=n))
    for hours, line in enumerate(case["calls"]):
        number, reached = line.split()
        with clock.at(MORNING + timedelta(hours=hours)):
            call = calls.start(desk.case.pk, own[int(number) - 1].pk, desk.rep, uuid4()).contact
            calls.finish(call.pk, desk.rep, Outcome(reached, "no_result" if reached == "self" else ""))
    with clock.at(MORNING + timedelta(hours=len(case["calls"]))):
        found = Case.objects.select_related("customer").get(pk=desk.case.pk)
        answer = gate.preview(question(found, desk.friend, desk.rep, clock.now()))
    assert answer.allowed is (case["friend"] == "allowed") is unreachable.is_lost(found)
    assert [f.rule for f in answer.refusals] == ([] if answer.allowed else ["third-person-last"])
