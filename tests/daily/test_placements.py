"""A customer with an agency is on no list while the days are published, and on his store's again after the last one."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from shouyue.base import clock
from shouyue.casework.agencies import managing
from shouyue.casework.models import Agency, Placement
from shouyue.people.models import User
from tests.daily.conftest import DAY, after, case_of

pytestmark = pytest.mark.django_db


def test_the_case_is_back_on_the_day_after_the_last_and_a_new_one_opened_meanwhile_is_with_the_agency(lender, reps):
    head = User.objects.create(username="head", role="head_office")
    Agency.objects.create(code="north", name="北方")
    lender.loan("L1", after(-20))
    lender.day()
    with clock.at(datetime.combine(DAY, time(4), UTC)):
        managing.place("north", "C1", head, after(2))
    assert case_of("C1").placed
    type(case_of("C1")).objects.update(placed=False)  # as a case is that is opened while the customer is with an agency
    for day, placed in ((after(1), True), (after(2), True), (after(3), False), (after(3), False)):
        lender.day(day)
        assert case_of("C1").placed is placed, day
    assert Placement.objects.get().ended_because == "term"


def test_what_an_agency_works_takes_nobodys_minutes(lender, reps):
    head = User.objects.create(username="head", role="head_office")
    Agency.objects.create(code="north", name="北方")
    for n in range(1, 7):
        lender.loan(f"L{n}", after(-20), customer=f"C{n}")
    lender.day()
    theirs = [f"C{n}" for n in range(1, 7) if case_of(f"C{n}").assignee_id == case_of("C1").assignee_id]
    with clock.at(datetime.combine(DAY, time(4), UTC)):
        for customer in theirs:
            managing.place("north", customer, head, after(9))
    free = case_of("C1").assignee_id
    lender.loan("L7", after(-19), customer="C7")
    lender.loan("L8", after(-19), customer="C8")
    lender.day(after(1))
    assert {case_of("C7").assignee_id, case_of("C8").assignee_id} == {free}
    assert {case_of(customer).assignee_id for customer in theirs} == {free}
