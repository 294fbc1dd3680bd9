"""A customer's file: what of a person is the user's to see, and the one budget as the gate counts it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, reported
from shouyue.casework.asking import question
from shouyue.casework.customers import customer_page
from shouyue.casework.models import Case, Loan
from shouyue.casework.outcome import Outcome
from shouyue.casework.paying import Habit
from shouyue.compliance import gate, wishes
from shouyue.compliance.identity import number_key

from .conftest import AFTERNOON, make_case

pytestmark = pytest.mark.django_db


def page(desk, user=None, now=AFTERNOON):
    return customer_page(desk.case.customer_id, user or desk.rep, now)


def used(found, rule: str) -> list[tuple[str, int, int]]:
    return [(g.point.phone if g.point else "", g.used, g.allowed) for g in found.gauges if g.rule == rule]


def same_person(desk, store, number: int):
    """Another customer number of the desk's person, with a loan and a case."""
    other = make_case(store, None, number)
    other.customer.person = desk.case.customer.person
    other.customer.save()
    return other


def test_the_gauges_are_the_gates_own_counters_over_desk_and_agency(desk, morning):
    for hours, phone in enumerate((desk.own.phone, desk.own.phone, "10000000009")):
        row = {"contact_no": f"A{hours}", "customer_id": "C0001", "channel": "call", "outcome": "unanswered"}
        at = (morning - timedelta(minutes=50 - hours)).isoformat()
        reported.take_in([{**row, "at": at, "phone": phone}], "agency-1", None)
    talked = {"contact_no": "B", "customer_id": "C0001", "channel": "call", "outcome": "conversation"}
    reported.take_in([{**talked, "at": (morning - timedelta(minutes=20)).isoformat()}], "agency-2", None)
    calls.finish(
        calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact.pk,
        desk.rep,
        Outcome(reached="self", result="no_result"),
    )
    found = page(desk)
    assert used(found, "conversations-per-day") == [("", 2, 3)]
    assert used(found, "attempts-per-number") == [(desk.own.phone, 2, 6)]
    answer = gate.preview(question(desk.case, desk.own, desk.rep, AFTERNOON))
    counted = {f.rule: (f.count, f.limit) for f in answer.findings if f.kind == "count"}
    assert {g.rule: (g.used, g.allowed) for g in found.gauges if "call" in g.channels} == counted


def test_when_all_is_used_the_gauge_says_when_the_next_is_free(desk, morning):
    for n in range(3):
        row = {"contact_no": f"A{n}", "customer_id": "C0001", "channel": "call", "outcome": "conversation"}
        reported.take_in([{**row, "at": (morning - timedelta(minutes=n + 1)).isoformat()}], "agency-1", None)
    found = page(desk)
    gauge = next(g for g in found.gauges if g.rule == "conversations-per-day")
    call = next(a for a in found.ways if a.channel == "call")
    assert (gauge.used, gauge.allowed) == (3, 3) and not call.allowed
    assert gauge.until == AFTERNOON.replace(hour=16) and call.next_allowed_at > gauge.until  # midnight, then morning


def test_all_loans_and_cases_of_the_person_that_the_user_may_see(desk, afternoon):
    second, elsewhere = same_person(desk, desk.store, 2), same_person(desk, desk.other_store, 3)
    Loan.objects.filter(customer=second.customer).update(outstanding_minor=0, dpd=0)
    found = page(desk)
    assert [loan.loan_id for loan in found.loans] == ["L0001", "L0002"]  # what is owed first
    assert [one.pk for one in found.cases] == [desk.case.pk, second.pk]
    assert found.elsewhere == 1
    whole = page(desk, desk.head)
    assert elsewhere in whole.cases and whole.elsewhere == 0


def test_another_stores_customer_is_not_there(desk):
    for asked in (desk.case.customer_id, 0, 999_999):
        with pytest.raises(ShouyueError, match="CASE-009"):
            customer_page(asked, desk.stranger, AFTERNOON)


def test_wishes_in_force_stand_by_the_person_or_by_the_number(desk, afternoon):
    person = desk.case.customer.person_id
    for given in (True, False, True):
        wishes.write(uuid4(), "channel_refused", person=person, given=given, channels=["sms"], evidence="call")
    wishes.write(uuid4(), "prior_consent", person=person, evidence="call")
    wishes.write(uuid4(), "prior_consent", person=person, given=False, evidence="written")
    wishes.write(uuid4(), "contact_refused", number_key=number_key(desk.friend.phone), evidence="call")
    make_case(desk.store, None, 5)
    wishes.write(uuid4(), "wrong_number", person="person-5", number_key=number_key(desk.friend.phone), evidence="call")
    found = page(desk, now=timezone.now())
    assert [w.kind for w in found.wishes] == ["channel_refused"]
    assert [[w.kind for w in one.marks.wishes] for one in found.people] == [[], ["contact_refused"]]


def test_a_person_without_a_number_may_still_be_written_to(desk, afternoon):
    desk.case.customer.contact_points.all().delete()
    found = page(desk)
    assert found.people == [] and {a.channel for a in found.ways} >= {"letter", "visit", "call"}


def test_it_takes_no_more_queries_with_more_numbers_and_loans(desk, afternoon):
    with CaptureQueriesContext(connection) as few:
        page(desk)
    for n in range(3, 9):
        desk.case.customer.contact_points.create(phone=f"1000000001{n}", relation="friend", rank=n)
        same_person(desk, desk.store, n + 10)
    with CaptureQueriesContext(connection) as many:
        page(desk)
    assert len(many) == len(few)


def test_habits_come_from_instalments_met_and_contacts_tried(desk, morning):
    due = [AFTERNOON.date() - timedelta(days=30 * n) for n in range(1, 7)]
    desk.loan.schedule = [{"due": str(day), "met_on": str(day - timedelta(days=1))} for day in due] + [
        {"due": str(AFTERNOON.date()), "met_on": None}
    ]
    desk.loan.save()
    for n, (phone, relation, outcome) in enumerate(
        [(desk.own.phone, "self", "conversation")] * 3
        + [(desk.own.phone, "self", "unanswered"), (desk.friend.phone, "friend", "answered"), ("", "self", "sent")]
    ):
        row = {"contact_no": f"A{n}", "customer_id": "C0001", "channel": "sms" if outcome == "sent" else "call"}
        at = (morning - timedelta(days=n + 1)).isoformat()
        taken = reported.take_in(
            [{**row, "at": at, "phone": phone, "relation": relation, "outcome": outcome}], "a", None
        )
        assert taken.new == 1
    found = {h.kind: h for h in page(desk).habits}
    assert found["relative_day"] == Habit("relative_day", -1, 6, 6) and found["late"].agree == 0
    assert found["channel"] == Habit("channel", "call", 3, 4) and found["hour"].value == 10
    assert "on_own" not in found  # the desk is younger than the instalments: nobody can say
    Case.objects.filter(pk=desk.case.pk).update(opened_on=due[-1] - timedelta(days=60))
    assert {h.kind: h for h in page(desk).habits}["on_own"] == Habit("on_own", None, 6, 6)
