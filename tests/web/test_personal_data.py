"""Personal data: masked until revealed with a reason, never in an address, escaped wherever it is shown."""

from __future__ import annotations

import pytest

from shouyue.casework.models import ContactPoint, Customer, TimelineEntry
from shouyue.compliance.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>{{ 7|add:7 }}'


@pytest.fixture
def client(desk, as_user):
    return as_user(desk.rep)


def test_the_case_page_masks_what_is_personal(client, desk):
    text = client.get(f"/cases/{desk.case.pk}/").content.decode()
    for point in desk.case.customer.contact_points.all():
        assert point.phone not in text
    for secret in ("990000199001010017", "1990-01-01", "晨屿医院", "苏州某路", "张联系人"):
        assert secret not in text
    assert "990*************17" in text and "晨屿****" in text


@pytest.mark.parametrize(
    ("path", "secret"),
    [("reveal/id_number", "990000199001010017"), ("reveal/address", "苏州某路 1 号"), ("phone", "")],
)
def test_a_reason_opens_it_and_the_trail_keeps_who_and_why_but_not_what(client, desk, path, secret):
    if path == "phone":
        path, secret = f"reveal/phone/{desk.number().pk}", desk.number().phone
    address = f"/cases/{desk.case.pk}/{path}"
    asked = client.get(address, headers={"HX-Request": "true"})
    assert secret not in asked.content.decode() and "Reason" in asked.content.decode()
    refused = client.post(address, {"reason": ""}, headers={"HX-Request": "true"})
    assert refused.status_code == 422 and "give a reason" in refused.content.decode()
    assert not AuditEntry.objects.exists()
    shown = client.post(address, {"reason": "identity_check"}, headers={"HX-Request": "true"})
    assert shown.status_code == 200 and secret in shown.content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.data["reason"]) == ("personal.reveal", "rep", "identity_check")
    assert secret not in str(entry.data)
    assert secret not in str(TimelineEntry.objects.get(kind="revealed").data)


def test_it_works_without_scripts_too(client, desk):
    answer = client.post(f"/cases/{desk.case.pk}/reveal/employer", {"reason": "call"})
    assert "晨屿医院" in answer.content.decode() and "<html" in answer.content.decode()


def test_a_field_that_is_not_personal_is_not_there(client, desk):
    assert client.post(f"/cases/{desk.case.pk}/reveal/password", {"reason": "call"}).status_code == 404


@pytest.mark.parametrize("text", ["测试客", "C000001", "SY00000001"])
def test_search_finds_and_its_address_holds_nothing(client, desk, text):
    answer = client.post("/search", {"text": text})
    assert answer.status_code == 200
    assert [row.number for row, *_ in answer.context["rows"]] == ["C000001"]
    few = client.post("/search", {"text": text}, headers={"HX-Request": "true"}).content.decode()
    assert f"/cases/{desk.case.pk}/" in few and "测试客户" not in few


def test_search_by_phone_end_stays_in_the_store(client, desk, as_user):
    end = desk.number().phone_end
    assert f"/cases/{desk.case.pk}/" in client.post("/search", {"text": end}).content.decode()
    assert f"/cases/{desk.case.pk}/" not in as_user(desk.stranger).post("/search", {"text": end}).content.decode()


def test_search_by_address_bar_finds_nothing_and_keeps_nothing(client):
    answer = client.get("/search?text=测试")
    assert answer.status_code == 302 and "text" not in answer.url


@pytest.mark.parametrize("text", ["", " ", "\x00", "%", "_", "x" * 5000, "'; DROP TABLE"])
def test_strange_searches_are_no_fault(client, text):
    assert client.post("/search", {"text": text}).status_code == 200


def test_no_name_and_no_note_becomes_markup(client, desk, as_user):
    Customer.objects.filter(pk=desk.case.customer_id).update(
        name=EVIL, occupation=EVIL, city=EVIL, marital_status=EVIL[:60], address=EVIL, employer=EVIL
    )
    ContactPoint.objects.filter(customer=desk.case.customer).update(name=EVIL)
    desk.case.customer.loans.update(goods=EVIL, product=EVIL)
    desk.case.reason_en = desk.case.assigned_because_en = EVIL
    desk.case.save()
    desk.rep.full_name = EVIL
    desk.rep.save()
    client.post(f"/cases/{desk.case.pk}/note", {"text": EVIL})
    client.post(f"/cases/{desk.case.pk}/call", {"point": desk.number().pk})
    boss = as_user(desk.manager)
    for who, path in (
        (client, "/"),
        (client, f"/cases/{desk.case.pk}/"),
        (client, "/cases/"),
        (boss, "/today/"),
        (boss, f"/cases/{desk.case.pk}/hand-over"),
        (as_user(desk.admin), "/people/"),
    ):
        text = who.get(path).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text, path
        assert "&lt;script&gt;" in text or "&lt;**" in text, path
        assert "14" not in text.split("onerror=alert(1)&gt;")[-1][:3], path


def test_a_note_is_saved_once_however_often_it_is_sent(client, desk):
    for _ in range(3):
        client.post(f"/cases/{desk.case.pk}/note", {"text": "一次", "id": "7d8a1c8e-6f5b-4c4d-9e3a-000000000001"})
    assert desk.case.timeline.filter(kind="note").count() == 1


def test_an_empty_note_says_so(client, desk):
    answer = client.post(f"/cases/{desk.case.pk}/note", {"text": " "}, follow=True)
    assert "a note cannot be empty" in answer.content.decode()
    assert factories.Case.objects.count() == 3 and not desk.case.timeline.exists()
