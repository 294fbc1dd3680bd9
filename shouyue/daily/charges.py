"""What contracts were charged of penalty interest and late fees, so that a waiver is found when the core books it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import polars as pl

from shouyue.book.store import Version
from shouyue.casework.concessions import proposing, reconciling
from shouyue.casework.concessions.limits import WAIVABLE
from shouyue.daily.figures import Figures
from shouyue.daily.models import DailyRun

Told = Iterable[tuple[str, date]]


def charged(version: Version, told: Told) -> dict[tuple[str, str], int]:
    """Minor units charged per contract and component, of charges that fell due up to the day the core was told."""
    wanted = pl.DataFrame(list(told), schema={"loan_id": pl.String, "until": pl.Date}, orient="row")
    sums = {(loan, component): 0 for loan in wanted["loan_id"] for component in WAIVABLE}
    for ix in range(version.shards) if wanted.height else ():
        rows = pl.DataFrame(pl.from_arrow(version.read("charges", ix, ["loan_id", "kind", "due_date", "amount_minor"])))
        found = rows.join(wanted, on="loan_id").filter(pl.col("due_date") <= pl.col("until"))
        for loan, kind, minor in found.group_by("loan_id", "kind").agg(pl.col("amount_minor").sum()).iter_rows():
            sums[loan, kind] = minor
    return sums


def before_and_now(figures: Figures, told: list[tuple[str, date]]) -> list[Mapping[tuple[str, str], int]]:
    """What was charged when the core was told, by the book of that day, a mapping for each such day; and what is now.

    A book whose version is no longer kept gives none: such a waiver is found by hand.
    """
    maps: list[Mapping[tuple[str, str], int]] = []
    for day in sorted({day for _, day in told}):
        shown = DailyRun.objects.filter(as_of=day).order_by("-published_at").first()
        version = _version(figures, shown) if shown else None
        maps.append(charged(version, [one for one in told if one[1] == day]) if version else {})
    return [*maps, charged(figures.version, told)]


def _version(figures: Figures, shown: DailyRun) -> Version | None:
    """The version that the desk showed then, beside today's; None once retention has removed it."""
    path = figures.version.path.with_name(shown.book_version)
    return Version(path) if path.exists() else None


def settle(seen: list[Mapping[tuple[str, str], int]], as_of: date, at: datetime) -> int:
    """Inside the caller's transaction: waivers that lapsed, and those that the core's file shows. How many moved."""
    moved = proposing.expire(as_of, at)
    for before in seen[:-1]:
        reconciling.keep_before(before)
    return moved + (reconciling.reconcile(seen[-1], at) if seen else 0)
