"""Two strategies over a lender's past: what each would have put on the list, day by day, and what was paid afterwards.

Each day is a trial (``run.simulate``) on what the books knew on it; what was paid is seen with today's knowledge. Days
that are finished in the folder are only read, so a killed back-test goes on where it stopped; the same question gives
the same sums. Lists are not experiments: who is on one was likelier to be late to begin with, so what he paid is no
effect of having been on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.compute as pc

from shouyue.ageing.run import age_shard, each_shard
from shouyue.base import files, settings
from shouyue.base.errors import Code
from shouyue.book.following import book_day
from shouyue.book.store import Book, Version
from shouyue.daily import errors
from shouyue.daily.trial import comparing, law
from shouyue.daily.trial.run import Question, simulate
from shouyue.strategy import Strategy
from shouyue.strategy.intervals import Sums, difference, next_of, once

SIDES = ("was", "now")
#: why cases were not worked, as far as no strategy has made it
ASIDE = ("ended", "placed", "matter")
#: what the sides are compared by, day against day
MEASURES = ("cases", "worked", "minutes", "blocked", *ASIDE)
Progress = Callable[[int, int], None]

BAD_SPAN = Code(
    "TRY-020",
    zh="{first} 至 {last} 没有可回测的日子；数据到 {until}",
    en="there is no day to play from {first} to {last}; the book has data up to {until}",
)


@dataclass(frozen=True)
class Asked:
    """``every`` so many days from ``first`` to ``last``; payments are those of the ``within`` days after each."""

    book: str
    base: Strategy
    candidate: Strategy
    first: date
    last: date
    every: int = 7
    within: int = 14
    convention: str = "default"
    hours: law.Hours = field(default_factory=law.Hours)
    rep_minutes: int | None = None
    #: take what the desk knew of the persons, where the book is its own (``knowing.of_persons``)
    persons: bool = False

    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(0, (self.last - self.first).days + 1, self.every)]


def backtest(
    asked: Asked, folder: Path, workers: int | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """The sums, plain data for JSON: ``days``, ``compared``, ``paid``. docs/strategy.md says what each is.

    Raises DAY-005 without an import, TRY-020 where no day of the span can be played, else as ``run.simulate``.
    """
    path = settings.book_path(asked.book)
    book = Book(path)
    current = book.current()
    if current is None:
        raise errors.NO_BOOK.error(book=path.name)
    until = _last_day(current)
    days = [day for day in asked.days() if until is None or day <= until]
    if not days:
        raise BAD_SPAN.error(first=asked.first, last=asked.last, until=until or "–")
    rows, seen = [], []
    for n, day in enumerate(days):
        if progress:
            progress(n, len(days))
        row, customers = _day(asked, book, current, day, until, folder / day.isoformat(), workers)
        rows.append(row)
        seen.append(customers)
    if progress:
        progress(len(days), len(days))
    return {
        "inputs": _inputs(asked, current, until),
        "days": rows,
        "compared": [_compared(name, rows) for name in MEASURES],
        "paid": _paid(pl.concat(seen)),
    }


def _inputs(asked: Asked, current: Version, until: date | None) -> dict[str, Any]:
    sides = {
        side: {"id": s.id, "digest": s.digest} for side, s in (("base", asked.base), ("candidate", asked.candidate))
    }
    plain = {k: str(v) for k, v in vars(asked).items() if k not in ("base", "candidate")}
    return {**plain, **sides, "version": current.id, "until": str(until or "")}


def _last_day(version: Version) -> date | None:
    """Up to which day the book tells of payments."""
    if (day := book_day(version)) is not None:
        return day
    found = (
        pc.max(version.read("payments", ix, ["booked_on"]).column("booked_on")).as_py() for ix in range(version.shards)
    )
    return max((day for day in found if day is not None), default=None)


def known_then(book: Book, current: Version, day: date) -> Version:
    """The newest version of the day or before, where versions say their day; else the current one, and ``known_at``
    tells what was known."""
    for version_id in reversed(book.versions()):
        version = book.version(version_id)
        own = book_day(version)
        if own is None:
            return current
        if own <= day:
            return version
    return current


def _day(
    asked: Asked, book: Book, current: Version, day: date, until: date | None, folder: Path, workers: int | None
) -> tuple[dict[str, Any], pl.DataFrame]:
    """One day's sums, and a row per customer on a list or late: ``was``, ``now`` (is he on it), ``late``, ``paid``."""
    version = known_then(book, current, day)
    question = Question(
        asked.book, day, asked.base, asked.candidate, asked.convention, day, version.id, asked.hours, False,
        asked.rep_minutes, asked.persons,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    trial = simulate(question, folder, workers)
    s = trial.summary
    row: dict[str, Any] = {"day": day.isoformat(), "version": version.id}
    for side in SIDES:
        row |= {f"{side}_{n}": s["totals"][f"{side}_{n}"] for n in ("cases", "worked", "minutes")}
        row[f"{side}_blocked"] = s["law"][side]["verdicts"]["blocked"]
        for why in ASIDE:
            row[f"{side}_{why}"] = sum(x[side] for x in s["aside"] if x["why"].split(":")[0] == why)
    complete = until is not None and day + timedelta(days=asked.within) <= until
    row["paid_known"] = complete
    if not complete:
        return row, pl.DataFrame(schema=SEEN)
    kept = folder / "paid.parquet"
    if not kept.exists():
        with files.whole(kept) as aside:
            _payers(current, day, asked, workers).write_parquet(aside)
    lists = trial.cases().select("customer_id", *(comparing.works(side).alias(side) for side in SIDES)).collect()
    together = pl.read_parquet(kept).join(lists, on="customer_id", how="left")
    together = together.with_columns(pl.col(side).fill_null(False) for side in SIDES)
    return row, together.filter(pl.any_horizontal(*SIDES, "late")).select(SEEN.keys())


SEEN = {
    "customer_id": pl.String,
    "currency": pl.String,
    "late": pl.Boolean,
    "paid": pl.Int64,
    "was": pl.Boolean,
    "now": pl.Boolean,
}


def _payers(version: Version, day: date, asked: Asked, workers: int | None) -> pl.DataFrame:
    """Every customer and currency: late on the day, and paid in the days after it, with today's knowledge."""
    after = day + timedelta(days=asked.within)

    def one(ix: int) -> pl.DataFrame:
        then, later = (age_shard(version, ix, d, None, asked.convention) for d in (day, after))
        frame = pl.DataFrame(pl.from_arrow(then.select(["customer_id", "overdue_minor", "paid_total_minor"])))
        currency = pl.DataFrame(pl.from_arrow(version.read("loans", ix, ["currency"])))["currency"]
        paid = pl.Series("paid", later.column("paid_total_minor")) - frame["paid_total_minor"]
        return frame.with_columns(currency.fill_null(version.currency), paid.alias("paid"))

    whole = pl.concat(list(each_shard(version, one, workers)))
    return (
        whole.group_by("customer_id", "currency")
        .agg((pl.col("overdue_minor") > 0).any().alias("late"), pl.col("paid").sum())
        .sort("customer_id", "currency")
    )


def _compared(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A measure of both sides summed over the days, and where the next day's difference is expected."""
    gaps = [float(row[f"now_{name}"] - row[f"was_{name}"]) for row in rows]
    found = next_of(gaps)
    limits = None if found is None else [round(v, 2) for v in (found.low, found.middle, found.high)]
    return {"measure": name, **{side: sum(row[f"{side}_{name}"] for row in rows) for side in SIDES}, "next": limits}


def _paid(seen: pl.DataFrame) -> list[dict[str, Any]]:
    """Per currency and group of each side: customer days, how many paid anything, how much; and between the sides the
    difference of the shares of those that only one of them lists."""
    found = []
    for (currency,), rows in sorted(seen.partition_by("currency", as_dict=True).items(), key=lambda p: str(p[0][0])):
        groups = []
        for side in SIDES:
            for group, mine in (("listed", pl.col(side)), ("late_not_listed", ~pl.col(side) & pl.col("late"))):
                some = rows.filter(mine)
                groups.append({"side": side, "group": group, **_shares(some)})
        only = [rows.filter(pl.col(side) & ~pl.col(other)) for side, other in (("now", "was"), ("was", "now"))]
        gap = difference(*map(_sums, only))
        limits = None if gap is None else once(*gap)
        told = None if limits is None else [round(v, 6) for v in (limits.low, limits.middle, limits.high)]
        found.append({"currency": currency, "groups": groups, "only": [_shares(o) for o in only], "difference": told})
    return found


def _shares(rows: pl.DataFrame) -> dict[str, int]:
    paid = rows["paid"]
    return {
        "days": rows.height,
        "customers": rows["customer_id"].n_unique(),
        "paid_any": int((paid > 0).sum()),
        "paid_minor": int(paid.sum() or 0),
    }


def _sums(rows: pl.DataFrame) -> Sums:
    """Did he pay anything, with customers as clusters: on how many days a customer is listed is not by chance."""
    by = rows.group_by("customer_id").agg(s=(pl.col("paid") > 0).sum().cast(pl.Float64), k=pl.len().cast(pl.Float64))
    s, k = by["s"], by["k"]
    return Sums(
        by.height, rows.height, float(s.sum()), float((s * s).sum()), float((s * k).sum()), float((k * k).sum())
    )


def lines(summary: Mapping[str, Any]) -> Iterator[list[Any]]:
    """A line per day, for a sheet."""
    for row in summary["days"]:
        yield [row["day"], *(row[f"{side}_{n}"] for n in MEASURES for side in SIDES), row["version"]]
