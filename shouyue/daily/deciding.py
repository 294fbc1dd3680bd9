"""The strategy over the aged book: whose case is open today, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from shouyue import strategy as strategies
from shouyue.daily import enrolling, errors
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

    ``people``: what the asked-for customers owe over all loans; who is not in the book has no row. ``enrolled``: the
    instalments that take part in an experiment, see enrolling.py.
    """

    cases: pl.DataFrame
    people: pl.DataFrame
    enrolled: pl.DataFrame


def decide(
    figures: Figures,
    strategy: Strategy,
    facts: pl.DataFrame,
    asked: pl.Series,
    progress: Callable[[int, int], None] | None = None,
) -> Decided:
    """Decide the book in parts by customer. ``asked`` are customers whose sums are wanted beside the cases."""
    cases, people, drawn = [], [], []
    wanted = pl.DataFrame({"customer_id": asked.cast(pl.String)}).unique()
    for number in range(figures.parts):
        asking = asked_about(figures, facts, number, figures.parts)
        people.append(_people(part(figures.aged(), number, figures.parts), wanted))
        cases.append(work(strategy, strategies.evaluate(strategy, asking), asking))
        drawn.append(enrolling.enrolled(strategy, asking, figures.as_of))
        if progress:
            progress(number + 1, figures.parts)
    whole = pl.concat(cases).sort(["priority", "customer_id"], descending=[True, False])
    _check_ids(whole)
    return Decided(whole, pl.concat(people).sort("customer_id"), pl.concat(drawn))


def asked_about(figures: Figures, facts: pl.DataFrame, number: int, parts: int) -> pl.DataFrame:
    """Everything a strategy may ask about the loans of one of ``parts`` parts of the customers, by loan_id."""
    aged = part(figures.aged(), number, parts).collect()
    loans = part(figures.table("loans", _LOANS), number, parts).drop("customer_id").collect()
    loans = loans.with_columns(pl.col("currency").fill_null(figures.version.currency))
    customers = part(figures.table("customers", _CUSTOMERS), number, parts).collect()
    return features(aged, loans, customers, figures.as_of, facts)


def work(strategy: Strategy, evaluated: pl.DataFrame, asking: pl.DataFrame) -> pl.DataFrame:
    """The cases that the strategy's answers (``strategy.evaluate``) make of a part, each with its store."""
    return _placed(strategies.cases(strategies.told(strategy, evaluated), asking))


def _people(aged: pl.LazyFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    columns = ["customer_id", "outstanding_minor", "overdue_minor", "dpd", "next_due"]
    return (
        aged.select(columns)
        .collect()
        .join(wanted, on="customer_id", how="semi")
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
