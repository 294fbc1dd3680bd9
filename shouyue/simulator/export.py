"""Writes the folders of an export: a file per table, ``manifest.json`` and ``README.txt``.

A file is written aside and renamed, the manifest last, so a folder with a manifest is whole. Same lender and day,
same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from shouyue.base import files
from shouyue.simulator import core, ledger, truth
from shouyue.simulator.columns import COLUMNS
from shouyue.simulator.size import LATER, Lender
from shouyue.simulator.workdays import number

FORMATS = ("parquet", "csv")
#: one sum per table, to hold against the importer's control totals
MONEY = {
    "loans": "principal_minor",
    "instalments": "amount_minor",
    "charges": "amount_minor",
    "payments": "amount_minor",
    "balances": "outstanding_minor",
}


@dataclass
class Folder:
    """One folder being written. ``since`` is None in a full export, else the day whose export it follows."""

    lender: Lender
    path: Path
    as_of: date
    since: date | None = None
    format: str = "parquet"
    #: what the lender's core says of its loans beside it, and where it slips: loans by slip
    balances: bool = False
    slips: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    money: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MONEY, 0))
    _open: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "manifest.json").unlink(missing_ok=True)

    def add(self, tables: dict[str, pa.Table], slips: Mapping[str, str] = MappingProxyType({})) -> None:
        for loan, slip in slips.items():
            self.slips.setdefault(slip, []).append(loan)
        for name, table in tables.items():
            if len(table) or self.since is None:
                self._writer(name).write_table(table)
            self.rows[name] += len(table)
            if name in MONEY and len(table):
                self.money[name] += pa.compute.sum(table[MONEY[name]]).as_py()

    def _writer(self, name: str):
        if name not in self._open:
            part = self.path / f".{name}.{self.format}.part"
            if self.format == "csv":
                options = pa_csv.WriteOptions(quoting_style="needed")
                self._open[name] = pa_csv.CSVWriter(part, COLUMNS[name], write_options=options)
            else:
                self._open[name] = pq.ParquetWriter(part, COLUMNS[name], compression="zstd", compression_level=1)
        return self._open[name]

    def close(self, more: dict[str, Any] | None = None) -> None:
        for name in COLUMNS:
            final = self.path / f"{name}.{self.format}"
            if name in self._open:
                self._open[name].close()
                (self.path / f".{name}.{self.format}.part").replace(final)
            else:
                final.unlink(missing_ok=True)
            for other in FORMATS:
                if other != self.format:
                    (self.path / f"{name}.{other}").unlink(missing_ok=True)
        (self.path / "README.txt").write_text(self._readme(), encoding="utf-8")
        files.write_json(self.path / "manifest.json", self._manifest() | (more or {}), indent=2)

    def _manifest(self) -> dict[str, Any]:
        stores = [vars(s) for s in self.lender.stores]
        return {
            "what": "simulated export of a lender that does not exist",
            "version": 1,
            "kind": "full" if self.since is None else "delta",
            "as_of": self.as_of.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "lender": {
                "loans": self.lender.loans,
                "seed": self.lender.seed,
                "anchor": self.lender.anchor.isoformat(),
            },
            "format": self.format,
            "currency": "CNY",
            "rows": self.rows,
            "money_minor": self.money,
            **({"slips": dict(sorted(self.slips.items()))} if self.balances else {}),
            "stores": stores,
        }

    def _readme(self) -> str:
        kind = "全量" if self.since is None else f"增量（自 {self.since} 之后）"
        more = "full export" if self.since is None else f"changes after {self.since}"
        rows = "".join(f"  {name:<12} {count:>12,}\n" for name, count in self.rows.items())
        return (
            f"模拟放贷机构数据，{kind}，截至 {self.as_of}。所有人物、电话、证件号均为虚构。\n"
            f"A simulated lender's export, {more}, as of {self.as_of}. Every person, phone and identity number is "
            "fictional.\n\n"
            f"  seed {self.lender.seed}, loans {self.lender.loans:,}, anchor {self.lender.anchor}\n"
            f"  money in minor units (分), days as ISO dates, text in UTF-8\n\n{rows}\n"
            f"shouyue import DIR --profile demo --book BOOK{' --append' if self.since else ''}\n"
        )


def write(
    lender: Lender,
    out: Path,
    days: int = 0,
    *,
    full: bool = False,
    balances: bool = False,
    format: str = "parquet",
    truth_file: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    order: Sequence[int] | None = None,
) -> list[Folder]:
    """The export of the anchor day into ``out``, or, with ``days``, a folder per day: ``out/2026-11-24/`` …

    The first folder is full, the others hold what the day changed, or everything where ``full``. ``order`` is the
    order in which blocks are made (tests); the order in the files is always the same. ``balances``: each folder also
    has what the lender's core says of its loans. ``progress`` is told how many blocks are done of how many.
    """
    dates = [date.fromordinal(lender.anchor.toordinal() + d) for d in range(days + 1)]
    folders = [
        Folder(
            lender, out / d.isoformat() if days else out, d, dates[n - 1] if n and not full else None, format, balances
        )
        for n, d in enumerate(dates)
    ]
    numbers = [*lender.blocks, *(LATER + d for d in range(days))]
    facts: list[pa.Table] = []
    for done, (tables, fact) in enumerate(_made(lender, folders, numbers, truth_file is not None, order)):
        for folder, rows in zip(folders, tables, strict=True):
            folder.add(*rows)
        facts += fact
        progress(done + 1, len(numbers))
    for folder in folders:
        folder.close()
    if truth_file is not None:
        truth.write(facts, truth_file)
    return folders


def _made(lender: Lender, folders: list[Folder], numbers: list[int], with_truth: bool, order) -> Iterator:
    """Rows of each block for each folder, in the order of the blocks, made two at a time."""

    def make(n: int):
        block = ledger.block(lender, n)
        rows = [_rows(block, f) if _known(n, lender, f) else ({}, {}) for f in folders]
        return rows, [truth.of(block)] if with_truth and n < LATER else []

    if order is not None:
        made = {numbers[n]: make(numbers[n]) for n in order}
        yield from (made[n] for n in numbers)
        return
    with ThreadPoolExecutor(2) as pool:
        waiting = []
        for n in numbers:
            waiting.append(pool.submit(make, n))
            if len(waiting) > 2:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _rows(block: ledger.Block, folder: Folder) -> tuple[dict[str, pa.Table], dict[str, str]]:
    """What the folder gets of a block, and in which loans the core slips."""
    day, slips = number(folder.as_of), {}
    rows = ledger.tables(block, day, number(folder.since) if folder.since else ledger.ALWAYS)
    if folder.balances:
        rows["balances"], slips = core.statement(block, day)
    return rows, slips


def _known(block: int, lender: Lender, folder: Folder) -> bool:
    """Whether the block's loans exist on the folder's day at all."""
    return block < LATER or block - LATER < number(folder.as_of) - lender.day
