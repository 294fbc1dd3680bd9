"""A DMN model over cases, through the same compiled columns as a strategy over a book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import polars as pl

from shouyue.strategy import compiling
from shouyue.strategy.cells import Value, matches
from shouyue.strategy.dmn import feel
from shouyue.strategy.dmn.model import Decision, Model
from shouyue.strategy.model import Table
from shouyue.strategy.vocabulary import PHYSICAL

#: what a decision gives: a value, a context by component, or a list of either
Answer = object


def run(model: Model, cases: Sequence[Mapping[str, Value | None]]) -> list[dict[str, Answer]]:
    """For each case of inputs by name, what every decision gives, by the decision's name.

    An input that is not given, of another type, or outside what its type allows, is missing. Raises STRAT-061 and
    -062 where a table of one answer has two.
    """
    columns = []
    for name in model.inputs.values():
        values = [_allowed(model, name.id, case.get(name.id)) for case in cases]
        columns.append(pl.Series(name.column, values, dtype=PHYSICAL[name.type.kind]))
    frame = pl.DataFrame([pl.Series("#case", range(len(cases)), dtype=pl.Int64), *columns])
    done = reduce(compiling.apply, model.tables, frame.lazy()).collect()
    compiling.guard(done, model.tables)
    answers = {d.name: _answers(done, d) for d in model.decisions}
    return [{name: given[at] for name, given in answers.items()} for at in range(len(cases))]


def _allowed(model: Model, name: str, value: Value | None) -> Value | None:
    if value is None or feel.kind_of(value) != model.inputs[name].type.kind:
        return None
    limit = model.limits.get(name)
    return value if limit is None or matches(limit, value) else None


def _answers(done: pl.DataFrame, decision: Decision) -> list[Answer]:
    table = decision.table
    if table.lists:
        return [[_named(decision, row) for row in rows] for rows in _lists(done, table)]
    columns = [done[f"={c.name.id}"].to_list() for c in table.outputs]
    return [_named(decision, row) for row in zip(*columns, strict=True)]


def _named(decision: Decision, row: Sequence[Value | None]) -> Answer:
    if not decision.components:
        return row[0]
    named = dict(zip(decision.components, row, strict=True))
    return named if any(v is not None for v in row) else None


def _lists(done: pl.DataFrame, table: Table) -> list[list[tuple[Value | None, ...]]]:
    given = compiling.answers(table)
    met = done.select(condition.alias(f"{at}") for at, (condition, _) in enumerate(given)).rows()
    rows = [tuple(r.value if r else None for r in results) for _, results in given]
    return [[row for row, m in zip(rows, case, strict=True) if m] for case in met]
