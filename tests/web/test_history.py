"""The history of a loan on a page: both axes of time, what the desk showed, and who may look."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from shouyue.casework import calls
from shouyue.casework.outcome import Outcome
from shouyue.daily.models import DailyRun
from tests import factories, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path / "books"))
    return tmp_path / "books"


@pytest.fixture
def shown(desk, books):
    """The day was published in the morning; a payment was taken back since, and published again at night."""
    early, _ = published.publish(books)
    late, _ = published.publish(books, hour=12, late_booking=True)
    return desk, early, late


def path(case, **query: object) -> str:
    loan = case.customer.loans.get()
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return f"/cases/{case.pk}/loans/{loan.pk}/" + (f"?{asked}" if asked else "")


def cells(answer, name: str) -> list[str]:
    return next(row["cells"] for row in answer.context["figures"] if row["name"] == name)


def test_the_day_stands_as_shown_and_as_known_now(shown, as_user):
    desk, _, late = shown
    answer = as_user(desk.rep).get(path(desk.case))
    assert answer.status_code == 200
    assert [look["name"] for look in answer.context["looks"]] == ["Shown on the day", "Known now"]
    assert cells(answer, "Days past due") == ["36", "36"]
    text = answer.content.decode()
    assert late.id in text and "Payment reversed" in text and "<polyline" in text
    row = next(e for e in answer.context["events"] if "reversed" in str(e["what"]))
    assert (row["day"], row["learned"], row["seen"]) == ("2026-11-24", "2026-11-24", "4 → 36")


def test_the_knowledge_of_a_day_leaves_out_what_was_booked_later(shown, as_user):
    desk, *_ = shown
    client = as_user(desk.rep)
    answer = client.get(path(desk.case, as_of="2026-10-01", known_at="2026-10-08"))
    assert answer.context["day"]["days"] == "12 days"
    assert [look["name"] for look in answer.context["looks"]] == [
        "Known on 2026-10-01",
        "Known on 2026-10-08",
        "Known now",
    ]
    assert cells(answer, "Days past due") == ["12", "12", "0"]
    assert cells(answer, "Last payment") == ["2026-08-18", "2026-08-18", "2026-09-25"]
    now = client.get(path(desk.case, as_of="2026-10-01"))
    assert now.context["day"] | {"bucket": ""} == {"days": "0 days", "late": False, "bucket": "", "seen": "12 days"}


def test_what_we_knew_on_the_day_of_the_call(shown, as_user):
    desk, early, late = shown
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="refused", why_late="unwilling", note=""))
    client = as_user(desk.rep)
    page = client.get(f"/cases/{desk.case.pk}/").content.decode()
    link = re.search(r'href="(/contacts/[^"]+/known)"', page)
    assert link and "What we knew then" in page
    answer = client.get(link[1], follow=True)
    assert answer.redirect_chain == [(path(desk.case, call=contact.pk), 302)]
    assert (answer.context["version"], str(answer.context["known_at"])) == (early.id, "2026-11-24")
    assert cells(answer, "Days past due") == ["5", "36"] and cells(answer, "Overdue")[0].endswith("500.00")
    assert [look["version"] for look in answer.context["looks"]] == [early.id, late.id]
    text = answer.content.decode()
    assert "call of 2026-11-24 14:00" in text and "published 2026-11-24 08:30" in text
    released = client.get(path(desk.case, call=contact.pk, known_at=""))
    assert released.context["known_at"] is None


def test_another_convention_counts_other_days(shown, as_user):
    desk, *_ = shown
    answer = as_user(desk.head).get(path(desk.case, convention="mba", years=3))
    assert answer.context["convention"]["name"] == "mba" and cells(answer, "Bucket") == ["30", "30"]
    assert "A payment counts as missed" in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "2026-13-01"},
        {"as_of": "2030-01-01"},
        {"known_at": "1200-01-01"},
        {"convention": "/etc/passwd"},
        {"years": "99"},
        {"call": "zz"},
    ],
)
def test_a_slip_in_the_query_is_said_and_the_page_shows_what_it_can(shown, as_user, query):
    desk, *_ = shown
    answer = as_user(desk.rep).get(path(desk.case, **query))
    assert answer.status_code == 200 and answer.context["form"].errors
    assert cells(answer, "Days past due") == ["36", "36"]


def test_another_stores_loan_and_a_loan_of_another_case_are_not_there(shown, as_user):
    desk, *_ = shown
    theirs = desk.theirs.customer.loans.get()
    call = calls.start(desk.theirs.pk, desk.number(case=desk.theirs).pk, desk.stranger, uuid4()).contact
    assert call is not None
    for who in (desk.rep, desk.manager):
        client = as_user(who)
        for address in (
            path(desk.theirs),
            f"/cases/{desk.case.pk}/loans/{theirs.pk}/",
            path(desk.case, call=call.pk),
            f"/contacts/{call.pk}/known",
        ):
            answer = client.get(address)
            assert answer.status_code == 404 and theirs.loan_id not in answer.content.decode(), address
    assert as_user(desk.auditor).get(path(desk.theirs)).status_code == 200
    assert as_user(desk.admin).get(path(desk.case)).status_code == 403


def test_with_a_third_person_on_the_line_the_page_stays_shut(shown, as_user):
    desk, *_ = shown
    unreached = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert unreached is not None
    calls.finish(unreached.pk, desk.rep, Outcome(reached="invalid"))
    call = calls.start(desk.case.pk, desk.number("friend").pk, desk.rep, uuid4()).contact
    assert call is not None
    assert as_user(desk.rep).get(path(desk.case)).headers["Location"] == f"/contacts/{call.pk}/call"
    assert as_user(desk.manager).get(path(desk.case)).status_code == 200


def test_without_a_published_day_or_its_version_it_says_so(desk, books, as_user):
    client = as_user(desk.rep)
    assert "DAY-011" in client.get(path(desk.case)).content.decode()
    _, run = published.publish(books)
    DailyRun.objects.filter(pk=run.pk).update(book_version="000009-deadbeef")
    answer = client.get(path(desk.case))
    assert answer.status_code == 409 and "BOOK-001" in answer.content.decode()


def test_a_convention_of_the_house_is_offered_by_name(shown, as_user, tmp_path, monkeypatch):
    desk, *_ = shown
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    (tmp_path / "conventions").mkdir()
    (tmp_path / "conventions" / "ours.toml").write_text('name = "ours"\n[lateness]\ngrace_days = 30\n')
    answer = as_user(desk.rep).get(path(desk.case, convention="ours"))
    assert cells(answer, "Days past due") == ["6", "6"] and "ours" in answer.content.decode()


def test_the_page_names_nobody(shown, as_user):
    desk, *_ = shown
    text = as_user(desk.rep).get(path(desk.case)).content.decode()
    assert not any(secret in text for secret in ("测试客户", desk.number().phone, "990000199001010017"))
    assert factories.TODAY.isoformat() in text
