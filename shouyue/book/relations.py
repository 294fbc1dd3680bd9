"""What lies in a lender's database: its tables and views with their first rows, as samples for a proposed profile.

Rows are read by the very readers an import uses, through a query of the kind that is then proposed: columns by name,
those of types that hold no exact amount or no text cast to one that does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from shouyue.book import faults
from shouyue.book.databases.address import address
from shouyue.book.databases.postgresql import Snapshot, snapshot
from shouyue.book.databases.spooling import spool
from shouyue.book.profile_model import TableProfile
from shouyue.book.sampling import ROWS, LeftOut, Sample
from shouyue.book.sources.query import QueryResult

#: tables looked into, those with the most known columns first; and how many known columns make one worth a look
MOST, LEAST_KNOWN = 30, 2
#: types read as they are; floats and money become exact numbers, bytes are left alone, all else becomes text
_AS_IT_IS = (
    "text", "character varying", "character", "name", "smallint", "integer", "bigint", "numeric", "boolean", "date",
    "timestamp without time zone", "timestamp with time zone", "uuid",
)  # fmt: skip
_INEXACT = ("real", "double precision", "money")

_COLUMNS = """
SELECT table_schema, table_name, quote_ident(table_schema) || '.' || quote_ident(table_name) AS relation,
  column_name, quote_ident(column_name) AS quoted, data_type
FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_schema NOT LIKE 'pg\\_%'
ORDER BY table_schema, table_name, ordinal_position
"""


@dataclass(frozen=True)
class Relation:
    """A table or view. ``columns`` are (header, how a query says it)."""

    schema: str
    name: str
    quoted: str
    columns: tuple[tuple[str, str], ...] = field(default=())

    def query(self, headers: list[str] | None = None) -> str:
        """A query for these columns, in the relation's order; all of them where none are named."""
        said = [how for header, how in self.columns if headers is None or header in headers]
        return f"SELECT {', '.join(said)}\nFROM {self.quoted}"


def samples(variable: str, schema: str | None, known: Callable[[str], bool]) -> tuple[list[Sample], list[LeftOut]]:
    """The tables of the database that have columns one knows. Raises BOOK-221, -222, -224, -225, and -310 where the
    database is none whose tables can be listed."""
    place = address(variable)
    if place.kind != "postgresql":
        raise faults.NOT_LISTED.error(kind=place.kind)
    found: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="shouyue-") as folder, snapshot(place) as database:
        telling, left = _telling(_relations(database, Path(folder)), schema, known)
        for number, relation in enumerate(telling):
            found.append(_sample(database, relation, Path(folder) / f"{number}.parquet", len(telling) > 1))
    return found, left


def _relations(database: Snapshot, folder: Path) -> list[Relation]:
    path = folder / "columns.parquet"
    with database.batches("information_schema", _COLUMNS) as (schema, batches):
        spool(batches, schema, path, lambda _: None)
    found: dict[tuple[str, str], Relation] = {}
    for schema_, name, quoted, header, said, kind in pl.read_parquet(path).iter_rows():
        one = found.setdefault((schema_, name), Relation(schema_, name, quoted))
        if kind == "bytea":
            continue
        cast = "" if kind in _AS_IT_IS else "numeric" if kind in _INEXACT else "text"
        how = f"{said}::{cast} AS {said}" if cast else said
        found[schema_, name] = replace(one, columns=(*one.columns, (header, how)))
    return list(found.values())


def _telling(
    relations: list[Relation], schema: str | None, known: Callable[[str], bool]
) -> tuple[list[Relation], list[LeftOut]]:
    """The relations worth a look, and those that nearly are."""
    weighed = []
    for one in relations:
        count = sum(known(header) for header, _ in one.columns)
        if count and (schema is None or one.schema == schema):
            weighed.append((count, one))
    weighed.sort(key=lambda pair: (-pair[0], pair[1].schema, pair[1].name))
    few = [one for count, one in weighed if count < LEAST_KNOWN]
    telling = [one for count, one in weighed if count >= LEAST_KNOWN]
    left = [LeftOut(f"{r.schema}.{r.name}", "认得的列太少", "too few columns are known") for r in few[:MOST]]
    left += [
        LeftOut(f"{r.schema}.{r.name}", f"只看认得的列最多的 {MOST} 张表", f"only the {MOST} likeliest are looked into")
        for r in telling[MOST:]
    ]
    return telling[:MOST], left


def _sample(database: Snapshot, relation: Relation, path: Path, several: bool) -> Sample:
    query = relation.query()
    reading = TableProfile("", (), (), (), query=query)
    with database.batches(relation.name, f"{query}\nLIMIT {ROWS + 1}") as (schema, batches):
        rows = spool(batches, schema, path, lambda _: None)
    source = QueryResult(path, reading)
    parts = [chunk.frame for chunk in source.chunks()]
    path.unlink()
    frame = pl.concat(parts) if parts else pl.DataFrame(schema={str(n): pl.String for n in range(len(source.headers))})
    name = f"{relation.schema}/{relation.name}" if several else relation.name
    return Sample(Path(relation.name.replace(".", "_")), name, reading, source.headers, frame.head(ROWS), rows <= ROWS,
                  relation=relation)  # fmt: skip
