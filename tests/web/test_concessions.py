"""A concession at the desk: its effect before it is saved, and another person's word."""

from __future__ import annotations

import pytest

from shouyue.casework.models import Concession
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_effect_is_shown_and_nothing_saved_before_it_is_proposed(desk, as_user):
    factories.waiver(desk.case, desk.rep)
    Concession.objects.update(state="expired")
    client, path = as_user(desk.rep), f"/cases/{desk.case.pk}/concessions/new"
    loan = desk.case.customer.loans.get().loan_id
    form = {"loan": loan, "penalty": "300", "reason": "hardship"}
    text = client.post(path, form | {"action": "show"}).content.decode()
    assert "500.00" in text and "Head office" in text and Concession.objects.count() == 1
    assert "M1, golden week" in text and "golden, M1" not in text  # the stages of a limit, as the strategy calls them
    for wrong, says in (
        ({"penalty": "900"}, "at most what is owed"),
        ({"penalty": "x"}, "is not an amount"),
        ({"loan": "other", "penalty": ""}, "give an amount"),
        ({"reason": ""}, "give a reason"),
    ):
        answer = client.post(path, form | wrong | {"action": "save"})
        assert answer.status_code == 422 and (says in answer.content.decode() or "reason" in wrong), wrong
    assert client.post(path, form | {"action": "save"}).status_code == 302
    assert Concession.objects.filter(state="proposed").count() == 1
    assert as_user(desk.auditor).get(path).status_code == 403


def test_another_person_decides(desk, as_user):
    made = factories.waiver(desk.case, desk.manager)
    path = f"/concessions/{made.pk}/"
    own = as_user(desk.manager)
    assert "somebody else approves" in own.get(path).content.decode()
    assert own.post(path, {"action": "approve"}).status_code == 422
    assert as_user(desk.rep).post(path, {"action": "approve"}).status_code == 403
    assert as_user(desk.stranger).get(path).status_code == 404
    assert as_user(desk.head).post(path, {"action": "reject", "note": ""}).status_code == 422
    assert as_user(desk.head).post(path, {"action": "approve"}).status_code == 302
    assert "Approved" in as_user(desk.rep).get("/concessions/?state=approved").content.decode()
