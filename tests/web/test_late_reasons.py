"""The page on why people are late: who may see it, for which days, and the cases behind each number."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.casework import calls
from shouyue.casework.models import Contact, Loan
from shouyue.casework.outcome import Outcome
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(desk):
    """One reason in the manager's store, another at the other store."""
    for case, rep, why in ((desk.case, desk.rep, "forgot"), (desk.theirs, desk.stranger, "unwilling")):
        started = calls.start(case.pk, desk.number("self", case).pk, rep, uuid4()).contact
        assert started is not None
        calls.finish(started.pk, rep, Outcome("self", "refused", why_late=why))
    return desk


def test_a_manager_sees_the_reasons_of_his_store_and_head_office_all(told, as_user):
    text = as_user(told.manager).get("/late-reasons/").content.decode()
    assert '<th scope="row">Forgot</th>' in text and "Unwilling</th>" not in text and 'name="store"' not in text
    text = as_user(told.head).get("/late-reasons/").content.decode()
    assert "Forgot</th>" in text and "Unwilling</th>" in text
    text = as_user(told.auditor).get(f"/late-reasons/?store={told.other_store.pk}").content.decode()
    assert "Forgot</th>" not in text and "Unwilling</th>" in text


def test_each_number_opens_its_cases(told, as_user):
    Loan.objects.filter(customer=told.case.customer).update(product="手机 & 分期")
    client = as_user(told.manager)
    for by, name in (("", ""), ("stage", told.case.stage), ("product", "手机 &amp; 分期"), ("store", str(told.store))):
        text = client.get("/late-reasons/", {"by": by}).content.decode()
        assert name in text
        address = text.split('<a class="plain" href="')[1].split('"')[0].replace("&amp;", "&")
        rows = client.get(address)
        page = rows.content.decode()
        assert rows.status_code == 200 and told.case.customer.customer_id in page
        assert "late_reason@1" in page and "Forgot" in page
        back = page.split('<a class="button" href="/late-reasons/')[1].split('"')[0]
        assert f"by={by}" in back if by else "by" not in back
    text = client.get(f"/late-reasons/unwilling/?store={told.other_store.pk}").content.decode()
    assert told.theirs.customer.customer_id not in text
    assert client.get("/late-reasons/lazy/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"since": "2026-11-24", "until": "2026-11-24"}, 200),
        ({"since": "2026-11-25", "until": "2026-11-25"}, 422),
        ({"since": "2026-11-24", "until": "2026-11-23"}, 422),
        ({"since": "2026-08-25", "until": "2026-11-24"}, 200),
        ({"since": "2026-08-24", "until": "2026-11-24"}, 422),
        ({"since": "x"}, 422),
        ({"by": "rep"}, 422),
    ],
)
def test_days_that_cannot_be_are_refused_beside_their_field(told, as_user, asked, status):
    client = as_user(told.manager)
    answer = client.get("/late-reasons/", asked)
    assert answer.status_code == status and (b"Forgot" in answer.content) is (status == 200)
    assert client.get("/late-reasons/forgot/", asked).status_code == (200 if status == 200 else 404)


def test_what_was_told_before_the_days_is_not_in_them(told, as_user):
    Contact.objects.update(business_day=factories.TODAY - timedelta(days=30))
    client = as_user(told.manager)
    assert b"No reason was told" in client.get("/late-reasons/").content
    answer = client.get("/late-reasons/", {"since": "2026-10-25", "until": "2026-10-25"})
    assert b"Forgot" in answer.content
    assert as_user(told.rep).get("/late-reasons/").status_code == 403
