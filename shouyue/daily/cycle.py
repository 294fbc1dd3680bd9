"""The daily cycle (跑批): age the book, judge the promises, decide, publish, allocate. Run twice, it changes nothing.

Everything is worked out first, from the book and the desk as they are; then one transaction makes the new day. A run
that is killed leaves the day before as it was, and the lock that keeps two runs apart dies with its connection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import structlog
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models import Count
from psycopg.errors import DeadlockDetected, SerializationFailure

from shouyue.base import clock, settings
from shouyue.base.errors import ShouyueError
from shouyue.book.store import Book
from shouyue.casework import barring, ending, promises
from shouyue.casework.agencies import managing as agencies
from shouyue.casework.concessions import reconciling
from shouyue.casework.matters import working as matters
from shouyue.casework.models import Case, ContactPoint, Customer, Loan, Promise
from shouyue.casework.plans.judging import Judged
from shouyue.casework.plans.judging import record as record_plans
from shouyue.casework.promises import Judgement
from shouyue.casework.quotes import judging as quotes
from shouyue.compliance import audit, row_digests
from shouyue.daily import (
    balances,
    changes,
    charges,
    enrolling,
    errors,
    figures,
    filling,
    judging,
    payments,
    publishing,
    settling,
    staging,
    strategies,
)
from shouyue.daily.allocation import Rep
from shouyue.daily.changes import Changes
from shouyue.daily.deciding import decide
from shouyue.daily.facts import facts
from shouyue.daily.figures import Figures
from shouyue.daily.models import DailyRun
from shouyue.people.models import Role, User
from shouyue.strategy import Strategy

log = structlog.get_logger("shouyue.daily")

#: what a run does, in order; a progress callback is told the stage and how far it is
STAGES = ("age", "judge", "decide", "customers", "loans", "allocate", "publish", "bar", "reconcile")
Progress = Callable[[str, int, int], None]

_LOCK = (0x5359_4441, 0)
#: days within which a customer who comes back goes to the rep who knows him, and payments reach the timeline
KNOWN_DAYS = 92
#: seconds to wait for another run to end before giving up
PATIENCE = 4
#: attempts at the transaction when the desk's own work gets in its way
ATTEMPTS = 4


@dataclass
class Stopwatch:
    """Seconds per stage, and the caller's progress."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[int, int], None]]:
        def tell(done: int, whole: int) -> None:
            if self.progress:
                self.progress(name, done, whole)

        began = time.monotonic()
        tell(0, 1)
        yield tell
        tell(1, 1)
        self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - began, 3)


def run(
    as_of: date,
    book: str | Path,
    strategy: str | Path = "standard",
    convention: str = "default",
    known_at: date | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    replace_book: bool = False,
) -> DailyRun:
    """Publish the book's current version to the desk as of the day.

    The same day may be published again, with the same or a newer version: what the lender's data and the strategy say
    is brought up to date, what people did and who has which case stays.

    Raises DAY-001 for a day before the newest published one, DAY-002 while another run is at work, DAY-003 for another
    book than the desk shows (unless ``replace_book``), DAY-004 and DAY-006 for data the desk cannot hold, DAY-005
    without an import, STRAT-… and AGE-… of the rooms below.
    """
    path = settings.book_path(book)
    version, rules = Book(path).current(), strategies.chosen(strategy, as_of)
    if version is None:
        raise errors.NO_BOOK.error(book=path.name)
    watch = Stopwatch(progress)
    with alone():
        _refuse(as_of, path.name, replace_book)
        with watch.stage("age") as tell:
            aged = figures.age(version, as_of, known_at, convention, workers, tell)
        published = _published(aged, path.name, rules, watch)
        with watch.stage("bar"):
            barring.refresh_opened(as_of)
            barring.refresh_for_ever()
        _reconcile(aged, convention, workers, progress)
        return published


def _published(aged: Figures, book: str, rules: Strategy, watch: Stopwatch) -> DailyRun:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _Day(aged, book, rules, watch).publish()
        except OperationalError as error:
            again = isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
            if not again or attempt == ATTEMPTS:
                raise
        except (DataError, IntegrityError) as error:
            raise _refused(error) from None  # what PostgreSQL says quotes the row
    raise AssertionError("unreachable")


def _reconcile(aged: Figures, convention: str, workers: int | None, progress: Progress | None) -> None:
    """Hold the lender's own balances against the book, where it has some. By now the day is out, whatever comes."""

    def tell(done: int, whole: int) -> None:
        if progress:
            progress("reconcile", done, whole)

    try:
        balances.reconcile(aged.version, aged.as_of, convention, workers, tell)
    except (ShouyueError, OSError) as error:
        code = error.code if isinstance(error, ShouyueError) else error.strerror
        log.warning("balances not reconciled", as_of=aged.as_of.isoformat(), code=code)


def _refused(error: Exception) -> Exception:
    """The same, saying where and never what: a row of customers is personal data."""
    found = getattr(error.__cause__, "diag", None)
    names = ("table_name", "column_name", "constraint_name")
    where = ".".join(n for name in names if (n := getattr(found, name, None)))
    return errors.REFUSED_ROW.error(state=getattr(found, "sqlstate", None) or "–", where=where or "–")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of the daily cycle. It belongs to the connection: when the process dies, it is free.

    The server looks every second whether its client is still there, so that a killed run does not work on; a run
    started at once after a kill waits for that. Raises DAY-002 when another run goes on.
    """
    patience = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        cursor.execute("SET client_connection_check_interval = '1s'")
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
            if cursor.fetchone() == (True,):
                break
            if time.monotonic() > patience:
                raise errors.ANOTHER_RUN.error()
            time.sleep(0.2)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)


def _refuse(as_of: date, book: str, replace_book: bool) -> None:
    newest = DailyRun.objects.order_by("-as_of", "-published_at").first()
    if newest is None:
        return
    if as_of < newest.as_of:
        raise errors.OLDER_DAY.error(as_of=as_of, newest=newest.as_of)
    if newest.book != book and not replace_book:
        raise errors.OTHER_BOOK.error(shown=newest.book, book=book)


class _Day:
    """One attempt at a day: read the desk, work everything out, write it."""

    def __init__(self, aged: Figures, book: str, rules: Strategy, watch: Stopwatch):
        self.figures, self.book, self.rules, self.watch = aged, book, rules, watch
        self.as_of = aged.as_of
        #: what was charged when waivers were told to the core, and now
        self.waived: list = []
        #: what the book says of loans with an early settlement quote
        self.quoted: dict = {}

    def publish(self) -> DailyRun:
        before = publishing.before(self.as_of)
        with self.watch.stage("judge"):
            judged = judging.judged(self.figures)
            plans = judging.plans(self.figures)
            told = reconciling.waiting()
            waived = charges.before_and_now(self.figures, told) if told else []
            quoted = settling.seen(self.figures)
            known = facts(self.as_of, judged, self.figures, plans)
        with self.watch.stage("decide") as tell:
            decided = decide(self.figures, self.rules, known, before["customer_id"], tell)
        wanted = decided.cases.filter(~pl.col("customer_id").is_in(list(ending.ended())))
        plan = changes.changes(before, wanted, decided.people)
        with transaction.atomic():
            self.waived, self.quoted = waived, quoted
            return self._write(before, judged, plans, plan, decided.enrolled)

    def _write(
        self, before: pl.DataFrame, judged: list[Judgement], plans: list[Judged], plan: Changes, drawn: pl.DataFrame
    ) -> DailyRun:
        at = clock.now()
        reps, last = _reps(), _last_reps(self.as_of)
        with staging.ahead(
            publishing.customer_rows(self.figures, plan.cases),
            publishing.contact_rows(self.figures, plan.cases),
            publishing.loan_rows(self.figures, plan),
            (self._shared(before, today, reps, last) for today in [plan]),
        ) as (customers, contacts, loans, sharing):
            with self.watch.stage("customers"):
                keys = filling.unkeyed(plan.cases.height)
                publishing.places(plan.cases)
                room = filling if keys else publishing
                room.customers(customers)
                room.contact_points(contacts, self.as_of)
                filling.keyed(keys, Customer, ContactPoint)
            with self.watch.stage("loans"):
                publishing.stage_closing(plan.closing)
                room.loans(loans)
                filling.keyed(keys, Loan)
            with self.watch.stage("allocate"):
                [(plan, paid, lines)] = sharing
                publishing.stage_cases(plan, self.as_of, self.rules.id)
                publishing.stage_entries(lines.clear() if keys else lines)
                enrolled = enrolling.write(drawn, self.rules, self.as_of)
        with self.watch.stage("publish"):
            written = enrolled + publishing.open_cases(at)
            written += filling.entries(lines, at) if keys else publishing.open_timelines(at)
            filling.keyed(keys)
            staging.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checked now, not while the desk waits
            written += publishing.change_cases(self.as_of, at)
            written += len(promises.record(judged, self.as_of, at))
            written += charges.settle(self.waived, self.as_of, at)
            written += quotes.judge(self.quoted, self.as_of, at)
            written += record_plans(plans, self.as_of, at)
            written += matters.lapse(self.as_of, at)
            written += agencies.lapse(self.as_of, at)
            return self._record(at, written > 0, self._totals(before, plan, paid))

    def _shared(
        self, before: pl.DataFrame, plan: Changes, reps: list[Rep], last: dict[str, int]
    ) -> tuple[Changes, pl.DataFrame, pl.DataFrame]:
        """The cases with their reps, the payments on them, and the lines for their timelines. Asks no database."""
        plan = Changes(changes.allocated(plan.cases, last, reps, self.as_of), plan.closing)
        paid = self._paid(before, plan)
        names = {rep.id: rep.name for rep in reps}
        lines = [changes.entries(plan, names, self.as_of), changes.paid_entries(paid, self.as_of)]
        return plan, paid, pl.concat(lines)

    def _paid(self, before: pl.DataFrame, plan: Changes) -> pl.DataFrame:
        """Payments of the last months on the cases that are open, or closed today, each with its case."""
        old = before.select("customer_id", "case_id", "opened_on", "store", "status")
        new = plan.cases.filter(pl.col("case_id").is_null()).select(
            "customer_id", "case_id", pl.lit(self.as_of).alias("opened_on"), "store", pl.lit("open").alias("status")
        )
        touched = pl.concat([new, old]).sort("status", descending=True).unique("customer_id", keep="first")
        since = self.as_of - timedelta(days=KNOWN_DAYS)
        rows = payments.of_customers(self.figures, touched["customer_id"], since)
        return rows.join(touched.drop("status"), on="customer_id", maintain_order="left").filter(
            pl.col("booked_on") >= pl.col("opened_on")
        )

    def _totals(self, before: pl.DataFrame, plan: Changes, paid: pl.DataFrame) -> dict[str, object]:
        """Counts of the day, the same however often it is published."""
        day = self.as_of
        opened = plan.cases.filter(pl.col("was_opened_on").fill_null(day) == day)
        closed = Case.objects.filter(closed_on=day).values_list("close_reason").annotate(Count("id"))
        judged = Promise.objects.filter(judged_as_of=day).values_list("state").annotate(Count("id"))
        earlier = DailyRun.objects.filter(as_of__lt=day).order_by("-as_of").values_list("as_of", flat=True).first()
        after = earlier or day - timedelta(days=1)
        return {
            "cases": plan.cases.height,
            "opened": opened.height,
            "unassigned": plan.cases["assignee_id"].null_count(),
            "minutes": int(plan.cases["minutes"].sum()),
            "closed": dict(sorted(closed)),
            "judged": dict(sorted(judged)),
            "paid": payments.by_store(paid.filter(pl.col("opened_on") < day), after, day),
        }

    def _record(self, at: datetime, anything: bool, totals: dict[str, object]) -> DailyRun:
        """The row of the run, and its entry in the audit chain. A run that changed nothing leaves both as they are."""
        key = {
            "as_of": self.as_of,
            "book": self.book,
            "book_version": self.figures.version.id,
            "strategy": self.rules.id,
            "strategy_digest": self.rules.digest,
        }
        convention = self.figures.convention.name
        known = self.figures.known_at
        run = DailyRun.objects.filter(**key).first()
        if run and not anything and (run.convention, run.known_at) == (convention, known):
            return run
        values = {
            "convention": convention,
            "known_at": known,
            "published_at": at,
            "strategy_release": self.rules.released,
            "totals": {**totals, "seconds": self.watch.seconds},
        }
        run, _ = DailyRun.objects.update_or_create(**key, defaults=values)
        stored = DailyRun.objects.get(pk=run.pk)  # as it is read from now on; ``run`` goes on counting seconds
        told = {k: v for k, v in {**key, **totals}.items() if k not in ("as_of", "paid")}
        audit.record(
            "day.publish",
            f"day:{self.as_of.isoformat()}",
            {
                **told,
                "convention": convention,
                "known_at": known.isoformat() if known else "",
                **row_digests.named(stored),
            },
            None,
            at,
        )
        return run


def _reps() -> list[Rep]:
    """Who may have cases: reps and managers who can sign in; managers are given none, but keep what they took."""
    staff = User.objects.filter(is_active=True, store__isnull=False, role__in=[Role.REP, Role.STORE_MANAGER])
    return [
        Rep(u.pk, u.store.code, u.capacity_minutes, str(u), takes=u.role == Role.REP)
        for u in staff.select_related("store").order_by("pk")
        if u.store is not None
    ]


def _last_reps(as_of: date) -> dict[str, int]:
    """Who had the newest case that was closed not long ago, by customer."""
    closed = Case.objects.filter(
        status=Case.Status.CLOSED, closed_on__gte=as_of - timedelta(days=KNOWN_DAYS), assignee__isnull=False
    ).order_by("closed_on", "pk")
    return dict(closed.values_list("customer__customer_id", "assignee_id"))
