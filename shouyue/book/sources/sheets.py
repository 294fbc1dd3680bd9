"""XLSX workbooks, read as text cell by cell as Excel shows them, and Parquet files with their own types."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shouyue.book import faults
from shouyue.book.profile import TableProfile
from shouyue.book.sources.raw import RawChunk, drop_empty

#: bytes a workbook may unpack to, and how many times its own size once past SMALL
MAX_UNPACKED, MAX_RATIO, SMALL = 2 << 30, 250, 64 << 20
ROWS = 200_000


class Workbook:
    """A sheet of an XLSX file. Raises BOOK-207, -208, -209, -212."""

    def __init__(self, path: Path, table: TableProfile):
        self.path, self.table = path, table
        _weigh(path)
        self.frame, self.first_row = self._cells()
        skipped = max(table.skip_lines - (self.first_row - 1), 0)
        self.frame = self.frame.slice(skipped)
        self.first_row += skipped
        if table.header:
            while self.frame.height and all(v is None for v in self.frame.row(0)):
                self.frame, self.first_row = self.frame.slice(1), self.first_row + 1
        if self.frame.height == 0:
            raise faults.EMPTY_FILE.error(file=path.name)
        if table.header:
            self.headers = [(v or "").strip() for v in self.frame.row(0)]
            self.frame, self.first_row = self.frame.slice(1), self.first_row + 1
        else:
            self.headers = [str(n) for n in range(1, self.frame.width + 1)]
        self.frame.columns = [str(n) for n in range(self.frame.width)]

    def _cells(self) -> tuple[pl.DataFrame, int]:
        import fastexcel

        try:
            book = fastexcel.read_excel(self.path)
            names = book.sheet_names
            wanted = names[self.table.sheet] if isinstance(self.table.sheet, int) else self.table.sheet
            if wanted not in names:
                raise KeyError(wanted)
            sheet = book.load_sheet(wanted, header_row=None, dtypes="string")
            frame = sheet.to_polars()
        except (KeyError, IndexError):
            raise faults.NO_SHEET.error(file=self.path.name, sheet=self.table.sheet) from None
        except fastexcel.FastExcelError:
            raise faults.BROKEN_FILE.error(file=self.path.name, format="XLSX") from None
        if frame.width == 0:
            raise faults.EMPTY_FILE.error(file=self.path.name)
        return frame, _first_used_row(self.path, wanted)

    def chunks(self) -> Iterator[RawChunk]:
        for at in range(0, max(self.frame.height, 1), ROWS):
            part = self.frame.slice(at, ROWS)
            lines = np.arange(part.height) + self.first_row + at
            done = min((at + ROWS) / max(self.frame.height, 1), 1.0)
            yield drop_empty(RawChunk(part, lines, as_json(part, self.headers), done=done), self.table.ignore_lines)


def _weigh(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise faults.BROKEN_FILE.error(file=path.name, format="XLSX") from None
    if size > MAX_UNPACKED or (size > SMALL and size > path.stat().st_size * MAX_RATIO):
        raise faults.TOO_BIG.error(file=path.name, size=size)


def _first_used_row(path: Path, sheet: str) -> int:
    """The sheet row of the first cell with a value: the reader leaves empty rows above it out."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True)
        try:
            for number, row in enumerate(book[sheet].iter_rows(values_only=True), 1):
                if any(value is not None for value in row):
                    return number
        finally:
            book.close()
    except Exception:  # noqa: S110  (the reader that counts has read it; only line numbers are at stake)
        pass
    return 1


class ParquetFile:
    """A Parquet file; its columns keep their types. Raises BOOK-207, -208."""

    def __init__(self, path: Path, table: TableProfile):
        self.path, self.table = path, table
        try:
            with pq.ParquetFile(path) as file:
                self.headers = [name.strip() for name in file.schema_arrow.names]
                self.rows = file.metadata.num_rows
        except (pa.ArrowException, OSError):
            raise faults.BROKEN_FILE.error(file=path.name, format="Parquet") from None
        if not self.headers:
            raise faults.EMPTY_FILE.error(file=path.name)

    def chunks(self) -> Iterator[RawChunk]:
        at = 0
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=ROWS):
                    named = batch.rename_columns([str(n) for n in range(batch.num_columns)])
                    part = pl.DataFrame(pl.from_arrow(named))
                    lines = np.arange(part.height) + 1 + at
                    at += part.height
                    yield RawChunk(part, lines, as_json(part, self.headers), done=at / max(self.rows, 1))
        except (pa.ArrowException, OSError):
            raise faults.BROKEN_FILE.error(file=self.path.name, format="Parquet") from None


def as_json(part: pl.DataFrame, headers: Sequence[str]) -> Callable[[Sequence[int]], list[str]]:
    """Rows of a frame as JSON by their places, for the quarantine."""

    def raw(places: Sequence[int]) -> list[str]:
        rows = part[list(places)].rows()
        return [json.dumps(dict(zip(headers, row, strict=True)), ensure_ascii=False, default=str) for row in rows]

    return raw
