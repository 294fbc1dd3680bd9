"""A reconciliation as sheets of plain values, for a workbook or a file of lines. Headings in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from shouyue.ageing.reconciling import terms
from shouyue.ageing.reconciling.terms import AMOUNTS, FIELDS, NAMES
from shouyue.base import money
from shouyue.reports import workbook
from shouyue.reports.workbook import Sheet

STATE, FIELD, SIDE, ABOUT = (
    {name: " ".join(both) for name, both in table.items()}
    for table in (terms.STATE, terms.FIELD, terms.SIDE, terms.ABOUT)
)


def cause(name: str) -> str:
    found = NAMES[name]
    return f"{found.zh} {found.en}"


def head() -> list[str]:
    figures = [f"{SIDE[side]} · {FIELD[n]}" for n in FIELDS for side in SIDE]
    return [*ABOUT.values(), "不一致项 fields", *figures]


def rows(differences: pl.DataFrame) -> Iterator[list[Any]]:
    """The differing loans; amounts exact, in major units."""
    amounts = {"gap_minor", *(f"{side}_{n}" for n in AMOUNTS for side in SIDE)}
    columns = [*ABOUT, "differs", *(f"{side}_{n}" for n in FIELDS for side in SIDE)]
    for row in differences.select(columns).iter_rows(named=True):
        row |= {"cause": cause(row["cause"]), "state": STATE[row["state"]]}
        row |= {n: money.from_minor(row[n], row["currency"]) for n in amounts if row[n] is not None}
        yield list(row.values())


def sheets(summary: Mapping[str, Any]) -> Iterator[Sheet]:
    """Everything but the loans."""
    plain = [[k, v if v is not None else ""] for k, v in summary.items() if not isinstance(v, list | dict)]
    yield Sheet("依据 inputs", ["项 key", "值 value"], plain)
    yield Sheet("合计 totals", ["情况 state", "币种 currency", "合同 loans", *_state_head()], _states(summary))
    about = ["项 field", "币种 currency", "对方给出 stated", "不一致 different"]
    yield Sheet("按项 fields", [*about, *SIDE.values()], _fields(summary))
    about = ["可能原因 likely cause", "合同 loans", "币种 currency"]
    yield Sheet("按原因 causes", [*about, "净差 net", "差额合计 absolute"], _causes(summary))
    about = ["可能原因 likely cause", "依据 evidence", "合同 loans"]
    yield Sheet("计日方式 ways", [*about, "反例 contradicted"], _ways(summary))


def _state_head() -> list[str]:
    return [f"{side} · {FIELD[n]}" for n in ("outstanding_minor", "overdue_minor") for side in SIDE.values()]


def _states(summary: Mapping[str, Any]) -> Iterator[list[Any]]:
    for one in summary["states"]:
        sums = [one[f"{side}_{n}"] for n in ("outstanding_minor", "overdue_minor") for side in SIDE]
        yield [
            STATE[one["state"]],
            one["currency"],
            one["loans"],
            *(money.from_minor(s, one["currency"]) for s in sums),
        ]


def _fields(summary: Mapping[str, Any]) -> Iterator[list[Any]]:
    for one in summary["fields"]:
        sums = [None if one[s] is None else money.from_minor(one[s], one["currency"]) for s in SIDE]
        yield [FIELD[one["field"]], one["currency"], one["stated"], one["different"], *sums]


def _causes(summary: Mapping[str, Any]) -> Iterator[list[Any]]:
    for one in summary["causes"]:
        for some in one["money"]:
            sums = (money.from_minor(some[k], some["currency"]) for k in ("gap_minor", "gap_absolute_minor"))
            yield [cause(one["cause"]), one["loans"], some["currency"], *sums]


def _ways(summary: Mapping[str, Any]) -> Iterator[list[Any]]:
    for one in summary["causes"]:
        for some in one["evidence"]:
            yield [cause(one["cause"]), some["evidence"], some["loans"], some["contradicted"]]


def write_workbook(summary: Mapping[str, Any], differences: pl.DataFrame, path: Path) -> None:
    workbook.write(path, [*sheets(summary), Sheet("差异 differences", head(), rows(differences))])
