"""Who takes part in an experiment (入组): instalments within a week of their due date, each with its customer's arm.

The population is what comes due, never what was worked: an arm that is called earlier, or not at all, must not change
who is counted. Whether a customer is protected from the hold-out is taken from the facts of the day on which his
instalment is first seen, before anything is done about it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from shouyue.daily import staging
from shouyue.daily.models import Enrolment, Registered
from shouyue.strategy import Strategy
from shouyue.strategy.experiment import Experiment
from shouyue.strategy.features import SOON_DAYS
from shouyue.strategy.vocabulary import vocabulary

SCHEMA = {
    "experiment": pl.String,
    "salt": pl.String,
    "arm": pl.String,
    "customer_id": pl.String,
    "loan_id": pl.String,
    "due_on": pl.Date,
    "due_minor": pl.Int64,
    "currency": pl.String,
    "exempt": pl.Boolean,
}


def enrolled(strategy: Strategy, features: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The instalments of ``features`` that take part, for every experiment that lives on the day; columns of SCHEMA."""
    living = [e for e in strategy.experiments if e.lives_on(as_of)]
    if not living:
        return pl.DataFrame(schema=SCHEMA)
    soon = features.lazy().filter(
        pl.col("days_to_due").is_between(0, SOON_DAYS)
        & (pl.col("next_due_minor") > 0)
        & pl.col("next_due").is_not_null()
    )
    units = soon.select(
        "customer_id",
        "loan_id",
        pl.col("next_due").alias("due_on"),
        pl.col("next_due_minor").alias("due_minor"),
        "currency",
        protected().alias("exempt"),
    ).collect()
    parts = [
        units.with_columns(
            pl.lit(e.id).alias("experiment"), pl.lit(e.salt).alias("salt"), e.assign(units["customer_id"]).alias("arm")
        ).select(SCHEMA.keys())
        for e in living
    ]
    return pl.concat(parts)


def protected() -> pl.Expr:
    """Does one of the facts hold that no hold-out may take anything from (``[protected]`` of the vocabulary)?"""
    known = vocabulary()
    facts = [pl.col(known.inputs[name].column) == value for name, value in known.protected.items()]
    return reduce(or_, facts).fill_null(value=False)


def write(units: pl.DataFrame, strategy: Strategy, as_of: date) -> int:
    """Append what is not enrolled yet, inside the caller's transaction; returns how many rows were written."""
    written = _register(strategy, as_of)
    if not units.height:
        return written
    staging.stage("s_enrolment", staging.fit(Enrolment, units), asked="loan_id")
    names = ", ".join(f'"{n}"' for n in SCHEMA)
    return written + staging.execute(
        f"""
        INSERT INTO daily_enrolment ({names}, enrolled_on, strategy)
        SELECT {names}, %s, %s
          FROM s_enrolment s
         WHERE NOT EXISTS (SELECT 1 FROM daily_enrolment t
                            WHERE t.experiment = s.experiment AND t.salt = s.salt
                              AND t.due_on = s.due_on AND t.loan_id = s.loan_id)
         ORDER BY experiment, due_on, loan_id
        ON CONFLICT DO NOTHING
        """,  # noqa: S608 names come from this file
        [as_of, strategy.id],
    )


def definition(experiment: Experiment) -> dict[str, Any]:
    """The experiment as plain values, shares as exact fractions."""
    return {
        "since": experiment.since.isoformat(),
        "until": experiment.until.isoformat() if experiment.until else None,
        "zh": experiment.zh,
        "en": experiment.en,
        "arms": [{"id": a.id, "share": str(a.share), "zh": a.zh, "en": a.en} for a in experiment.arms],
        "cut_off_days": experiment.cut_off_days,
        "within_days": experiment.within_days,
        "planned": experiment.planned,
    }


def _register(strategy: Strategy, as_of: date) -> int:
    """Keep the definitions that live on the day; an older day never moves the first or the last one."""
    written = 0
    for experiment in strategy.experiments:
        if not experiment.lives_on(as_of):
            continue
        said = definition(experiment)
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        key = {"experiment": experiment.id, "salt": experiment.salt, "digest": digest}
        values = {"definition": said, "strategy": strategy.id, "first_on": as_of, "last_on": as_of}
        kept, new = Registered.objects.get_or_create(**key, defaults=values)
        if not new and kept.last_on < as_of:
            kept.last_on, kept.strategy, new = as_of, strategy.id, True
            kept.save(update_fields=["last_on", "strategy"])
        written += new
    return written
