"""Who sees what: one's own store, by one's role, and nothing without signing in."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from shouyue.casework import calls
from shouyue.casework.matters import working
from shouyue.web.urls import urlpatterns

pytestmark = pytest.mark.django_db

OPEN = {"sign-in", "language"}


def addresses(desk) -> dict[str, str]:
    """Every address of the desk with something real in it."""
    values = {"case_id": desk.theirs.pk, "point_id": desk.number(case=desk.theirs).pk, "what": "address"}
    values |= {"customer_id": desk.theirs.customer_id}
    values |= {
        "figure": "due",
        "reason": "forgot",
        "user_id": desk.rep.pk,
        "loan_id": desk.theirs.customer.loans.get().pk,
    }
    values |= {"name": "standard", "key": "0" * 24}
    usual = {"int": 1, "uuid": uuid4(), "slug": "x", "str": "x"}
    found = {}
    for pattern in urlpatterns:
        name = getattr(pattern, "name", None)
        if name:
            path = str(pattern.pattern)
            found[name] = "/" + re.sub(r"<(\w+):(\w+)>", lambda at: str(values.get(at[2], usual[at[1]])), path)
    assert not any("<" in path for path in found.values())
    return found


def test_without_signing_in_there_is_only_the_sign_in_page(desk):
    for name, path in addresses(desk).items():
        if name in OPEN:
            continue
        for answer in (Client().get(path), Client().post(path)):
            assert answer.status_code == 302 and answer.url.startswith("/sign-in"), name


def test_a_piece_of_a_page_asked_for_after_the_session_ended_sends_to_sign_in(desk):
    answer = Client().get("/today/", headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer["HX-Redirect"] == "/sign-in"


@pytest.mark.parametrize("who", ["rep", "manager"])
def test_another_stores_case_is_not_there(desk, as_user, who):
    client = as_user(getattr(desk, who))
    theirs = calls.start(desk.theirs.pk, desk.number(case=desk.theirs).pk, desk.stranger, uuid4()).contact
    assert theirs is not None
    case, point = desk.theirs.pk, desk.number(case=desk.theirs).pk
    matter = working.open_matter(case, "dispute", working.Evidence(note="n"), desk.stranger, uuid4())
    for path in (
        f"/cases/{case}/",
        f"/customers/{desk.theirs.customer_id}/",
        f"/customers/{desk.theirs.customer_id}/wishes/new",
        f"/customers/{desk.theirs.customer_id}/wishes/1/end",
        f"/cases/{case}/arrangements",
        f"/cases/{case}/matters/new",
        f"/matters/{matter.pk}/",
        f"/cases/{case}/hand-over",
        f"/cases/{case}/reveal/address",
        f"/contacts/{theirs.pk}/",
        f"/contacts/{theirs.pk}/known",
        f"/cases/{case}/loans/{desk.theirs.customer.loans.get().pk}/",
        f"/decisions/{theirs.attempt.decision_id}/",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "外店客户" not in answer.content.decode()
    for path, sent in (
        (f"/cases/{case}/call", {"point": point}),
        (f"/cases/{case}/note", {"text": "x"}),
        (f"/cases/{case}/plans/new", {"total": "1"}),
        (f"/cases/{case}/matters/new", {"kind": "dispute", "note": "x"}),
        (f"/matters/{matter.pk}/", {"action": "add", "note": "x"}),
        (f"/cases/{case}/hand-over", {"taker": desk.colleague.pk, "reason": "away"}),
        (f"/cases/{case}/reveal/phone/{point}", {"reason": "call"}),
        (f"/contacts/{theirs.pk}/tick", {"element": "identity", "outcome": "self"}),
        (f"/contacts/{theirs.pk}/finish", {"reached": "nobody"}),
    ):
        assert client.post(path, sent).status_code == 404, path
    assert "外店客户"[:1] + "**" not in client.get("/cases/?status=").content.decode()


def test_a_number_of_another_case_is_not_revealed_through_ones_own(desk, as_user):
    path = f"/cases/{desk.case.pk}/reveal/phone/{desk.number(case=desk.theirs).pk}"
    assert as_user(desk.rep).post(path, {"reason": "call"}).status_code == 404


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("rep", {"home", "cases", "promises", "handovers"}),
        ("manager", {"home", "today", "cases", "promises", "handovers"}),
        ("head", {"today", "cases", "promises", "handovers", "audit"}),
        ("auditor", {"today", "cases", "promises", "handovers", "audit"}),
        ("admin", {"people"}),
    ],
)
def test_each_role_has_its_pages_and_no_others(desk, as_user, who, allowed):
    client = as_user(getattr(desk, who))
    found = addresses(desk)
    for name in ("home", "today", "cases", "promises", "handovers", "audit", "people"):
        expected = 200 if name in allowed else 302 if name == "home" else 403
        assert client.get(found[name]).status_code == expected, name


@pytest.mark.parametrize("who", ["head", "auditor"])
def test_head_office_and_auditor_look_and_do_not_touch(desk, as_user, who):
    client = as_user(getattr(desk, who))
    page = client.get(f"/cases/{desk.case.pk}/")
    assert page.status_code == 200 and 'data-key="c"' not in page.content.decode()
    for path in (f"/cases/{desk.case.pk}/call", f"/cases/{desk.case.pk}/note", "/cases/assign"):
        sent = {"point": desk.number().pk, "text": "x", "case": desk.case.pk}
        assert client.post(path, sent).status_code == 403, path


def test_a_manager_hands_on_any_case_of_the_store_a_rep_only_his_own(desk, as_user):
    sent = {"taker": desk.rep.pk, "reason": "away", "id": str(uuid4())}
    assert as_user(desk.colleague).post(f"/cases/{desk.case.pk}/hand-over", sent).status_code == 404
    sent["taker"] = desk.colleague.pk
    assert as_user(desk.manager).post(f"/cases/{desk.case.pk}/hand-over", sent).status_code == 302
    desk.case.refresh_from_db()
    assert desk.case.assignee == desk.colleague


def test_one_who_was_kept_out_is_out_at_once(desk, as_user):
    client = as_user(desk.rep)
    assert client.get("/").status_code == 200
    as_user(desk.admin).post(f"/people/{desk.rep.pk}", {"action": "deactivate"})
    assert client.get("/").status_code == 302
