"""Wishes written down by hand: the gate heeds them at once, the ledger grows, and nobody reaches another's customer."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import wishing
from shouyue.casework.asking import question
from shouyue.casework.models import TimelineEntry
from shouyue.compliance import audit, gate
from shouyue.compliance.models import AuditEntry, Wish

from .conftest import AFTERNOON

pytestmark = pytest.mark.django_db


def say(desk, kind, by=None, key=None, **more) -> Wish:
    values = {"evidence": "written", "evidence_ref": "ARC-1"} | more
    return wishing.say(desk.case.customer_id, kind, by or desk.rep, key or uuid4(), **values)


def end(desk, wish, **more) -> Wish:
    return wishing.end(desk.case.customer_id, wish.pk, desk.rep, uuid4(), **({"evidence": "call"} | more))


def refused(desk, channel="call", point=None) -> set[str]:
    asked = question(desk.case, point or desk.own, desk.rep, clock.now(), channel)
    return {f.rule for f in gate.preview(asked).refusals}


def test_letters_only_shuts_every_other_way_until_it_is_ended(desk, afternoon):
    wish = say(desk, "only_letters")
    assert all(refused(desk, channel) == {"channel-refused"} for channel in ("call", "sms", "visit"))
    assert "channel-refused" not in refused(desk, "letter")
    desk.case.refresh_from_db()
    assert desk.case.barred_until is not None  # off the day's list at once
    ended = end(desk, wish)
    assert not ended.given and refused(desk) == set() and Wish.objects.count() == 2
    desk.case.refresh_from_db()
    assert desk.case.barred_until is None


def test_times_are_on_the_persons_clock(desk, afternoon):
    at = AFTERNOON + timedelta(hours=8)
    say(desk, "inconvenient_time", details={"begins": "14:00", "ends": "16:00", "weekdays": [at.isoweekday()]})
    assert refused(desk) == {"stated-times"}


def test_a_contacts_refusal_is_kept_by_the_number_and_holds_for_ever(desk, afternoon):
    wish = say(desk, "contact_refused", point_id=desk.friend.pk)
    assert wish.person_id is None and "third-person-refused" in refused(desk, point=desk.friend)
    with pytest.raises(ShouyueError, match="CASE-030"):
        end(desk, wish)


def test_a_wrong_number_may_be_corrected(desk, afternoon):
    wish = say(desk, "wrong_number", point_id=desk.own.pk)
    assert "wrong-number" in refused(desk)
    end(desk, wish)
    assert refused(desk) == set()


def test_twice_is_once_and_each_is_in_the_audit_chain(desk, afternoon):
    key = uuid4()
    assert say(desk, "represented", key=key) == say(desk, "represented", key=key)
    end(desk, Wish.objects.get())
    entries = list(AuditEntry.objects.filter(action="wish.add").order_by("seq").values_list("data", flat=True))
    assert [(e["kind"], e["given"]) for e in entries] == [("represented", True), ("represented", False)]
    assert audit.verify().ok


@pytest.mark.parametrize(
    ("code", "field", "kind", "more"),
    [
        ("CASE-021", "kind", "whatever", {}),
        ("CASE-021", "evidence", "represented", {"evidence": "agency"}),
        ("CASE-027", "point", "wrong_number", {}),
        ("CASE-028", "channels", "channel_refused", {}),
        ("GATE-013", "channels", "channel_refused", {"channels": ["pigeon"]}),
        ("GATE-013", "times", "inconvenient_time", {}),
        ("GATE-013", "place", "inconvenient_place", {"details": {"place": "moon"}}),
        ("GATE-013", "evidence_ref", "represented", {"evidence_ref": "张三说的"}),
    ],
)
def test_what_does_not_fit_is_refused_and_named(desk, afternoon, code, field, kind, more):
    with pytest.raises(ShouyueError, match=code) as caught:
        say(desk, kind, **more)
    assert caught.value.values["field"] == field and not Wish.objects.exists()


def test_a_borrowers_number_refuses_nothing_as_a_contact(desk, afternoon):
    with pytest.raises(ShouyueError, match="CASE-027"):
        say(desk, "contact_refused", point_id=desk.own.pk)


def test_another_store_and_who_works_no_cases_write_nothing(desk, afternoon):
    wish = say(desk, "represented")
    for who, code in (("stranger", "CASE-009"), ("auditor", "PEOPLE-001"), ("head", "PEOPLE-001")):
        user = getattr(desk, who)
        with pytest.raises(ShouyueError, match=code):
            say(desk, "represented", by=user)
        with pytest.raises(ShouyueError, match=code):
            wishing.end(desk.case.customer_id, wish.pk, user, uuid4(), evidence="call")
    assert Wish.objects.count() == 1
    with pytest.raises(ShouyueError, match="CASE-029"):
        wishing.end(desk.case.customer_id, wish.pk + 99, desk.rep, uuid4(), evidence="call")


def test_a_call_back_asked_for_outside_a_call_is_kept_to_by_the_gate(desk, afternoon):
    at, key = clock.now() + timedelta(hours=2), uuid4()
    for _ in range(2):
        wishing.call_back(desk.case.customer_id, at, desk.rep, key, evidence="written", evidence_ref="ARC-9")
    desk.case.refresh_from_db()
    assert (desk.case.next_action, desk.case.next_action_at) == ("call", at)
    warned = gate.preview(question(desk.case, desk.own, desk.rep, clock.now())).findings
    assert "call-back-hold" in {f.rule for f in warned if f.verdict == "warns"}
    asked = question(desk.case, desk.own, desk.rep, at).asked
    assert (asked.at, asked.begins, asked.ends) == (clock.now(), at, at + timedelta(hours=24))
    assert question(desk.case, desk.friend, desk.rep, at).asked is None
    assert question(desk.case, desk.own, desk.rep, at, "sms").asked is None, "he asked for a call"
    assert TimelineEntry.objects.get(kind="wish").data["about"] == "call_back" and not Wish.objects.exists()
    assert AuditEntry.objects.filter(action="wish.call_back").count() == 1 and audit.verify().ok


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("call_at", {"at": None}),
        ("call_at", {"at": AFTERNOON - timedelta(minutes=1)}),
        ("evidence", {"evidence": "rumour"}),
        ("evidence_ref", {"evidence_ref": "张三说的"}),
    ],
)
def test_a_call_back_that_cannot_be_is_refused_and_named(desk, afternoon, field, more):
    given = {"at": AFTERNOON + timedelta(hours=1), "evidence": "call"} | more
    with pytest.raises(ShouyueError) as caught:
        wishing.call_back(desk.case.customer_id, given.pop("at"), desk.rep, uuid4(), **given)
    assert caught.value.values["field"] == field and not TimelineEntry.objects.exists()
    with pytest.raises(ShouyueError, match="CASE-009"):
        wishing.call_back(desk.case.customer_id, AFTERNOON, desk.stranger, uuid4(), evidence="call")
