"""A book behind the desk of ``tests.factories``: what its customers' loans look like in the lender's files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from shouyue.ageing.reference import Instalment, Loan, Payment
from shouyue.book.build import build_version
from shouyue.book.store import Version
from shouyue.casework.models import Loan as DeskLoan
from shouyue.daily.models import DailyRun
from tests.ageing.loans import frames
from tests.factories import TODAY

YESTERDAY = TODAY - timedelta(days=1)


def loan(late_booking: bool = False) -> Loan:
    """Due on the 19th from May to October at 500.00; September's was paid, booked late; October's was taken back."""
    instalments = [Instalment(n, date(2026, 4 + n, 19), 50_000, interest=5_000) for n in range(1, 9)]
    payments = [Payment(f"P{n}", date(2026, 4 + n, 18), 50_000) for n in range(1, 5)]
    payments.append(Payment("P5", date(2026, 9, 25), 50_000, booked=date(2026, 10, 9)))
    payments.append(Payment("P6", date(2026, 10, 19), 50_000))
    if late_booking:
        payments.append(Payment("R6", date(2026, 11, 24), 50_000, reverses="P6"))
    return Loan(instalments, payments, opened=date(2026, 5, 1))


def publish(books: Path, as_of: date = TODAY, hour: int = 0, late_booking: bool = False) -> tuple[Version, DailyRun]:
    """A version of the book with all loans of the desk, and the publication of a day from it."""
    names = sorted(DeskLoan.objects.values_list("loan_id", flat=True))
    whose = dict(DeskLoan.objects.values_list("loan_id", "customer__customer_id"))
    book = [loan(late_booking) for _ in names]
    version = build_version(books / "main", frames(book, names, [whose[name] for name in names]), shards=2)
    at = datetime(as_of.year, as_of.month, as_of.day, hour, 30, tzinfo=UTC)
    run = DailyRun.objects.create(
        as_of=as_of,
        book="main",
        book_version=version.id,
        strategy="standard@2",
        strategy_digest=version.id,
        convention="default",
        published_at=at,
    )
    return version, run
