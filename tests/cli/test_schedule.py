"""When the worker publishes a day by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl
import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.daily import jobs
from shouyue.daily.models import DailyRun

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
#: six and seven in the morning of the 24th in Shanghai
SIX = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
SEVEN = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)


@pytest.fixture
def book(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path))
    monkeypatch.setenv("SHOUYUE_DAILY_BOOK", "main")
    return tmp_path / "main"


def import_night_file(book: Path, *loans: str) -> None:
    due = [date(2026, 11, 20)] * len(loans)
    build_version(
        book,
        {
            "loans": pl.DataFrame(
                {"loan_id": loans, "customer_id": [f"C{n}" for n in loans], "store": "S1", "currency": "CNY"}
            ),
            "instalments": pl.DataFrame({"loan_id": loans, "seq": 1, "due_date": due, "amount_minor": 100_000}),
        },
    )


def ask(moment: datetime) -> str:
    with clock.at(moment):
        return jobs.publish_when_due.func(0)


def published() -> list[tuple[date, str]]:
    return list(DailyRun.objects.order_by("pk").values_list("as_of", "book_version"))


def test_the_day_is_published_when_its_hour_has_come_and_only_once(book):
    import_night_file(book, "L1")
    assert ask(SIX) == "not due"
    assert published() == []
    assert ask(SEVEN) == "published"
    assert [day for day, _ in published()] == [TODAY]
    assert ask(SEVEN) == "not due"


def test_a_night_file_that_comes_late_is_published_when_it_comes(book):
    assert ask(SEVEN) == "not due"
    import_night_file(book, "L1")
    assert ask(SEVEN) == "published"


def test_a_correction_during_the_day_is_published_too(book):
    import_night_file(book, "L1")
    ask(SEVEN)
    import_night_file(book, "L1", "L2")
    assert ask(SEVEN) == "published"
    assert len({version for _, version in published()}) == 2


def test_without_a_book_nothing_is_published(book, monkeypatch):
    import_night_file(book, "L1")
    monkeypatch.delenv("SHOUYUE_DAILY_BOOK")
    assert ask(SEVEN) == "not due"


def test_the_hour_is_the_lenders(book, monkeypatch):
    import_night_file(book, "L1")
    monkeypatch.setenv("SHOUYUE_ZONE", "Europe/Berlin")
    assert ask(SEVEN) == "not due"  # just after midnight there


def test_an_hour_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("SHOUYUE_DAILY_AT", "half past six")
    with pytest.raises(ShouyueError, match="DAY-010"):
        jobs.Schedule.from_environment()
    monkeypatch.setenv("SHOUYUE_DAILY_AT", "05:15")
    assert jobs.Schedule.from_environment().at == time(5, 15)


def test_a_day_that_cannot_be_published_is_told_and_not_raised(book):
    import_night_file(book, "L1")
    ask(SEVEN)
    DailyRun.objects.update(book="another")
    assert ask(SEVEN) == "DAY-003"


def test_old_sessions_are_swept():
    from django.contrib.sessions.models import Session

    Session.objects.create(session_key="old", session_data="", expire_date=datetime(2020, 1, 1, tzinfo=UTC))
    jobs.sweep_sessions.func(0)
    assert not Session.objects.exists()
