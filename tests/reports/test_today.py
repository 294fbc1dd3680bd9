"""The manager's day: what stands on the desk is what the page says."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from shouyue.casework.models import Case, Contact
from shouyue.people.models import Role, Store, User
from shouyue.reports.today import today
from tests.daily.conftest import DAY, Lender, after, case_of
from tests.daily.test_promises import promise

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender(tmp_path) -> Lender:
    return Lender(tmp_path / "book")


@pytest.fixture
def store(db) -> Store:
    return Store.objects.create(code="S1", name="一店")


@pytest.fixture
def reps(store) -> list[User]:
    return [User.objects.create(username=n, full_name=n, role=Role.REP, store=store) for n in ("rep-a", "rep-b")]


def test_an_empty_desk_shows_no_shares(store):
    page = today(store, DAY)
    assert (page.total.due.count, page.total.due.minor) == (0, 0)
    assert (page.total.done_share, page.total.kept_rate, page.total.promise_rate) == (None, None, None)
    assert page.reps == []


def test_due_inflow_and_load(lender, reps, store):
    lender.loan("L1", after(-5), amount=50_000)
    lender.loan("L2", after(2), amount=70_000)
    lender.day()
    page = today(store, DAY)
    assert (page.total.due.count, page.total.due.minor, page.currency) == (2, 120_000, "CNY")
    assert (page.total.inflow.count, page.total.inflow.minor) == (1, 50_000)
    assert [r.name for r in page.reps] == ["rep-a", "rep-b"]
    assert [r.assigned for r in page.reps] == [1, 1]
    assert page.total.planned_minutes == sum(Case.objects.values_list("minutes", flat=True))
    assert page.total.capacity_minutes == 720
    assert page.stores == []


def test_done_share_counts_what_was_to_be_done(lender, reps, store):
    for n in range(1, 5):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    Case.objects.filter(customer__customer_id__in=["C1", "C2", "C3"]).update(done_on=DAY)
    Case.objects.filter(customer__customer_id="C4").update(done_on=after(-1))
    assert today(store, DAY).total.done_share == Fraction(3, 4)


def test_contacts_and_promises_of_the_day_per_rep(lender, reps, store):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(2))
    lender.day()
    first = promise("C1", 60_000, after(2))
    Contact.objects.update(finished_at=first.contact.started_at + timedelta(minutes=5))
    page = today(store, DAY)
    mine = next(r for r in page.reps if r.id == first.staff_id)
    other = next(r for r in page.reps if r.id != first.staff_id)
    assert (mine.calls, mine.reached, mine.promised.count, mine.promised.minor) == (1, 1, 1, 60_000)
    assert (mine.call_minutes, mine.rpc_per_attempt, mine.promise_rate) == (5, 1, 1)
    assert (other.calls, other.promise_rate) == (0, None)
    promise("C2", 1_000, after(2))
    assert today(store, DAY).total.reminded == 1


def test_a_case_worked_by_two_colleagues_is_reached_once(lender, reps, store):
    lender.loan("L1", after(-5))
    lender.day()
    promise("C1", 60_000, after(2), state="replaced", ended_on=DAY)
    case = case_of("C1")
    Case.objects.filter(pk=case.pk).update(assignee=next(r for r in reps if r.pk != case.assignee_id))
    promise("C1", 50_000, after(2))
    page = today(store, DAY)
    assert (page.total.calls, page.total.reached, page.total.talks) == (2, 1, 2)
    assert (page.total.promised.count, page.total.promised.minor) == (1, 50_000)


def test_paid_kept_and_broken_of_the_next_day(lender, reps, store):
    for n in range(1, 4):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    promise("C1", 60_000, after(1))
    promise("C2", 50_000, after(1), grace_days=0)
    lender.pays("L1", after(1), 60_000)
    lender.day(after(1))
    total = today(store, after(1)).total
    assert (total.paid.count, total.paid.minor) == (1, 60_000)
    assert (total.kept.count, total.kept_rate) == (1, 1)
    lender.takes_back(lender.pays("L3", after(2), 9_000), after(2))
    lender.day(after(2))
    total = today(store, after(2)).total
    assert (total.paid.count, total.paid.minor) == (1, 0)
    assert (total.broken.count, total.kept_rate, total.kept_rate_amount) == (1, 0, 0)
    assert today(store, DAY).total.paid.count == 0


def test_head_office_sees_stores_and_their_sum(lender, reps, store):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5), store="S2")
    lender.day()
    page = today(None, DAY)
    assert [r.name for r in page.stores] == ["S2", "一店"]
    assert page.total.due.count == 2
    assert (page.total.unassigned.count, page.total.unassigned.minor) == (1, 100_000)
    assert page.reps == []


def test_amounts_are_in_one_currency_counts_in_all(lender, reps, store):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.loan("L3", after(-5), amount=77_700)
    lender.rows["loans"][2]["currency"] = "USD"
    lender.day()
    page = today(store, DAY)
    assert (page.currencies, page.total.due.count, page.total.due.minor) == (["CNY", "USD"], 3, 200_000)
    dollars = today(store, DAY, "USD").total.due
    assert (dollars.count, dollars.minor, dollars.currency) == (3, 77_700, "USD")


@pytest.mark.parametrize("whole", [True, False])
def test_it_takes_eight_queries_at_most(lender, reps, store, whole, django_assert_max_num_queries):
    for n in range(1, 9):
        lender.loan(f"L{n}", after(-5), store=f"S{n % 3}")
    lender.day()
    with django_assert_max_num_queries(8):
        today(None if whole else store, DAY)
