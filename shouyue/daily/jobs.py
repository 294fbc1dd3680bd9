"""What runs by itself: the daily cycle when its hour has come, and the sweeping of what is over.

The worker asks every few minutes whether a day is due. A day is due when ``SHOUYUE_DAILY_AT`` has passed by the
lender's clock and the desk does not show today's list of the book's newest version yet. So a night file that comes late
is published when it comes, and corrections imported during the day are too. A run that fails is tried again at the
next asking; one that is killed has changed nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.core.management import call_command
from procrastinate import JobContext, builtin_tasks
from procrastinate.contrib.django import app

from shouyue.base import clock, settings
from shouyue.base.errors import Code, ShouyueError
from shouyue.casework.agencies import contacting

log = structlog.get_logger("shouyue.daily")
KEEP_JOBS_HOURS = 7 * 24

BAD_HOUR = Code(
    "DAY-010",
    zh="SHOUYUE_DAILY_AT 应为 06:30 这样的时刻，而不是“{text}”",
    en="SHOUYUE_DAILY_AT must be a time like 06:30, not '{text}'",
)


@dataclass(frozen=True)
class Schedule:
    """Which book is published from when on, by the lender's clock. Without a book nothing is published."""

    book: str
    at: time
    strategy: str
    convention: str

    @classmethod
    def from_environment(cls) -> Schedule:
        text = os.environ.get("SHOUYUE_DAILY_AT", "06:30")
        try:
            at = time.fromisoformat(text)
        except ValueError:
            raise BAD_HOUR.error(text=text) from None
        return cls(
            book=os.environ.get("SHOUYUE_DAILY_BOOK", ""),
            at=at,
            strategy=os.environ.get("SHOUYUE_DAILY_STRATEGY", "standard"),
            convention=os.environ.get("SHOUYUE_DAILY_CONVENTION", "default"),
        )


def due(schedule: Schedule, now: datetime) -> date | None:
    """The day to publish at this moment, or None: too early, no book, or the desk shows it already."""
    from shouyue.ageing import convention as conventions
    from shouyue.book.store import Book  # every process of the desk loads this module; few run a day
    from shouyue.daily import strategies
    from shouyue.daily.models import DailyRun

    local = now.astimezone(ZoneInfo(settings.zone()))
    if not schedule.book or local.time() < schedule.at:
        return None
    path = settings.book_path(schedule.book)
    version = Book(path).current()
    if version is None:
        return None
    rules = strategies.chosen(schedule.strategy, local.date())
    shown = DailyRun.objects.filter(
        as_of=local.date(),
        book=path.name,
        book_version=version.id,
        strategy=rules.id,
        strategy_digest=rules.digest,
        convention=conventions.load(schedule.convention).name,
    )
    return None if shown.exists() else local.date()


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="day", lock="day", name="day")
def publish_when_due(timestamp: int) -> str:
    """Publish the day when it is due; says what it did, for the log."""
    schedule = Schedule.from_environment()
    as_of = due(schedule, clock.now())
    if as_of is None:
        return "not due"
    from shouyue.daily import cycle

    try:
        done = cycle.run(as_of, schedule.book, schedule.strategy, schedule.convention)
    except ShouyueError as error:
        log.warning("day not published", as_of=as_of.isoformat(), code=error.code, why=error.en)
        return error.code
    log.info("day published", as_of=as_of.isoformat(), version=done.book_version, cases=done.totals.get("cases"))
    return "published"


@app.task(name="trial", lock="trial")
def try_out(trial: str) -> str:
    """Work out a trial that was asked for at the desk, one at a time; says what became of it, for the log."""
    from shouyue.daily.trial import asking

    became = asking.work(UUID(trial))
    log.info("trial", trial=trial, became=became)
    return became


@app.periodic(cron="37 19 * * *")
@app.task(queueing_lock="trials", name="sweep-trials")
def sweep_trials(timestamp: int) -> int:
    from shouyue.daily.trial import asking

    return asking.sweep()


@app.periodic(cron="17 19 * * *")
@app.task(queueing_lock="sweep", pass_context=True, name="sweep")
async def sweep_jobs(context: JobContext, timestamp: int) -> None:
    await builtin_tasks.remove_old_jobs(context, max_hours=KEEP_JOBS_HOURS, remove_failed=False)


@app.periodic(cron="27 19 * * *")
@app.task(queueing_lock="sessions", name="sessions")
def sweep_sessions(timestamp: int) -> None:
    call_command("clearsessions")


@app.periodic(cron="47 19 * * *")
@app.task(queueing_lock="agency-answers", name="agency-answers")
def sweep_agency_answers(timestamp: int) -> int:
    return contacting.forget(clock.now())
