"""Ending a case and taking the work up again, on its page."""

from __future__ import annotations

import pytest

from shouyue.casework.models import Case

pytestmark = pytest.mark.django_db


def test_what_does_not_fit_is_said_beside_its_field_and_then_the_case_ends_and_is_taken_up(desk, as_user):
    client, address = as_user(desk.head), f"/cases/{desk.case.pk}/end"
    assert client.get(address).status_code == 200
    for sent, field in (({"reason": "sold", "note": ""}, "note"), ({"reason": "deceased", "note": "told"}, "reason")):
        answer = client.post(address, sent)
        assert answer.status_code == 422 and f'id="{field}-error"' in answer.content.decode()
    assert Case.objects.get(pk=desk.case.pk).status == "open"
    assert client.post(address, {"reason": "sold", "note": "list 12"}).status_code == 302
    assert Case.objects.get(pk=desk.case.pk).close_reason == "sold"
    assert client.post(address, {"note": ""}).status_code == 422
    assert client.post(address, {"note": "bought back"}).status_code == 302
    assert Case.objects.get(pk=desk.case.pk).customer.ended_because == ""
