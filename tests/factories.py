"""A small desk to test pages with: two stores, their people, and customers with loans, numbers and cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password

from shouyue.base import clock
from shouyue.casework import calls, number_corrections, numbers, visits
from shouyue.casework.concessions import proposing
from shouyue.casework.details import keeping as details
from shouyue.casework.interviews import keeping
from shouyue.casework.models import (
    Case,
    Concession,
    ContactPoint,
    Customer,
    Interview,
    Loan,
    Plan,
    PlanInstalment,
    Quote,
    Visit,
)
from shouyue.casework.number_corrections import Correction
from shouyue.casework.outcome import Outcome
from shouyue.casework.quotes import quoting
from shouyue.compliance.models import Person
from shouyue.daily import settling
from shouyue.people.models import Store, User

TODAY = date(2026, 11, 24)
#: 14:00 in Shanghai: calls are allowed
AFTERNOON = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
#: 23:00 in Shanghai: they are not
NIGHT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
PASSWORD = "a-long-enough-password"


def schedule(amount: int = 50_000, paid: int = 4, late: int = 1, ahead: int = 7) -> list[dict[str, Any]]:
    """Instalments a month apart: paid ones, the last of them late; late ones; those to come."""
    parts = []
    for n in range(paid + late + ahead):
        due = TODAY + timedelta(days=30 * (n - paid - late) + 25)
        met = (due + timedelta(days=2 if n == paid - 1 else -1)).isoformat() if n < paid else None
        parts.append(
            {
                "seq": n + 1,
                "due": due.isoformat(),
                "debit": due.isoformat(),
                "amount": amount,
                "paid": amount if n < paid else 0,
                "met_on": met,
            }
        )
    return parts


def user(name: str, role: str, store: Store | None = None, **values: Any) -> User:
    full_name = values.pop("full_name", name)
    values.setdefault("examined_on", date(2026, 6, 1))
    return User.objects.create(
        username=name, role=role, store=store, full_name=full_name, password=hashed_password(), **values
    )


@cache
def hashed_password() -> str:
    """Hashed once a run: it takes a quarter of a second on purpose, and every test makes seven users."""
    return make_password(PASSWORD)


def case(store: Store, assignee: User | None, number: int = 1, phase: str = "collection", **values: Any) -> Case:
    """A customer with one loan, a number of his own, one of a guarantor, one of a friend, and a case."""
    person = values.pop("name", "测试客户")
    goods = values.pop("goods", "折叠屏手机")
    customer = Customer.objects.create(
        customer_id=f"C{number:06}",
        person=Person.objects.create(key=f"person-{number}"),
        store=store,
        name=person,
        id_number="990000199001010017",
        born_on=date(1990, 1, 1),
        sex="F",
        marital_status="未婚",
        occupation="护士",
        employer="晨屿医院",
        address="苏州某路 1 号",
        city="苏州",
        salary_day=8,
        income_minor=9_900_000,
        zone="Asia/Shanghai",
        vulnerable=values.pop("vulnerable", False),
    )
    late = phase == "collection"
    Loan.objects.create(
        loan_id=f"SY{number:08}",
        customer=customer,
        product="手机分期",
        goods=goods,
        currency="CNY",
        principal_minor=600_000,
        opened_on=date(2026, 5, 1),
        term=12,
        debit_account="2007",
        dpd=5 if late else 0,
        bucket="M1" if late else "C",
        overdue_minor=50_000 if late else 0,
        oldest_unpaid_due=TODAY - timedelta(days=5) if late else None,
        next_due=TODAY + timedelta(days=2),
        next_due_minor=50_000,
        debit_date=TODAY + timedelta(days=2),
        outstanding_minor=400_000,
        outstanding_principal_minor=380_000,
        outstanding_interest_minor=20_000,
        last_payment_on=TODAY - timedelta(days=34),
        last_payment_minor=50_000,
        times_late=2,
        lateness=[2, -1, -1],
        schedule=schedule(),
    )
    for rank, (relation, end) in enumerate((("self", "1"), ("guarantor", "2"), ("friend", "3"))):
        phone = f"100{number:06}{rank}{end}"
        ContactPoint.objects.create(
            customer=customer,
            phone=phone,
            phone_end=phone[-4:],
            relation=relation,
            place="mobile",
            name="" if relation == "self" else "张联系人",
            knows_of_loan=None if relation == "self" else relation == "guarantor",
            rank=rank,
        )
    given: dict[str, Any] = {
        "customer": customer,
        "store": store,
        "opened_on": TODAY,
        "as_of": TODAY,
        "strategy": "standard@1",
        "phase": phase,
        "segment": "habitual" if late else "ordinary",
        "stage": "golden" if late else "due",
        "treatment": "collect" if late else "remind",
        "priority": 1000 - number,
        "minutes": 5,
        "best_time": "13:00-15:00",
        "reason_zh": "逾期5天，欠 500.00 元" if late else "2天后还款 500.00 元",
        "reason_en": "5 days late, CNY 500.00 overdue" if late else "CNY 500.00 due in 2 days",
        "dpd": 5 if late else 0,
        "bucket": "M1" if late else "C",
        "overdue_minor": 50_000 if late else 0,
        "due_minor": 0 if late else 50_000,
        "next_due": TODAY + timedelta(days=2),
        "assignee": assignee,
    }
    return Case.objects.create(**(given | values))


def waiver(case: Case, by: User) -> Concession:
    """A proposal to waive 200.00 of the 800.00 of penalty interest that the case's loan owes from now on."""
    loan = case.customer.loans.get()
    loan.outstanding_penalty_minor = 80_000
    loan.save()
    return proposing.propose(case.pk, loan.loan_id, {"penalty": 20_000}, "hardship", "", by, uuid4())


def quote(case: Case, by: User) -> Quote:
    """An early settlement quote for four days ahead, from the published book."""
    loan, day = case.customer.loans.get(), case.as_of + timedelta(days=4)
    shown = quoting.offer(case, loan, day, settling.worked_out).digest
    return quoting.make(case.pk, loan.loan_id, day, shown, settling.worked_out, by, uuid4())


def more_loans(case: Case, *numbers: str) -> None:
    """Further loans of the case's customer, nothing of them overdue."""
    told = {"currency": "CNY", "dpd": 0, "bucket": "C", "overdue_minor": 0, "outstanding_minor": 150_000}
    Loan.objects.bulk_create(Loan(loan_id=number, customer=case.customer, **told) for number in numbers)


def quotes(case: Case, by: User) -> list[Quote]:
    """Quotes of all loans of the case in one act, from the published book."""
    found, day = quoting.loans(case), case.as_of + timedelta(days=4)
    shown = quoting.offers(case, found, day, settling.worked_out).digest
    return quoting.make_together(
        case.pk, [loan.loan_id for loan in found], day, shown, settling.worked_out, by, uuid4()
    )


def interview(case: Case, by: User, seen: int = 0, **sent: list[str]) -> Interview:
    """An interview as it is typed; ``seen`` is the version before, of which this is a correction."""
    friend = case.customer.contact_points.get(relation="friend")
    typed = {
        "pay_day": ["8"],
        "early_settlement": ["yes"],
        "employer_name": ["晨光小馆"],
        "income_a_month": ["8250"],
        f"knowers-{friend.pk}": ["no"],
        "usual_hours-from": ["12:00"],
        "usual_hours-to": ["14:00"],
        "channels_refused": ["visit", "voice"],
        "not_between-from": ["17:00"],
        "not_between-to": ["19:00"],
        "if_lost": ["老家的哥哥"],
    }
    kind, reason = ("correction", "说错了") if seen else ("interview", "")
    told = {"kind": kind, "held_on": TODAY, "reason": reason, "seen": seen}
    return keeping.save(case.customer_id, typed | sent, by, uuid4(), **told)


def told(case: Case, by: User) -> None:
    """A call in which the customer told a new number and where he works now, and what of his friend's is wrong."""
    contact = calls.start(case.pk, case.customer.contact_points.get(relation="self").pk, by, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, by, Outcome("self", "no_result"))
    numbers.add(case.pk, numbers.Told("20000000009", "self", "mobile", "borrower"), by, uuid4())
    friend = case.customer.contact_points.get(relation="friend")
    number_corrections.correct(case.pk, friend.pk, Correction("spouse", "", "borrower", "王五"), by, uuid4())
    details.say(case.pk, details.Said("employer", "新单位", "borrower"), by, uuid4())


def visit(case: Case, first: User, second: User) -> Visit:
    """A planned visit to the customer's home in half an hour."""
    at = clock.now() + timedelta(minutes=30)
    return visits.plan(case.pk, "home", "calls", at, second.pk, first, uuid4())


def plan(case: Case, by: User) -> Plan:
    """A running plan of two parts over what is late."""
    made = Plan.objects.create(
        case=case,
        staff=by,
        currency="CNY",
        total_minor=50_000,
        every="month",
        made_on=TODAY,
        grace_days=3,
        tolerance_permille=1000,
        income_minor=800_000,
        costs_minor=300_000,
        room_minor=350_000,
    )
    for seq, days in ((1, 14), (2, 44)):
        due = TODAY + timedelta(days=days)
        PlanInstalment.objects.create(plan=made, seq=seq, due_on=due, amount_minor=25_000, beside_minor=50_000)
    return made


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
    admin: User
    case: Case
    reminder: Case
    theirs: Case
    more: list[Case] = field(default_factory=list)

    def number(self, relation: str = "self", case: Case | None = None) -> ContactPoint:
        return (case or self.case).customer.contact_points.get(relation=relation)


def desk(language: str = "en") -> Desk:
    """Two stores; at the first a rep with a late customer and one to remind, at the other a stranger with one."""
    store = Store.objects.create(code="S1", name="一店")
    other = Store.objects.create(code="S2", name="二店")
    rep = user("rep", "rep", store, full_name="王晓琳", language=language)
    stranger = user("stranger", "rep", other, language=language)
    return Desk(
        store=store,
        other_store=other,
        rep=rep,
        colleague=user("colleague", "rep", store, full_name="李建国", language=language),
        manager=user("manager", "store_manager", store, full_name="何店长", language=language),
        stranger=stranger,
        head=user("head", "head_office", full_name="总部林", language=language),
        auditor=user("auditor", "auditor", full_name="审计吴", language=language),
        admin=user("admin", "admin", full_name="管理员", language=language),
        case=case(store, rep, 1),
        reminder=case(store, rep, 2, phase="reminder", name="李提醒"),
        theirs=case(other, stranger, 3, name="外店客户"),
    )
