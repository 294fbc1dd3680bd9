"""Tables as Polars column expressions: the whole book is decided at once, without a Python object per loan.

Each different cell of a table becomes one boolean expression, each row the conjunction of its cells, each table the
number of the row that fires; outputs are looked up by that number.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

import polars as pl

from shouyue.strategy import faults
from shouyue.strategy.cells import Between, Cell, Compare, Literal, Null, Op, Test, Type, Value
from shouyue.strategy.model import Row, Table
from shouyue.strategy.vocabulary import PHYSICAL


def condition(cell: Cell, column: pl.Expr, type_: Type) -> pl.Expr | None:
    """The cell over a column, never null; None for ``-``."""
    if cell.any:
        return None
    known = [t for t in cell.tests if not isinstance(t, Null)]
    null = len(known) < len(cell.tests)
    met = _any_of(known, column, type_) if known else None
    if cell.negated and cell.or_missing:
        return pl.lit(value=True) if met is None else ~met.fill_null(value=False)
    if cell.negated:
        return column.is_not_null() if met is None else column.is_not_null() & ~met.fill_null(value=False)
    if met is None:
        return column.is_null()
    met = met.fill_null(value=False)
    return met | column.is_null() if null else met


def _any_of(tests: Sequence[Test], column: pl.Expr, type_: Type) -> pl.Expr:
    equal = [t.to.value for t in tests if isinstance(t, Compare) and t.op == "="]
    parts = [_test(t, column, type_) for t in tests if not (isinstance(t, Compare) and t.op == "=")]
    if len(equal) == 1:
        parts.append(column == _lit(equal[0], type_))
    elif equal:
        parts.append(column.is_in(pl.Series(equal, dtype=PHYSICAL[type_.kind]).implode()))
    return reduce(or_, parts)


def _test(test: Test, column: pl.Expr, type_: Type) -> pl.Expr:
    if isinstance(test, Compare):
        return _compare(column, test.op, _lit(test.to.value, type_))
    assert isinstance(test, Between)
    low, high = _lit(test.low.value, type_), _lit(test.high.value, type_)
    return _compare(column, ">=" if test.low_in else ">", low) & _compare(column, "<=" if test.high_in else "<", high)


def _compare(column: pl.Expr, op: Op, value: pl.Expr) -> pl.Expr:
    match op:
        case "=":
            return column == value
        case "!=":
            return column != value
        case "<":
            return column < value
        case "<=":
            return column <= value
        case ">":
            return column > value
        case ">=":
            return column >= value


def _lit(value: Value, type_: Type) -> pl.Expr:
    return pl.lit(value, dtype=PHYSICAL[type_.kind])


def column_of(table_input) -> pl.Expr:
    """The column that holds a name: the data's own, or ``=NAME`` for what an earlier table gave."""
    name = table_input.name
    return pl.col(f"={name.id}" if name.table else name.column)


def row_condition(table: Table, row: Row) -> pl.Expr:
    parts = [
        met
        for cell, column in zip(row.cells, table.inputs, strict=True)
        if (met := condition(cell, column_of(column), column.name.type)) is not None
    ]
    return reduce(and_, parts) if parts else pl.lit(value=True)


def fired(table: Table) -> str:
    """Name of the column that says which row fired: its place in ``rows``, from 0, null where none."""
    return f"#{table.id}"


def hits(table: Table) -> list[str]:
    """Names of the columns of a table that looks at all its rows: row by row, whether it fired."""
    return [f"#{table.id}.{row.id}" for row in table.rows]


def apply(frame: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """The frame with the table's outputs (``=NAME``) and which rows fired.

    ``!ID`` counts the rows of a ``unique`` table that fired, the different answers of an ``any`` table. A table of
    lists has no outputs here, only its ``hits``: what they give is the same for every loan (see ``answers``).
    """
    if table.counts_all:
        return _all(frame, table)
    conditions = {row.number: row_condition(table, row) for row in table.rows}
    places = {row.number: at for at, row in enumerate(table.rows)}
    ranked = [(conditions[r.number], places[r.number]) for r in table.ranked()]
    if not conditions:
        index = pl.lit(None, dtype=pl.Int32)
    else:
        index = pl.coalesce(pl.when(c).then(pl.lit(at, dtype=pl.Int32)) for c, at in ranked)
    columns = [index.alias(fired(table))]
    if counted := _counted(table, conditions):
        columns.append(pl.sum_horizontal(pl.lit(0, dtype=pl.Int32), *counted).alias(f"!{table.id}"))
    frame = frame.with_columns(columns)
    return frame.with_columns(
        _looked_up(table, i, column.name.type).alias(f"={column.name.id}") for i, column in enumerate(table.outputs)
    )


def _counted(table: Table, conditions: dict[int, pl.Expr]) -> list[pl.Expr]:
    """What may not be true twice: rows of a ``unique`` table, answers of an ``any`` table."""
    if table.hit == "unique":
        return list(conditions.values())
    if table.hit != "any":
        return []
    groups: dict[tuple, list[pl.Expr]] = {}
    for row in table.rows:
        groups.setdefault(tuple(r.value if r else None for r in row.results), []).append(conditions[row.number])
    return [reduce(or_, group) for group in groups.values()]


def _looked_up(table: Table, at: int, type_: Type) -> pl.Expr:
    values = [r.value if (r := row.results[at]) else None for row in table.rows]
    series = pl.Series(values, dtype=PHYSICAL[type_.kind])
    found = pl.lit(series).gather(pl.col(fired(table))) if values else pl.lit(None, dtype=series.dtype)
    other = table.default[at] if table.default else None
    if other is None:
        return found
    return pl.when(pl.col(fired(table)).is_null()).then(_lit(other.value, type_)).otherwise(found)


def _all(frame: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    frame = frame.with_columns(
        row_condition(table, row).alias(name) for row, name in zip(table.rows, hits(table), strict=True)
    )
    if table.lists:
        return frame  # put into words where the sentences are known, see shouyue.strategy.words
    outputs = []
    for at, column in enumerate(table.outputs):
        type_ = column.name.type
        dtype = PHYSICAL[type_.kind]
        firing = [(r, hit) for row, hit in zip(table.rows, hits(table), strict=True) if (r := row.results[at])]
        if table.gather == "count":
            given = [pl.col(hit) for _, hit in firing]
        else:
            given = [pl.when(pl.col(hit)).then(_lit(result.value, type_)) for result, hit in firing]
        gathered = _gathered(table.gather, given, dtype)
        if table.default is not None and table.rows:
            other = pl.lit(r.value if (r := table.default[at]) else None, dtype=dtype)
            gathered = pl.when(pl.any_horizontal(hits(table))).then(gathered).otherwise(other)
        elif table.default is not None:
            gathered = pl.lit(r.value if (r := table.default[at]) else None, dtype=dtype)
        outputs.append(gathered.alias(f"={column.name.id}"))
    return frame.with_columns(outputs)


def answers(table: Table) -> list[tuple[pl.Expr, tuple[Literal | None, ...]]]:
    """What a table of lists gives, in order: the condition over its ``hits``, and the results of that row."""
    given = [(pl.col(f"#{table.id}.{row.id}"), row.results) for row in table.ranked()]
    if table.default is not None:
        none = ~pl.any_horizontal(hits(table)) if table.rows else pl.lit(value=True)
        given.append((none, table.default))
    return given


def _gathered(how: str, given: Sequence[pl.Expr], dtype: pl.DataType) -> pl.Expr:
    if how == "count":
        return pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *given).cast(pl.Int64)
    if not given:
        return pl.lit(None, dtype=dtype)
    if how == "sum":
        some = pl.any_horizontal(g.is_not_null() for g in given)
        return pl.when(some).then(pl.sum_horizontal(given)).cast(dtype)
    return pl.min_horizontal(given) if how == "min" else pl.max_horizontal(given)


def guard(frame: pl.DataFrame, tables: Sequence[Table]) -> None:
    """Raises STRAT-061 where a ``unique`` table had two rows for one loan, STRAT-062 an ``any`` table two answers."""
    for table in tables:
        if table.hit not in ("unique", "any") or not table.rows:
            continue
        two = frame.filter(pl.col(f"!{table.id}") > 1)
        if two.height:
            again = two.head(1).lazy().select(row_condition(table, r).alias(r.id) for r in table.rows).collect()
            rows = [name for name, met in again.row(0, named=True).items() if met]
            code = faults.TWO_FIRED if table.hit == "unique" else faults.ANSWERS_DIFFER
            raise code.error(table=table.id, count=two.height, rows=", ".join(rows))


def used_columns(tables: Sequence[Table]) -> list[str]:
    """The data's columns the tables ask for, each once."""
    columns = (c.name.column for t in tables for c in t.inputs if not c.name.table)
    return list(dict.fromkeys(columns))
