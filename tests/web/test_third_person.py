"""Somebody other than the borrower on the line: nothing on the screen tells of a loan, and no address leads to it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from shouyue.casework import calls
from shouyue.casework.models import Contact
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import Attempt, Wish

pytestmark = pytest.mark.django_db

#: what must not be read on the screen: amounts, contract, product, days, words of debt in both languages
FORBIDDEN = (
    *("500.00", "4,000.00", "50000", "SY00000001", "手机分期", "折叠屏手机", "5 days late", "逾期", "M1"),
    *("overdue", "loan", "Loans", "Promise", "repay", "borrow", "贷", "借", "欠", "还款", "催收", "承诺"),
)


@pytest.fixture
def on_the_line(desk, as_user) -> tuple[Client, Contact]:
    """The borrower's number does not work: only then may a friend be asked to pass a message on."""
    own = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert own is not None
    calls.finish(own.pk, desk.rep, Outcome(reached="invalid"))
    client = as_user(desk.rep)
    begun = client.post(f"/cases/{desk.case.pk}/call", {"point": desk.number("friend").pk, "contact": str(uuid4())})
    contact = Contact.objects.get(status="started")
    assert begun.headers["Location"] == f"/contacts/{contact.pk}/call"
    return client, contact


def addresses(desk, contact) -> list[str]:
    """Every address of the desk, with this very case, contact and decision where it names one."""
    values = {"case_id": desk.case.pk, "contact_id": contact.pk, "decision_id": contact.attempt.decision_id}
    plain = {"int": desk.number().pk, "uuid": uuid4(), "slug": "due", "str": "standard"}
    found = [
        "/" + re.sub(r"<(\w+):(\w+)>", lambda part: str(values.get(part[2], plain[part[1]])), str(pattern.pattern))
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLPattern)
    ]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_says_nothing_of_a_loan(on_the_line, desk, language):
    client, contact = on_the_line
    desk.rep.language = language
    desk.rep.save(update_fields=["language"])
    text = client.get(f"/contacts/{contact.pk}/call").content.decode()
    page = re.sub(r'(X-CSRFToken": |value=)"[A-Za-z0-9]{64}"', "", text[text.index("<body") :])
    for word in FORBIDDEN:
        assert word not in page, word
    assert "测试客户" in page and desk.number("friend").phone in page
    assert ("could you ask for a call back" if language == "en" else "请问方便请他回个电话吗") in page


def test_no_address_leads_anywhere_else_until_the_call_is_logged(on_the_line, desk):
    client, contact = on_the_line
    there = f"/contacts/{contact.pk}/call"
    allowed = {there, "/sign-in", "/sign-out", "/language", f"/contacts/{contact.pk}/tick"}
    allowed |= {f"/contacts/{contact.pk}/{step}" for step in ("finish", "somebody-else", "himself")}
    for address in addresses(desk, contact):
        if address in allowed:
            continue
        for answer in (client.get(address), client.post(address, {"text": "测试"})):
            assert (answer.status_code, answer.headers.get("Location")) == (302, there), address
        piece = client.get(address, headers={"HX-Request": "true"})
        assert piece.headers.get("HX-Redirect") == there and not piece.content, address
    client.post(f"/contacts/{contact.pk}/finish", {"reached": "other", "result": "message_left"})
    assert client.get(f"/cases/{desk.case.pk}/").status_code == 200
    assert client.get(there).headers["Location"] == f"/contacts/{contact.pk}/"


def test_another_browser_of_the_same_rep_is_held_as_well_and_a_colleague_is_not(on_the_line, desk, as_user):
    _, contact = on_the_line
    second = as_user(desk.rep).get(f"/cases/{desk.case.pk}/")
    assert second.headers["Location"] == f"/contacts/{contact.pk}/call"
    colleague = as_user(desk.colleague)
    assert colleague.get("/").status_code == 200
    assert colleague.get(f"/contacts/{contact.pk}/call").status_code == 404


def test_a_form_to_mend_stays_on_the_discreet_page(on_the_line, desk):
    client, contact = on_the_line
    answer = client.post(f"/contacts/{contact.pk}/finish", {"note": "was typed"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "was typed" in text and "500.00" not in text and "SY00000001" not in text
    assert list(answer.context["errors"]) == ["reached"]


def test_a_refusal_ends_it_for_ever(on_the_line, desk):
    client, contact = on_the_line
    client.post(f"/contacts/{contact.pk}/tick", {"element": "ask", "outcome": "refused"})
    client.post(f"/contacts/{contact.pk}/finish", {"reached": "other"})
    assert Wish.objects.get().kind == "contact_refused"
    before = Attempt.objects.count()
    client.post(f"/cases/{desk.case.pk}/call", {"point": desk.number("friend").pk, "contact": str(uuid4())})
    assert Attempt.objects.count() == before
    text = client.get(f"/cases/{desk.case.pk}/?point={desk.number('friend').pk}").content.decode()
    assert "this contact has refused and is not contacted again" in text


def test_no_script_but_the_permitted_one(on_the_line, desk):
    client, contact = on_the_line
    answer = client.post(f"/contacts/{contact.pk}/tick", {"element": "facts", "outcome": "acknowledged"})
    assert answer.status_code == 409


# ---- somebody else takes the borrower's own line --------------------------------------------------------------------
@pytest.fixture
def taken(desk, as_user) -> tuple[Client, Contact]:
    client = as_user(desk.rep)
    client.post(f"/cases/{desk.case.pk}/call", {"point": desk.number().pk, "contact": str(uuid4())})
    contact = Contact.objects.get(status="started")
    sent = {"tick-identity": "self", "note": "逾期 500.00"}
    there = client.post(f"/contacts/{contact.pk}/somebody-else", sent).headers["Location"]
    assert there == f"/contacts/{contact.pk}/call"
    return client, contact


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_who_takes_the_line_sees_nothing_of_the_loan_nor_of_what_was_noted(taken, desk, language):
    client, contact = taken
    desk.rep.language = language
    desk.rep.save(update_fields=["language"])
    for sent in (None, {"reached": "self"}, {"reached": "other", "result": "promise"}):
        path = f"/contacts/{contact.pk}/" + ("call" if sent is None else "finish")
        answer = client.get(path) if sent is None else client.post(path, sent)
        text = answer.content.decode()
        page = re.sub(r'(X-CSRFToken": |value=)"[A-Za-z0-9]{64}"', "", text[text.index("<body") :])
        for word in FORBIDDEN if sent is None else ("500.00", "SY00000001", "逾期"):
            assert word not in page, word
        assert answer.status_code == (200 if sent is None else 422)


def test_no_address_leads_anywhere_else_while_he_has_the_line(taken, desk):
    client, contact = taken
    there = f"/contacts/{contact.pk}/call"
    steps = {f"/contacts/{contact.pk}/{step}" for step in ("call", "tick", "finish", "somebody-else", "himself")}
    for address in set(addresses(desk, contact)) - steps - {"/sign-in", "/sign-out", "/language"}:
        assert client.get(address).headers.get("Location") == there, address


def test_the_borrower_comes_and_all_is_there_as_it_was(taken, desk):
    client, contact = taken
    sent = {"tick-ask": "will_pass_on", "note": "his wife", "who": "spouse"}
    assert client.post(f"/contacts/{contact.pk}/himself", sent).headers["Location"] == f"/cases/{desk.case.pk}/"
    text = client.get(f"/cases/{desk.case.pk}/").content.decode()
    assert "逾期 500.00\nhis wife" in text
    contact.refresh_from_db()
    assert contact.elements == {"identity": "self"}
    assert (contact.other.elements, contact.other.relation) == ({"ask": "will_pass_on"}, "spouse")
    client.post(f"/contacts/{contact.pk}/finish", {"reached": "self", "result": "paid", "note": contact.note})
    proof = client.get(f"/contacts/{contact.pk}/").content.decode()
    assert "Somebody else had the line" in proof and "will pass it on" in proof and "Spouse" in proof
    assert "first answered by: Spouse" in client.get(f"/cases/{desk.case.pk}/").content.decode()


def test_a_tick_that_it_is_somebody_else_opens_his_page_at_once(desk, as_user):
    client = as_user(desk.rep)
    client.post(f"/cases/{desk.case.pk}/call", {"point": desk.number().pk, "contact": str(uuid4())})
    contact = Contact.objects.get(status="started")
    answer = client.post(f"/contacts/{contact.pk}/tick", {"element": "identity", "outcome": "not_self"})
    assert answer.headers["HX-Redirect"] == f"/contacts/{contact.pk}/call"
    assert client.get("/").headers["Location"] == f"/contacts/{contact.pk}/call"


def test_on_a_guarantors_line_the_guarantor_is_asked_for(desk, as_user):
    point = desk.number()
    point.relation, point.name = "guarantor", "担保人甲"
    point.save()
    client = as_user(desk.rep)
    client.post(f"/cases/{desk.case.pk}/call", {"point": point.pk, "contact": str(uuid4())})
    contact = Contact.objects.get(status="started")
    client.post(f"/contacts/{contact.pk}/somebody-else")
    text = client.get(f"/contacts/{contact.pk}/call").content.decode()
    assert "担保人甲" in text and "测试客户" not in text
