"""A call that came in, as a page: nothing typed is lost, and it stands on the timeline with its proof."""

from __future__ import annotations

import pytest

from shouyue.casework.models import Contact
from tests import factories

pytestmark = pytest.mark.django_db


def test_what_does_not_fit_is_refused_beside_its_field_and_then_it_stands_on_the_timeline(desk, as_user):
    client, case = as_user(desk.rep), f"/cases/{desk.case.pk}/"
    assert f'href="{case}inbound"' in client.get(case).content.decode()
    sent = {
        "at": "2026-11-24T13:50",
        "reached": "self",
        "result": "promise",
        "promise_amount": "500",
        "promise_due": factories.TODAY.isoformat(),
        "note": "will pay tonight",
        "point": str(desk.number().pk),
    }
    answer = client.post(f"{case}inbound", sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and "the identity is checked first" in page and "will pay tonight" in page
    assert client.post(f"{case}inbound", sent | {"identified": "1"}).status_code == 302
    contact = Contact.objects.get()
    assert (contact.inbound, f"{contact.started_at:%H:%M}") == (True, "05:50")
    page = client.get(case).content.decode()
    assert "Rang us" in page and "will pay tonight" in page
    assert client.get(f"/contacts/{contact.pk}/").status_code == 200


def test_a_closed_case_and_another_store_take_no_call(desk, as_user):
    assert as_user(desk.stranger).get(f"/cases/{desk.case.pk}/inbound").status_code == 404
    type(desk.case).objects.filter(pk=desk.case.pk).update(status="closed", closed_on=factories.TODAY)
    assert as_user(desk.rep).get(f"/cases/{desk.case.pk}/inbound").status_code == 409
