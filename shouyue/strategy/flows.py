"""From row to row: of every table, which row decided a loan before and which decides it now, and how many loans moved.

Works on what ``deciding.evaluate`` gives for two strategies over the same loans.
"""

from __future__ import annotations

import polars as pl

from shouyue.strategy import compiling
from shouyue.strategy.model import Strategy, Table

#: a flow matrix as rows; empty text: the table gave no answer, or is not in that version
FLOWS = {"table": pl.String, "was": pl.String, "now": pl.String, "loans": pl.UInt32}
#: what stands before a table's name in the columns of ``fired``
WAS, NOW, TOLD = "<", ">", "?"


def fired(base: Strategy, was: pl.DataFrame, candidate: Strategy, now: pl.DataFrame) -> pl.DataFrame:
    """Per loan the row of each table that decided it, before and now: ``<TABLE`` and ``>TABLE`` (row names).

    Of a table that counts every row one column per row of either version, ``?TABLE/ROW``: 0 it told nothing, 1 before,
    2 now, 3 both. ``was`` and ``now`` are ``evaluate``'s answers over the same features, both sorted by loan_id.
    """
    old, new = ({t.id: t for t in s.tables} for s in (base, candidate))
    columns = [was["loan_id"], was["customer_id"]]
    for id_ in [*new, *(i for i in old if i not in new)]:
        before, after = old.get(id_), new.get(id_)
        if any(t.counts_all for t in (before, after) if t):
            columns += _told(id_, before, was, after, now)
        else:
            columns += [_row(before, was, f"{WAS}{id_}"), _row(after, now, f"{NOW}{id_}")]
    return pl.DataFrame(columns)


def _row(table: Table | None, frame: pl.DataFrame, name: str) -> pl.Series:
    if table is None or not table.rows:
        return pl.Series(name, [None], dtype=pl.Categorical).new_from_index(0, frame.height).alias(name)
    names = pl.Series([r.id for r in table.rows], dtype=pl.String).cast(pl.Categorical)
    return names.gather(frame[compiling.fired(table)]).alias(name)


def _told(id_: str, before: Table | None, was: pl.DataFrame, after: Table | None, now: pl.DataFrame) -> list[pl.Series]:
    left, right = _hits(before, was), _hits(after, now)
    columns = []
    for row in dict.fromkeys([*right, *left]):
        code = pl.Series([0], dtype=pl.UInt8).new_from_index(0, was.height)
        for side, weight in ((left, 1), (right, 2)):
            if row in side:
                code = code + side[row].cast(pl.UInt8) * weight
        columns.append(code.alias(f"{TOLD}{id_}/{row}"))
    return columns


def _hits(table: Table | None, frame: pl.DataFrame) -> dict[str, pl.Series]:
    if table is None:
        return {}
    if not table.counts_all:  # the version that had it as another kind of table
        index = frame[compiling.fired(table)]
        return {r.id: (index == n).fill_null(value=False) for n, r in enumerate(table.rows)}
    return {r.id: frame[hit] for r, hit in zip(table.rows, compiling.hits(table), strict=True)}


def flows(loans: pl.DataFrame) -> pl.DataFrame:
    """The flow matrix of every table, from ``fired``: columns of ``FLOWS``, the diagonal with it."""
    parts = [pl.DataFrame(schema=FLOWS)]
    for column in loans.columns:
        table = column[1:]
        if column.startswith(NOW):
            sides = [pl.col(f"{WAS}{table}").alias("was"), pl.col(column).alias("now")]
            parts.append(_shaped(loans.group_by(sides).len("loans"), table))
        elif column.startswith(TOLD):
            table, row = table.rsplit("/", 1)
            sides = [
                pl.when(pl.col(column) & bit > 0).then(pl.lit(row)).alias(n) for bit, n in ((1, "was"), (2, "now"))
            ]
            told = loans.lazy().filter(pl.col(column) > 0).select(sides).collect()
            parts.append(_shaped(told.group_by("was", "now").len("loans"), table))
    return pl.concat(parts)


def _shaped(counted: pl.DataFrame, table: str) -> pl.DataFrame:
    sides = [pl.col(n).cast(pl.String).fill_null("") for n in ("was", "now")]
    return counted.select(pl.lit(table).alias("table"), *sides, pl.col("loans").cast(pl.UInt32)).sort("was", "now")


def merged(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Flow matrices of the parts of a book, put together."""
    whole = pl.concat([pl.DataFrame(schema=FLOWS), *parts])
    order = whole["table"].unique(maintain_order=True).to_list()
    return (
        whole.group_by("table", "was", "now")
        .agg(pl.col("loans").sum())
        .sort(pl.col("table").replace_strict(order, range(len(order)), return_dtype=pl.Int64), "was", "now")
        .select(pl.col(n).cast(t) for n, t in FLOWS.items())
    )
