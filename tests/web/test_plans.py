"""A payment plan at the desk: shown before it is saved, refused where it does not fit, listed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from shouyue.casework.models import Plan
from tests import factories

pytestmark = pytest.mark.django_db
FORM = {
    "total": "500",
    "count": "2",
    "every": "month",
    "first": (factories.TODAY + timedelta(days=14)).isoformat(),
    "income": "8000",
    "costs": "3000",
    "action": "show",
}


def test_what_was_shown_is_saved_and_nothing_before(desk, as_user):
    client, path = as_user(desk.rep), f"/cases/{desk.case.pk}/plans/new"
    assert 'value="2026-12-08"' in client.get(path).content.decode()  # the next pay day
    shown = client.post(path, FORM).content.decode()
    assert shown.count("250.00") >= 2 and not Plan.objects.exists()
    digest = re.search(r'name="shown" value="(\w+)"', shown)
    assert digest
    assert client.post(path, FORM | {"action": "save", "shown": "other"}).status_code == 422
    answer = client.post(path, FORM | {"action": "save", "shown": digest[1]})
    assert answer.status_code == 302 and Plan.objects.get().state == "active"
    page = client.get(answer["Location"]).content.decode()
    assert "Running" in page and "2026-12-08" in page
    assert client.post(answer["Location"], {"reason": ""}).status_code == 422
    assert client.post(answer["Location"], {"reason": "asked"}).status_code == 302
    assert "Cancelled" in client.get("/plans/?state=cancelled").content.decode()


def test_what_does_not_fit_is_said_beside_its_field(desk, as_user):
    client, path = as_user(desk.rep), f"/cases/{desk.case.pk}/plans/new"
    for wrong, says in (
        ({"total": "x"}, "is not an amount"),
        ({"count": "9"}, "is CN¥100.00 at least"),
        ({"costs": "8000"}, "room for"),
        ({"first": ""}, "first instalment"),
    ):
        answer = client.post(path, FORM | wrong)
        assert answer.status_code == 422 and says in answer.content.decode(), (wrong, answer.content.decode()[:3000])
    assert as_user(desk.auditor).get(path).status_code == 403
