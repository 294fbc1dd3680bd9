"""A small store with two reps, a manager, and a customer with one loan and a case: what each use case starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from shouyue.base import clock
from shouyue.casework.models import Case, ContactPoint, Customer, Loan
from shouyue.compliance.models import Person
from shouyue.people.models import Store, User

TODAY = date(2026, 11, 24)
#: day on which everybody passed his examination
EXAMINED = date(2026, 6, 1)
#: 10:00 in Shanghai
MORNING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@dataclass
class Desk:
    store: Store
    other_store: Store
    rep: User
    colleague: User
    manager: User
    stranger: User
    head: User
    auditor: User
    case: Case
    own: ContactPoint
    friend: ContactPoint
    loan: Loan


def make_case(store: Store, assignee: User | None, number: int = 1, **values) -> Case:
    customer = Customer.objects.create(
        customer_id=f"C{number:04}",
        person=Person.objects.create(key=f"person-{number}"),
        store=store,
        name="测试客户",
        id_number="000000199001010000",
        zone="Asia/Shanghai",
    )
    Loan.objects.create(
        loan_id=f"L{number:04}",
        customer=customer,
        currency="CNY",
        dpd=5,
        bucket="M1",
        overdue_minor=50_000,
        outstanding_minor=200_000,
    )
    defaults = {
        "customer": customer,
        "store": store,
        "opened_on": TODAY,
        "as_of": TODAY,
        "strategy": "standard@1",
        "phase": "collection",
        "segment": "m1",
        "priority": 100,
        "dpd": 5,
        "bucket": "M1",
        "overdue_minor": 50_000,
        "assignee": assignee,
    }
    return Case.objects.create(**{**defaults, **values})


@pytest.fixture
def desk(db) -> Desk:
    store = Store.objects.create(code="S1", name="一店")
    other = Store.objects.create(code="S2", name="二店")

    def user(name: str, role: str, where: Store | None) -> User:
        return User.objects.create(username=name, role=role, store=where, full_name=name, examined_on=EXAMINED)

    rep = user("rep", "rep", store)
    case = make_case(store, rep)
    return Desk(
        store=store,
        other_store=other,
        rep=rep,
        colleague=user("colleague", "rep", store),
        manager=user("manager", "store_manager", store),
        stranger=user("stranger", "rep", other),
        head=user("head", "head_office", None),
        auditor=user("auditor", "auditor", None),
        case=case,
        own=ContactPoint.objects.create(
            customer=case.customer, phone="10000000001", phone_end="0001", relation="self", place="mobile"
        ),
        friend=ContactPoint.objects.create(
            customer=case.customer, phone="10000000002", phone_end="0002", relation="friend", rank=1
        ),
        loan=case.customer.loans.get(),
    )


@pytest.fixture
def morning():
    with clock.at(MORNING):
        yield MORNING


@pytest.fixture
def afternoon():
    with clock.at(AFTERNOON):
        yield AFTERNOON
