"""All experiments as of the newest published day, worked out from the book and kept. Safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from shouyue.ageing import convention as conventions
from shouyue.base import clock, settings
from shouyue.daily.business_day import newest
from shouyue.daily.models import DailyRun, ExperimentResult, Registered
from shouyue.reports.experiments import arms, outcomes
from shouyue.strategy.experiment import HELD_OUT, HOLD_OUT

#: grows when the same data give another result
FORMAT = 1


def work_out(book: str | Path | None = None) -> list[ExperimentResult]:
    """Work out every experiment that has enrolled anybody, as of the newest published day, and keep the results.

    ``book`` is the folder of the book where it does not lie among the books. Nothing before the first published day.
    """
    run = newest()
    if run is None:
        return []
    path = settings.book_path(book or run.book)
    version = outcomes.book_of(path, run.book_version)
    if version is None:
        return []
    convention = conventions.load(run.convention)
    kept = []
    for registered in _experiments():
        units = _units(registered, version, convention, run.as_of)
        result = _result(registered, units, run.as_of)
        values = {"book": run.book, "book_version": version.id, "computed_at": clock.now(), "result": result}
        key = {"experiment": registered[-1].experiment, "salt": registered[-1].salt, "as_of": run.as_of}
        kept.append(ExperimentResult.objects.update_or_create(**key, defaults=values)[0])
    return kept


def due(run: DailyRun | None) -> bool:
    """Are there results to be worked out for the newest day?"""
    if run is None or not Registered.objects.exists():
        return False
    have = ExperimentResult.objects.filter(as_of=run.as_of, book_version=run.book_version)
    known = set(have.values_list("experiment", "salt"))
    return any(key not in known for key in Registered.objects.values_list("experiment", "salt").distinct())


def latest() -> list[ExperimentResult]:
    """The newest result of every experiment, the hold-out first."""
    found = ExperimentResult.objects.order_by("experiment", "salt", "-as_of").distinct("experiment", "salt")
    return sorted(found, key=lambda r: (r.experiment != HOLD_OUT, -r.as_of.toordinal(), r.experiment, r.salt))


def _experiments() -> Iterator[list[Registered]]:
    """The definitions of each experiment under one salt, the newest last."""
    by_key: dict[tuple[str, str], list[Registered]] = {}
    for one in Registered.objects.order_by("experiment", "salt", "last_on", "pk"):
        by_key.setdefault((one.experiment, one.salt), []).append(one)
    yield from by_key.values()


def _units(registered: Sequence[Registered], version, convention, as_of: date) -> pl.DataFrame:
    """The instalments of an experiment with what became of them. Of another experiment than the hold-out, those who are
    held out make an arm of their own."""
    newest_one = registered[-1]
    units = outcomes.enrolled(newest_one.experiment, newest_one.salt, as_of)
    if newest_one.experiment != HOLD_OUT:
        for salt in Registered.objects.filter(experiment=HOLD_OUT).values_list("salt", flat=True).distinct():
            held = outcomes.enrolled(HOLD_OUT, salt, as_of).filter(pl.col("arm") == HELD_OUT)
            keys = held.select("loan_id", "due_on", pl.lit(value=True).alias("held"))
            units = units.join(keys, on=["loan_id", "due_on"], how="left", maintain_order="left")
            arm = pl.when(pl.col("held").fill_null(value=False)).then(pl.lit(HELD_OUT)).otherwise("arm")
            units = units.with_columns(arm.alias("arm")).drop("held")
    within = newest_one.definition["within_days"]
    found = outcomes.of_book(units, version, convention, as_of, within)
    told = outcomes.reminded(found) if found.height else pl.Series([], dtype=pl.Boolean)
    return found.with_columns(told.alias("reminded"))


def _result(registered: Sequence[Registered], units: pl.DataFrame, as_of: date) -> dict[str, Any]:
    newest_one = registered[-1]
    said = newest_one.definition
    names = [arm["id"] for arm in said["arms"]]
    held = newest_one.experiment != HOLD_OUT and bool((units["arm"] == HELD_OUT).any())
    everybody = [*names, HELD_OUT] if held else names
    counted = units.filter(~pl.col("exempt") & pl.col("known"))
    currency = _main_currency(counted)
    measured = arms.metrics(said["cut_off_days"], said["within_days"], HELD_OUT)
    return {
        "format": FORMAT,
        "as_of": as_of.isoformat(),
        "zh": said["zh"],
        "en": said["en"],
        "since": min(r.first_on for r in registered).isoformat(),
        "until": said["until"],
        # one salt with two definitions: shares were moved while it lived, and customers with them
        "definitions": len(registered),
        "cut_off_days": said["cut_off_days"],
        "within_days": said["within_days"],
        "planned": said["planned"],
        "currency": currency,
        "arms": [_arm(name, said, units, as_of) for name in everybody],
        "metrics": [
            arms.compare(
                counted.filter(pl.col("currency") == currency) if m.money else counted,
                m,
                everybody,
                _pairs(everybody),
                said["planned"],
                as_of,
            )
            for m in measured
        ],
    }


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Every arm against the hold-out where there is one, and every other arm against the first."""
    pairs = [(arm, HELD_OUT) for arm in names if arm != HELD_OUT and HELD_OUT in names]
    return pairs + [(arm, names[0]) for arm in names[1:] if arm != HELD_OUT]


def _arm(name: str, said: Mapping[str, Any], units: pl.DataFrame, as_of: date) -> dict[str, Any]:
    mine = units.filter(pl.col("arm") == name)
    about = next((a for a in said["arms"] if a["id"] == name), {"share": None, "zh": "对照组", "en": "held out"})
    counted = mine.filter(~pl.col("exempt") & pl.col("known"))
    return {
        "id": name,
        "zh": about["zh"] or name,
        "en": about["en"] or name,
        "share": float(Fraction(about["share"])) if about["share"] else None,
        "customers": counted["customer_id"].n_unique(),
        "enrolled": mine.height,
        "exempt": int(mine["exempt"].sum()),
        # no longer in the book: settled early under another plan, sold, or withdrawn
        "lost": int((~mine["known"]).sum()),
        "due": int((counted["due_on"] < as_of).sum()),
        "reminded": int(counted["reminded"].sum()),
    }


def _main_currency(units: pl.DataFrame) -> str:
    counts = units.group_by("currency").len().sort("len", "currency", descending=[True, False])
    return counts["currency"][0] if counts.height else settings.currency()
