"""A call that came in: refused to nobody, counted, and kept with its decision like every other contact."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, inbound
from shouyue.casework.asking import question
from shouyue.casework.models import Contact, Promise, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.compliance import audit, gate, pack, replaying
from shouyue.compliance.models import AttemptOutcome, Wish

from .conftest import AFTERNOON, TODAY

pytestmark = pytest.mark.django_db
PROMISE = Outcome("self", "promise", promise_minor=50_000, promise_due=TODAY)


def ring(desk, outcome=PROMISE, by=None, key=None, point=None, at=None, identified=True) -> Contact:
    number = point.pk if point else None
    return inbound.write(desk.case.pk, number, at or clock.now(), identified, outcome, by or desk.rep, key or uuid4())


def test_a_promise_on_a_call_that_came_in_is_a_promise(desk, afternoon):
    contact = ring(desk, point=desk.own)
    assert contact.inbound and Promise.objects.get().contact == contact
    desk.case.refresh_from_db()
    assert (desk.case.last_result, desk.case.done_on) == ("promise", TODAY)
    told = TimelineEntry.objects.get(case=desk.case, kind="contact").data
    assert told["inbound"] and told["decision"] == str(contact.attempt.decision_id)
    assert AttemptOutcome.objects.get().kind == "conversation"
    assert contact.attempt.asked_for and contact.attempt.decision.allowed and audit.verify().ok


def test_whoever_rings_at_night_is_answered_and_the_proof_says_why(desk):
    with clock.at(AFTERNOON + timedelta(hours=8)):  # 23:00 in Shanghai
        assert not gate.preview(question(desk.case, desk.own, desk.rep, clock.now())).allowed
        decision = ring(desk, point=desk.own).attempt.decision
    assert decision.allowed
    assert {f["rule"] for f in decision.findings if f["verdict"] == "lifted"} == {"quiet-hours"}
    again = replaying.replay(decision.pk)
    assert again.same and again.chained


def test_it_counts_as_one_of_the_conversations_of_the_day(desk, afternoon):
    for n in range(3):
        ring(desk, Outcome("self", "no_result"), point=desk.own, at=clock.now() - timedelta(minutes=90 - n))
    answer = gate.preview(question(desk.case, desk.own, desk.rep, clock.now()))
    assert {f.rule for f in answer.refusals} == {"conversations-per-day"}
    assert ring(desk, Outcome("self", "no_result")).attempt.decision.allowed  # and he may ring again


def test_under_regulation_f_it_is_no_call_placed_but_the_seven_days_run(desk, afternoon, monkeypatch):
    monkeypatch.setattr(pack, "active", lambda: pack.load("us-reg-f"))
    ring(desk, Outcome("self", "no_result"), point=desk.own)
    later = question(desk.case, desk.own, desk.rep, clock.now() + timedelta(days=1))
    findings = {f.rule: f for f in gate.preview(later).findings}
    assert findings["seven-days-after-a-conversation"].verdict == "refuses"
    assert findings["seven-calls-in-seven-days"].count == 0


def test_somebody_else_who_rings_is_told_nothing_and_may_end_it(desk, afternoon):
    with pytest.raises(ShouyueError, match="CASE-"):
        ring(desk, Outcome("other", "promise", promise_minor=1, promise_due=TODAY), point=desk.friend)
    contact = ring(desk, Outcome("other", "stop"), point=desk.friend, identified=False)
    stored = contact.attempt.decision.inputs
    assert (stored["relation"], stored["content"]) == ("friend", "locate")
    assert contact.attempt.decision.allowed and "third-person-last" in str(contact.attempt.decision.findings)
    assert Wish.objects.get().kind == "contact_refused"


def test_a_number_of_somebody_else_is_not_taken_for_the_borrowers(desk, afternoon):
    contact = ring(desk, Outcome("self", "no_result"), point=desk.friend)
    assert contact.contact_point is None and contact.attempt.number_key == ""


def test_twice_is_once_and_a_call_that_goes_on_is_left_alone(desk, afternoon):
    running = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    key = uuid4()
    assert ring(desk, key=key) == ring(desk, key=key) and Promise.objects.count() == 1
    assert running is not None
    running.refresh_from_db()
    assert running.status == "started"


@pytest.mark.parametrize(
    ("code", "field", "more"),
    [
        ("CALL-001", "reached", {"outcome": Outcome("nobody")}),
        ("CALL-002", "identified", {"identified": False}),
        ("CALL-003", "at", {"at": AFTERNOON + timedelta(minutes=1)}),
        ("CALL-003", "at", {"at": AFTERNOON - timedelta(days=8)}),
        ("WORD-002", "wording_reason", {"outcome": Outcome("self", "no_result", note="不还就让你坐牢")}),
    ],
)
def test_what_does_not_fit_is_refused_and_named_and_nothing_is_kept(desk, afternoon, code, field, more):
    with pytest.raises(ShouyueError, match=code) as caught:
        ring(desk, **more)
    assert caught.value.values["field"] == field
    assert not Contact.objects.exists() and not AttemptOutcome.objects.exists()


def test_another_store_and_who_works_no_cases_write_nothing(desk, afternoon):
    for who, code in (("stranger", "CASE-001"), ("auditor", "PEOPLE-001"), ("head", "PEOPLE-001")):
        with pytest.raises(ShouyueError, match=code):
            ring(desk, by=getattr(desk, who))
