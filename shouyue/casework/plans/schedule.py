"""A plan worked out before it is saved: the parts, their days, and whether the customer can afford them. Pure.

What is late is split into equal parts, rounded up to whole units of the currency, the last part taking what is left.
The contract goes on beside the plan, so each part is shown with the instalments of the contract that fall due up to its
day; both are to come by then.
"""

from __future__ import annotations

import calendar
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shouyue.base import money
from shouyue.casework import errors
from shouyue.casework.plans.terms import Terms

EVERY = ("month", "fortnight", "week")
#: most parts that are worked out at all
MOST = 60


@dataclass(frozen=True)
class Asked:
    """What the customer and the rep agree on. Amounts in minor units; income and costs a month, as he states them."""

    total_minor: int | None
    count: int | None
    every: str
    first: date | None
    income_minor: int | None
    costs_minor: int | None


@dataclass(frozen=True)
class Line:
    """A part: ``amount_minor`` of what is late, and ``beside_minor`` that the contract asks for up to the same day."""

    seq: int
    due_on: date
    amount_minor: int
    beside_minor: int

    @property
    def whole_minor(self) -> int:
        return self.amount_minor + self.beside_minor


@dataclass(frozen=True)
class Afford:
    """What income leaves after costs, how much of it may go into the plan, and what the dearest month takes."""

    surplus_minor: int
    room_minor: int
    dearest_minor: int

    @property
    def fits(self) -> bool:
        return self.dearest_minor <= self.room_minor


#: instalments of the contract still to come: (due day, minor units)
Due = Iterable[tuple[date, int]]


def next_pay_day(today: date, pay_day: int | None) -> date | None:
    """The first pay day after today; a pay day of 31 is the last day of a shorter month."""
    if pay_day is None:
        return None
    this = _in_month(today, 0, pay_day)
    return this if this > today else _in_month(today, 1, pay_day)


def days(first: date, every: str, count: int, pay_day: int | None = None) -> list[date]:
    """The days of ``count`` parts, from ``first`` on."""
    if every == "month":
        return [_in_month(first, n, pay_day if n and pay_day else first.day) for n in range(count)]
    step = timedelta(days={"week": 7, "fortnight": 14}[every])
    return [first + n * step for n in range(count)]


def _in_month(start: date, months: int, day: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))


def split(total_minor: int, count: int, unit: int) -> list[int]:
    """``count`` parts that add up to the total, all but the last equal, and multiples of ``unit`` where it goes."""
    each = -(-total_minor // count)
    whole = -(-each // unit) * unit
    if whole * (count - 1) < total_minor:
        each = whole
    if each * (count - 1) >= total_minor:  # so many parts that rounding up would leave nothing for the last
        each = total_minor // count
    return [*[each] * (count - 1), total_minor - each * (count - 1)]


def work_out(asked: Asked, today: date, currency: str, due: Due, pay_day: int | None) -> list[Line]:
    """The parts with their days; total, number and first day of ``asked`` are given and sensible, and ``due`` lies
    after ``today``, see ``checked``."""
    assert asked.total_minor and asked.count and asked.first
    parts = split(asked.total_minor, asked.count, 10 ** money.exponent(currency))
    on_pay_day = pay_day is not None and _in_month(asked.first, 0, pay_day) == asked.first
    when = days(asked.first, asked.every, asked.count, pay_day if on_pay_day else None)
    coming = sorted(due)
    lines, before = [], today
    for seq, (day, minor) in enumerate(zip(when, parts, strict=True), 1):
        beside = sum(amount for on, amount in coming if before < on <= day)
        lines.append(Line(seq, day, minor, beside))
        before = day
    return lines


def afford(asked: Asked, lines: Sequence[Line], terms: Terms, due: Due) -> Afford:
    """What a month takes, counted twice, the dearer holds: what is to have come by its parts; and its parts with all
    that the contract asks for in the same month, also after the last of them. ``due`` lies after today."""
    surplus = (asked.income_minor or 0) - (asked.costs_minor or 0)
    by_parts: defaultdict[tuple[int, int], int] = defaultdict(int)
    whole: defaultdict[tuple[int, int], int] = defaultdict(int)
    for line in lines:
        by_parts[line.due_on.year, line.due_on.month] += line.whole_minor
        whole[line.due_on.year, line.due_on.month] += line.amount_minor
    for on, minor in due:
        if (on.year, on.month) in by_parts:
            whole[on.year, on.month] += minor
    dearest = max([*by_parts.values(), *whole.values()], default=0)
    return Afford(surplus, max(0, surplus) * terms.share_permille // 1000, dearest)


def checked(
    asked: Asked, today: date, owed_minor: int, currency: str, due: Due, pay_day: int | None, role: str, terms: Terms
) -> tuple[list[Line], Afford]:
    """The plan worked out and held against the house's limits. Raises PLAN-001 to -009 naming the field to mend."""
    if not asked.total_minor or asked.total_minor <= 0:
        raise errors.PLAN_NEEDS_TOTAL.error(field="total")
    if asked.total_minor > owed_minor:
        raise errors.PLAN_TOO_HIGH.error(field="total", owed=money.show(owed_minor, currency))
    if asked.every not in EVERY:
        raise errors.UNKNOWN_CHOICE.error(field="every", value=asked.every[:40])
    if asked.count is None or not terms.fewest <= asked.count <= min(MOST, asked.total_minor):
        raise errors.PLAN_COUNT.error(field="count", fewest=terms.fewest, most=MOST)
    latest = today + timedelta(days=terms.first_within_days)
    if asked.first is None or not today < asked.first <= latest:
        raise errors.PLAN_FIRST_DAY.error(field="first", first=today + timedelta(days=1), last=latest)
    for field, minor in (("income", asked.income_minor), ("costs", asked.costs_minor)):
        if minor is None or minor < 0:
            raise errors.PLAN_NEEDS_MEANS.error(field=field)
    due = [(day, minor) for day, minor in due if day > today]
    lines = work_out(asked, today, currency, due, pay_day)
    if min(line.amount_minor for line in lines[:-1]) < (least := terms.least_minor(currency)):
        raise errors.PLAN_TOO_SMALL.error(field="count", least=money.show(least, currency))
    months = terms.longest_months.get(role, 0)
    if lines[-1].due_on > (end := _in_month(today, months, today.day)):
        raise errors.PLAN_TOO_LONG.error(field="count", months=months, end=end)
    means = afford(asked, lines, terms, due)
    if not means.fits:
        raise errors.PLAN_TOO_DEAR.error(
            field="count",
            dearest=money.show(means.dearest_minor, currency),
            room=money.show(means.room_minor, currency),
        )
    return lines, means


def digest(lines: Sequence[Line]) -> str:
    """What was shown, so that what is saved is the same."""
    text = ";".join(f"{x.seq},{x.due_on},{x.amount_minor},{x.beside_minor}" for x in lines)
    return hashlib.sha256(text.encode()).hexdigest()
