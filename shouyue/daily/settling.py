"""Early settlement from the book that the desk shows: what a quote asks for, what the newest file says of quotes."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from uuid import UUID

import polars as pl

from shouyue.ageing.convention import load
from shouyue.ageing.settling import Payoff, Terms, loan_payoff
from shouyue.ageing.shard import net_payments
from shouyue.base import settings
from shouyue.book.store import Book
from shouyue.casework.models import Loan
from shouyue.casework.quotes import judging
from shouyue.casework.quotes.quoting import Basis
from shouyue.daily import histories
from shouyue.daily.figures import Figures

_PAYMENTS = ["loan_ix", "payment_id", "value_date", "booked_on", "amount_minor", "reversal_of"]


def worked_out(loan: Loan, terms: Terms, day: date) -> tuple[Payoff, Basis]:
    """The engine of a quote: by the version, the convention and the knowledge that the desk was published from.

    Raises DAY-011 before a first day, BOOK-001 where that version is not on this machine, AGE-008, AGE-036.
    """
    run = histories.newest()
    basis = Basis(run.book, run.book_version, run.convention, run.as_of, run.known_at)
    version = Book(settings.book_path(run.book)).version(run.book_version)
    found = loan_payoff(version, loan.loan_id, day, run.as_of, terms, load(run.convention), run.known_at)
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
    names = dict(rows.select("loan_ix", "loan_id").iter_rows())
    table = figures.version.read("payments", ix, _PAYMENTS)
    mine = pl.DataFrame(pl.from_arrow(table.select(["loan_ix"])))["loan_ix"].is_in(list(names)).to_arrow()
    table = table.filter(mine)
    days = table.column("value_date").to_pylist()
    for at, day, minor in zip(
        table.column("loan_ix").to_pylist(), days, net_payments(table, figures.known_at).tolist(), strict=True
    ):
        if minor:
            paid[names[at]].append((day, minor))
