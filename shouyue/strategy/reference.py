"""A strategy row by row in plain Python: slow and obvious. The compiled columns must agree with it."""

from __future__ import annotations

from collections.abc import Mapping

from shouyue.strategy import faults
from shouyue.strategy.cells import Literal, Value, matches
from shouyue.strategy.model import Row, Table

#: what a table gives for one case: the rows that fired and its outputs; a gathered text is a list of its parts
Outcome = tuple[list[Row], dict[str, object]]


def firing(table: Table, known: Mapping[str, object]) -> list[Row]:
    """Every row of the table that applies to the known values, in order."""
    names = [c.name.id for c in table.inputs]
    return [
        row
        for row in table.rows
        if all(matches(cell, _value(known.get(name))) for name, cell in zip(names, row.cells, strict=True))
    ]


def apply(table: Table, known: Mapping[str, object]) -> Outcome:
    """The table's answer. Raises STRAT-061 where a ``unique`` table has two, STRAT-062 an ``any`` table different ones.

    A table of lists gives each output as the list of its values, row by row.
    """
    rows = firing(table, known)
    if table.hit == "unique" and len(rows) > 1:
        raise faults.TWO_FIRED.error(table=table.id, count=1, rows=", ".join(r.id for r in rows))
    if table.hit == "any" and len({_plain(r.results) for r in rows}) > 1:
        raise faults.ANSWERS_DIFFER.error(table=table.id, count=1, rows=", ".join(r.id for r in rows))
    if table.hit in ("priority", "output order"):
        rows = [row for row in table.ranked() if row in rows]
    if not table.counts_all:
        rows = rows[:1]
    answers = [row.results for row in rows]
    if not answers and table.default is not None:
        return [], _answer(table, [table.default], default=True)
    return rows, _answer(table, answers)


def _answer(table: Table, answers: list, default: bool = False) -> dict[str, object]:
    columns = {c.name.id: [results[i] for results in answers] for i, c in enumerate(table.outputs)}
    if table.lists:
        return {name: [r.value if r else None for r in results] for name, results in columns.items()}
    if table.aggregates and not default:
        return {name: _gather(table.gather, results) for name, results in columns.items()}
    return {name: results[0].value if results and results[0] else None for name, results in columns.items()}


def _plain(results: tuple[Literal | None, ...]) -> tuple:
    return tuple(r.value if r else None for r in results)


def run(tables: tuple[Table, ...], inputs: Mapping[str, object]) -> dict[str, object]:
    """All tables in order, each seeing what the earlier ones gave; also ``TABLE#`` -> names of the rows that fired."""
    known = dict(inputs)
    for table in tables:
        rows, outputs = apply(table, known)
        known.update(outputs)
        known[f"{table.id}#"] = [row.id for row in rows]
    return known


def _gather(how: str, results: list) -> object:
    values = [r.value for r in results if r is not None]
    if how == "count":
        return len(values)
    if not values:
        return None
    return {"sum": sum, "min": min, "max": max}[how](values)


def _value(value: object) -> Value | None:
    return value  # pyright: ignore[reportReturnType]
