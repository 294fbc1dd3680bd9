"""Cells of files that people open in a spreadsheet, and of CSV that they send: none written may be taken for a formula.

A text that begins like one gets an apostrophe in front; amounts below zero stay amounts. Files that only a machine
reads (the instruction to the lender's core, Parquet, the simulator's own) are written without it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from shouyue.base import files

if TYPE_CHECKING:
    import polars as pl

    from shouyue.base.errors import Code

#: how a formula begins, after spaces too; full-width signs, and what older spreadsheets run. Polars reads it as well
FORMULA = "^[ \u3000\u00a0]*[=+\\-@\t\r\n|%＝＋－＠]"
#: begins with a sign and is a plain number all the same
NUMBER = r"^-[0-9]+(\.[0-9]+)?$"
#: what a spreadsheet takes as a value and nothing else
VALUES = (int, float, Decimal, date, time)

_FORMULA, _NUMBER = re.compile(FORMULA), re.compile(NUMBER)


def safe(value: Any) -> Any:
    """What may stand in a cell: a value as it is, nothing as an empty text, anything else as a harmless text."""
    if isinstance(value, VALUES):
        return value
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def column(texts: pl.Expr) -> pl.Expr:
    """``safe`` for a column of texts."""
    import polars as pl

    harmless = ~texts.str.contains(FORMULA) | texts.str.contains(NUMBER)
    return pl.when(harmless).then(texts).otherwise("'" + texts)


def write(file: IO[str], head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> int:
    """Lines of CSV below a heading; returns how many."""
    lines = csv.writer(file)
    lines.writerow([safe(cell) for cell in head])
    count = 0
    for row in rows:
        lines.writerow([safe(cell) for cell in row])
        count += 1
    return count


def write_csv(path: Path, head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    """A file in UTF-8 with the mark that spreadsheets want; it appears whole or not at all."""
    with files.whole(path) as aside, aside.open("w", encoding="utf-8-sig", newline="") as file:
        write(file, head, rows)


def read(lines: Iterable[str], columns: Sequence[str], missing: Code) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV with a heading: line and cells by column, without the space around them.

    Raises ``missing``, with the columns, where some of ``columns`` are not there.
    """
    reader = csv.DictReader(lines)
    if absent := [c for c in columns if c not in (reader.fieldnames or ())]:
        raise missing.error(columns=", ".join(absent))
    for line, row in enumerate(reader, 2):
        yield line, {key: (cell or "").strip() for key, cell in row.items() if isinstance(key, str) and key}
