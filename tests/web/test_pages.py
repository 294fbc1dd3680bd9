"""What holds for every page: its headers, its markup, its errors, and how many queries it takes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.shortcuts import render
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jinja2 import UndefinedError

from shouyue import strategy
from shouyue.base import clock
from shouyue.casework import calls, handover, notes
from shouyue.casework.agencies import managing
from shouyue.casework.matters import working
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate
from shouyue.daily.models import DailyRun
from shouyue.releases import drafting, reviewing
from shouyue.reports import comparisons
from tests import factories, published, stated

pytestmark = pytest.mark.django_db
COUNTS = Path(__file__).with_name("query_counts.json")


@pytest.fixture
def worked(desk, tmp_path, monkeypatch):
    """A desk on which a promise was made, a case handed over, a note written; and a call is going on."""
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    due = Outcome(reached="self", result="promise", promise_minor=50_000, promise_due=factories.TODAY, note="n")
    calls.finish(contact.pk, desk.rep, due)
    factories.plan(desk.case, desk.rep)
    factories.waiver(desk.case, desk.rep)
    factories.interview(desk.case, desk.rep)
    notes.add(desk.case.pk, "a note", desk.rep, uuid4())
    working.open_matter(desk.reminder.pk, "vulnerability", working.Evidence(note="n"), desk.rep, uuid4())
    handover.hand_over(desk.reminder.pk, desk.colleague.pk, desk.manager, "away", "", uuid4())
    calls.start(desk.reminder.pk, desk.number(case=desk.reminder).pk, desk.colleague, uuid4())
    drafting.save("strategy", "standard", strategy.load("standard").text, desk.head, 0)
    reviewing.propose("strategy", "standard", 1, desk.head)
    managing.add("north", "north", desk.admin)
    managing.new_token("north", desk.admin)
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path))
    factories.more_loans(desk.reminder, "SY-B")
    published.publish(tmp_path)
    stated.reconciled(tmp_path)
    factories.quote(desk.case, desk.rep)
    factories.quotes(desk.reminder, desk.colleague)
    return desk, contact


def pages(worked) -> list[tuple[str, str, str]]:
    """(name, who, path) of every page there is."""
    desk, contact = worked
    case = f"/cases/{desk.case.pk}/"
    key = comparisons.ask(DailyRun.objects.get(), "default", "fineract", factories.TODAY, None)
    compared = f"/conventions/{key}/?was=M1"
    return [
        ("my day", "rep", "/"),
        ("case", "rep", case),
        ("customer", "rep", f"/customers/{desk.case.customer_id}/"),
        ("interview", "rep", f"/customers/{desk.case.customer_id}/interview/"),
        ("edit interview", "rep", f"/customers/{desk.case.customer_id}/interview/edit"),
        ("new wish", "rep", f"/customers/{desk.case.customer_id}/wishes/new"),
        ("case in a call", "colleague", f"/cases/{desk.reminder.pk}/"),
        ("new visit", "rep", f"{case}visits/new"),
        ("inbound call", "rep", f"{case}inbound"),
        ("history of a loan", "rep", f"{case}loans/{desk.case.customer.loans.get().pk}/"),
        ("history on a call", "rep", f"{case}loans/{desk.case.customer.loans.get().pk}/?call={contact.pk}"),
        ("reveal", "rep", f"{case}reveal/address"),
        ("hand over", "rep", f"{case}hand-over"),
        ("cases of a rep", "rep", "/cases/"),
        ("cases of a manager", "manager", "/cases/?status=open"),
        ("cases of head office", "head", "/cases/?status=open"),
        ("promises", "rep", "/promises/"),
        ("promises to confirm", "rep", "/promises/?to_confirm"),
        ("cancel a promise", "rep", f"/promises/{desk.case.promises.get().pk}/cancel"),
        ("arrangements", "rep", f"{case}arrangements"),
        ("new matter", "rep", f"{case}matters/new"),
        ("new plan", "rep", f"{case}plans/new"),
        ("plans", "manager", "/plans/"),
        ("plan", "rep", f"/plans/{desk.case.plans.get().pk}/"),
        ("lost contacts", "manager", "/lost-contact/"),
        ("lost contact", "rep", f"{case}lost-contact"),
        ("end of a case", "head", f"{case}end"),
        ("new concession", "rep", f"{case}concessions/new"),
        ("concessions", "manager", "/concessions/"),
        ("concession", "head", f"/concessions/{desk.case.concessions.get().pk}/"),
        ("new quote", "rep", f"{case}quotes/new"),
        ("quotes", "manager", "/quotes/"),
        ("quote", "head", f"/quotes/{desk.case.quotes.get().pk}/"),
        ("quotes together", "manager", f"/quotes/together/{desk.reminder.quotes.first().together}/"),
        ("matters", "manager", "/matters/"),
        ("matter", "head", f"/matters/{desk.reminder.matters.get().pk}/"),
        ("handovers", "manager", "/handovers/"),
        ("today of a store", "manager", "/today/"),
        ("today of all", "head", "/today/"),
        ("rows of a figure", "manager", "/today/due/"),
        ("why late", "manager", "/late-reasons/"),
        ("why late by stage", "head", "/late-reasons/?by=stage"),
        ("cases of a reason", "head", "/late-reasons/forgot/?by=product&group="),
        ("contact", "auditor", f"/contacts/{contact.pk}/"),
        ("decision", "auditor", f"/decisions/{contact.attempt.decision_id}/"),
        ("conventions", "head", "/conventions/"),
        ("comparison", "auditor", compared),
        ("rules", "head", "/rules/"),
        ("when each way is allowed", "rep", f"{case}when/{desk.number().pk}"),
        ("audit", "auditor", "/audit/"),
        ("strategies", "head", "/strategies/"),
        ("strategy", "head", "/strategies/standard/"),
        ("strategy version", "auditor", "/strategies/standard/1/"),
        ("strategy version to approve", "head", "/strategies/standard/1/"),
        ("strategy file", "manager", "/strategies/standard/0/"),
        ("strategy compared", "auditor", "/strategies/standard/1/compare?against=0&all"),
        ("strategy editor", "head", "/strategies/standard/1/edit?part=work"),
        ("strategy numbers", "head", "/strategies/standard/1/edit?part==numbers"),
        ("strategy text", "head", "/strategies/standard/1/edit?part==text"),
        ("trials", "head", "/trials/"),
        ("experiments", "auditor", "/experiments/"),
        ("reconciliation", "auditor", "/reconciliation/"),
        ("agencies", "head", "/agencies/"),
        ("told to the core", "head", "/core/"),
        ("interviews of another system", "head", "/interviews/"),
        ("people", "admin", "/people/"),
        ("letters", "rep", "/letters/"),
        ("letters of a case", "rep", f"{case}letters"),
        ("permissions", "auditor", "/people/permissions"),
        ("second factor", "rep", "/second-factor"),
        ("password", "rep", "/password"),
        ("not there", "rep", "/cases/999999/"),
        ("not allowed", "rep", "/audit/"),
    ]


def test_every_page_answers_and_brings_its_policy(worked, as_user):
    desk, _ = worked
    for name, who, path in pages(worked):
        answer = as_user(getattr(desk, who)).get(path)
        expected = {"not there": 404, "not allowed": 403}.get(name, 200)
        assert answer.status_code == expected, name
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy and "http" not in policy
        assert answer["X-Frame-Options"] == "DENY" and answer["Cache-Control"] == "no-store", name
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_no_page_has_a_script_or_a_style_of_its_own(worked, as_user):
    desk, _ = worked
    for name, who, path in pages(worked):
        text = as_user(getattr(desk, who)).get(path).content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), name
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), name
        for address in re.findall(r'(?:src|href|action|hx-get|hx-post)="([^"]*)"', text):
            assert address.startswith(("/", "?", "#", "tel:")) and not address.startswith("//"), (name, address)


def test_no_page_prints_what_is_meant_for_programs(worked, as_user):
    desk, _ = worked
    factories.User.objects.update(language="zh-hans")  # in English, None is also a word
    for name, who, path in pages(worked):
        text = as_user(getattr(desk, who)).get(path).content.decode()
        for slip in ("bound method", "function ", " object at 0x", "{{", "{%", "&lt;", "&amp;amp;", ">None<", '"None"'):
            assert slip not in text, (name, slip)


def test_a_name_that_no_view_gave_is_an_error(rf):
    request = rf.get("/")
    with pytest.raises(UndefinedError, match="rows"):
        render(request, "desk/_found.html", {"text": ""})


def test_no_address_on_any_page_holds_a_name_or_a_number(worked, as_user):
    desk, _ = worked
    secrets = ["测试客户", desk.number().phone, desk.number().phone_end, "990000199001010017"]
    for name, who, path in pages(worked):
        text = as_user(getattr(desk, who)).get(path).content.decode()
        for found in re.findall(r'(?:src|href|action|hx-get|hx-post)="(/[^"]*)"', text):
            address = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", found)  # drawn by lot, any digits
            assert not any(secret in address for secret in secrets), (name, address)


def test_each_page_takes_the_queries_it_took(worked, as_user):
    desk, _ = worked
    counts = {}
    for name, who, path in pages(worked):
        client = as_user(getattr(desk, who))
        client.get(path)  # what is read once per process is read
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(path)
        counts[name] = len(queries)
    if os.environ.get("SHOUYUE_RECORD") == "1":
        COUNTS.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    assert counts == json.loads(COUNTS.read_text(encoding="utf-8")), "record on purpose with SHOUYUE_RECORD=1"


def test_a_longer_list_takes_no_more_queries(worked, as_user):
    desk, _ = worked
    for number in range(100, 130):
        factories.case(desk.store, desk.rep, number)
    recorded = json.loads(COUNTS.read_text(encoding="utf-8"))
    for name, who, path in pages(worked):
        client = as_user(getattr(desk, who))
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        assert len(queries) == recorded[name], name


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_failures_speak_the_language(desk, as_user, language):
    desk.rep.language = language
    desk.rep.save()
    text = as_user(desk.rep).get("/cases/999999/").content.decode()
    assert ("没有这个案件" if language == "zh-hans" else "there is no such case") in text and "CASE-001" in text
    assert Client().get("/nothing/here").status_code == 404


def test_a_fault_of_ours_gives_a_page_without_the_database(desk, rf):
    from shouyue.web.views import failures

    answer = failures.broken(rf.get("/"))
    assert answer.status_code == 500 and "no-store" not in answer.content.decode()


def test_a_piece_that_fails_says_so_in_the_notices(desk, as_user):
    answer = as_user(desk.rep).get("/today/", headers={"HX-Request": "true"})
    assert answer.status_code == 403 and answer["HX-Retarget"] == "#notices"
    assert "<html" not in answer.content.decode()


def test_the_decision_shows_rules_counters_and_sources_and_comes_out_the_same(worked, as_user):
    desk, contact = worked
    text = as_user(desk.auditor).get(f"/contacts/{contact.pk}/").content.decode()
    assert "taken again just now from what was stored: the same" in text
    assert "GB/T 45251-2025" in text and "quiet" in text and "0 / 3" in text


SUMMED_UP = """
id = "acme"
version = "1"
base = "us-reg-f"
[documents]
own = { zh = "通知", en = "a circular" }
[[rule]]
id = "acme-represented"
tightens = "represented"
evidence = "press"
[[rule.value]]
valid_from = 2026-01-01
source = [{ document = "own" }]
[[rule]]
id = "acme-hours"
tightens = "inconvenient-times"
press = ["asked_for"]
[[rule.value]]
valid_from = 2026-01-01
source = [{ document = "own" }]
"""


def test_rules_of_which_a_summary_alone_was_read_are_no_law_on_any_page(worked, as_user, monkeypatch, tmp_path):
    desk, contact = worked
    own = tmp_path / "house.toml"
    own.write_text(SUMMED_UP, encoding="utf-8")
    monkeypatch.setenv("SHOUYUE_PACK", "us-reg-f")
    monkeypatch.setenv("SHOUYUE_HOUSE_PACK", str(own))
    page = as_user(desk.auditor).get("/rules/")
    text = page.content.decode()
    assert page.context["summed_up"] == ["acme-represented"]
    assert "are no statement of the law" in text and "a circular, by a published summary, its text not read" in text
    assert page.context["excepted"] == ["acme-hours"] and "except the person asked for this contact" in text
    with clock.at(factories.AFTERNOON), transaction.atomic():
        person, at = desk.case.customer.person_id, factories.AFTERNOON
        asked = gate.Question(person, "letter", "collection", at, "Asia/Shanghai", None, facts={"represented": True})
        decision = gate.reserve(asked, uuid4()).decision
    monkeypatch.delenv("SHOUYUE_HOUSE_PACK")
    monkeypatch.delenv("SHOUYUE_PACK")  # another pack is in force by the time one looks
    found = as_user(desk.auditor).get(f"/decisions/{decision.pk}/")
    assert found.context["answer"]["press"] == ["acme-represented"]
    text = found.content.decode()
    assert "Refused out of caution" in text and "a published summary was read" in text
    clean = as_user(desk.auditor).get(f"/contacts/{contact.pk}/").content.decode()
    assert "Refused out of caution" not in clean and "the text was read" in clean


def test_the_audit_trail_is_read_by_action_and_subject(worked, as_user):
    desk, _ = worked
    client = as_user(desk.auditor)
    text = client.get("/audit/?action=contact.finish").content.decode()
    assert f"case:{desk.case.pk}" in text and "case.hand_over</td>" not in text
    assert "No entry fits" in client.get("/audit/?actor=nobody").content.decode()
    assert client.get("/audit/?page=zz").status_code == 200


def test_an_administrator_adds_changes_and_keeps_out(desk, as_user):
    client = as_user(desk.admin)
    new = {
        "username": "new.rep",
        "full_name": "新同事",
        "role": "rep",
        "store": desk.store.pk,
        "capacity_minutes": 240,
        "password": "first-password-12",
    }
    for wrong, says in (
        ({"store": ""}, "need a store"),
        ({"username": "rep"}, "is taken"),
        ({"username": "no spaces please"}, "valid value"),
        ({"role": "king"}, "no such role"),
        ({"password": "12345"}, "too weak"),
        ({"capacity_minutes": -1}, "greater than or equal to 0"),
    ):
        answer = client.post("/people/", new | wrong)
        assert answer.status_code == 422 and says in answer.content.decode(), wrong
    assert client.post("/people/", new).status_code == 302
    added = factories.User.objects.get(username="new.rep")
    client.post(f"/people/{added.pk}", {"action": "capacity", "minutes": "0"})
    client.post(f"/people/{added.pk}", {"action": "deactivate"})
    added.refresh_from_db()
    assert (added.capacity_minutes, added.is_active) == (0, False)
    assert client.post(f"/people/{desk.admin.pk}", {"action": "deactivate"}).status_code == 409
    assert client.post("/people/999999", {"action": "deactivate"}).status_code == 404
    actions = list(desk_actions())
    assert actions == ["user.add", "user.capacity", "user.deactivate"]


def desk_actions():
    from shouyue.compliance.models import AuditEntry

    return AuditEntry.objects.order_by("seq").values_list("action", flat=True)
