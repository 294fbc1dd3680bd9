"""Sheets of plain values as an XLSX file: texts are written as texts, whatever they look like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter

from shouyue.base import cells, files

#: rows of a sheet below its heading
MOST = 1_048_575


@dataclass(frozen=True)
class Sheet:
    """``rows`` may be made while they are written; those beyond what a sheet holds are left out."""

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]


def write(path: Path, sheets: Iterable[Sheet]) -> None:
    """The file appears whole or not at all."""
    with files.whole(path) as aside:
        book = xlsxwriter.Workbook(str(aside), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
        for sheet in sheets:
            fill(book, sheet)
        book.close()


def fill(book: xlsxwriter.Workbook, given: Sheet) -> int:
    """Add the sheet to a workbook; returns how many rows it has below its heading."""
    sheet = book.add_worksheet(given.name[:31].replace("/", " "))
    bold = book.add_format({"bold": True})
    for at, text in enumerate(given.head):
        sheet.write_string(0, at, str(text), bold)
    line = 0
    for line, row in enumerate(islice(given.rows, MOST), 1):
        for at, cell in enumerate(row):
            if isinstance(cell, cells.VALUES):
                sheet.write(line, at, cell)
            elif cell is not None:
                sheet.write_string(line, at, str(cell))
    sheet.freeze_panes(1, 0)
    return line
