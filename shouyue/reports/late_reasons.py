"""Why people are late (逾期原因): the reason told last in each case of a period, and how promises in these cases end.

Two queries, grouped in the database; metrics.py holds the definition of every number. Stage, product and
store are those that the case has now; the product is that of the loan most days late.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from shouyue.casework.models import Case, Contact, Loan, Phase, Promise
from shouyue.reports.metrics import share

#: what the numbers may be split by
WAYS = ("stage", "product", "store")
#: a period has so many days at most
MOST_DAYS = 92
JUDGED = (Promise.State.KEPT, Promise.State.PART_KEPT, Promise.State.BROKEN)


@dataclass
class Line:
    """``group`` is a stage, a product, the id of a store as text, or empty where nothing is split."""

    group: str
    reason: str
    cases: int
    #: of how many cases with any reason in the group
    of: int = 0
    judged: int = 0
    kept: int = 0

    @property
    def share(self) -> Fraction | None:
        return share(self.cases, self.of)

    @property
    def kept_rate(self) -> Fraction | None:
        return share(self.kept, self.judged)


def told_last(cases: QuerySet[Case], since: date, until: date) -> QuerySet[Contact]:
    """Of each of the cases in which a reason was told in collection within these days, both included, the newest
    contact that did."""
    spoken = Contact.objects.filter(
        status=Contact.Status.FINISHED,
        purpose=Phase.COLLECTION,
        business_day__range=(since, until),
        case__in=cases,
    ).exclude(why_late="")
    newest = spoken.order_by("case", "-started_at", "pk").distinct("case")
    return Contact.objects.filter(pk__in=newest.values("pk"))


def lines(cases: QuerySet[Case], since: date, until: date, by: str = "") -> list[Line]:
    """A line for each group and reason that there are: group by group, the most frequent reason first."""
    told = told_last(cases, since, until)
    counted = told.annotate(group=_group(by)).values_list("group", "why_late").annotate(Count("pk"))
    found = {(group, reason): Line(group, reason, count) for group, reason, count in counted.order_by()}
    of: Counter[str] = Counter()
    for line in found.values():
        of[line.group] += line.cases
    for line in found.values():
        line.of = of[line.group]
    made = Promise.objects.filter(case__contacts__in=told, made_on__range=(since, until), state__in=JUDGED)
    judged = made.annotate(group=_group(by)).values_list("group", "case__contacts__why_late")
    for group, reason, all_, kept in judged.annotate(
        Count("pk"), kept=Count("pk", filter=Q(state=Promise.State.KEPT))
    ).order_by():
        found[group, reason].judged, found[group, reason].kept = all_, kept
    return sorted(found.values(), key=lambda line: (line.group, -line.cases, line.reason))


def behind(cases: QuerySet[Case], since: date, until: date, reason: str, by: str = "", group: str = "") -> QuerySet:
    """The cases of a line."""
    told = told_last(cases, since, until).filter(why_late=reason)
    if by:
        told = told.annotate(group=_group(by)).filter(group=group)
    return cases.filter(pk__in=told.values("case"))


def _group(by: str) -> Combinable:
    """Of a contact, or of a promise: what its case is counted under."""
    if by == "stage":
        return F("case__stage")
    if by == "store":
        return Cast("case__store_id", CharField())
    if by == "product":
        loans = Loan.objects.filter(customer=OuterRef("case__customer")).order_by("-dpd", "loan_id")
        return Coalesce(Subquery(loans.values("product")[:1]), Value(""))
    return Value("")
