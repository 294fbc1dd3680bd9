"""My day: what matters first, and why it is there."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import calls
from shouyue.casework.outcome import Outcome
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(desk, as_user):
    return as_user(desk.rep)


def numbers(answer) -> list[str]:
    return [row.number for row in answer.context["rows"]]


def test_each_line_says_why_it_is_there(client, desk):
    text = client.get("/").content.decode()
    assert "5 days late, CNY 500.00 overdue" in text and "CN¥500.00" in text
    assert "CNY 500.00 due in 2 days" in text and "due in 2 days" in text
    assert "13:00-15:00" in text and "Habitually late" in text
    assert "2 cases to do" in text and "about 10 minutes" in text


def test_names_are_masked_on_the_list_and_whole_on_the_case(client, desk):
    text = client.get("/").content.decode()
    assert "测**" in text and "测试客户" not in text
    assert desk.number().phone not in text
    assert "测试客户" in client.get(f"/cases/{desk.case.pk}/").content.decode()


def test_the_strategys_order_is_the_lists_order(client, desk):
    factories.case(desk.store, desk.rep, 9, priority=5000)
    assert numbers(client.get("/")) == ["C000009", "C000001", "C000002"]


def test_filters_by_phase_segment_and_promise_due(client, desk):
    assert numbers(client.get("/?phase=reminder")) == ["C000002"]
    assert numbers(client.get("/?segment=habitual")) == ["C000001"]
    assert numbers(client.get("/?promise=due&work=all")) == []
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    due = Outcome(reached="self", result="promise", promise_minor=100, promise_due=factories.TODAY)
    calls.finish(contact.pk, desk.rep, due)
    assert numbers(client.get("/?promise=due&work=all")) == ["C000001"]


@pytest.mark.parametrize("asked", ["?work=x", "?phase='--", "?page=0", "?page=99999999", "?segment=%00x", "?promise=1"])
def test_a_strange_question_is_no_fault(client, asked):
    assert client.get("/" + asked.replace("%00", "")).status_code == 200


def test_done_waiting_and_held_are_apart(client, desk):
    later = factories.AFTERNOON + timedelta(hours=2)
    factories.case(desk.store, desk.rep, 5, next_action_at=later, next_action="call")
    factories.case(desk.store, desk.rep, 6, hold=True, treatment="wait")
    factories.case(desk.store, desk.rep, 7, done_on=factories.TODAY)
    assert numbers(client.get("/")) == ["C000001", "C000002"]
    assert numbers(client.get("/?work=waiting")) == ["C000005", "C000006"]
    assert numbers(client.get("/?work=done")) == ["C000007"]
    counts = client.get("/").context["counts"]
    assert (counts.todo, counts.waiting, counts.done, counts.minutes) == (2, 2, 1, 10)
    with clock.at(later + timedelta(minutes=1)):
        assert numbers(client.get("/")) == ["C000001", "C000002", "C000005"]


def test_a_long_list_comes_in_pages(client, desk):
    for n in range(10, 65):
        factories.case(desk.store, desk.rep, n)
    first, second = client.get("/"), client.get("/?page=2")
    assert len(numbers(first)) == 50 and len(numbers(second)) == 7
    assert not set(numbers(first)) & set(numbers(second))
    assert "?work=todo" not in first.context["newer"] and first.context["newer"] == "?page=2"
    assert first.context["older"] == "" and second.context["newer"] == ""


def test_the_next_case_is_one_key_away(client, desk):
    assert client.get("/next").url == f"/cases/{desk.case.pk}/"
    assert client.get(f"/next?after={desk.case.pk}").url == f"/cases/{desk.reminder.pk}/"
    assert client.get("/next?after=99999999999999999999999").url == f"/cases/{desk.case.pk}/"


def test_when_all_is_done_the_page_says_so(as_user, desk):
    client = as_user(desk.colleague)
    assert "All done for now" in client.get("/").content.decode()
    assert client.get("/next").url == "/"


def test_filtering_brings_the_list_alone(client):
    text = client.get("/?phase=reminder", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text and "C000002" in text
    whole = client.get("/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).content.decode()
    assert "<html" in whole


@pytest.mark.parametrize(
    ("who", "where"), [("rep", "/"), ("manager", "/today/"), ("head", "/today/"), ("admin", "/people/")]
)
def test_everybody_begins_where_his_work_is(as_user, desk, who, where):
    assert as_user(getattr(desk, who)).get("/start").url == where
