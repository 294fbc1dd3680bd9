"""A strategy as text again: tables with their columns aligned, as they would be written by hand."""

from __future__ import annotations

from shouyue.strategy import grid
from shouyue.strategy.cells import show, show_literal
from shouyue.strategy.model import Row, Strategy, Table


def table_text(table: Table) -> str:
    """The table's lines; reading them gives the same table."""
    heading = ["row", *(c.heading for c in table.inputs)], [c.heading for c in table.outputs]
    rows = [_row(table, row) for row in table.rows]
    return grid.join(grid.Written(*heading, above=table.above), rows, table.below)


def _row(table: Table, row: Row) -> grid.Written:
    cells = [show(cell, c.name.type) for cell, c in zip(row.cells, table.inputs, strict=True)]
    results = [show_literal(r, c.name.type) for r, c in zip(row.results, table.outputs, strict=True)]
    return grid.Written([row.id, *cells], results, row.remark, row.above)


def as_text(strategy: Strategy) -> str:
    """Name, version, digest, and every table, for a terminal."""
    parts = [
        f"{strategy.id}  sha256:{strategy.digest[:12]}",
        f"{strategy.zh} · {strategy.en}",
        f"{strategy.valid_from or '…'} – {strategy.valid_to or '…'}  {strategy.currency}",
    ]
    for table in strategy.tables:
        parts.append(f"\n[{table.id}] {table.zh} · {table.en}  ({table.hit})\n{table_text(table)}".rstrip())
    return "\n".join(parts)
