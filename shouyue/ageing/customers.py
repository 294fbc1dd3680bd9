"""Customers with several loans: their loans lie in any shards, so they are brought together before the shards are aged.

Two passes over the book, only under a convention that asks for it: first the customer numbers, to find who has more
than one loan; then the rows of those loans, a bounded number of customers at a time. What comes out is small: a few
figures for each loan of such a customer, by shard, which ``run.age_shard`` then takes as an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from shouyue.ageing import kernel
from shouyue.ageing.columns import DAYS, MONEY, NEVER, NULL
from shouyue.ageing.convention import Convention
from shouyue.ageing.kernel import places
from shouyue.ageing.shard import AMOUNT_OVERFLOW, BookVersion, Rows, day_number, lent, read_rows, when, work_for

#: loans whose rows are held at a time
LOANS_AT_A_TIME = 1_000_000
#: what a customer may owe in all: beyond it sums of several loans could leave 64 bits
MOST = 2.0**62
#: columns of ``columns.DAYS`` that are the customer's where his days past due are the loan's; order of the kernel
COLUMNS = ("dpd", "worst_dpd_3m", "worst_dpd_6m", "worst_dpd_12m", "delinquent_since", "cured_on")


@dataclass(frozen=True)
class Customers:
    """Figures of customers with several loans, for the loans of one shard.

    ``rows`` are the loans' rows of the shard's ``loans``, rising; ``figures`` (int32, ``COLUMNS`` by loan) what their
    customers come to.
    """

    rows: np.ndarray
    figures: np.ndarray

    def apply(self, days: np.ndarray, convention: Convention) -> np.ndarray:
        """The column ``customer_dpd``; where it is the loan's own, puts the customer's figures into ``days``."""
        if convention.customer_dpd == "effective":
            for place, name in enumerate(COLUMNS):
                days[DAYS.index(name), self.rows] = self.figures[place]
        column = days[DAYS.index("dpd")].copy()
        column[self.rows] = self.figures[0]
        return column


NOBODY = Customers(np.zeros(0, np.int64), np.zeros((len(COLUMNS), 0), np.int32))


def of_version(
    version: BookVersion,
    as_of: date,
    known_at: date | None,
    convention: Convention,
    workers: int,
) -> list[Customers]:
    """For each shard what ``run.age_shard`` needs of the customers who have more than one loan in the book."""
    with ThreadPoolExecutor(workers, thread_name_prefix="customers") as pool:
        made = []
        for part in _parts(_shared(version, pool)):
            chosen = {ix: group for (ix,), group in part.partition_by("shard", as_dict=True).items()}
            read = pool.map(
                lambda ix, chosen=chosen: _rows(version, ix, chosen[ix], known_at, convention), sorted(chosen)
            )
            together = _concat(list(read))
            order = pl.concat([chosen[ix] for ix in sorted(chosen)])
            made.append(_aged(version, together, order, as_of, convention))
    return _by_shard(made, version.shards)


def _names(version: BookVersion, shard_ix: int) -> pl.Series:
    return pl.Series("customer_id", version.read("loans", shard_ix, ["customer_id"]).column("customer_id"))


def _shared(version: BookVersion, pool: ThreadPoolExecutor) -> pl.DataFrame:
    """Loans of customers with several: shard, row, and a number for the customer.

    By hashes first, so that the names of customers with one loan, who are most, are never held together.
    """
    shards = range(version.shards)
    hashes = list(pool.map(lambda ix: _names(version, ix).hash(), shards))
    several = pl.concat(hashes).is_duplicated()
    ends = np.cumsum([len(part) for part in hashes])
    masks = [several.slice(end - len(part), len(part)) for end, part in zip(ends, hashes, strict=True)]

    def named(ix: int) -> pl.DataFrame:
        rows = masks[ix].arg_true()
        names = _names(version, ix).gather(rows) if len(rows) else pl.Series("customer_id", [], pl.String)
        return pl.DataFrame({"shard": pl.repeat(ix, len(rows), dtype=pl.Int32, eager=True), "row": rows, "name": names})

    loans = pl.concat(list(pool.map(named, shards))).filter(pl.col("name").is_duplicated())
    return loans.select(
        "shard", pl.col("row").cast(pl.Int64), pl.col("name").cast(pl.Categorical).to_physical().alias("customer")
    )


def _parts(shared: pl.DataFrame) -> list[pl.DataFrame]:
    """Customers whole, about ``LOANS_AT_A_TIME`` loans in each part; in each by shard and row."""
    count = -(-shared.height // LOANS_AT_A_TIME)
    return [shared.filter(pl.col("customer") % count == n).sort("shard", "row") for n in range(count)]


def _rows(
    version: BookVersion, shard_ix: int, chosen: pl.DataFrame, known_at: date | None, convention: Convention
) -> tuple[Rows, np.ndarray]:
    """The rows of the chosen loans of a shard, and the day from which each counts in an exposure."""
    loans = version.read("loans", shard_ix, ["opened_on"])
    rows = read_rows(version, shard_ix, loans.num_rows, known_at, convention)
    wanted = chosen["row"].to_numpy()
    opened = pl.Series(loans.column("opened_on")).to_physical().fill_null(NULL).to_numpy()[wanted]
    return Rows(wanted.size, taken(rows.columns, rows.loans, wanted)), opened.astype(np.int32)


#: which loan column goes with which others in ``kernel.Rows``
GROUPS = (
    ("inst_loan", "due", "amount", "fee", "interest"),
    ("pay_loan", "value_day", "paid"),
    ("chg_loan", "chg_due", "chg_amount", "chg_kind"),
    ("pause_loan", "pause_start", "pause_end"),
)


def taken(columns: kernel.Rows, loans: int, wanted: np.ndarray) -> kernel.Rows:
    """The rows of some loans (rising), which are numbered anew from 0."""
    number = np.full(loans, -1, np.int32)
    number[wanted] = np.arange(wanted.size, dtype=np.int32)
    made: dict[str, np.ndarray] = {}
    for loan, *others in GROUPS:
        found = number[getattr(columns, loan)]
        keep = found >= 0
        made[loan] = found[keep]
        for name in others:
            whole = getattr(columns, name)
            made[name] = whole[keep] if whole.size else whole
    return kernel.Rows(**made)


def _concat(read: Sequence[tuple[Rows, np.ndarray]]) -> tuple[Rows, np.ndarray]:
    """Rows of several shards as one; loans are numbered on."""
    made: dict[str, np.ndarray] = {}
    begins = np.cumsum([0, *(rows.loans for rows, _ in read)])
    for loan, *others in GROUPS:
        made[loan] = np.concatenate(
            [getattr(rows.columns, loan) + np.int32(n) for (rows, _), n in zip(read, begins[:-1], strict=True)]
        )
        for name in others:
            made[name] = np.concatenate([_full(getattr(rows.columns, name), name, rows) for rows, _ in read])
    return Rows(int(begins[-1]), kernel.Rows(**made)), np.concatenate([opened for _, opened in read])


def _full(values: np.ndarray, name: str, rows: Rows) -> np.ndarray:
    """Parts that one shard's loans do not give are nothing where another's do."""
    if name in ("fee", "interest") and values.size == 0:
        return np.zeros(rows.columns.due.size, np.int64)
    return values


@dataclass(frozen=True)
class _Part:
    shard: np.ndarray
    row: np.ndarray
    figures: np.ndarray


def _aged(
    version: BookVersion,
    together: tuple[Rows, np.ndarray],
    order: pl.DataFrame,
    as_of: date,
    convention: Convention,
) -> _Part:
    """Age the customers of one part."""

    def name(place: int) -> object:
        return version.read("loans", order["shard"][place], ["loan_id"]).column("loan_id")[order["row"][place]]

    figures = of_customers(*together, order["customer"].to_numpy(), as_of, convention, name)
    return _Part(order["shard"].to_numpy(), order["row"].to_numpy(), figures)


def of_customers(
    rows: Rows,
    opened: np.ndarray,
    customer: np.ndarray,
    as_of: date,
    convention: Convention,
    loan_name: Callable[[int], object] = str,
) -> np.ndarray:
    """What the customer of each loan comes to: int32, ``COLUMNS`` by loan.

    ``customer`` are any numbers; ``opened`` the day each loan was paid out (``NULL``: before anything was due).
    Raises AGE-003 when the amounts of a customer's loans are too large to add.
    """
    columns = kernel.Rows(*(lent(values) for values in rows.columns))
    if convention.pooled:
        _check_sums(columns, customer, loan_name)
    at = np.stack([np.searchsorted(getattr(columns, loan), np.arange(rows.loans + 1)) for loan, *_ in GROUPS]).astype(
        np.int64
    )
    loans = np.argsort(customer, kind="stable")
    edges = np.flatnonzero(np.diff(customer[loans])) + 1
    first = np.concatenate(([0], edges, [loans.size])).astype(np.int64)
    figures = np.zeros((len(COLUMNS), first.size - 1), np.int32)
    length = max(
        1, day_number(as_of) - int(min(columns.due.min(initial=NEVER), columns.chg_due.min(initial=NEVER))) + 1
    )
    rules = convention.rules()
    own_rules = rules.copy()
    if convention.pooled:  # then the customer is judged, not the loan
        own_rules[[places.R_THRESHOLD, places.R_BASIS_POINTS]] = 0
    kernel.age_customers(
        columns,
        at,
        loans,
        first,
        opened,
        when(as_of),
        rules,
        own_rules,
        convention.pooled,
        work_for(columns, convention),
        kernel.Daily(
            0, 0, np.zeros(length, np.int32), *(np.zeros(length, kind) for kind in (np.int64, np.int64, np.int8))
        ),
        np.zeros((len(MONEY), 1), np.int64),
        np.zeros((len(DAYS), 1), np.int32),
        figures,
    )
    of_loan = np.empty((len(COLUMNS), loans.size), np.int32)
    of_loan[:, loans] = np.repeat(figures, np.diff(first), axis=1)
    return of_loan


def _check_sums(columns: kernel.Rows, customer: np.ndarray, loan_name: Callable[[int], object]) -> None:
    _, place = np.unique(customer, return_inverse=True)
    owed = np.zeros(place.max(initial=-1) + 1)
    np.add.at(owed, place[columns.inst_loan], columns.amount)
    np.add.at(owed, place[columns.chg_loan], columns.chg_amount)
    if (owed[place] > MOST).any():
        raise AMOUNT_OVERFLOW.error(loan=loan_name(int(np.argmax(owed[place] > MOST))))


def _by_shard(made: Sequence[_Part], shards: int) -> list[Customers]:
    if not made:
        return [NOBODY] * shards
    shard = np.concatenate([part.shard for part in made])
    row = np.concatenate([part.row for part in made])
    figures = np.concatenate([part.figures for part in made], axis=1)
    order = np.lexsort((row, shard))
    edges = np.searchsorted(shard[order], np.arange(shards + 1))
    return [Customers(row[here], figures[:, here]) for here in (order[a:b] for a, b in pairwise(edges))]
