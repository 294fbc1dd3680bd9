"""The form for a new number: what does not fit stays typed, and the case shows it masked."""

from __future__ import annotations

import pytest

from shouyue.casework.models import ContactPoint

pytestmark = pytest.mark.django_db
SENT = {"phone": "200 0000 0009", "relation": "self", "place": "mobile", "source": "borrower"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_rep_writes_a_number_down(desk, as_user, language):
    type(desk.rep).objects.update(language=language)
    rep, address = as_user(desk.rep), f"/cases/{desk.case.pk}/numbers/new"
    refused = rep.post(address, SENT | {"source": "contact", "relation": "friend"})
    assert refused.status_code == 422 and "200 0000 0009" in refused.content.decode()
    assert "NUM-" not in refused.content.decode()
    rep.post(address, SENT)
    point = ContactPoint.objects.get(phone="20000000009")
    page = rep.get(f"/cases/{desk.case.pk}/").content.decode()
    assert f"shown-phone-{point.pk}" in page and "20000000009" not in page
    assert ("借款人本人告知" if language == "zh-hans" else "The borrower told it") in page


def test_another_stores_case_takes_no_number(desk, as_user):
    assert as_user(desk.stranger).post(f"/cases/{desk.case.pk}/numbers/new", SENT).status_code == 404
    assert not ContactPoint.objects.filter(phone="20000000009").exists()
