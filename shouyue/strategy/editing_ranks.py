"""A strategy's text changed by the ranks of a table: which of its results counts before which.

A rank is known by its column and by the value as a cell shows it, so that a change still finds it when others stand
before it meanwhile. What stands in ``ranks`` and cannot be read stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shouyue.strategy import editing, rewriting
from shouyue.strategy.cells import Value, show_value
from shouyue.strategy.model import Column, Table


@dataclass(frozen=True)
class Ranked:
    """A result column with its values, as cells show them: in their order, and those that have no rank."""

    column: Column
    order: tuple[Value, ...]
    others: tuple[Value, ...]


def ranked(table: Table) -> list[Ranked]:
    """The ranks of each result column. Without a rank: what rows give, then what else a choice may be."""
    found = []
    for n, column in enumerate(table.outputs):
        order = tuple(dict.fromkeys(table.ranks.get(column.name.id, ())))
        given = [result.value for row in table.rows if (result := row.results[n])]
        others = tuple(v for v in dict.fromkeys([*given, *column.name.type.choices]) if v not in order)
        found.append(Ranked(column, order, others))
    return found


def used(table: Table, column: Column) -> frozenset[Value]:
    """The values that rows of the table give in a column."""
    at = table.outputs.index(column)
    return frozenset(result.value for row in table.rows if (result := row.results[at]))


# ---------------------------------------------------------------- changes
def put_in(text: str, table: Table, column: str, shown: str) -> str:
    """The value ranks after those that have a rank; all that rows give where ``shown`` is empty.

    Raises STRAT-123 for a value that the column cannot give.
    """
    mine = _column(table, column)
    waiting = next(r for r in ranked(table) if r.column is mine).others
    chosen = [v for v in waiting if (show_value(v, mine.name.type) == shown if shown else v in used(table, mine))]
    if shown and not chosen:
        raise editing.UNRANKED.error(value=shown[:60], column=column[:60])
    return _change(text, table, mine, lambda order: order.extend(chosen))


def take_out(text: str, table: Table, column: str, shown: str) -> str:
    """The value has no rank any more. Raises STRAT-123 where it has none."""
    return _change(text, table, mine := _column(table, column), lambda order: order.pop(_place(order, mine, shown)))


def move(text: str, table: Table, column: str, shown: str, by: int) -> str:
    """Earlier (negative) or later by so many ranks; at the end it stays. Raises STRAT-123 where it has none."""
    mine = _column(table, column)

    def change(order: list[Any]) -> None:
        at = _place(order, mine, shown)
        value = order.pop(at)
        order.insert(max(0, min(len(order), at + by)), value)

    return _change(text, table, mine, change)


def _change(text: str, table: Table, column: Column, change: Callable[[list[Any]], object]) -> str:
    content = rewriting.content(text)
    raw, _lines, _below = editing.opened(content, table.id)
    there = raw.get("ranks")
    ranks = dict(there) if isinstance(there, dict) else {}
    said = next((name for name in ranks if name in (column.name.id, column.name.zh)), column.name.id)
    order = list(ranks[said]) if isinstance(ranks.get(said), list) else []
    change(order)
    ranks = {name: value for name, value in (ranks | {said: order}).items() if value != []}
    kept = {key: value for key, value in raw.items() if key != "ranks"}
    raw.clear()
    for key, value in kept.items():
        if key == "rows" and ranks:
            raw["ranks"] = ranks
        raw[key] = value
    return rewriting.rewritten(text, content)


def _column(table: Table, name: str) -> Column:
    found = next((c for c in table.outputs if c.name.id == name), None)
    if found is None:
        raise editing.NO_COLUMN.error(table=table.id, column=name[:60])
    return found


def _place(order: list[Any], column: Column, shown: str) -> int:
    found = next((n for n, value in enumerate(order) if show_value(value, column.name.type) == shown), None)
    if found is None:
        raise editing.UNRANKED.error(value=shown[:60], column=column.name.id)
    return found
