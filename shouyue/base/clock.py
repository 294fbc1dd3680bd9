"""The time, from one place that tests and replays can set.

``SHOUYUE_NOW`` (an ISO time with zone) fixes the clock of a whole process, ``SHOUYUE_CLOCK_AHEAD`` (seconds) sets it
ahead, as the demo does at night; ``at()`` fixes it for a block.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shouyue.base import settings

_fixed: ContextVar[datetime | None] = ContextVar("shouyue_now", default=None)


def now() -> datetime:
    """The present moment, in UTC."""
    fixed = _fixed.get()
    if fixed is None and (text := os.environ.get("SHOUYUE_NOW")):
        fixed = datetime.fromisoformat(text)
    if fixed is None:
        return datetime.now(UTC) + timedelta(seconds=int(os.environ.get("SHOUYUE_CLOCK_AHEAD", "0")))
    return fixed.astimezone(UTC)


def today() -> date:
    """The day by the lender's clock."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day of a moment (with a zone) by the lender's clock."""
    return moment.astimezone(ZoneInfo(settings.zone())).date()


def moment(day: date, hour: time = time.min) -> datetime:
    """When the lender's clock shows ``hour`` on the day; its beginning where no hour is given."""
    return datetime.combine(day, hour, ZoneInfo(settings.zone()))


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Everything in the block happens at ``moment`` (must carry a zone)."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    token = _fixed.set(moment)
    try:
        yield
    finally:
        _fixed.reset(token)
