"""A call back that the borrower asked for: whose wish it is, how long it counts, what it leaves out of budgets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import calls
from shouyue.casework.agencies import contacting, managing
from shouyue.casework.asking import question
from shouyue.casework.models import Agency, Case, ContactPoint
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate, pack, replaying
from shouyue.compliance.models import Attempt, GateDecision

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def regulation_f(monkeypatch):
    monkeypatch.setattr(pack, "active", lambda: pack.load("us-reg-f"))


def spoken(desk, days: int, reached: str = "self", hours: int = 0, point=None):
    """Somebody asked to be called back in so many days."""
    contact = calls.start(desk.case.pk, (point or desk.own).pk, desk.rep, uuid4()).contact
    at = clock.now() + timedelta(days=days, hours=hours)
    calls.finish(contact.pk, desk.rep, Outcome(reached=reached, result="call_back", next_action_at=at))
    return at


def refused(desk, at: datetime, point=None) -> set[str]:
    case = Case.objects.get(pk=desk.case.pk)
    return {f.rule for f in gate.preview(question(case, point or desk.own, desk.rep, at)).refusals}


def test_the_borrowers_own_wish_opens_the_days_after_the_conversation(desk, morning):
    at = spoken(desk, 2)
    case = Case.objects.get(pk=desk.case.pk)
    assert case.call_asked_at == clock.now()
    assert refused(desk, at - timedelta(minutes=1)) == {"seven-days-after-a-conversation"}
    assert refused(desk, at) == set()
    answer = gate.preview(question(case, desk.own, desk.rep, clock.now() + timedelta(minutes=30)))
    assert answer.next_allowed_at == at, "and that is when he may next be called"
    assert refused(desk, at + timedelta(hours=24)) == {"seven-days-after-a-conversation"}
    with clock.at(at):
        call = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
        assert call is not None and Attempt.objects.get(pk=call.attempt_id).asked_for
        assert replaying.replay(GateDecision.objects.latest("at").pk).same
        calls.finish(call.pk, desk.rep, Outcome(reached="nobody"))
        assert Case.objects.get(pk=desk.case.pk).call_asked_at is None


def test_what_somebody_else_wished_is_no_consent_of_his(desk, morning):
    at = spoken(desk, 2, reached="other", point=desk.own)
    assert Case.objects.get(pk=desk.case.pk).call_asked_at is None
    assert "inconvenient-times" in refused(desk, at + timedelta(hours=14)), (
        "asked for by another, the night stays closed"
    )


def test_his_wish_opens_an_hour_that_is_closed_and_no_other_persons(desk, morning):
    late = spoken(desk, 1, hours=12)
    assert late.astimezone(UTC).hour == 14, "22:00 in Shanghai"
    assert refused(desk, late) == set()
    case = Case.objects.get(pk=desk.case.pk)
    assert question(case, desk.friend, desk.rep, late).asked is None


def test_the_areas_of_all_his_own_numbers_are_asked_about(desk, morning):
    home = ContactPoint.objects.create(customer=desk.case.customer, phone="+1 303 555 0100", relation="self")
    case = Case.objects.get(pk=desk.case.pk)
    assert set(question(case, desk.own, desk.rep, clock.now()).other_numbers) == {desk.own.phone, home.phone}
    assert question(case, desk.friend, desk.rep, clock.now()).other_numbers == ()
    assert refused(desk, clock.now() + timedelta(hours=4)) == {"inconvenient-times"}, "14:00 there, 23:00 in Denver"


def test_an_agency_has_no_consent_by_what_the_desk_was_told(desk, morning):
    at = spoken(desk, 2)
    agency = Agency.objects.create(code="north", name="北方")
    placed = managing.place("north", "C0001", desk.head)
    with clock.at(at):
        answer = contacting.ask(agency, placed.pk, desk.own.pk, "call", "n-1").answer
    assert "seven-days-after-a-conversation" in {f.rule for f in answer.refusals}


def test_a_wish_of_more_than_seven_days_ago_leaves_no_call_out_of_the_count(desk, morning):
    at = spoken(desk, 8)
    with clock.at(at):
        call = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
        assert call is not None and not Attempt.objects.get(pk=call.attempt_id).asked_for
