"""Paying habits found from a person's own history, each with the observations it rests on.

Nothing is said that rests on too little: a habit needs ``ENOUGH`` observations, and a usual day needs most of them to
agree. An observation is a day on which instalments of a loan were met, once, however many were: half a year paid ahead
in one go is evidence of one payment and not of six.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

#: fewer observations say nothing
ENOUGH = 4
#: of so many in ten the usual is the usual
MOST = 6
#: days by which a payment may miss the usual day and still agree with it
NEAR = 2
#: the newest payment days that count: what somebody did years ago is no habit any more
RECENT = 24
#: a payment within so many days after a contact, counted back from its due day, is not wholly on his own
REMINDED = timedelta(days=15)
#: width of the bands of the day, in hours
BAND = 2


@dataclass(frozen=True)
class Met:
    """An instalment of a loan that was met in full on a day."""

    loan: str
    due: date
    on: date


@dataclass(frozen=True)
class Try:
    """A contact that was tried, at a moment with a zone. ``talked``: was the borrower himself spoken to? None where he
    could not have been: a message, a letter, somebody else's number."""

    at: datetime
    channel: str
    talked: bool | None


@dataclass(frozen=True)
class Habit:
    """``agree`` of ``of`` observations are so. What ``value`` is depends on the kind:

    ``relative_day``: days after the due day, negative before; ``late``: the usual number of days when late;
    ``day_of_month``; ``weekday``: ISO number; ``on_own``: nothing; ``channel``; ``hour``: the band's first hour.
    """

    kind: str
    value: int | str | None
    agree: int
    of: int


def habits(met: Iterable[Met], tries: Iterable[Try], zone: ZoneInfo, known_since: date | None) -> list[Habit]:
    """What can be said; the order of what is given does not matter.

    ``zone`` is the person's, by whose clock hours and days are told. Contacts are known from ``known_since`` on: for an
    instalment before it nobody can say whether he paid on his own.
    """
    paid, tried = _payment_days(met), sorted(tries, key=lambda t: t.at)
    found = [
        _relative_day(paid),
        _late(paid),
        _mode("day_of_month", [m.on.day for m in paid]),
        _mode("weekday", [m.on.isoweekday() for m in paid]),
        _on_own(paid, [t.at.astimezone(zone).date() for t in tried], known_since),
        _best("channel", [(t.channel, t.talked) for t in tried if t.talked is not None]),
        _best("hour", [(_band(t.at, zone), t.talked) for t in tried if t.talked is not None]),
    ]
    return [habit for habit in found if habit is not None and habit.of >= ENOUGH]


def _payment_days(met: Iterable[Met]) -> list[Met]:
    """The newest payment days, each with the oldest instalment that it met: that is what was paid for."""
    first: dict[tuple[str, date], Met] = {}
    for one in sorted(met, key=lambda m: (m.on, m.due, m.loan)):
        first.setdefault((one.loan, one.on), one)
    return list(first.values())[-RECENT:]


def _median(values: Sequence[int]) -> int:
    """The lower of the two in the middle, so that it is always one that was seen."""
    return sorted(values)[(len(values) - 1) // 2]


def _most(agree: int, of: int) -> bool:
    return agree * 10 >= of * MOST


def _relative_day(paid: Sequence[Met]) -> Habit | None:
    if not paid:
        return None
    days = [(m.on - m.due).days for m in paid]
    usual = _median(days)
    agree = sum(abs(day - usual) <= NEAR for day in days)
    return Habit("relative_day", usual, agree, len(days)) if _most(agree, len(days)) else None


def _late(paid: Sequence[Met]) -> Habit | None:
    late = [days for m in paid if (days := (m.on - m.due).days) > 0]
    return Habit("late", _median(late) if late else None, len(late), len(paid))


def _mode(kind: str, values: Sequence[int]) -> Habit | None:
    if not values:
        return None
    value, agree = Counter(values).most_common(1)[0]
    return Habit(kind, value, agree, len(values)) if _most(agree, len(values)) else None


def _on_own(paid: Sequence[Met], tried_on: Sequence[date], known_since: date | None) -> Habit | None:
    """``tried_on`` in its order."""
    if known_since is None:
        return None
    begins = [(min(m.due, m.on) - REMINDED, m.on) for m in paid]
    known = [(first, last) for first, last in begins if first >= known_since]
    alone = 0
    for first, last in known:
        at = bisect_left(tried_on, first)
        alone += at == len(tried_on) or tried_on[at] > last
    return Habit("on_own", None, alone, len(known))


def _band(at: datetime, zone: ZoneInfo) -> int:
    return at.astimezone(zone).hour // BAND * BAND


def _best(kind: str, tried: Sequence[tuple[int | str, bool]]) -> Habit | None:
    """Where he was spoken to most often of all tries there; what was tried too little is no candidate."""
    tries = Counter(key for key, _ in tried)
    talks = Counter(key for key, talked in tried if talked)
    candidates = [key for key, count in tries.items() if count >= ENOUGH and talks[key]]
    if not candidates:
        return None
    # of two as good, the one that was tried more, then the first by name or hour
    best = min(candidates, key=lambda key: (-talks[key] / tries[key], -tries[key], key))
    return Habit(kind, best, talks[best], tries[best])
