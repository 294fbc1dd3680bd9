"""The customer's file as a page: what it shows, masked, to whom."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import calls, timeline
from shouyue.casework.models import TimelineEntry, Visit
from shouyue.casework.outcome import Outcome
from shouyue.compliance import wishes
from shouyue.compliance.models import Wish
from tests import factories

pytestmark = pytest.mark.django_db


def file_of(case, client) -> str:
    answer = client.get(f"/customers/{case.customer_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_file_is_reached_from_the_case_and_from_search(desk, as_user):
    client, address = as_user(desk.rep), f'href="/customers/{desk.case.customer_id}/"'
    assert address in client.get(f"/cases/{desk.case.pk}/").content.decode()
    assert address in client.post("/search", {"text": "测试"}).content.decode()


def test_each_gauge_tells_in_words_what_its_picture_shows(desk, as_user):
    calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4())
    text = file_of(desk.case, as_user(desk.rep))
    assert '<meter min="0" max="3" value="1" aria-labelledby="gauge-1">1 of 3 used</meter>' in text
    assert "conversation" in text and "GB/T 45251-2025" in text and "When may I next" in text


def test_a_habit_says_on_how_much_it_rests_and_too_little_says_nothing(desk, as_user):
    text = file_of(desk.case, as_user(desk.rep))
    assert "Usually pays 1 day before the due day" in text and "3 of 4" in text
    assert "Paid late, usually by 2 days" in text and "1 of 4" in text and "Answers most" not in text
    desk.case.customer.loans.update(schedule=factories.schedule(paid=3))
    assert "Too little is known" in file_of(desk.case, as_user(desk.rep))


def test_the_people_around_are_masked_with_what_they_know_and_agreed_to(desk, as_user):
    desk.case.customer.contact_points.filter(relation="friend").update(consent=False)
    text = file_of(desk.case, as_user(desk.rep))
    assert "Knows of the loan: no" in text and "Agreed to be contacted: no" in text and "张**" in text
    for secret in ("张联系人", desk.number().phone, "990000199001010017", "苏州某路"):
        assert secret not in text


def test_where_he_lives_and_works_is_masked_with_what_was_told_beside_the_file(desk, as_user):
    rep = as_user(desk.rep)
    told = {"what": "employer", "value": "虚构工厂", "source": "records", "reference": "A-1"}
    assert rep.post(f"/cases/{desk.case.pk}/details/new", told).status_code == 302
    text = file_of(desk.case, rep)
    assert text.index("虚构****") < text.index("晨屿****") and "苏州****" in text
    assert f'hx-get="/cases/{desk.case.pk}/reveal/told_employer"' in text
    assert not any(secret in text for secret in ("虚构工厂", "晨屿医院", "苏州某路"))
    assert "/reveal/" not in file_of(desk.case, as_user(desk.head))  # who may not show it in full is not asked to


def test_what_was_found_of_a_number_stands_beside_it_as_on_the_case(desk, as_user):
    for number, values in (
        ("self", {"mark": "out_of_service", "marked_at": factories.AFTERNOON}),
        ("guarantor", {"liable": True}),
    ):
        desk.case.customer.contact_points.filter(relation=number).update(**values)
    text = file_of(desk.case, as_user(desk.rep))
    assert "Not in service · 2026-11-24" in text and "bound by the contract" in text


def test_the_last_contacts_and_payments_of_all_his_cases_stand_in_the_file(desk, as_user):
    call = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    calls.finish(call.pk, desk.rep, Outcome("self", "no_result"))
    older = factories.case(desk.store, desk.rep, 40, status="closed", closed_on=factories.TODAY)
    older.customer.person = desk.case.customer.person
    older.customer.save()
    away = factories.case(desk.other_store, None, 41)
    away.customer.person = desk.case.customer.person
    away.customer.save()
    for case, amount in ((older, 12_300), (away, 45_600)):
        paid = {"amount_minor": amount, "currency": "CNY", "loan": "L", "on": "2026-11-23"}
        timeline.write(case, TimelineEntry.Kind.PAYMENT, "payment:1", clock.now(), None, **paid)
    text = file_of(desk.case, as_user(desk.rep))
    assert f'href="/contacts/{call.pk}/"' in text and "CN¥123.00" in text
    assert "456.00" not in text, "of another store"


def test_wishes_and_the_time_they_are_about_are_in_words(desk, as_user):
    details = {"begins": "09:00", "ends": "18:00", "weekdays": [1, 2]}
    person = desk.case.customer.person_id
    wishes.write(uuid4(), "inconvenient_time", person=person, details=details, channels=["call"], evidence="call")
    text = file_of(desk.case, as_user(desk.rep))
    assert "Calls a time inconvenient" in text and "Call · 09:00–18:00 · Monday, Tuesday" in text


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("admin", 403), ("auditor", 200), ("head", 200)])
def test_who_sees_none_of_the_cases_sees_no_file(desk, as_user, who, status):
    assert as_user(getattr(desk, who)).get(f"/customers/{desk.case.customer_id}/").status_code == status


def test_that_there_is_more_elsewhere_is_told_and_nothing_of_it(desk, as_user):
    customer = desk.theirs.customer
    customer.person = desk.case.customer.person
    customer.save()
    text = file_of(desk.case, as_user(desk.rep))
    assert "1 further customer number" in text
    assert customer.customer_id not in text and factories.User.objects.get(username="stranger").username not in text


def test_a_refusal_at_a_place_is_told_before_the_next_visit_there(desk, as_user):
    client, customer = as_user(desk.rep), f"/customers/{desk.case.customer_id}/"
    sent = {"kind": "refused_at_place", "evidence": "written", "place": "mobile", "channels": ["visit"]}
    assert client.post(f"{customer}wishes/new", sent).status_code == 422
    assert client.post(f"{customer}wishes/new", sent | {"place": "work"}).status_code == 302
    assert f"wishes/{Wish.objects.get().pk}/end" not in file_of(desk.case, client)  # it holds for ever
    page, new = "agreed to be met there", f"/cases/{desk.case.pk}/visits/new"
    assert page in client.get(new).content.decode()
    when = {"why": "calls", "second": desk.colleague.pk, "planned_for": "2026-11-24T16:00"}
    answer = client.post(new, when | {"place": "work", "agreed": "1"})
    assert answer.status_code == 422 and "was not spoken to" in answer.content.decode()
    answer = client.post(new, when | {"place": "work"})
    assert answer.status_code == 422 and "no visit may be made" in answer.content.decode()
    assert client.post(new, when | {"place": "home"}).status_code == 302
    assert page not in client.get(f"/visits/{Visit.objects.get().pk}/").content.decode()


def test_a_wish_is_written_and_ended_by_hand(desk, as_user):
    client, address = as_user(desk.rep), f"/customers/{desk.case.customer_id}/wishes/"
    sent = {"kind": "channel_refused", "evidence": "written", "evidence_ref": "ARC-7"}
    answer = client.post(f"{address}new", sent)
    text = answer.content.decode()
    assert answer.status_code == 422 and "tick the ways of contact" in text and "ARC-7" in text
    assert client.post(f"{address}new", sent | {"channels": ["sms", "visit"]}).status_code == 302
    assert "Visit, Text message" in file_of(desk.case, client) or "Text message, Visit" in file_of(desk.case, client)
    wish = Wish.objects.get()
    assert "ARC-7" in file_of(desk.case, client) and client.get(f"{address}{wish.pk}/end").status_code == 200
    assert client.post(f"{address}{wish.pk}/end", {"evidence": ""}).status_code == 422
    assert client.post(f"{address}{wish.pk}/end", {"evidence": "call"}).status_code == 302
    assert "None said so far" in file_of(desk.case, client)
    assert client.get(f"{address}{wish.pk}/end").status_code == 404
