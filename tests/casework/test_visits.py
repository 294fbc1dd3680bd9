"""Visits: asked of the gate before and when they begin, made by two, reported, and nothing told to others."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import visits, wishing
from shouyue.casework.models import Contact, Promise, TimelineEntry, Visit
from shouyue.casework.outcome import Outcome
from shouyue.compliance import audit, replaying
from shouyue.compliance.models import Attempt, AttemptOutcome, GateDecision, Wish

from .conftest import AFTERNOON, TODAY

pytestmark = pytest.mark.django_db
PROMISE = Outcome("self", "promise", promise_minor=50_000, promise_due=TODAY)


def plan(desk, by=None, key=None, **more) -> Visit:
    given = {
        "place": "home",
        "why": "broken",
        "at": clock.now() + timedelta(hours=1),
        "second": desk.colleague.pk,
    } | more
    return visits.plan(
        desk.case.pk, given["place"], given["why"], given["at"], given["second"], by or desk.rep, key or uuid4()
    )


def begun(desk, **more) -> Visit:
    visit = plan(desk, **more)
    assert visits.begin(visit.pk, desk.rep, uuid4()).allowed
    visit.refresh_from_db()
    return visit


def test_a_visit_from_its_plan_to_a_promise(desk, afternoon):
    visit = begun(desk)
    contact = visits.report(visit.pk, PROMISE, desk.colleague, reference="ARC-5")
    assert visits.report(visit.pk, PROMISE, desk.rep) == contact  # once
    visit.refresh_from_db()
    assert (visit.state, visit.reference, contact.channel) == ("reported", "ARC-5", "visit")
    assert Promise.objects.get().contact == contact and AttemptOutcome.objects.get().kind == "conversation"
    assert contact.attempt.decision.channel == "visit" and replaying.replay(contact.attempt.decision_id).chained
    kinds = list(TimelineEntry.objects.filter(case=desk.case).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["visit", "visit", "contact", "promise"] and audit.verify().ok


def test_what_the_law_forbids_then_is_not_planned_and_the_gate_is_asked_again(desk, afternoon):
    with pytest.raises(ShouyueError, match="VISIT-003") as caught:
        plan(desk, at=AFTERNOON + timedelta(hours=8))
    assert "22:00" in caught.value.en and not Visit.objects.exists() and not GateDecision.objects.exists()
    visit = plan(desk)
    wishing.say(
        desk.case.customer_id, "channel_refused", desk.rep, uuid4(), evidence="call", channels=["visit"]
    )  # said meanwhile
    answer = visits.begin(visit.pk, desk.rep, uuid4())
    visit.refresh_from_db()
    assert not answer.allowed and visit.state == "planned" and not Attempt.objects.exists()
    assert TimelineEntry.objects.filter(kind="refused").count() == 1


def test_others_who_are_met_are_told_nothing_and_may_end_it(desk, afternoon):
    visit = begun(desk)
    with pytest.raises(ShouyueError, match="VISIT-008"):
        visits.report(visit.pk, Outcome("other", "stop"), desk.rep, point_id=desk.friend.pk)
    with pytest.raises(ShouyueError, match="CASE-"):
        visits.report(visit.pk, Outcome("other", "refused"), desk.rep, untold=True)
    visits.report(visit.pk, Outcome("other", "stop"), desk.rep, point_id=desk.friend.pk, untold=True)
    wish = Wish.objects.get()
    assert (wish.kind, wish.evidence) == ("contact_refused", "visit")


def test_it_is_made_by_two_and_by_nobody_else(desk, afternoon):
    for second in (desk.rep.pk, desk.stranger.pk, desk.auditor.pk, 0):
        with pytest.raises(ShouyueError, match="VISIT-001"):
            plan(desk, second=second)
    visit = plan(desk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(second=desk.rep)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(state="begun")  # outside the gate
    with pytest.raises(ShouyueError, match="VISIT-007"):
        visits.begin(visit.pk, desk.manager, uuid4())
    with pytest.raises(ShouyueError, match="VISIT-005"):
        visits.begin(visit.pk, desk.stranger, uuid4())
    with pytest.raises(ShouyueError, match="PEOPLE-001"):
        visits.begin(visit.pk, desk.auditor, uuid4())


def test_one_at_a_time_in_the_order_of_its_steps(desk, afternoon):
    key = uuid4()
    visit = plan(desk, key=key)
    assert plan(desk, key=key) == visit
    with pytest.raises(ShouyueError, match="VISIT-004"):
        plan(desk)
    with pytest.raises(ShouyueError, match="VISIT-006"):
        visits.report(visit.pk, PROMISE, desk.rep)
    with pytest.raises(ShouyueError, match="CASE-023"):
        visits.cancel(visit.pk, " ", desk.rep)
    with pytest.raises(ShouyueError, match="WORD-001"):
        visits.cancel(visit.pk, "老 賴不在", desk.rep)
    with pytest.raises(ShouyueError, match="WORD-002"):
        visits.cancel(visit.pk, "he fears jail", desk.rep)
    visits.cancel(visit.pk, "he fears jail", desk.rep, "his own words")
    assert TimelineEntry.objects.get(ref=f"visit:{visit.pk}:cancel").data["wording_reason"] == "his own words"
    with pytest.raises(ShouyueError, match="VISIT-006"):
        visits.begin(visit.pk, desk.rep, uuid4())
    begun_one = begun(desk)
    with pytest.raises(ShouyueError, match="VISIT-009"):
        visits.report(begun_one.pk, Outcome("off"), desk.rep)
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("code", "field", "more"),
    [
        ("CASE-021", "place", {"place": "moon"}),
        ("CASE-021", "why", {"why": "spite"}),
        ("VISIT-002", "planned_for", {"at": None}),
        ("VISIT-002", "planned_for", {"at": AFTERNOON - timedelta(minutes=1)}),
        ("VISIT-002", "planned_for", {"at": AFTERNOON + timedelta(days=31)}),
    ],
)
def test_what_does_not_fit_is_refused_and_named(desk, afternoon, code, field, more):
    with pytest.raises(ShouyueError, match=code) as caught:
        plan(desk, **more)
    assert caught.value.values["field"] == field
