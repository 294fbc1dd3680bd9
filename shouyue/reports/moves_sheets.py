"""A comparison of two conventions as sheets of plain values: for a workbook, a file of lines, or a terminal.

Headings are in both languages, as a sheet leaves the product and meets either.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from shouyue.ageing.moving import Moves, Which
from shouyue.base import cells, files, money
from shouyue.base.errors import Code
from shouyue.reports import workbook
from shouyue.reports.workbook import Sheet

BAD_FORMAT = Code(
    "AGE-015",
    zh="输出文件 {file} 须以 .xlsx、.csv 或 .json 结尾",
    en="the output file {file} must end in .xlsx, .csv or .json",
)
#: rows read at a time
CHUNK = 50_000
COLUMNS = {
    "loan_id": "合同号 loan",
    "customer_id": "客户号 customer",
    "store": "门店 store",
    "currency": "币种 currency",
    "was_bucket": "原阶段 bucket before",
    "now_bucket": "新阶段 bucket now",
    "was_dpd": "原逾期天数 days before",
    "now_dpd": "新逾期天数 days now",
    "was_overdue_minor": "原逾期金额 overdue before",
    "now_overdue_minor": "新逾期金额 overdue now",
    "was_outstanding_minor": "原剩余应还 outstanding before",
    "now_outstanding_minor": "新剩余应还 outstanding now",
}


def head() -> list[str]:
    return list(COLUMNS.values())


def lines(rows: pl.LazyFrame) -> Iterator[list[Any]]:
    """Rows of ``Moves.rows``, by loan; amounts as decimal numbers."""
    for chunk in rows.select(*COLUMNS).sort("loan_id").collect().iter_slices(CHUNK):
        for row in chunk.iter_rows(named=True):
            yield [
                money.from_minor(value, row["currency"]) if name.endswith("_minor") else value
                for name, value in row.items()
            ]


def matrix(found: Moves, currency: str) -> Iterator[list[Any]]:
    """Buckets before down, buckets now across: loans, and beneath each other's the outstanding amounts."""
    inputs, cells = found.summary["inputs"], found.cells(currency)
    across = inputs["now"]["buckets"]
    yield [f"{currency}: {inputs['was']['name']} ↓  {inputs['now']['name']} →", *across, "合计 all"]
    for was in inputs["was"]["buckets"]:
        here = [cells.get((was, now), {}) for now in across]
        counts = [cell.get("loans", 0) for cell in here]
        yield [was, *counts, sum(counts)]
        amounts = [cell.get("now_outstanding_minor", 0) for cell in here]
        yield ["", *(money.from_minor(minor, currency) for minor in (*amounts, sum(amounts)))]


def told(found: Moves) -> Iterator[str]:
    """The comparison for a person at a terminal."""
    inputs, cells = found.summary["inputs"], found.summary["cells"]
    known = f"   知悉 known {inputs['known_at']}" if inputs["known_at"] else ""
    yield f"{inputs['was']['name']} → {inputs['now']['name']}   {inputs['as_of']}   {inputs['version']}{known}"
    loans_, moved, later, earlier = (sum(c[name] for c in cells) for name in ("loans", "moved", "later", "earlier"))
    yield (
        f"  合同 loans {loans_:,}   换阶段 moved {moved:,}   天数增加 later {later:,}   天数减少 earlier {earlier:,}"
    )
    for currency in found.currencies():
        for n, line in enumerate(matrix(found, currency)):
            width = 30 if n == 0 else 0
            yield "  ".join([f"{line[0]:<{max(width, 30)}}", *(f"{_shown(cell):>16}" for cell in line[1:])]).rstrip()


def _shown(cell: Any) -> str:
    return cell if isinstance(cell, str) else f"{cell:,}" if cell else "·"


def check(out: Path) -> None:
    """Raises AGE-015 for another kind of file."""
    if out.suffix not in (".xlsx", ".csv", ".json"):
        raise BAD_FORMAT.error(file=out.name)


def write(found: Moves, out: Path, which: Which = "days") -> None:
    """Matrix and loans as a workbook, the loans as lines, or the sums as JSON; whole or not at all."""
    check(out)
    if out.suffix == ".xlsx":
        sheets = [Sheet("矩阵 matrix", [], (row for c in found.currencies() for row in matrix(found, c)))]
        workbook.write(out, [*sheets, Sheet("合同 loans", head(), lines(found.rows(which=which)))])
        return
    if out.suffix != ".json":
        cells.write_csv(out, head(), lines(found.rows(which=which)))
        return
    files.write_json(out, found.summary)
