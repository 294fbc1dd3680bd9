"""The rows behind the numbers of Today: each figure opens the cases it was counted from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models import Case, Contact, Phase, Promise, TimelineEntry
from shouyue.casework.promises import ENDED

Rows = Callable[[QuerySet[Case], date, int | None], QuerySet[Case]]

_OPEN = Q(status=Case.Status.OPEN)


def _cases(condition: Callable[[date], Q]) -> Rows:
    """Open cases that meet the condition, of one rep where asked."""

    def rows(cases: QuerySet[Case], day: date, rep: int | None) -> QuerySet[Case]:
        found = cases.filter(_OPEN, condition(day))
        return found.filter(assignee_id=rep) if rep else found

    return rows


def _with(records: Callable[[date], QuerySet]) -> Rows:
    """Cases for which such a record exists, by one member of staff where asked."""

    def rows(cases: QuerySet[Case], day: date, rep: int | None) -> QuerySet[Case]:
        found = records(day).filter(case_id=OuterRef("pk"))
        return cases.filter(Exists(found.filter(staff_id=rep) if rep else found))

    return rows


def _contacts(**more: str) -> Rows:
    return _with(lambda day: Contact.objects.filter(business_day=day, status=Contact.Status.FINISHED, **more))


def _judged(state: str) -> Rows:
    return _with(lambda day: Promise.objects.filter(judged_as_of=day, state=state))


def _paid(cases: QuerySet[Case], day: date, rep: int | None) -> QuerySet[Case]:
    entries = TimelineEntry.objects.filter(kind=TimelineEntry.Kind.PAYMENT, data__as_of=day.isoformat())
    return cases.filter(Exists(entries.filter(case_id=OuterRef("pk"))))


#: figure -> what it is called, its metric in the ledger, its rows
FIGURES: dict[str, tuple[LazyText, str, Rows]] = {
    "due": (_("Due"), "due", _cases(lambda day: Q(hold=False, placed=False))),
    "todo": (_("To do"), "due", _cases(lambda day: Q(hold=False, placed=False) & (Q(done_on=None) | ~Q(done_on=day)))),
    "done": (_("Done"), "done", _cases(lambda day: Q(hold=False, placed=False, done_on=day))),
    "held": (_("Held"), "held", _cases(lambda day: Q(hold=True) | Q(placed=True))),
    "unassigned": (_("Unassigned"), "unassigned", _cases(lambda day: Q(assignee=None))),
    "inflow": (_("Inflow"), "inflow", _cases(lambda day: Q(inflow_on=day))),
    "calls": (_("Contacts"), "calls", _contacts()),
    "reached": (_("Reached"), "reached", _contacts(reached="self")),
    "reminded": (_("Reminded"), "reminded", _contacts(purpose=Phase.REMINDER)),
    "promised": (
        _("Promised"),
        "promised",
        _with(lambda day: Promise.objects.filter(made_on=day).exclude(state__in=ENDED)),
    ),
    "kept": (_("Kept"), "kept_rate", _judged(Promise.State.KEPT)),
    "part_kept": (_("Part kept"), "kept_rate", _judged(Promise.State.PART_KEPT)),
    "broken": (_("Broken"), "kept_rate", _judged(Promise.State.BROKEN)),
    "paid": (_("Paid"), "paid", _paid),
}
