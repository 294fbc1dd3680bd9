"""Judging plans by the lender's payments: on time, missed, done.

By each part's day and the grace after it, what has come since the plan was made must reach the tolerated share of all
parts up to it and of what the contract asked for beside them. A part missed breaks the plan; money that comes later
does not mend it, money with an earlier value date does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef

from shouyue.base import clock
from shouyue.casework.models import Plan, PlanInstalment, Promise, TimelineEntry
from shouyue.casework.plans.schedule import Line
from shouyue.casework.promises import REVIEW_DAYS, Money

State = Plan.State


class Event(StrEnum):
    """What the payments, or the desk, say about a plan."""

    ON_TIME = "on_time"  # nothing was missed, something is still to come
    MISSED = "missed"  # a part's last day is over without its money
    DONE = "done"  # all has come
    NEWER = "newer"  # a newer plan takes its place
    CANCELLED = "cancelled"  # taken back, with a reason


#: the life of a plan: (state, event) -> state. What is not here does not happen.
TRANSITIONS: Mapping[tuple[str, Event], State] = {
    (State.ACTIVE, Event.ON_TIME): State.ACTIVE,
    (State.ACTIVE, Event.MISSED): State.BROKEN,
    (State.ACTIVE, Event.DONE): State.KEPT,
    (State.ACTIVE, Event.NEWER): State.REPLACED,
    (State.ACTIVE, Event.CANCELLED): State.CANCELLED,
    # a payment was taken back, or arrived with an earlier value date
    (State.BROKEN, Event.MISSED): State.BROKEN,
    (State.BROKEN, Event.ON_TIME): State.ACTIVE,
    (State.BROKEN, Event.DONE): State.KEPT,
    (State.KEPT, Event.DONE): State.KEPT,
    (State.KEPT, Event.MISSED): State.BROKEN,
    (State.KEPT, Event.ON_TIME): State.ACTIVE,
}
ENDED = (State.REPLACED, State.CANCELLED)


@dataclass(frozen=True)
class Planned:
    """A plan as judging needs it. ``payer`` is whose payments count: customer number and currency."""

    id: UUID
    case_id: int
    payer: tuple[str, str]
    made_on: date
    grace_days: int
    tolerance_permille: int
    state: str
    paid_minor: int
    lines: tuple[Line, ...]

    def needed(self, seq: int) -> int:
        """Minor units that must have come by the last day of part ``seq``, rounded up."""
        whole = sum(line.whole_minor for line in self.lines[:seq])
        return -(-whole * self.tolerance_permille // 1000)


@dataclass(frozen=True)
class Judged:
    """What became of a plan. ``at`` is the part that was missed, or is next; None when all has come."""

    plan: Planned
    state: State
    paid_minor: int
    at: Line | None

    @property
    def moved(self) -> bool:
        return self.state != self.plan.state

    @property
    def changed(self) -> bool:
        return self.moved or self.paid_minor != self.plan.paid_minor


def paid_by(plan: Planned, money: Money, day: date) -> int:
    return sum(minor for on, minor in money if plan.made_on <= on <= day)


def event(plan: Planned, money: Money, as_of: date) -> tuple[Event, Line | None]:
    for line in plan.lines:
        last = line.due_on + timedelta(days=plan.grace_days)
        if last < as_of and paid_by(plan, money, last) < plan.needed(line.seq):
            return Event.MISSED, line
    paid = paid_by(plan, money, as_of)
    unmet = next((line for line in plan.lines if paid < plan.needed(line.seq)), None)
    return (Event.ON_TIME, unmet) if unmet else (Event.DONE, None)


def judge(plans: Iterable[Planned], payments: Mapping[tuple[str, str], Money], as_of: date) -> list[Judged]:
    """Judge plans as of the end of ``as_of``; ``payments`` holds money with a value date up to it. Changes nothing."""
    judged = []
    for plan in plans:
        money = [(on, minor) for on, minor in payments.get(plan.payer, ()) if on <= as_of]
        what, at = event(plan, money, as_of)
        state = TRANSITIONS.get((plan.state, what), State(plan.state))
        whole = sum(line.whole_minor for line in plan.lines)
        judged.append(Judged(plan, state, min(whole, paid_by(plan, money, as_of)), at))
    return judged


def to_judge(as_of: date) -> list[Planned]:
    """Plans made up to ``as_of`` that are active, or were judged not long ago and nothing newer was agreed since."""
    plans = Plan.objects.filter(made_on__lte=as_of).exclude(state__in=ENDED)
    newer = Plan.objects.filter(case__customer=OuterRef("case__customer"), made_on__gte=OuterRef("made_on"))
    newer = newer.exclude(pk=OuterRef("pk"))
    promised = Promise.objects.filter(case__customer=OuterRef("case__customer"), made_on__gt=OuterRef("judged_as_of"))
    recent = plans.filter(judged_as_of__gte=as_of - timedelta(days=REVIEW_DAYS)).exclude(
        Exists(newer) | Exists(promised)
    )
    rows = (plans.filter(state=State.ACTIVE) | recent).order_by("made_on", "id")
    lines: dict[UUID, list[Line]] = {}
    for plan, *values in (
        PlanInstalment.objects.filter(plan__in=rows.values("pk"))
        .order_by("plan", "seq")
        .values_list("plan_id", "seq", "due_on", "amount_minor", "beside_minor")
    ):
        lines.setdefault(plan, []).append(Line(*values))
    return [
        Planned(p[0], p[1], (p[2], p[3]), *p[4:], lines=tuple(lines[p[0]]))
        for p in rows.values_list(
            *("id", "case_id", "case__customer__customer_id", "currency"),
            *("made_on", "grace_days", "tolerance_permille", "state", "paid_minor"),
        )
    ]


def record(judged: Iterable[Judged], as_of: date, at: datetime | None = None) -> int:
    """Write what changed, inside the caller's transaction, and tell the timeline of each move; returns how many."""
    at, written = at or clock.now(), 0
    for one in judged:
        if not one.changed:
            continue
        values = {"state": one.state, "paid_minor": one.paid_minor}
        if one.moved:
            values["judged_as_of"] = as_of
        if not Plan.objects.filter(pk=one.plan.id, state=one.plan.state).update(**values):
            continue  # the desk ended it since it was read
        written += 1
        if one.moved:
            _tell(one, as_of, at)
    return written


def _tell(one: Judged, as_of: date, at: datetime) -> None:
    data = {
        "plan": str(one.plan.id),
        "state": one.state.value,
        "was": str(one.plan.state),
        "paid_minor": one.paid_minor,
        "currency": one.plan.payer[1],
        "due_on": one.at.due_on.isoformat() if one.at else "",
        "as_of": as_of.isoformat(),
    }
    entry = TimelineEntry(
        case_id=one.plan.case_id,
        kind=TimelineEntry.Kind.PLAN,
        ref=f"plan:{one.plan.id}:{as_of}:{one.state.value}",
        at=at,
        data=data,
    )
    TimelineEntry.objects.bulk_create([entry], ignore_conflicts=True)
