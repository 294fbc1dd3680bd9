"""Pages on which facts for the gate are kept: examinations, lines, guarantors."""

from __future__ import annotations

import pytest

from shouyue.people.models import Examination

pytestmark = pytest.mark.django_db


def test_a_manager_records_one_of_his_store_and_the_reps_page_says_so(desk, as_user):
    page = as_user(desk.manager).post(
        "/examinations/", {"user": "rep", "passed_on": "2026-11-20", "reference": "C-9"}, follow=True
    )
    assert "C-9" in page.content.decode() and "2026-11-20" in page.content.decode()
    assert "stranger" not in page.content.decode()
    made = Examination.objects.get()
    assert (made.user, made.by) == (desk.rep, desk.manager)
    listed = as_user(desk.auditor).get("/examinations/").content.decode()
    assert "stranger" in listed and '<form class="filters' not in listed


def test_what_cannot_be_taken_is_said_beside_its_field_and_kept(desk, as_user):
    page = as_user(desk.manager).post("/examinations/", {"user": "rep", "passed_on": "2027-01-01", "reference": "C-9"})
    assert page.status_code == 422
    assert 'value="2027-01-01"' in page.content.decode() and "EXAM" not in page.content.decode()
    assert not Examination.objects.exists()


def test_the_administrator_says_what_a_colleague_calls_from(desk, as_user):
    as_user(desk.admin).post(f"/people/{desk.rep.pk}", {"action": "line", "line": "unrecorded"})
    refused = as_user(desk.rep).get(f"/cases/{desk.case.pk}/").content.decode()
    assert "calls are made from recorded lines only" in refused


def test_a_manager_says_by_which_contract_a_guarantor_is_bound(desk, as_user):
    point, manager = desk.number("guarantor"), as_user(desk.manager)
    page = f"/cases/{desk.case.pk}/guarantors/{point.pk}"
    assert page in manager.get(f"/cases/{desk.case.pk}/").content.decode()
    assert page not in as_user(desk.rep).get(f"/cases/{desk.case.pk}/").content.decode()
    assert manager.post(page, {"reference": "G-17"}).status_code == 422
    told = manager.post(page, {"liable": "no", "reference": "G-17"}, follow=True).content.decode()
    assert "not bound by the contract" in told and "The contract does not bind the guarantor" in told
