"""Visits: asked of the gate before and when they begin, made by two, reported, and nothing told to others."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import asking, calls, visits, wishing
from shouyue.casework.models import Contact, ContactPoint, Promise, TimelineEntry, Visit
from shouyue.casework.outcome import Outcome
from shouyue.compliance import audit, gate, replaying
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
        "agreed": False,
    } | more
    return visits.plan(
        desk.case.pk,
        given["place"],
        given["why"],
        given["at"],
        given["second"],
        by or desk.rep,
        key or uuid4(),
        given["agreed"],
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
    by_number, by_place = Wish.objects.order_by("pk")
    assert (by_number.kind, by_number.evidence) == ("contact_refused", "visit")
    assert (by_place.kind, by_place.details) == ("refused_at_place", {"place": "home", "relation": "friend"})


def refused_at(desk, place="home", who="", **more) -> Contact:
    """A visit on which somebody who is none of the customer's contacts refuses."""
    visit = begun(desk, place=place, **more)
    return visits.report(visit.pk, Outcome("other", "stop", who=who), desk.rep, untold=True)


def later(monkeypatch, minutes: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: AFTERNOON + timedelta(minutes=minutes))


def test_a_stranger_who_refuses_on_a_visit_is_not_visited_again_unless_the_borrower_awaits_it(
    desk, afternoon, monkeypatch
):
    contact = refused_at(desk)
    assert visits.report(Visit.objects.get().pk, Outcome("other", "stop"), desk.rep, untold=True) == contact
    wish = Wish.objects.get()  # once
    assert (wish.person_id, wish.number_key, wish.details) == ("person-1", "", {"place": "home"})
    later(monkeypatch, 60)
    with pytest.raises(ShouyueError, match="VISIT-003") as caught:
        plan(desk)
    assert "met at this place" in caught.value.en
    with pytest.raises(ShouyueError, match="VISIT-010"):  # he was not spoken to since
        plan(desk, agreed=True)
    visits.cancel(plan(desk, place="work").pk, "it rains", desk.rep)
    call = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    calls.finish(call.pk, desk.rep, Outcome("self", "no_result"))
    later(monkeypatch, 90)
    with pytest.raises(ShouyueError, match="VISIT-003"):  # spoken to, but nothing was agreed
        plan(desk)
    again = begun(desk, agreed=True)
    decision = again.attempt.decision
    assert decision.inputs["facts"]["borrower_awaits"] and decision.inputs["said"][0]["place"] == "home"
    assert replaying.replay(decision.pk).same and replaying.replay(decision.pk).chained
    met = visits.report(again.pk, Outcome("other"), desk.rep, untold=True)
    assert met.other.may_say == []  # whoever opens is told nothing and asked nothing
    assert audit.verify().ok


def test_an_agreement_from_before_the_refusal_is_none_when_the_visit_begins(desk, afternoon, monkeypatch):
    visit = plan(desk, agreed=True, at=AFTERNOON + timedelta(hours=3))
    wishing.say(
        desk.case.customer_id, "refused_at_place", desk.rep, uuid4(), evidence="written", details={"place": "home"}
    )
    later(monkeypatch, 5)
    assert not visits.begin(visit.pk, desk.rep, uuid4()).allowed
    decision = GateDecision.objects.get()
    assert not decision.allowed and replaying.replay(decision.pk).same


def test_who_says_what_he_is_is_not_called_under_that_name_either(desk, afternoon, monkeypatch):
    def rules(relation: str) -> tuple[list[str], list[str]]:
        found = gate.preview(asking.question(desk.case, replace_relation(desk.friend, relation), desk.rep, clock.now()))
        return [f.rule for f in found.refusals], [f.rule for f in found.findings if f.verdict == "warns"]

    refused_at(desk, who="spouse")
    refused_at(desk, place="work", who="colleague")
    later(monkeypatch, 30)
    assert "third-person-refused" in rules("spouse")[0]  # there is but one
    assert rules("colleague") == (rules("friend")[0], ["relation-refused"]) and rules("friend")[1] == []
    with pytest.raises(ShouyueError, match="CASE-030"):
        wish = Wish.objects.first()
        wishing.end(desk.case.customer_id, wish.pk, desk.rep, uuid4(), evidence="call")


def replace_relation(point: ContactPoint, relation: str) -> ContactPoint:
    return ContactPoint(customer=point.customer, phone=point.phone, relation=relation)


def test_the_borrower_who_ends_contact_at_his_door_shuts_no_place(desk, afternoon):
    visit = begun(desk)
    visits.report(visit.pk, Outcome("self", "stop"), desk.rep)
    assert not Wish.objects.exists()


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
