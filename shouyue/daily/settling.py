"""Early settlement from the book that the desk shows: what a quote asks for, what the newest file says of quotes."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from uuid import UUID

import polars as pl

from shouyue.ageing.settling import Payoff, Terms, payoff
from shouyue.casework.models import Loan
from shouyue.casework.quotes import judging
from shouyue.casework.quotes.quoting import Basis
from shouyue.daily import histories, payments
from shouyue.daily.figures import Figures


def worked_out(loan: Loan, terms: Terms, day: date) -> tuple[Payoff, Basis]:
    """The engine of a quote: by the version, the convention and the knowledge that the desk was published from.

    Raises DAY-011 before a first day, BOOK-001 where that version is not on this machine, AGE-008, AGE-036.
    """
    run = histories.newest()
    basis = Basis(run.book, run.book_version, run.convention, run.as_of, run.known_at)
    book = histories.Reader(loan.loan_id).open(run)
    found = payoff(book.tables, day, run.as_of, terms, book.convention, loan.opened_on, run.known_at, loan.loan_id)
    return found, basis


def seen(figures: Figures) -> dict[UUID, judging.Loan]:
    """What the book says of the loans whose quotes are watched."""
    quotes = judging.watched(figures.as_of)
    if not quotes:
        return {}
    wanted = pl.DataFrame({"loan_id": sorted(set(quotes.values()))}, schema={"loan_id": pl.String})
    over: dict[str, bool] = {}
    paid: defaultdict[str, list[tuple[date, int]]] = defaultdict(list)
    for ix in range(figures.version.shards):
        _shard(figures, ix, wanted, over, paid)
    return {key: judging.Loan(paid[loan], over.get(loan)) for key, loan in quotes.items()}


def _shard(
    figures: Figures, ix: int, wanted: pl.DataFrame, over: dict[str, bool], paid: dict[str, list[tuple[date, int]]]
) -> None:
    book = pl.DataFrame(pl.from_arrow(figures.version.read("loans", ix, ["loan_id", "closed_on"])))
    rows = book.with_row_index("loan_ix").join(wanted, on="loan_id", how="semi")
    if not rows.height:
        return
    owed = figures.shard(ix, ["loan_id", "outstanding_minor"])
    for loan, closed, minor in (
        rows.join(owed, on="loan_id", how="left").select("loan_id", "closed_on", "outstanding_minor").iter_rows()
    ):
        over[loan] = not minor or (closed is not None and closed <= figures.as_of)
    names = rows.select(pl.col("loan_ix").cast(pl.Int32), "loan_id")
    came = payments.of_loans(figures, ix, book.height, rows["loan_ix"]).filter(pl.col("net_minor") != 0)
    for loan, day, minor in came.join(names, on="loan_ix").select("loan_id", "value_date", "net_minor").iter_rows():
        paid[loan].append((day, minor))
