"""The page of agencies: the admin lets their systems in and out, head office places customers."""

from __future__ import annotations

import re

import pytest

from shouyue.casework.agencies import managing
from shouyue.casework.models import Agency, AgencyToken, Placement
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_admin_adds_an_agency_and_its_token_is_shown_once(desk, as_user):
    admin = as_user(desk.admin)
    admin.post("/agencies/save", {"code": "north", "name": "北方", "evaluated_on": "2026-06-01"})
    agency = Agency.objects.get()
    page = admin.post(f"/agencies/{agency.pk}/token").content.decode()
    (secret,) = re.findall(r"sya_[\w-]{40,}", page)
    assert managing.asking(secret) == agency
    assert "sya_" not in admin.get("/agencies/").content.decode()
    token = AgencyToken.objects.get()
    assert token.made_by == desk.admin and secret not in token.digest
    admin.post(f"/agencies/{agency.pk}/withdraw/{token.pk}")
    with pytest.raises(Exception, match="AGENCY-001"):
        managing.asking(secret)
    assert "withdrawn 2026-11-24" in admin.get("/agencies/").content.decode()
    again = admin.post("/agencies/save", {"code": "no rth", "name": "x"}, follow=True).content.decode()
    assert "AGENCY-010" in again and Agency.objects.count() == 1
    assert admin.post("/agencies/999/token", follow=True).status_code == 200 and AgencyToken.objects.count() == 1


def test_head_office_places_customers_and_takes_them_back(desk, as_user):
    for code in ("north", "south"):
        managing.add(code, code, desk.admin)
    head = as_user(desk.head)
    numbers = [c.customer.customer_id for c in (desk.case, desk.reminder)]
    page = head.post("/agencies/place", {"agency": "north", "customers": f"{numbers[0]}\n{numbers[1]} C9"}, follow=True)
    assert "2 customers are with north." in page.content.decode() and "AGENCY-011" in page.content.decode()
    page = head.post("/agencies/place", {"agency": "south", "customers": numbers[0]}, follow=True)
    assert "AGENCY-012" in page.content.decode()
    head.post("/agencies/place", {"agency": "", "customers": numbers[0]})
    head.post("/agencies/place", {"agency": "south", "customers": numbers[0]})
    told = Placement.objects.order_by("placed_at", "pk").values_list("agency__code", "ended_at")
    assert sorted((code, ended is None) for code, ended in told) == [("north", False), ("north", True), ("south", True)]


def test_who_may_only_look_is_offered_nothing_to_press(desk, as_user):
    managing.add("north", "北方", desk.admin)
    managing.new_token("north", desk.admin)
    managing.place("north", desk.case.customer.customer_id, desk.head)
    page = as_user(desk.auditor).get("/agencies/").content.decode()
    assert "北方" in page and "<button" not in page.split("<main", 1)[1].split("</main>")[0]
    assert desk.case.customer.customer_id not in page
    assert factories.TODAY.isoformat() in page


def test_the_desk_says_which_agency_has_a_customer_and_finds_its_cases(desk, as_user):
    managing.add("north", "北方", desk.admin)
    rep, head, customer = as_user(desk.rep), as_user(desk.head), desk.case.customer
    pages = [f"/cases/{desk.case.pk}/", f"/customers/{customer.pk}/"]
    assert not any("With 北方" in rep.get(page).content.decode() for page in pages)
    managing.place("north", customer.customer_id, desk.head)
    until = "With 北方 since 2026-11-24, until 2027-02-22"
    assert all(until in rep.get(page).content.decode() for page in pages)
    case_page = rep.get(pages[0]).content.decode()
    assert "an agency works this case" in case_page and "Take calls that come in" in case_page
    assert f"/cases/{desk.case.pk}/" not in rep.get("/?work=all").content.decode()
    listed = head.get("/cases/?agency=north").content.decode()
    assert customer.customer_id in listed and desk.reminder.customer.customer_id not in listed
    assert desk.reminder.customer.customer_id in head.get("/cases/?agency=").content.decode()
    managing.take_back(customer.customer_id, desk.head)
    assert customer.customer_id not in head.get("/cases/?agency=north").content.decode()
    assert "With 北方" not in rep.get(pages[0]).content.decode()


def test_placements_that_end_and_evaluations_that_are_due_are_shown(desk, as_user):
    admin, head = as_user(desk.admin), as_user(desk.head)
    said = {"code": "north", "name": "北方", "evaluated_on": "2026-06-01", "contract_ends_on": "2026-12-10"}
    admin.post("/agencies/save", said)
    number = desk.case.customer.customer_id
    late = {"agency": "north", "customers": number, "until": "2026-12-11"}
    assert "AGENCY-013" in head.post("/agencies/place", late, follow=True).content.decode()
    page = head.post("/agencies/place", late | {"until": "2026-12-01"}, follow=True).content.decode()
    assert "1 ends soon, first on 2026-12-01" in page
    assert "to be evaluated before its contract ends on 2026-12-10" in page
    assert (
        "Write the day"
        in admin.post("/agencies/save", said | {"contract_ends_on": "soon"}, follow=True).content.decode()
    )
