"""The desk's business day: the newest day that has been published, never the wall clock's."""

from __future__ import annotations

from datetime import date

from shouyue.base import clock
from shouyue.daily.models import DailyRun


def today() -> date:
    run = newest()
    return run.as_of if run else clock.today()


def newest() -> DailyRun | None:
    """The run whose lists the desk shows; None before the first."""
    return DailyRun.objects.order_by("-as_of", "-published_at").first()
