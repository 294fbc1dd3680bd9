"""Two agencies over HTTP: what each may see and do, the same answer to the same request, one budget with the desk."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client

from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, queries
from shouyue.casework.agencies import contacting, managing
from shouyue.casework.models import Agency, AgencyToken, Case, Placement, TimelineEntry
from shouyue.compliance import replaying
from shouyue.compliance.models import Attempt, AttemptOutcome, AuditEntry, GateDecision
from tests import factories

AT = "/api/agency/v1"


class System:
    """An agency's system with its token."""

    def __init__(self, secret: str):
        self.secret, self.client = secret, Client(enforce_csrf_checks=True)

    def get(self, path: str):
        return self.client.get(AT + path, headers={"Authorization": f"Bearer {self.secret}"})

    def post(self, path: str, body: Any, key: str | None = None):
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": key or uuid4().hex}
        return self.client.post(AT + path, json.dumps(body), content_type="application/json", headers=headers)


class Two:
    """North has the desk's late case, south the other store's; the reminder case is placed with nobody."""

    def __init__(self, desk: factories.Desk):
        self.desk = desk
        self.placement = {}
        for code, case in (("north", desk.case), ("south", desk.theirs)):
            managing.add(code, f"{code} agency", desk.admin, factories.TODAY - timedelta(days=30))
            self.placement[code] = str(managing.place(code, case.customer.customer_id, desk.head).pk)
        self.north, self.south = (System(managing.new_token(code, desk.admin)[1]) for code in ("north", "south"))

    def call(self, **other: Any) -> dict[str, Any]:
        return {"case": self.placement["north"], "number": self.desk.number().pk, "channel": "call", **other}


@pytest.fixture
def afternoon(monkeypatch):
    monkeypatch.setenv("SHOUYUE_NOW", factories.AFTERNOON.isoformat())


@pytest.fixture
def two(db, afternoon) -> Two:
    return Two(factories.desk())


@pytest.mark.django_db
def test_an_agency_sees_its_own_cases_and_no_more_of_a_person_than_it_needs(two):
    (seen,) = two.north.get("/cases").json()["cases"]
    assert seen["case"] == two.placement["north"] and seen["overdue_minor"] == 50_000 and seen["dpd"] == 5
    assert {n["relation"] for n in seen["numbers"]} == {"self", "guarantor", "friend"}
    told = two.north.get("/cases").content.decode()
    customer = two.desk.case.customer
    for hidden in (customer.name, customer.customer_id, customer.id_number, customer.address, customer.employer,
                   two.desk.number().phone, "张联系人"):  # fmt: skip
        assert hidden not in told
    assert [c["case"] for c in two.south.get("/cases").json()["cases"]] == [two.placement["south"]]
    managing.take_back(customer.customer_id, two.desk.head)
    assert two.north.get("/cases").json() == {"cases": [], "next": None}


@pytest.mark.django_db
def test_an_allowed_contact_is_reserved_proved_and_ended(two):
    answer = two.north.post("/contacts", two.call())
    said = answer.json()
    assert answer.status_code == 200 and said["allowed"] and said["phone"] == two.desk.number().phone
    attempt = Attempt.objects.get(pk=said["contact"])
    assert (attempt.agency, attempt.staff_id, str(attempt.decision_id)) == ("north", None, said["decision"])
    assert replaying.replay(attempt.decision_id).same and replaying.replay(attempt.decision_id).chained
    ended = two.north.post(f"/contacts/{attempt.pk}/outcome", {"outcome": "conversation"})
    assert ended.status_code == 200 and AttemptOutcome.objects.get(attempt=attempt).kind == "conversation"
    assert two.north.post(f"/contacts/{attempt.pk}/outcome", {"outcome": "conversation"}).status_code == 200
    other = two.north.post(f"/contacts/{attempt.pk}/outcome", {"outcome": "unanswered"})
    assert (other.status_code, other.json()["code"]) == (409, "AGENCY-008")
    entry = TimelineEntry.objects.get(case=two.desk.case, kind="contact")
    assert entry.data["agency"] == "north" and entry.data["allowed"] and entry.actor is None


@pytest.mark.django_db
def test_a_refusal_tells_the_rule_in_words_and_the_earliest_time_and_shows_no_number(two, monkeypatch):
    monkeypatch.setenv("SHOUYUE_NOW", factories.NIGHT.isoformat())
    said = two.north.post("/contacts", two.call()).json()
    assert not said["allowed"] and said["contact"] is None and said["phone"] is None
    assert said["zh"] and said["en"] and said["rules"][0]["source_zh"] and said["rules"][0]["en"]
    assert said["earliest"] > factories.NIGHT.isoformat()
    assert not Attempt.objects.exists()
    assert replaying.replay(GateDecision.objects.get().pk).same
    assert TimelineEntry.objects.get(case=two.desk.case, kind="refused").actor is None


@pytest.mark.django_db
def test_an_agency_that_was_not_evaluated_for_more_than_a_year_may_not_contact(two):
    Agency.objects.filter(code="north").update(evaluated_on=factories.TODAY - timedelta(days=400))
    said = two.north.post("/contacts", two.call()).json()
    assert [r["rule"] for r in said["rules"]] == ["agency-evaluated"]


@pytest.mark.django_db
def test_the_cases_come_in_pages_that_miss_none_and_repeat_none(two, monkeypatch):
    more = [factories.case(two.desk.store, two.desk.rep, n) for n in range(20, 26)]
    for one in more:
        managing.place("north", one.customer.customer_id, two.desk.head)
    whole = [c["case"] for c in two.north.get("/cases").json()["cases"]]
    assert len(whole) == 7
    seen, after = [], ""
    while after is not None:
        page = two.north.get(f"/cases?limit=2{f'&after={after}' if after else ''}").json()
        seen += [c["case"] for c in page["cases"]]
        if len(seen) == 2:  # later, the last one seen is taken back meanwhile, and another case is placed
            monkeypatch.setenv("SHOUYUE_NOW", (factories.AFTERNOON + timedelta(minutes=1)).isoformat())
            managing.take_back(Placement.objects.get(pk=seen[-1]).customer.customer_id, two.desk.head)
            managing.place(
                "north", factories.case(two.desk.store, two.desk.rep, 30).customer.customer_id, two.desk.head
            )
        after = page["next"]
    assert seen[:7] == whole and len(set(seen)) == 8
    for wrong in ("limit=0", "limit=501", "after=x"):
        assert two.north.get(f"/cases?{wrong}").status_code == 422
    assert two.north.get(f"/cases?after={two.placement['south']}").json()["code"] == "AGENCY-003"


@pytest.mark.django_db
def test_a_kept_answer_goes_in_time_and_its_key_still_means_its_contact(two, monkeypatch):
    first = two.north.post("/contacts", two.call(), key="n-1").json()
    managing.place("north", two.desk.case.customer.customer_id, two.desk.head, factories.TODAY + timedelta(days=200))
    assert contacting.forget(factories.AFTERNOON + contacting.KEEP) == 0
    monkeypatch.setenv("SHOUYUE_NOW", (factories.AFTERNOON + timedelta(days=91)).isoformat())
    assert contacting.forget(factories.AFTERNOON + timedelta(days=91)) == 1
    again = two.north.post("/contacts", two.call(), key="n-1").json()
    assert (again["decision"], again["contact"]) == (first["decision"], first["contact"])
    assert contacting.forget(factories.AFTERNOON + timedelta(days=182)) == 1
    other = two.north.post("/contacts", two.call(number=two.desk.number("guarantor").pk), key="n-1")
    assert (other.status_code, other.json()["code"]) == (409, "GATE-005")
    assert Attempt.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/contacts", "/reports"])
def test_ids_of_others_are_not_there(two, path):
    made = {"at": "2026-11-24T13:00:00+08:00", "outcome": "conversation"} if path == "/reports" else {}
    friend_of_another = two.desk.number(case=two.desk.theirs).pk
    for body, code in (
        (two.call(case=two.placement["south"]), "AGENCY-003"),
        (two.call(case=str(uuid4())), "AGENCY-003"),
        (two.call(number=friend_of_another), "CASE-006"),
        (two.call(number=10**9), "CASE-006"),
    ):
        answer = two.north.post(path, body | made)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    contact = two.north.post("/contacts", two.call()).json()["contact"]
    theirs = two.south.post(f"/contacts/{contact}/outcome", {"outcome": "conversation"})
    assert (theirs.status_code, theirs.json()["code"]) == (404, "AGENCY-007")
    managing.take_back(two.desk.case.customer.customer_id, two.desk.head)
    after = two.north.post(path, two.call() | made)
    if path == "/contacts":
        assert after.status_code == 404 and GateDecision.objects.count() == 1
    else:  # what was done is told all the same, and judged
        assert [r["rule"] for r in after.json()["rules"]] == ["placement-over"]


@pytest.mark.django_db
def test_the_same_request_has_the_same_answer_and_another_under_its_key_is_refused(two, monkeypatch):
    first = two.north.post("/contacts", two.call(), key="n-1")
    monkeypatch.setenv("SHOUYUE_NOW", factories.NIGHT.isoformat())
    assert two.north.post("/contacts", two.call(), key="n-1").json() == first.json()
    other = two.north.post("/contacts", two.call(channel="visit"), key="n-1")
    assert (other.status_code, other.json()["code"]) == (409, "AGENCY-004")
    assert set(other.json()) == {"code", "zh", "en"}
    as_report = two.call(at="2026-11-24T13:00:00+08:00", outcome="conversation")
    assert two.north.post("/reports", as_report, key="n-1").status_code == 409
    assert Attempt.objects.count() == 1
    # a key is an agency's own, and one whose request failed is free
    south = {"case": two.placement["south"], "number": two.desk.number(case=two.desk.theirs).pk, "channel": "call"}
    assert two.south.post("/contacts", south | {"case": str(uuid4())}, key="n-1").status_code == 404
    assert two.south.post("/contacts", south, key="n-1").json()["allowed"] is False
    # the number is shown no more once the case is gone
    managing.take_back(two.desk.case.customer.customer_id, two.desk.head)
    assert two.north.post("/contacts", two.call(), key="n-1").json()["phone"] is None


@pytest.mark.django_db
def test_a_contact_made_without_asking_counts_and_is_judged(two):
    night = two.call(at="2026-11-23T23:30:00+08:00", outcome="conversation")
    said = two.north.post("/reports", night, key="n-7").json()
    assert not said["allowed"] and said["phone"] is None and said["rules"]
    assert two.north.post("/reports", night, key="n-7").json() == said
    attempt = Attempt.objects.get()
    assert str(attempt.pk) == said["contact"] and attempt.reported_at is not None
    assert TimelineEntry.objects.get(case=two.desk.case, kind="contact").data["allowed"] is False
    future = two.north.post("/reports", two.call(at="2026-11-25T14:00:00+08:00", outcome="conversation"))
    assert (future.status_code, future.json()["code"]) == (409, "GATE-012")
    naive = two.north.post("/reports", two.call(at="2026-11-23T14:00:00", outcome="conversation"))
    assert (naive.status_code, naive.json()["code"]) == (422, "AGENCY-006")


@pytest.mark.django_db
def test_without_a_token_that_counts_nothing_is_answered(two):
    withdrawn, secret = managing.new_token("north", two.desk.admin)
    managing.withdraw_token("north", withdrawn.pk, two.desk.admin)
    for bad in ("", "sya_guess", secret, withdrawn.digest):
        answer = System(bad).get("/cases")
        assert (answer.status_code, answer.json()["code"]) == (401, "AGENCY-001")
    signed_in = Client()
    signed_in.force_login(two.desk.head)
    assert signed_in.get(f"{AT}/cases").status_code == 401
    assert not AgencyToken.objects.filter(digest__contains="sya_").exists()
    trail = AuditEntry.objects.filter(action__startswith="agency.token").values_list("action", flat=True)
    assert list(trail) == ["agency.token"] * 3 + ["agency.token_withdrawn"]
    for who in (two.desk.rep, two.desk.head, two.desk.auditor):
        with pytest.raises(ShouyueError, match="PEOPLE-001"):
            managing.new_token("north", who)
    for who in (two.desk.rep, two.desk.admin):
        with pytest.raises(ShouyueError, match="PEOPLE-001"):
            managing.place("north", two.desk.reminder.customer.customer_id, who)
    with pytest.raises(ShouyueError, match="AGENCY-012"):
        managing.place("south", two.desk.case.customer.customer_id, two.desk.head)


@pytest.mark.django_db
def test_requests_are_bounded_by_the_minute(two, monkeypatch):
    monkeypatch.setattr(managing, "LIMIT", 3)
    assert [two.north.get("/cases").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = two.north.get("/cases")
    assert refused.json()["code"] == "AGENCY-002" and refused["Retry-After"] == "60"
    assert two.south.get("/cases").status_code == 200
    monkeypatch.setenv("SHOUYUE_NOW", (factories.AFTERNOON + timedelta(minutes=1)).isoformat())
    assert two.north.get("/cases").status_code == 200


@pytest.mark.django_db
def test_what_cannot_be_read_is_named_by_its_place_and_not_repeated(two):
    for body in ({}, two.call(channel="pigeon"), two.call(number="10020000011"), two.call(case="张三")):
        answer = two.north.post("/contacts", body)
        if answer.status_code == 404:  # a whole number is a number, though nobody's
            continue
        assert (answer.status_code, answer.json()["code"]) == (422, "AGENCY-006")
        assert "张三" not in answer.content.decode() and "pigeon" not in answer.content.decode()
    no_key = two.north.client.post(
        f"{AT}/contacts", two.call(), content_type="application/json",
        headers={"Authorization": f"Bearer {two.north.secret}"},
    )  # fmt: skip
    assert (no_key.status_code, no_key.json()["code"]) == (422, "AGENCY-005")


def used(system: System, call: dict[str, Any], most: int) -> int:
    """Ask, and reach nobody, until the gate refuses or it is enough; how often it was allowed."""
    for n in range(most):
        answer = system.post("/contacts", call).json()
        if not answer["allowed"]:
            return n
        system.post(f"/contacts/{answer['contact']}/outcome", {"outcome": "unanswered"})
    return most


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_of_an_agency_and_the_desk_only_one_gets_the_last_attempt(afternoon, _again):
    two = Two(factories.desk())
    south = {"case": two.placement["south"], "number": two.desk.number(case=two.desk.theirs).pk, "channel": "call"}
    most = used(two.south, south, 50)
    assert 1 < most < 50
    assert used(two.north, two.call(), most - 1) == most - 1
    before = Attempt.objects.count()

    def agency() -> bool:
        try:
            return two.north.post("/contacts", two.call()).json()["allowed"]
        finally:
            connection.close()

    def desk() -> bool:
        try:
            started = calls.start(two.desk.case.pk, two.desk.number().pk, two.desk.rep, uuid4())
            return started.contact is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(one) for one in (agency, desk, agency, desk)]
        results = [one.result(timeout=60) if one.exception() is None else False for one in asked]
    assert sum(results) == 1, results
    assert Attempt.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_once_is_one_contact(afternoon):
    two = Two(factories.desk())

    def ask() -> str:
        try:
            return two.north.post("/contacts", two.call(), key="same").content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(lambda _: ask(), range(4)))
    assert len(answers) == 1 and Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_an_agency_tells_does_not_wait_for_whoever_works_the_case_nor_he_for_it(afternoon):
    """PostgreSQL looks at the case that a row names when the transaction ends, with the audit chain locked by then."""
    two = Two(factories.desk())
    contact = two.north.post("/contacts", two.call()).json()["contact"]

    def told() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        try:
            return two.north.post(f"/contacts/{contact}/outcome", {"outcome": "answered"}).status_code
        finally:
            connection.close()

    # so that telling changes nothing of the case itself, for which it would have to wait
    Case.objects.filter(pk=two.desk.case.pk).update(barred_until=None, barred_zh="", barred_en="")
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        queries.case(two.desk.rep, two.desk.case.pk, lock=True)
        assert pool.submit(told).result(timeout=30) == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("zh-hans", "委外机构接口"), ("en", "Interface for agencies")])
def test_the_documentation_is_open_and_loads_nothing_from_elsewhere(client, language, word):
    answer = client.get("/api/agency/docs", headers={"Accept-Language": language})
    page = answer.content.decode()
    assert answer.status_code == 200 and word in page
    assert "/api/agency/v1/contacts/{contact}/outcome" in page and "earliest" in page
    assert "http://" not in page and "https://" not in page and "<script" not in page
    schema = client.get(f"{AT}/openapi.json").json()
    assert set(schema["paths"]) == {
        f"{AT}{p}" for p in ("/cases", "/contacts", "/contacts/{contact}/outcome", "/reports")
    }
