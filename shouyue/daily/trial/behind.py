"""The customers behind a number of a trial, as the number itself was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from shouyue.daily.trial import cash, workload
from shouyue.daily.trial.comparing import CHANGES, MOVES, works
from shouyue.daily.trial.law import VERDICTS
from shouyue.daily.trial.run import GROUPS, Trial
from shouyue.strategy import flows

SIDES = ("was", "now")


@dataclass(frozen=True)
class Behind:
    """Which number. What is empty is not asked; everything asked must hold.

    ``side`` is the list before or after. ``by`` and ``value`` a line of a group, with ``come`` ``in`` or ``out`` those
    who came to it or went from it. ``law`` is a verdict, ``rule`` a rule that refuses, ``aside`` why a customer is not
    on the list (``aside.py``). ``beyond`` asks for what does not fit into the capacity of the store ``value``.
    ``money`` is a list of the estimate. ``table``, ``was``, ``now`` are a flow from row to row.
    """

    change: str = ""
    side: str = ""
    worked: bool = False
    by: str = ""
    value: str = ""
    come: str = ""
    moved: str = ""
    law: str = ""
    rule: str = ""
    aside: str = ""
    beyond: bool = False
    money: str = ""
    table: str = ""
    was: str = ""
    now: str = ""

    @classmethod
    def asked(cls, given: Mapping[str, Any]) -> Behind:
        """From an address; what makes no sense there is left out."""
        known = {"change": CHANGES, "side": SIDES, "by": GROUPS, "come": ("in", "out"), "moved": MOVES,
                 "law": VERDICTS, "money": cash.LISTS}  # fmt: skip
        values: dict[str, Any] = {}
        for name in cls.__dataclass_fields__:
            text = str(given.get(name, ""))[:120]
            if name in ("worked", "beyond"):
                values[name] = bool(text)
            elif name not in known or text in known[name]:
                values[name] = text
        return cls(**values)

    def given(self) -> dict[str, str]:
        """As an address, without what is not asked."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {n: "1" if v is True else str(v) for n, v in found.items() if v}


def customers(trial: Trial, asked: Behind) -> pl.DataFrame:
    """The rows of ``Trial.cases`` behind the number, the most urgent first."""
    rows = trial.ended().collect() if asked.aside.startswith("ended") else trial.cases().collect()
    for condition in _conditions(asked):
        rows = rows.filter(condition)
    if asked.beyond:
        rows = rows.filter(_beyond(trial, asked.side or "now"))
    if asked.money:
        listed = trial.stakes().filter(cash.on(asked.money)).select("customer_id").unique()
        rows = rows.join(listed.collect(), on="customer_id", how="semi")
    if asked.table:
        rows = rows.join(_flow(trial, asked), on="customer_id", how="semi")
    urgent = pl.max_horizontal("now_priority", "was_priority")
    return rows.sort([urgent, "customer_id"], descending=[True, False], nulls_last=True)


def _conditions(asked: Behind) -> list[pl.Expr]:
    side = asked.side or "now"
    found = []
    if asked.change:
        found.append(pl.col("change") == asked.change)
    if asked.moved:
        found.append(pl.col("moved").list.contains(asked.moved))
    if asked.by:
        found += _line(asked)
    elif asked.side and not (asked.law or asked.rule or asked.beyond or asked.aside):
        found.append(pl.col(f"{side}_phase").is_not_null())
    if asked.worked and asked.come:
        here, there = ("now", "was") if asked.come == "in" else ("was", "now")
        found += [works(here), ~works(there).fill_null(value=False)]
    elif asked.worked:
        found.append(works(side))
    if asked.law:
        found.append(pl.col(f"{side}_law") == asked.law)
    if asked.aside:
        found.append(pl.col(f"{side}_aside") == asked.aside)
    if asked.rule:
        found.append(pl.col(f"{side}_refused").str.split(" ").list.contains(asked.rule))
    return found


def _line(asked: Behind) -> list[pl.Expr]:
    """A line of a group: those of a side, or those who came to it or went from it."""
    side = {"in": "now", "out": "was"}.get(asked.come, asked.side or "now")
    other = "was" if side == "now" else "now"
    mine = pl.col(f"{side}_{asked.by}").cast(pl.String)
    found = [pl.col(f"{side}_phase").is_not_null(), mine.eq_missing(pl.lit(asked.value or None, dtype=pl.String))]
    if asked.come:
        theirs = pl.col(f"{other}_{asked.by}").cast(pl.String)
        found.append(mine.ne_missing(theirs) | pl.col(f"{other}_phase").is_null())
    return found


def _beyond(trial: Trial, side: str) -> pl.Expr:
    lines = trial.summary["workload"]
    capacity = pl.DataFrame([{n: line[n] for n in workload.CAPACITY} for line in lines], schema=workload.CAPACITY)
    over = workload.ordered(trial.cases().collect(), side, capacity).filter("over")
    return pl.col("customer_id").is_in(over["customer_id"].implode())


def _flow(trial: Trial, asked: Behind) -> pl.DataFrame:
    loans = trial.loans()
    columns = loans.collect_schema().names()
    told = f"{flows.TOLD}{asked.table}/{asked.was or asked.now}"
    if f"{flows.NOW}{asked.table}" in columns:
        sides = [
            pl.col(f"{mark}{asked.table}").cast(pl.String).fill_null("") == row
            for mark, row in ((flows.WAS, asked.was), (flows.NOW, asked.now))
        ]
        loans = loans.filter(*sides)
    elif told in columns:
        loans = loans.filter(pl.col(told) == (1 if asked.was else 0) + (2 if asked.now else 0))
    else:
        loans = loans.filter(pl.lit(value=False))
    return loans.select("customer_id").unique().collect()
