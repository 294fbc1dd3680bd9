"""The manager's numbers of the business day, live: what the pages show is what the rows say at that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db import models
from django.db.models import Count, F, Q, Sum, Value

from shouyue.casework.models import Case, Contact, Phase, Promise
from shouyue.daily.models import DailyRun
from shouyue.people.models import Role, Store, User
from shouyue.reports.metrics import LEDGER, Metric, rate

#: minor units by currency
Money = dict[str, int]


@dataclass
class Tally:
    """What one rep, one store or the whole company has to do and has done on the day."""

    cases: int = 0
    due: int = 0
    due_money: Money = field(default_factory=lambda: defaultdict(int))
    done: int = 0
    minutes: int = 0
    unassigned: int = 0
    inflow: int = 0
    inflow_money: Money = field(default_factory=lambda: defaultdict(int))
    calls: int = 0
    called: int = 0
    reached: int = 0
    reminded: int = 0
    promised: int = 0
    promised_cases: int = 0
    promised_money: Money = field(default_factory=lambda: defaultdict(int))
    judged: int = 0
    kept: int = 0
    paid: int = 0
    paid_money: Money = field(default_factory=lambda: defaultdict(int))

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            if isinstance(value, int):
                setattr(self, name, getattr(self, name) + value)
            else:
                for currency, minor in value.items():
                    getattr(self, name)[currency] += minor

    @property
    def done_rate(self) -> Fraction | None:
        return rate(self.done, self.due)

    @property
    def reached_rate(self) -> Fraction | None:
        return rate(self.reached, self.called)

    @property
    def promise_rate(self) -> Fraction | None:
        return rate(self.promised_cases, self.reached)

    @property
    def kept_rate(self) -> Fraction | None:
        return rate(self.kept, self.judged)


@dataclass(frozen=True)
class Today:
    """``total`` is the sum of the stores; ``reps`` are filled for one store, ``stores`` for the company."""

    business_day: date
    total: Tally
    reps: list[tuple[User, Tally]]
    stores: list[tuple[Store, Tally]]

    def metric(self, metric_id: str) -> Metric:
        return LEDGER[metric_id]


def today(store: Store | None, business_day: date) -> Today:
    """The numbers of a store, or of all stores with ``store=None``, in six or seven queries."""
    places: dict[int, Tally] = defaultdict(Tally)
    people: dict[tuple[int, int | None], Tally] = defaultdict(Tally)
    for (place, person), tally in _tallies(store, business_day):
        places[place].add(tally)
        people[place, person].add(tally)
    codes = {s.code: s for s in (Store.objects.filter(pk=store.pk) if store else Store.objects.all()).order_by("code")}
    _paid(business_day, codes, places)
    total = Tally()
    for tally in places.values():
        total.add(tally)
    return Today(
        business_day=business_day,
        total=total,
        reps=_reps(store, people) if store else [],
        stores=[] if store else [(s, places[s.pk]) for s in codes.values() if s.pk in places],
    )


#: whom a tally belongs to: store, and the person (None: nobody yet)
Owner = tuple[int, int | None]


def _tallies(store: Store | None, day: date) -> Iterable[tuple[Owner, Tally]]:
    yield from _work(store, day)
    yield from _calls(store, day)
    yield from _promises(store, day)
    yield from _judged(store, day)


def _work(store: Store | None, day: date) -> Iterable[tuple[Owner, Tally]]:
    """The day's list: open cases, and those that were finished on the day and closed since."""
    cases = Case.objects.filter(Q(status=Case.Status.OPEN) | Q(done_on=day))
    if store:
        cases = cases.filter(store=store)
    to_work = Q(hold=False) | Q(done_on=day)
    amount = models.Case(models.When(phase=Phase.COLLECTION, then=F("overdue_minor")), default=F("due_minor"))
    rows = cases.values_list("store_id", "assignee_id", "currency").annotate(
        all=Count("id"),
        todo=Count("id", filter=to_work),
        money=Sum(amount, filter=to_work, default=Value(0)),
        finished=Count("id", filter=Q(done_on=day)),
        left=Sum("minutes", filter=to_work & (Q(done_on=None) | Q(done_on__lt=day)), default=Value(0)),
        fresh=Count("id", filter=Q(inflow_on=day)),
        fresh_money=Sum("overdue_minor", filter=Q(inflow_on=day), default=Value(0)),
    )
    for place, person, currency, cases_, due, money, done, minutes, inflow, inflow_money in rows:
        yield (
            (place, person),
            Tally(
                cases=cases_,
                due=due,
                due_money={currency: money},
                done=done,
                minutes=minutes,
                unassigned=cases_ if person is None else 0,
                inflow=inflow,
                inflow_money={currency: inflow_money},
            ),
        )


def _calls(store: Store | None, day: date) -> Iterable[tuple[Owner, Tally]]:
    contacts = Contact.objects.filter(business_day=day, status=Contact.Status.FINISHED)
    if store:
        contacts = contacts.filter(case__store=store)
    spoke = Q(reached__in=[Contact.Reached.SELF, Contact.Reached.GUARANTOR])
    rows = contacts.values_list("case__store_id", "staff_id").annotate(
        calls=Count("id"),
        called=Count("case_id", distinct=True),
        spoken=Count("case_id", filter=Q(reached=Contact.Reached.SELF), distinct=True),
        told=Count("case_id", filter=Q(purpose=Phase.REMINDER) & spoke, distinct=True),
    )
    for place, person, calls, called, reached, reminded in rows:
        yield (place, person), Tally(calls=calls, called=called, reached=reached, reminded=reminded)


def _promises(store: Store | None, day: date) -> Iterable[tuple[Owner, Tally]]:
    promises = Promise.objects.filter(made_on=day).exclude(state=Promise.State.REPLACED)
    if store:
        promises = promises.filter(case__store=store)
    rows = promises.values_list("case__store_id", "staff_id", "currency").annotate(
        count=Count("id"),
        cases=Count("case_id", distinct=True),
        minor=Sum("amount_minor"),
    )
    for place, person, currency, count, cases, minor in rows:
        yield (place, person), Tally(promised=count, promised_cases=cases, promised_money={currency: minor})


def _judged(store: Store | None, day: date) -> Iterable[tuple[Owner, Tally]]:
    final = [Promise.State.KEPT, Promise.State.PART_KEPT, Promise.State.BROKEN]
    promises = Promise.objects.filter(judged_as_of=day, state__in=final)
    if store:
        promises = promises.filter(case__store=store)
    rows = promises.values_list("case__store_id", "staff_id").annotate(
        judged=Count("id"),
        met=Count("id", filter=Q(state=Promise.State.KEPT)),
    )
    for place, person, judged, kept in rows:
        yield (place, person), Tally(judged=judged, kept=kept)


def _paid(day: date, codes: dict[str, Store], places: dict[int, Tally]) -> None:
    """What the newest run of the day saw come in; a payment belongs to a store, not to a rep."""
    run = DailyRun.objects.filter(as_of=day).order_by("-published_at").first()
    for code, by_currency in (run.totals.get("paid", {}) if run else {}).items():
        if (place := codes.get(code)) is None:
            continue
        for currency, sums in by_currency.items():
            places[place.pk].add(Tally(paid=sums["count"], paid_money={currency: sums["minor"]}))


def _reps(store: Store, people: dict[Owner, Tally]) -> list[tuple[User, Tally]]:
    """Everyone of the store who has or may have cases, and whoever else worked there today."""
    busy = [person for (_place, person), _tally in people.items() if person is not None]
    staff = User.objects.filter(Q(store=store, is_active=True, role=Role.REP) | Q(pk__in=busy)).order_by(
        "full_name", "username"
    )
    return [(user, people[store.pk, user.pk]) for user in staff]
