"""The day's list leaves out whom the law forbids, and says so."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import barring, calls
from shouyue.casework.matters import working as matters
from shouyue.casework.models import Case, Customer
from shouyue.casework.outcome import Outcome
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def zones_read_anew():
    barring._zones.cache_clear()
    barring._closed.cache_clear()
    yield
    barring._zones.cache_clear()
    barring._closed.cache_clear()


def names(client, work: str = "todo") -> str:
    return client.get(f"/?work={work}").content.decode()


def talk(desk, n: int, case: Case | None = None, by=None) -> None:
    """A conversation that leaves the case on today's list: a call back is asked for in the same minute."""
    case = case or desk.case
    with clock.at(factories.AFTERNOON + timedelta(minutes=20 * n)):
        contact = calls.start(case.pk, desk.number(case=case).pk, by or desk.rep, uuid4()).contact
        assert contact is not None
        calls.finish(contact.pk, by or desk.rep, Outcome(reached="self", result="no_result"))
        Case.objects.filter(pk=case.pk).update(done_on=None)


def test_after_three_conversations_the_case_is_left_out_until_the_morning(desk, as_user):
    client = as_user(desk.rep)
    for n in range(3):
        talk(desk, n)
    with clock.at(factories.AFTERNOON + timedelta(hours=1)):
        text = names(client)
        assert "1 case is left out: the law forbids contact now." in text and "C000001" not in text
        barred = names(client, "barred")
        assert "C000001" in barred and "conversations with this person today: 3 (limit 3)" in barred
        assert f"/cases/{desk.reminder.pk}/" in client.get("/next").headers["Location"]
    with clock.at(factories.AFTERNOON + timedelta(hours=18)):  # 08:00 the next morning
        assert "C000001" in names(client) and "left out" not in names(client)


def test_at_night_all_are_left_out(desk, as_user):
    client = as_user(desk.rep)
    with clock.at(factories.NIGHT):
        text = names(client)
        assert "2 cases are left out" in text and "C000001" not in text
        assert "Outside the hours that the law allows" in names(client, "barred")
        assert client.get("/next").headers["Location"] == "/"


def test_it_is_the_customers_clock_that_counts(desk, as_user):
    Customer.objects.filter(cases=desk.case).update(zone="America/New_York")
    client = as_user(desk.rep)  # 14:00 in Shanghai is 01:00 in New York
    text = names(client)
    assert "1 case is left out" in text and "C000001" not in text and "C000002" in text


def test_contacts_about_the_same_person_elsewhere_leave_this_case_out(desk, as_user):
    """Another brand's store knows the same person: one budget."""
    Customer.objects.filter(cases=desk.theirs).update(person=desk.case.customer.person)
    for n in range(3):
        talk(desk, n, desk.theirs, desk.stranger)
    with clock.at(factories.AFTERNOON + timedelta(hours=1)):
        assert "C000001" not in names(as_user(desk.rep))


def test_a_number_that_is_a_strangers_bars_the_case_only_when_no_other_may_be_called(desk, as_user):
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, desk.rep, Outcome(reached="wrong"))
    desk.case.refresh_from_db()
    assert desk.case.barred_until is None, "the guarantor may be called"
    desk.case.customer.contact_points.filter(relation="guarantor").delete()
    desk.case.customer.contact_points.filter(relation="friend").update(consent=False)
    barring.refresh([desk.case.customer.person_id])
    desk.case.refresh_from_db()
    assert desk.case.barred_until == barring.FOR_EVER
    assert "found not to be the person" in names(as_user(desk.rep), "barred")


def test_a_case_comes_back_when_the_matter_that_stopped_it_is_over(desk, as_user):
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="dispute", note="says the goods never came"))
    assert Case.objects.get(pk=desk.case.pk).barred_until == barring.FOR_EVER
    matter = desk.case.matters.get()
    matters.decide(matter.pk, "reject", "delivery note is signed", desk.manager, uuid4())
    Case.objects.filter(pk=desk.case.pk).update(done_on=None)
    assert "C000001" in names(as_user(desk.rep))


def test_a_matter_leaves_out_what_the_person_owes_elsewhere_at_once(desk, as_user):
    Customer.objects.filter(cases=desk.theirs).update(person=desk.case.customer.person)
    matters.open_matter(desk.theirs.pk, "death", matters.Evidence(note="the daughter says so"), desk.stranger, uuid4())
    assert "C000001" not in names(as_user(desk.rep))


def test_a_new_day_looks_again_at_whom_no_time_brings_back(desk):
    Case.objects.filter(pk=desk.case.pk).update(barred_until=barring.FOR_EVER, barred_zh="旧", barred_en="old")
    barring.refresh_for_ever()
    assert Case.objects.get(pk=desk.case.pk).barred_until is None
