"""What an import profile says, once it has been read: records without behaviour. docs/import.md explains every key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """Where a target column's values come from, and how they are written there."""

    target: str
    sources: tuple[str, ...] = ()
    separator: str = ""
    constant: str | None = None
    derive: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    decimal: str = "."
    thousands: str = ""
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    #: where moments with a zone become days (IANA); the lender's own where empty
    zone: str = ""
    nulls: tuple[str, ...] = ("",)
    #: minor units in one of the source's units, as a power of ten
    scale: int = 0
    rounding: str = "reject"
    trim: bool = True
    absolute: bool = False
    #: a file may lack the header; the column is then empty
    optional: bool = False


@dataclass(frozen=True)
class Deleted:
    """A column of a file whose ``values`` say that the row is to go."""

    header: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Delta:
    """How a day's files follow each other."""

    #: where the day they are of is written: in the folder's name, or in the files'
    day: str | None = None
    #: days by which they may be ahead of the book
    gap_days: int = 1
    #: share of a table's rows that a delta may delete, as a decimal text
    deletes_at_most: str = "0.05"


@dataclass(frozen=True)
class TableProfile:
    name: str
    files: tuple[str, ...]
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    format: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    quote: str = '"'
    header: bool = True
    skip_lines: int = 0
    ignore_lines: str | None = None
    sheet: str | int = 0
    parts: str = "check"
    #: rows whose identity came before: to quarantine; no rows at all where they repeat it word for word (one file for
    #: loans and customers); or the last one counts
    repeats: str = "quarantine"
    #: a query against the lender's database; the table then has no files
    query: str | None = None
    #: which rows are to go
    deleted: Deleted | None = None
    #: what a new row takes the place of: the row of its identity, or all rows of its loan (contacts: of its customer)
    replaces: str = "row"
    #: columns that the file lacks become empty, or keep what the book has
    absent: str = "empty"
    #: a known payment that comes with other content: to quarantine, or taken back and booked anew
    corrections: str = "quarantine"

    def column(self, target: str) -> Column | None:
        return next((c for c in self.columns if c.target == target), None)


@dataclass(frozen=True)
class Profile:
    name: str
    currency: str
    tables: dict[str, TableProfile] = field(hash=False)
    title_zh: str = ""
    title_en: str = ""
    #: name of the environment variable that holds the address of the lender's database
    database: str | None = None
    delta: Delta = Delta()

    @property
    def queries(self) -> list[TableProfile]:
        return [table for table in self.tables.values() if table.query is not None]

    def digest(self) -> str:
        """SHA-256 of what the profile says; comments, titles, the order of keys and what holds anyway do not count."""
        said = _said(self)
        said.pop("title_zh", None)
        said.pop("title_en", None)
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _said(value: Any) -> Any:
    """A record without what it would be anyway, so that a key added later changes no older profile's digest."""
    if is_dataclass(value):
        given = {f.name: (getattr(value, f.name), f.default) for f in fields(value)}
        return {name: _said(v) for name, (v, otherwise) in given.items() if otherwise is MISSING or v != otherwise}
    if isinstance(value, dict):
        return {key: _said(v) for key, v in value.items()}
    return [_said(v) for v in value] if isinstance(value, tuple) else value
