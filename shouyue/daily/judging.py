"""Promises and plans judged by the book's payments, as of the day of the figures; nothing is written."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from shouyue.casework import promises
from shouyue.casework.models import Plan, Promise
from shouyue.casework.plans import judging
from shouyue.casework.plans.judging import Judged, Planned
from shouyue.casework.promises import Judgement, Promised
from shouyue.daily import payments
from shouyue.daily.figures import Figures


def judged(figures: Figures) -> list[Judgement]:
    """As the daily cycle judges: from the state in which each promise is now."""
    return _judged(figures, promises.to_judge(figures.as_of))


def judged_then(figures: Figures) -> list[Judgement]:
    """As they stood on a day that is past: judged afresh, as if nothing had been judged since."""
    promised = promises.to_judge(figures.as_of)
    return _judged(figures, [replace(p, state=Promise.State.OPEN, paid_minor=0) for p in promised])


def plans(figures: Figures) -> list[Judged]:
    """Payment plans, as the daily cycle judges them: from the state in which each is now."""
    return _plans(figures, judging.to_judge(figures.as_of))


def plans_then(figures: Figures) -> list[Judged]:
    """As they stood on a day that is past."""
    planned = judging.to_judge(figures.as_of)
    return _plans(figures, [replace(p, state=Plan.State.ACTIVE, paid_minor=0) for p in planned])


def _plans(figures: Figures, planned: list[Planned]) -> list[Judged]:
    if not planned:
        return []
    payers = pl.Series([p.payer[0] for p in planned], dtype=pl.String)
    money = payments.of_customers(figures, payers, min(p.made_on for p in planned))
    return judging.judge(planned, payments.by_payer(money), figures.as_of)


def _judged(figures: Figures, promised: list[Promised]) -> list[Judgement]:
    if not promised:
        return []
    payers = pl.Series([p.payer[0] for p in promised], dtype=pl.String)
    money = payments.of_customers(figures, payers, min(p.made_on for p in promised))
    return promises.judge(promised, payments.by_payer(money), figures.as_of)
