"""A customer's file: all that the lender knows of a person, over his loans, customer numbers and cases.

A person may be a customer under several numbers and at several stores. Each user sees those of whom he sees a case;
that there are more he is told, as contacts there count in the same budget, but nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Prefetch, Subquery

from shouyue.casework import errors, manners
from shouyue.casework.asking import questions, without_number, zone_of
from shouyue.casework.budget import Gauge, gauges
from shouyue.casework.details import reading as details
from shouyue.casework.interviews import reading
from shouyue.casework.models import (
    Case,
    Contact,
    ContactPoint,
    Customer,
    Interview,
    Loan,
    Matter,
    Placement,
    TimelineEntry,
    ToldDetail,
)
from shouyue.casework.number_marks import Marks, beside
from shouyue.casework.paying import Habit, Met, Try, habits
from shouyue.casework.queries import placement, visible_cases
from shouyue.compliance import gate, wishes
from shouyue.compliance.identity import number_key
from shouyue.compliance.models import Attempt, AttemptOutcome, Wish
from shouyue.compliance.rule import CHANNELS
from shouyue.people.models import User

#: how far back contacts say something about habits
LOOK_BACK = timedelta(days=730)
Kind, Entry = AttemptOutcome.Kind, TimelineEntry.Kind
#: contacts and payments that the file shows; all of them stand on the cases
LAST = 12


@dataclass(frozen=True)
class Around:
    """A number, who is behind it, and the gate's answer to a call on it now."""

    point: ContactPoint
    answer: gate.Answer
    marks: Marks


@dataclass(frozen=True)
class CustomerPage:
    """All that the customer's page shows, read in a number of queries that does not grow with it."""

    customer: Customer
    #: open ones first
    cases: list[Case]
    #: of all the user sees of the person, those with something outstanding first
    loans: list[Loan]
    people: list[Around]
    #: said by the person himself, about whatever number
    wishes: list[Wish]
    matters: list[Matter]
    gauges: list[Gauge]
    #: the gate's answer for each way of reaching the borrower himself
    ways: list[gate.Answer]
    habits: list[Habit]
    #: what was told of his address and employer and counts over the lender's file, by kind
    told: dict[str, ToldDetail]
    #: the last contacts and letters over all these cases, and the last payments and judged promises, the newest first
    contacted: list[TimelineEntry]
    paid: list[TimelineEntry]
    #: what he said of himself, as it stands now
    interview: Interview | None
    #: the newest contact that says how he came across, see casework/manners
    manner: Contact | None
    #: the agency that has the customer now
    placement: Placement | None
    #: of the person's customer numbers, how many are not the user's to see
    elsewhere: int

    @property
    def case(self) -> Case:
        """The case by which the file is worked: the open one, else the last."""
        return self.cases[0]


def customer(user: User, customer_id: int) -> Customer:
    """A customer of whom the user may see a case. Raises CASE-009, the same for absent and for another store's."""
    seen = visible_cases(user).filter(customer_id=customer_id)
    found = Customer.objects.select_related("store").filter(pk__in=seen.values("customer_id")).first()
    if found is None:
        raise errors.NO_CUSTOMER.error()
    return found


def customer_page(customer_id: int, user: User, now: datetime) -> CustomerPage:
    """Raises CASE-009."""
    found = customer(user, customer_id)
    cases = list(
        visible_cases(user)
        .filter(customer__person_id=found.person_id)
        .select_related("customer", "store", "assignee")
        .prefetch_related("promises", Prefetch("customer__loans", Loan.objects.order_by("loan_id")))
        .order_by("-status", "-opened_on", "-pk")
    )
    # the file that was asked for leads, whatever other numbers the person has
    cases.sort(key=lambda one: one.customer_id != found.pk)
    seen = {one.customer_id: one.customer for one in cases}
    loans = [loan for one in seen.values() for loan in one.loans.all()]
    points = list(ContactPoint.objects.filter(customer_id__in=seen).order_by("rank", "id"))
    people, ways, counted = _asked(cases[0], points, user, now)
    said = wishes.held(found.person_id, [number_key(point.phone) for point in points])
    marks = beside(points, said)
    return CustomerPage(
        customer=found,
        cases=cases,
        loans=sorted(loans, key=lambda loan: (loan.outstanding_minor == 0, -loan.dpd, loan.loan_id)),
        people=[Around(point, answer, marks[point.pk]) for point, answer in people],
        wishes=[w for w in said if not w.number_key],
        matters=list(
            Matter.objects.filter(case__in=[one.pk for one in cases]).select_related("owner").order_by("-opened_at")
        ),
        gauges=counted,
        ways=ways,
        habits=_habits(cases[0], loans, now),
        told=details.current(details.history(found.pk)),
        contacted=_last(cases, Entry.CONTACT, Entry.LETTER),
        paid=_last(cases, Entry.PAYMENT, Entry.PROMISE_JUDGED),
        interview=reading.newest(found.pk),
        manner=manners.last(seen, cases[0].as_of),
        placement=placement(found.pk),
        elsewhere=Customer.objects.filter(person_id=found.person_id).exclude(pk__in=seen).count(),
    )


def _last(cases: list[Case], *kinds: str) -> list[TimelineEntry]:
    told = TimelineEntry.objects.filter(case__in=[one.pk for one in cases], kind__in=kinds)
    return list(told.select_related("actor").order_by("-at", "-pk")[:LAST])


def _habits(case: Case, loans: list[Loan], now: datetime) -> list[Habit]:
    """From the loans' instalments as published, and from every contact with the person, the desk's or an agency's."""
    since, zone = now - LOOK_BACK, zone_of(case)
    newest = AttemptOutcome.objects.filter(attempt=OuterRef("pk")).order_by("-id").values("kind")[:1]
    attempts = Attempt.objects.filter(person_id=case.customer.person_id, at__gte=since, at__lte=now)
    tried = attempts.annotate(kind=Subquery(newest)).values_list("at", "channel", "kind", "decision__inputs__relation")
    first = Case.objects.order_by("pk").values_list("opened_on", flat=True).first()
    return habits(
        (
            Met(loan.loan_id, date.fromisoformat(part["due"]), date.fromisoformat(part["met_on"]))
            for loan in loans
            for part in loan.schedule
            if part.get("met_on")
        ),
        (
            Try(at, channel, _talked(kind) if relation in wishes.BORROWERS else None)
            for at, channel, kind, relation in tried
        ),
        zone,
        max(first, since.astimezone(zone).date()) if first else None,
    )


def _talked(kind: str | None) -> bool | None:
    """Nobody can be spoken to by what was sent, or by what is not logged yet."""
    return None if kind in (None, Kind.SENT) else kind == Kind.CONVERSATION


def _asked(
    case: Case, points: list[ContactPoint], user: User, now: datetime
) -> tuple[list[tuple[ContactPoint, gate.Answer]], list[gate.Answer], list[Gauge]]:
    """The gate's answers: a call to each number, each way to the borrower, and the budgets behind them."""
    own = next((p for p in points if p.relation in wishes.BORROWERS), None)
    # whoever has no number can be visited or written to
    himself = own or ContactPoint(customer=case.customer, relation="self")
    calls = [(point, "call") for point in points]
    asked = [*calls, *((himself, channel) for channel in CHANNELS)]
    put = questions(case, asked, user, now)
    answers = gate.preview_many([without_number(q) for q in put])
    called, ways = answers[: len(calls)], answers[len(calls) :]
    of_borrower = [(p, a) for (p, _), a in zip(asked, answers, strict=True) if p.relation in wishes.BORROWERS]
    return list(zip(points, called, strict=True)), ways, gauges(of_borrower)
