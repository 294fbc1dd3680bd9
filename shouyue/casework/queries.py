"""Reading the desk: what a person may see, in as few queries as possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Literal, TypeVar
from uuid import UUID

from django.db.models import Model, Prefetch, Q, QuerySet, prefetch_related_objects

from shouyue.base.errors import Code
from shouyue.casework import barring, errors, manners
from shouyue.casework.details import reading as details
from shouyue.casework.interviews import reading
from shouyue.casework.models import (
    Case,
    Contact,
    ContactPoint,
    Customer,
    Interview,
    Loan,
    Placement,
    Promise,
    TimelineEntry,
    ToldDetail,
)
from shouyue.people.models import Role, User
from shouyue.people.permissions import require

Work = Literal["todo", "waiting", "barred", "done", "all"]


def visible_cases(user: User) -> QuerySet[Case]:
    """Every case the user may see: his store's for reps and managers, all for head office and auditors."""
    require(user, "case.view")
    if user.role in (Role.REP, Role.STORE_MANAGER):
        return Case.objects.filter(store_id=user.store_id)
    return Case.objects.all()


def case(user: User, case_id: int, lock: bool = False) -> Case:
    """One visible case with its customer. Raises CASE-001, the same for absent and for another store's.

    Locked against others who lock or change it, and never against rows that name it: PostgreSQL looks at these when
    their transaction ends, which holds the audit chain by then. So ``no_key``, here as everywhere.
    """
    cases = visible_cases(user)
    cases = cases.select_for_update(no_key=True) if lock else cases.select_related("customer", "assignee", "store")
    found = cases.filter(pk=case_id).first()
    if found is None:
        raise errors.NO_CASE.error()
    return found


_Owned = TypeVar("_Owned", bound=Model)


def locked(model: type[_Owned], key: UUID, by: User, missing: Code) -> _Owned:
    """What belongs to a case that the user may see (its ``case``), the case locked before it and set on it.

    Raises ``missing``, the same for absent and for another store's.
    """
    rows = model._default_manager.filter(pk=key)
    case_id = rows.values_list("case_id", flat=True).first()
    if case_id is None or not visible_cases(by).filter(pk=case_id).exists():
        raise missing.error()
    held = case(by, case_id, lock=True)
    found = rows.select_for_update(no_key=True).get()
    found.case = held  # type: ignore[attr-defined]
    return found


def lock_all(chosen: QuerySet[_Owned], *order: str) -> list[_Owned]:
    """The chosen with their cases, every case locked before them and before the audit chain, as everywhere.

    What is no longer to be chosen once its case is locked, as another person was quicker, is left out.
    """
    held = dict(chosen.values_list("pk", "case_id"))
    list(Case.objects.select_for_update(no_key=True).filter(pk__in=set(held.values())).order_by("pk").values_list("pk"))
    rows = chosen.filter(pk__in=list(held))
    return list(rows.select_for_update(no_key=True, of=("self",)).select_related("case").order_by(*order, "pk"))


def newest(cases: QuerySet[Case]) -> Case | None:
    """Of a customer's cases the open one, else the one opened last."""
    return cases.order_by("-status", "-opened_on", "-pk").first()


def must_be_open(case: Case) -> None:
    if case.status != Case.Status.OPEN:
        raise errors.CASE_CLOSED.error()


def work_filter(work: Work, business_day: date, now: datetime) -> Q:
    """To do: not finished on the business day, not held by the strategy, no later time agreed, not barred by law."""
    unfinished = Q(done_on=None) | Q(done_on__lt=business_day)
    due = unfinished & Q(hold=False) & (Q(next_action_at=None) | Q(next_action_at__lte=now))
    if work == "todo":
        return due & ~barring.barred(now)
    if work == "barred":
        return due & barring.barred(now)
    if work == "waiting":
        return unfinished & (Q(hold=True) | Q(next_action_at__gt=now))
    if work == "done":
        return Q(done_on=business_day)
    return Q()


#: what My day shows of a case; nothing more is read
MY_DAY_FIELDS = (
    "id",
    "as_of",
    "phase",
    "segment",
    "stage",
    "priority",
    "minutes",
    "best_time",
    "hold",
    "reason_zh",
    "reason_en",
    "dpd",
    "bucket",
    "currency",
    "overdue_minor",
    "due_minor",
    "next_due",
    "last_contact_at",
    "last_result",
    "next_action",
    "next_action_at",
    "done_on",
    "barred_until",
    "barred_zh",
    "barred_en",
    "customer_id",
    "customer__id",
    "customer__customer_id",
    "customer__name",
    "customer__vulnerable",
)


def my_day(user: User, business_day: date, now: datetime, work: Work = "todo") -> QuerySet[Case]:
    """The user's open cases in the order to work them: highest priority first, as the strategy said.

    Cases of the permanent hold-out, and those that an agency works, are on nobody's list; who looks for one finds it.
    """
    return (
        visible_cases(user)
        .filter(assignee=user, status=Case.Status.OPEN, left_alone=False, placed=False)
        .filter(work_filter(work, business_day, now))
        .select_related("customer")
        .only(*MY_DAY_FIELDS)
        .order_by("-priority", "id")
    )


def next_case(user: User, business_day: date, now: datetime, after: Case | None = None) -> int | None:
    """Id of the next case to do on the user's list: the first below ``after``, from the top again at the end."""
    todo = my_day(user, business_day, now)
    if after is not None:
        todo = todo.exclude(pk=after.pk)
        below = todo.filter(Q(priority__lt=after.priority) | Q(priority=after.priority, id__gt=after.pk))
        if (found := below.values_list("id", flat=True).first()) is not None:
            return found
    return todo.values_list("id", flat=True).first()


def number(customer: Customer, number_id: int) -> ContactPoint:
    """One of the customer's numbers. Raises CASE-006."""
    found = customer.contact_points.filter(pk=number_id).first()
    if found is None:
        raise errors.NO_NUMBER.error()
    return found


def placement(customer_id: int) -> Placement | None:
    """With which agency the customer is now, and since when."""
    return Placement.objects.select_related("agency").filter(customer_id=customer_id, ended_at=None).first()


@dataclass(frozen=True)
class CasePage:
    """All that the case page shows, read in ten queries."""

    case: Case
    loans: list[Loan]
    contact_points: list[ContactPoint]
    timeline: list[TimelineEntry]
    promises: list[Promise]
    #: the user's own call on this case that has no outcome yet
    call: Contact | None
    #: somebody's call on it that has no outcome yet, when it is not the user's
    other_call: Contact | None
    #: what the customer said of himself, as it stands now
    interview: Interview | None
    #: the agency that has the customer now
    placement: Placement | None
    #: address and employer that were told and count over the lender's file, by kind
    told: dict[str, ToldDetail] = field(default_factory=dict)

    @cached_property
    def manner(self) -> Contact | None:
        """The newest contact that says how he came across: a query of its own, for pages that are about talking."""
        return manners.last([self.case.customer_id], self.case.as_of)

    @property
    def owed_minor(self) -> int:
        return sum(loan.outstanding_minor for loan in self.loans if loan.currency == self.case.currency)


def case_page(case_id: int, user: User, entries: int = 200) -> CasePage:
    found = case(user, case_id)
    # kept on the case and its customer, where the gate's question finds them again
    prefetch_related_objects(
        [found],
        Prefetch("promises", Promise.objects.order_by("-made_on", "-due_on")),
        Prefetch("customer__loans", Loan.objects.order_by("-dpd", "next_due", "loan_id")),
    )
    running = list(
        Contact.objects.filter(case=found, status=Contact.Status.STARTED).select_related(
            "staff", "contact_point", "other"
        )
    )
    return CasePage(
        case=found,
        loans=list(found.customer.loans.all()),
        contact_points=list(ContactPoint.objects.filter(customer_id=found.customer_id).order_by("rank", "id")),
        timeline=list(
            TimelineEntry.objects.filter(case__customer_id=found.customer_id)
            .select_related("actor")
            .order_by("-at", "-id")[:entries]
        ),
        promises=list(found.promises.all()),
        call=next((c for c in running if c.staff_id == user.pk), None),
        other_call=next((c for c in running if c.staff_id != user.pk), None),
        interview=reading.newest(found.customer_id),
        placement=placement(found.customer_id),
        told=details.current(details.history(found.customer_id)),
    )


def search(user: User, text: str, limit: int = 50) -> QuerySet[Case]:
    """Cases by the beginning of a name, the last four digits of a phone, or a whole contract or customer number.

    Newest first; open cases before closed ones. Empty text finds nothing.
    """
    text = text.strip()
    cases = visible_cases(user)
    if not text:
        return cases.none()
    customers = Q(customer__name__startswith=text) | Q(customer__customer_id=text)
    if text.isascii() and text.isdigit() and len(text) >= 4:
        phones = ContactPoint.objects.filter(phone_end=text[-4:])
        if len(text) > 4:
            phones = phones.filter(phone__endswith=text)
        customers |= Q(customer_id__in=phones.values("customer_id"))
    customers |= Q(customer_id__in=Loan.objects.filter(loan_id=text).values("customer_id"))
    return cases.filter(customers).select_related("customer", "assignee").order_by("-status", "-as_of", "-id")[:limit]
