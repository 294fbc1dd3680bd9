"""Judging promises to pay (承诺还款) by the lender's payments: kept, part kept or broken.

What counts is money with a value date from the day the promise was made up to its due day and the grace after it, net
of what was taken back. A promise is kept as soon as the money reaches the tolerated share of the amount; it is part
kept or broken once the last day of grace is over. Of several promises, money serves the one that ends first, and no
coin serves two. Later evidence (a reversal, a back-dated payment) moves a judged promise again; each move is an entry
of its own. A promise whose money is taken back gives way to one that the customer made since it was kept. What the desk
does with a promise is in promising.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from shouyue.base import clock
from shouyue.casework.models import Promise, TimelineEntry

State = Promise.State

#: days after the last day of grace on which new evidence still moves a judgement
REVIEW_DAYS = 92


class Event(StrEnum):
    """What the payments, or the desk, say about a promise."""

    PAID = "paid"  # the tolerated share has come in time
    WAITING = "waiting"  # it has not, and there is time left
    PART = "part"  # the time is over, some has come
    NOTHING = "nothing"  # the time is over, nothing has come
    NEWER = "newer"  # the customer made a newer promise in its place
    CONFIRMED = "confirmed"  # the customer said again that he will keep it
    CANCELLED = "cancelled"  # taken back, with a reason


#: the life of a promise: (state, event) -> state. What is not here does not happen.
TRANSITIONS: dict[tuple[str, Event], State] = {
    (State.OPEN, Event.PAID): State.KEPT,
    (State.OPEN, Event.WAITING): State.OPEN,
    (State.OPEN, Event.PART): State.PART_KEPT,
    (State.OPEN, Event.NOTHING): State.BROKEN,
    (State.OPEN, Event.NEWER): State.REPLACED,
    (State.OPEN, Event.CONFIRMED): State.OPEN,
    (State.OPEN, Event.CANCELLED): State.CANCELLED,
    # a payment was taken back, or arrived with an earlier value date
    (State.KEPT, Event.PAID): State.KEPT,
    (State.KEPT, Event.WAITING): State.OPEN,
    (State.KEPT, Event.PART): State.PART_KEPT,
    (State.KEPT, Event.NOTHING): State.BROKEN,
    (State.KEPT, Event.NEWER): State.REPLACED,
    (State.PART_KEPT, Event.PAID): State.KEPT,
    (State.PART_KEPT, Event.PART): State.PART_KEPT,
    (State.PART_KEPT, Event.NOTHING): State.BROKEN,
    (State.BROKEN, Event.PAID): State.KEPT,
    (State.BROKEN, Event.PART): State.PART_KEPT,
    (State.BROKEN, Event.NOTHING): State.BROKEN,
}

#: a promise that the desk ended is judged no more
ENDED = (State.REPLACED, State.CANCELLED)


@dataclass(frozen=True)
class Promised:
    """A promise as judging needs it. ``payer`` is whose payments count: customer number and currency."""

    id: UUID
    case_id: int
    payer: tuple[str, str]
    amount_minor: int
    made_on: date
    due_on: date
    grace_days: int
    tolerance_permille: int
    state: str
    paid_minor: int
    #: day whose payments brought it into its state
    judged_as_of: date | None = None

    @property
    def last_day(self) -> date:
        return self.due_on + timedelta(days=self.grace_days)

    def is_met_by(self, paid_minor: int) -> bool:
        return paid_minor * 1000 >= self.amount_minor * self.tolerance_permille


#: what came from a payer: (value date, minor units net of reversals)
Money = Sequence[tuple[date, int]]


@dataclass(frozen=True)
class Judgement:
    """What became of a promise. ``paid_minor`` never exceeds the amount: what is over serves the next promise."""

    promise: Promised
    state: State
    paid_minor: int

    @property
    def moved(self) -> bool:
        return self.state != self.promise.state

    @property
    def changed(self) -> bool:
        return self.moved or self.paid_minor != self.promise.paid_minor


def event(promise: Promised, paid_minor: int, as_of: date) -> Event:
    if promise.is_met_by(paid_minor):
        return Event.PAID
    if as_of <= promise.last_day:
        return Event.WAITING
    return Event.PART if paid_minor > 0 else Event.NOTHING


def judge(promises: Iterable[Promised], payments: Mapping[tuple[str, str], Money], as_of: date) -> list[Judgement]:
    """Judge every promise that the desk has not ended, as of the end of ``as_of``. Changes nothing.

    ``payments`` holds each payer's money with a value date up to ``as_of``. A closed promise whose day has come round
    again (an older ``as_of`` than the one that judged it) keeps its state: see ``TRANSITIONS``.
    """
    by_payer: defaultdict[tuple[str, str], list[Promised]] = defaultdict(list)
    for promise in promises:
        if promise.state not in ENDED:
            by_payer[promise.payer].append(promise)
    judged = []
    for payer, own in by_payer.items():
        left = [[day, minor] for day, minor in sorted(payments.get(payer, ())) if day <= as_of]
        for promise in sorted(own, key=lambda p: (p.last_day, p.made_on, p.id)):
            before = [minor for _, minor in left]
            paid = _serve(promise, left)
            said = event(promise, paid, as_of)
            if said == Event.WAITING and _followed(promise, own):
                said, paid = Event.NEWER, 0
                for money, minor in zip(left, before, strict=True):  # what is over serves those that stand
                    money[1] = minor
            state = TRANSITIONS.get((promise.state, said), State(promise.state))
            judged.append(Judgement(promise, state, paid))
    return judged


def _followed(promise: Promised, others: Iterable[Promised]) -> bool:
    """Was it kept when the customer made another one? If its money is taken back then, the newer one is what stands."""
    since = promise.judged_as_of
    return (
        promise.state == State.KEPT
        and since is not None
        and any(o.case_id == promise.case_id and o.id != promise.id and o.made_on >= since for o in others)
    )


def _serve(promise: Promised, left: list[list]) -> int:
    """Take from ``left`` (oldest first) what counts for the promise, up to its amount; returns the sum."""
    paid = 0
    for money in left:
        day, minor = money
        if promise.made_on <= day <= promise.last_day and paid < promise.amount_minor:
            taken = min(minor, promise.amount_minor - paid)
            money[1] -= taken
            paid += taken
    return paid


def to_judge(as_of: date) -> list[Promised]:
    """Promises made up to ``as_of`` that are open, or were judged and may still move."""
    since = as_of - timedelta(days=REVIEW_DAYS)
    rows = (
        Promise.objects.filter(made_on__lte=as_of, due_on__gte=since).exclude(state__in=ENDED)
        | Promise.objects.filter(made_on__lte=as_of, state=State.OPEN)
    ).order_by("made_on", "due_on", "id")
    return [
        Promised(r[0], r[1], (r[2], r[3]), *r[4:])
        for r in rows.values_list(
            "id",
            "case_id",
            "case__customer__customer_id",
            "currency",
            "amount_minor",
            "made_on",
            "due_on",
            "grace_days",
            "tolerance_permille",
            "state",
            "paid_minor",
            "judged_as_of",
        )
    ]


def record(judgements: Iterable[Judgement], as_of: date, at: datetime | None = None) -> list[Judgement]:
    """Write what changed, inside the caller's transaction, and tell the timeline of each move.

    A promise that the desk ended since it was read keeps that. Returns the judgements that were written.
    """
    at = at or clock.now()
    changed = {j.promise.id: j for j in judgements if j.changed}
    if not changed:
        return []
    written = [changed[i] for i in _update(list(changed.values()), as_of)]
    entries = [
        TimelineEntry(
            case_id=j.promise.case_id,
            kind=TimelineEntry.Kind.PROMISE_JUDGED,
            ref=f"judged:{j.promise.id}:{as_of}:{j.state.value}",
            at=at,
            data={
                "promise": str(j.promise.id),
                "state": j.state.value,
                "was": str(j.promise.state),
                "amount_minor": j.promise.amount_minor,
                "paid_minor": j.paid_minor,
                "currency": j.promise.payer[1],
                "due_on": j.promise.due_on.isoformat(),
                "as_of": as_of.isoformat(),
            },
        )
        for j in written
        if j.moved
    ]
    TimelineEntry.objects.bulk_create(entries, ignore_conflicts=True, batch_size=5_000)
    return written


def _update(changed: list[Judgement], as_of: date) -> list[UUID]:
    values: list[Any] = [
        as_of,
        as_of,
        [j.promise.id for j in changed],
        [str(j.promise.state) for j in changed],
        [j.state.value for j in changed],
        [j.paid_minor for j in changed],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE casework_promise p
               SET state = j.state, paid_minor = j.paid_minor,
                   judged_as_of = CASE WHEN j.state <> j.was THEN %s ELSE p.judged_as_of END,
                   ended_on = CASE WHEN j.state = 'replaced' THEN %s ELSE p.ended_on END,
                   ended_because = CASE WHEN j.state = 'replaced' THEN 'newer' ELSE p.ended_because END
              FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[]) AS j (id, was, state, paid_minor)
             WHERE p.id = j.id AND p.state = j.was
            RETURNING p.id
            """,
            values,
        )
        return sorted(row[0] for row in cursor.fetchall())
