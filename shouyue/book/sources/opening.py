"""Which reader a file needs, and which files a table has."""

from __future__ import annotations

from pathlib import Path

from shouyue.book.profile import TableProfile
from shouyue.book.sources.delimited import Delimited
from shouyue.book.sources.query import QueryResult
from shouyue.book.sources.raw import Source
from shouyue.book.sources.sheets import ParquetFile, Workbook

_BY_SUFFIX = {
    ".csv": "csv", ".txt": "csv", ".dat": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


def format_of(path: Path) -> str | None:
    """Format by the file's name; ``.gz`` and ``.zip`` may follow that of a text format. None when it is none."""
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".zip"):
        inner = _BY_SUFFIX.get(suffixes[-2], "csv") if len(suffixes) > 1 else "csv"
        return inner if inner in ("csv", "tsv") else None
    return _BY_SUFFIX.get(suffixes[-1]) if suffixes else None


def files_of(folder: Path, table: TableProfile) -> list[Path]:
    """The table's files in the folder, by name; hidden files and unknown formats are none, nor has a query any."""
    found = {p for pattern in table.files for p in folder.glob(pattern) if p.is_file()}
    return sorted(p for p in found if not p.name.startswith(".") and (table.format or format_of(p)))


def open_source(path: Path, table: TableProfile) -> Source:
    """Open a file as its table's profile (or its name) says; of a table with a query, the file of its rows."""
    if table.query is not None:
        return QueryResult(path, table)
    form = table.format or format_of(path) or "csv"
    if form == "xlsx":
        return Workbook(path, table)
    if form == "parquet":
        return ParquetFile(path, table)
    return Delimited(path, table, "\t" if form == "tsv" else ",")
