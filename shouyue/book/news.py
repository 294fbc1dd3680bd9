"""News upon what the book holds: rows that are new, known, changed, or to go.

Frames have the schema's columns, ``_file``, ``_line`` and ``_gone`` (the lender says the row is to go); rows the book
holds have ``_file`` null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from shouyue.book import faults
from shouyue.book.joining import alike, refused
from shouyue.book.schema import Table

PARTS = ("principal_minor", "interest_minor", "fee_minor")


@dataclass(frozen=True)
class How:
    """What a new row does. ``given``: by file, the columns it has; None where the others become empty."""

    identity: Sequence[str]
    replaces: str = "row"
    given: Mapping[int, frozenset[str]] | None = None


@dataclass(frozen=True)
class Merged:
    """``rows``: the book's and the new ones. ``settled``: new rows that are accepted without being among them, since
    the book has them word for word (``known``) or they say that a row is to go (``deleted`` of them found one).

    ``replaced`` new rows took the place of older ones; ``removed`` rows of the book are gone; ``changed``: is anything
    else than before, new rows aside.
    """

    rows: pl.DataFrame
    settled: pl.DataFrame
    known: int = 0
    replaced: int = 0
    deleted: int = 0
    removed: int = 0
    changed: bool = field(default=False)


def merged(old: pl.DataFrame, new: pl.DataFrame, table: Table, how: How, out: list[pl.DataFrame]) -> Merged:
    """The book's rows with the new ones; a payment that contradicts the book is refused, other rows replace."""
    keys = list(how.identity)
    gone, new = new.filter(pl.col("_gone")), new.filter(~pl.col("_gone"))
    stay = _without(old, gone, keys)
    going = gone.join(old.select(keys).unique(), on=keys, how="semi", maintain_order="left", nulls_equal=True)
    if how.replaces != "row" and table.owner is not None and new.height:
        renewed = pl.col(table.owner).is_in(new[table.owner].implode()) | pl.lit(how.replaces == "table")
        swept = _without(stay.filter(renewed), new, keys)
        stay = _without(stay, swept, keys)
    removed = old.height - stay.height
    beside = _beside(stay, new, keys)
    if how.given is not None:
        added = _without_rows(new, beside)
        new = pl.concat([_complete(added, table, how.given, out), _kept(beside, new, how.given)])
        beside = _beside(stay, new, keys)
    same = beside.select(alike(table, keys)).to_series()
    known, other = beside.filter(same).select(new.columns), beside.filter(~same).select(new.columns)
    added = _without_rows(new, beside)
    if table.name == "payments":
        out.append(refused(other, table, keys[0], faults.BOOK_CONFLICT))
        other = other.clear()
    rows = pl.concat([_without(stay, other, keys), added, other])
    settled = pl.concat([known, gone])
    return Merged(
        rows, settled, settled.height - going.height, other.height, going.height, removed, changed=removed > 0
    )


def _without(rows: pl.DataFrame, others: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    if others.height == 0:
        return rows
    return rows.join(others.select(keys), on=list(keys), how="anti", maintain_order="left", nulls_equal=True)


def _without_rows(new: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return new.join(found.select("_file", "_line"), on=["_file", "_line"], how="anti", maintain_order="left")


def _beside(old: pl.DataFrame, new: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """New rows whose identity the book has, with the book's columns beside them (``NAME_kept``)."""
    first = old.unique(keys, keep="first", maintain_order=True)
    return new.join(first, on=list(keys), how="inner", suffix="_kept", maintain_order="left", nulls_equal=True)


def _kept(beside: pl.DataFrame, new: pl.DataFrame, given: Mapping[int, frozenset[str]]) -> pl.DataFrame:
    """Changed rows, with what their file does not speak of as the book has it."""
    parts = []
    for file, named in given.items():
        mine = beside.filter(pl.col("_file") == file)
        kept = [c.removesuffix("_kept") for c in beside.columns if c.endswith("_kept") and not c.startswith("_")]
        filled = mine.with_columns(pl.col(f"{c}_kept").alias(c) for c in kept if c not in named)
        if "amount_minor" not in named and named & set(PARTS) and "fee_minor" in filled.columns:
            filled = filled.with_columns(pl.sum_horizontal(PARTS).alias("amount_minor"))
        parts.append(filled.select(new.columns))
    return pl.concat(parts) if parts else new.clear()


def _complete(
    added: pl.DataFrame, table: Table, given: Mapping[int, frozenset[str]], out: list[pl.DataFrame]
) -> pl.DataFrame:
    """Rows the book does not know must say themselves what is mandatory."""
    for f in table.fields:
        if f.need == "must" and added[f.name].null_count():
            lacking = added.filter(pl.col(f.name).is_null())
            out.append(refused(lacking, table, f.name, faults.MISSING))
            added = added.filter(pl.col(f.name).is_not_null())
    return added
