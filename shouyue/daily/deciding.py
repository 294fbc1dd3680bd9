"""The strategy over the aged book: whose case is open today, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from shouyue import strategy as strategies
from shouyue.daily import errors
from shouyue.daily.figures import Figures, part
from shouyue.strategy import Strategy
from shouyue.strategy.features import features

#: the store of loans whose file names none
NO_STORE = "-"
#: longest id that the desk's tables hold
MAX_ID = 64

_LOANS = ["loan_id", "customer_id", "product", "store", "region", "currency", "principal_minor", "opened_on", "term"]
_LOANS += ["pays_corporate", "wants_early_settlement"]
_CUSTOMERS = ["customer_id", "occupation", "city", "salary_day", "vulnerable"]

PEOPLE = {
    "customer_id": pl.String,
    "outstanding_minor": pl.Int64,
    "overdue_minor": pl.Int64,
    "dpd": pl.Int64,
    "next_due": pl.Date,
}


@dataclass(frozen=True)
class Decided:
    """``cases``: a row per person with work, as ``strategy.cases`` gives it, ``store`` filled.

    ``people``: what the asked-for customers owe over all loans; who is not in the book has no row.
    """

    cases: pl.DataFrame
    people: pl.DataFrame


def decide(
    figures: Figures,
    strategy: Strategy,
    facts: pl.DataFrame,
    asked: pl.Series,
    progress: Callable[[int, int], None] | None = None,
) -> Decided:
    """Decide the book in parts by customer. ``asked`` are customers whose sums are wanted beside the cases."""
    cases, people = [], []
    wanted = pl.DataFrame({"customer_id": asked.cast(pl.String)}).unique()
    for number in range(figures.parts):
        aged = part(figures.aged(), number, figures.parts).collect()
        loans = part(figures.table("loans", _LOANS), number, figures.parts).drop("customer_id").collect()
        loans = loans.with_columns(pl.col("currency").fill_null(figures.version.currency))
        customers = part(figures.table("customers", _CUSTOMERS), number, figures.parts).collect()
        people.append(_people(aged, wanted))
        asking = features(aged, loans, customers, figures.as_of, facts)
        del aged, loans, customers
        cases.append(strategies.cases(strategies.decide(strategy, asking), asking))
        if progress:
            progress(number + 1, figures.parts)
    whole = pl.concat(cases).sort(["priority", "customer_id"], descending=[True, False])
    _check_ids(whole)
    return Decided(_placed(whole), pl.concat(people).sort("customer_id"))


def _people(aged: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    return (
        aged.join(wanted, on="customer_id", how="semi")
        .group_by("customer_id")
        .agg(
            pl.col("outstanding_minor").sum(),
            pl.col("overdue_minor").sum(),
            pl.col("dpd").max(),
            pl.col("next_due").min(),
        )
        .select(pl.col(n).cast(t) for n, t in PEOPLE.items())
    )


def _placed(cases: pl.DataFrame) -> pl.DataFrame:
    return cases.with_columns(
        pl.col("store").str.strip_chars().replace("", None).str.slice(0, MAX_ID).fill_null(NO_STORE),
        pl.col("region").str.strip_chars().replace("", None),
    )


def _check_ids(cases: pl.DataFrame) -> None:
    for what, ids in (("customers", cases["customer_id"]), ("loans", cases["loans"].explode())):
        if count := int((ids.str.len_chars() > MAX_ID).sum() or 0):
            raise errors.LONG_ID.error(count=count, what=what)
