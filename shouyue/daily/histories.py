"""A loan's history for the desk, out of the version of the book that a day was published from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from shouyue.ageing import convention as conventions
from shouyue.ageing.convention import Convention
from shouyue.ageing.history import History, history_of, span_of
from shouyue.ageing.one import LoanTables, find, read_tables
from shouyue.base import settings
from shouyue.base.errors import Code, ShouyueError
from shouyue.book.store import Book, Version
from shouyue.casework.models import Contact
from shouyue.daily import business_day
from shouyue.daily.models import DailyRun

NOTHING_PUBLISHED = Code(
    "DAY-011",
    zh="尚未发布任何一天，没有可看的账册版本",
    en="no day has been published yet, so there is no version of the book to look at",
)


Kind = Literal["shown", "known", "now"]


@dataclass(frozen=True)
class LoanBook:
    """A loan in one version of the book, and how its lateness is counted."""

    version: Version
    convention: Convention
    tables: LoanTables

    def figures(self, as_of: date, known_at: date | None) -> dict[str, Any]:
        return self.tables.figures(as_of, known_at, self.convention)

    def history(self, start: date, end: date, known_at: date | None) -> History:
        return history_of(self.tables, start, end, known_at, self.convention)

    def span(self, until: date, years: int) -> tuple[date, date]:
        """From the loan's first day, at most ``years`` back, to ``until``."""
        return span_of(self.tables, until, years)[0], until


def newest() -> DailyRun:
    """The publication that the desk shows. Raises DAY-011 where there is none."""
    run = business_day.newest()
    if run is None:
        raise NOTHING_PUBLISHED.error()
    return run


@dataclass(frozen=True)
class Look:
    """The figures of one day by one knowledge.

    ``kind``: ``shown`` on the desk that day, ``known`` on a day, or known ``now``. ``figures`` (``shard.figures_of``)
    is None where that version, or the loan in it, is not at hand any more.
    """

    kind: Kind
    version: str
    known_at: date | None
    figures: dict[str, Any] | None


class Reader:
    """One loan in the versions of the book that a page looks at, each read once."""

    def __init__(self, loan_id: str, convention: str | None = None):
        self.loan_id, self.convention = loan_id, convention
        self._read: dict[tuple[str, str], LoanBook] = {}

    def open(self, run: DailyRun) -> LoanBook:
        """The loan as the book held it when the day was published, under that day's convention or the one asked for.

        Raises BOOK-001 when the version is not on this machine, AGE-008 when it does not have the loan, AGE-001 for an
        unknown convention.
        """
        name = self.convention or run.convention
        if (key := (run.book_version, name)) not in self._read:
            rules = conventions.load(name)
            version = Book(settings.book_path(run.book)).version(run.book_version)
            tables = read_tables(version, find(version, self.loan_id), rules)
            self._read[key] = LoanBook(version, rules, tables)
        return self._read[key]

    def looks(self, then: DailyRun | None, newest: DailyRun, as_of: date, known_at: date | None) -> list[Look]:
        """A day as the desk showed it (``then`` is its publication), as known on a day that is asked for, and as known
        now. Where the desk did not show the day, what the book knew on it stands first."""
        found = [self._look("shown", then, then.known_at, as_of) if then else self._look("known", newest, as_of, as_of)]
        if known_at and known_at != as_of:
            found.append(self._look("known", newest, known_at, as_of))
        return [*found, self._look("now", newest, None, as_of)]

    def _look(self, kind: Kind, run: DailyRun, knowledge: date | None, as_of: date) -> Look:
        try:
            figures = self.open(run).figures(as_of, knowledge)
        except ShouyueError:
            figures = None
        return Look(kind, run.book_version, knowledge, figures)


def run_of(day: date) -> DailyRun | None:
    """The publication by which the desk worked at the end of the day; None where it did not show that day."""
    return DailyRun.objects.filter(as_of=day).order_by("-published_at").first()


def run_before(contact: Contact) -> DailyRun | None:
    """The publication by which the desk worked when the contact was made.

    A day published again from the same version keeps only its last hour; then the day's first publication is nearest.
    """
    of_day = DailyRun.objects.filter(as_of=contact.business_day)
    before = of_day.filter(published_at__lte=contact.started_at).order_by("-published_at").first()
    return before or of_day.order_by("published_at").first()
