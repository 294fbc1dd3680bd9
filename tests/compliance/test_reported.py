"""Contacts that others made: they count, and the decision says whether they were within the law."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.compliance import gate, replaying
from shouyue.compliance.models import Attempt, GateDecision

from .conftest import AFTERNOON, Kind, question

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with clock.at(AFTERNOON + timedelta(hours=12)):
        yield


def reported(kind=Kind.CONVERSATION, *, minutes: int = 0, attempt_id=None, **more) -> gate.Reservation:
    asked = {"agency": "north", "staff_id": None, "at": AFTERNOON + timedelta(minutes=minutes), **more}
    with transaction.atomic():
        return gate.record(question(**asked), attempt_id or uuid4(), kind)


def test_an_agencys_conversations_leave_the_desk_no_fourth(call):
    for minutes in (0, 20, 40):
        assert reported(minutes=minutes).answer.allowed
    assert [f.rule for f in call(minutes=60).answer.refusals] == ["conversations-per-day"]
    assert set(Attempt.objects.values_list("agency", flat=True)) == {"north"}


def test_desk_agency_and_robot_share_one_budget(call):
    call(Kind.CONVERSATION)
    reported(minutes=20)
    assert call(Kind.CONVERSATION, minutes=40, channel="voice", staff_id=None).answer.allowed
    assert not call(minutes=60, staff_id=2).answer.allowed


def test_a_contact_beyond_the_law_is_kept_and_known_as_such(person):
    late = reported(minutes=8 * 60 + 30)
    assert not late.answer.allowed and late.attempt is not None
    assert late.attempt.reported_at == clock.now()
    assert [f.rule for f in late.answer.refusals] == ["quiet-hours"]
    assert replaying.replay(late.decision.pk).same


def test_it_is_judged_by_what_lay_before_it(call):
    for minutes in (60, 70, 80):
        call(Kind.CONVERSATION, minutes=minutes)
    assert reported(minutes=0).answer.allowed
    assert not reported(minutes=90).answer.allowed


def test_the_same_report_twice_counts_once(person):
    attempt_id = uuid4()
    assert reported(attempt_id=attempt_id).decision == reported(attempt_id=attempt_id).decision
    assert Attempt.objects.count() == GateDecision.objects.count() == 1


def test_an_id_of_another_contact_is_refused(person):
    attempt_id = uuid4()
    reported(attempt_id=attempt_id)
    with pytest.raises(ShouyueError, match="GATE-005"):
        reported(attempt_id=attempt_id, person="q")


def test_a_contact_of_the_future_is_refused(person):
    with pytest.raises(ShouyueError, match="GATE-012"):
        reported(minutes=24 * 60)


def test_a_letter_that_went_out_is_no_call(call):
    reported(Kind.SENT, channel="letter", number="")
    assert [f.count for f in call().answer.findings if f.rule == "conversations-per-day"] == [0]
