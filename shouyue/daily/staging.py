"""Columns into PostgreSQL: COPY into a temporary table, then one statement that writes only what differs.

Everything runs on Django's connection inside the caller's transaction; a temporary table goes when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import Field, Model

#: rows formatted at a time, so that the text of a big table is never whole in memory
CHUNK = 50_000
#: parts that are worked out before they are written: bounds the memory, whatever the book's size
AHEAD = 8

_TYPES: dict[Any, str] = {
    pl.String: "text",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Int8: "int",
    pl.Int16: "int",
    pl.Int32: "int",
    pl.Int64: "bigint",
    pl.UInt32: "bigint",
}


def execute(sql: str, parameters: Sequence[Any] | None = None) -> int:
    """Run a statement; returns how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return max(cursor.rowcount, 0)


def read(sql: str, parameters: Sequence[Any] | Mapping[str, Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of a query as columns."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return pl.DataFrame(cursor.fetchall(), schema=dict(schema), orient="row")


def create(table: str, schema: Mapping[str, Any], types: Mapping[str, str] | None = None) -> None:
    """A temporary table. ``types`` are PostgreSQL's for columns that hold more than their text says (JSON, arrays)."""
    columns = ", ".join(f'"{name}" {(types or {}).get(name, _TYPES[kind])}' for name, kind in schema.items())
    execute(f"DROP TABLE IF EXISTS pg_temp.{table}")  # of an earlier run in the same transaction
    execute(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")


def append(table: str, frame: pl.DataFrame) -> None:
    """COPY the rows of ``frame`` behind those the table has."""
    send(table, frame.columns, (text(part) for part in frame.iter_slices(CHUNK)))


def send(table: str, columns: Iterable[str], texts: Iterable[str]) -> None:
    """COPY rows that are ``text`` already."""
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy:
        for part in texts:
            copy.write(part)


def text(frame: pl.DataFrame) -> str:
    """The rows as CSV that COPY reads."""
    clean = [pl.col(n).str.replace_all("\x00", "", literal=True) for n, t in frame.schema.items() if t == pl.String]
    return frame.with_columns(clean).write_csv(include_header=False, quote_style="necessary")


@contextmanager
def ahead(*works: Iterable[Any]) -> Iterator[list[Iterator[Any]]]:
    """The works, made part by part in a thread beside the caller, who takes them in the same order.

    They must not use the database. At most ``AHEAD`` parts wait to be taken. What fails in the thread is raised where
    the part would have been; when the caller fails, the thread ends after the part it is at.
    """
    made: Queue[Any] = Queue(AHEAD)
    stopped, end, failures = Event(), object(), []

    def make() -> None:
        try:
            for work in works:
                for part in work:
                    made.put(part)
                    if stopped.is_set():
                        return
                made.put(end)
        except BaseException as failure:
            failures.append(failure)
            made.put(end)

    def taken() -> Iterator[Any]:
        while (part := made.get()) is not end:
            yield part
        if failures:
            raise failures[0]

    maker = Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        yield [taken() for _ in works]
    finally:
        stopped.set()
        while maker.is_alive():
            with suppress(Empty):
                made.get(timeout=0.05)


def stage(
    table: str, frame: pl.DataFrame, index: str = "", asked: str = "", types: Mapping[str, str] | None = None
) -> None:
    """A temporary table with the rows of ``frame``, settled."""
    create(table, frame.schema, types)
    append(table, frame)
    settle(table, index, asked)


def settle(table: str, index: str = "", asked: str = "") -> None:
    """Make the planner know a temporary table once it is filled.

    ``index`` is its unique key, if it needs one; ``asked`` are columns that statements join or choose by besides. Of
    the others nothing need be known, and wide ones cost more to look into than to copy.
    """
    if index:
        execute(f"CREATE UNIQUE INDEX ON {table} ({index})")
    execute(f"ANALYZE {table} ({', '.join(filter(None, (index, asked)))})")


def fit(model: type[Model], frame: pl.DataFrame) -> pl.DataFrame:
    """Texts cut to what the model's columns hold, empty where missing and the column may not be null."""
    cut = []
    for name, kind in frame.schema.items():
        if kind != pl.String:
            continue
        field = _field(model, name)
        column = pl.col(name) if field is None or field.null else pl.col(name).fill_null("")
        if field is not None and getattr(field, "max_length", None):
            column = column.str.slice(0, field.max_length)
        cut.append(column)
    return frame.with_columns(cut)


def _field(model: type[Model], name: str) -> Any:
    return next((f for f in model._meta.get_fields() if isinstance(f, Field) and f.attname == name), None)


def write(
    model: type[Model],
    source: str,
    key: Sequence[str],
    values: Mapping[str, str],
    extra: Mapping[str, str] | None = None,
) -> tuple[int, int]:
    """Upsert ``source`` (a table or a query in brackets, aliased ``s``) into the model's table (``t``).

    ``values`` gives each column's expression over ``s``; ``key`` are those of them that find the row. ``extra`` are
    columns set on new rows only. Rows that would stay the same are not touched. Returns (updated, inserted).
    """
    table = model._meta.db_table
    match = " AND ".join(f't."{k}" = {values[k]}' for k in key)
    rest = [c for c in values if c not in key]
    updated = 0
    if rest:
        have = ", ".join(f't."{c}"' for c in rest)
        want = ", ".join(values[c] for c in rest)
        settings = ", ".join(f'"{c}" = {values[c]}' for c in rest)
        updated = execute(
            f"UPDATE {table} t SET {settings} FROM {source} s"  # noqa: S608 names come from the models
            f" WHERE {match} AND ({have}) IS DISTINCT FROM ({want})"
        )
    new = {**values, **(extra or {})}
    columns = ", ".join(f'"{c}"' for c in new)
    inserted = execute(
        f"INSERT INTO {table} ({columns}) SELECT {', '.join(new.values())} FROM {source} s"  # noqa: S608
        f" WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {match}) ON CONFLICT DO NOTHING"
    )
    return updated, inserted
