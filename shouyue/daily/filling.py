"""A lender's first day: an empty desk is filled without its keys and indexes, which are made again in bulk.

Holding each row against its keys one by one is the greater part of writing it. Taking keys off needs locks that stop
everybody else, so it is done only where nobody has anything to read: the tables are empty, nobody is at them now, and
enough comes that it is worth it. All happens in the caller's transaction: a run that is cut off leaves the keys on.
docs/adr/0007-publishing.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

import polars as pl
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.db.models import Model

from shouyue.casework.models import Case, ContactPoint, Customer, Loan, TimelineEntry
from shouyue.daily import staging
from shouyue.people.models import Store

#: cases below which the row by row way is as quick
FEW = 5_000
#: for sorting a table's keys, so that they are made in one pass
MEMORY = "256MB"
#: states of PostgreSQL: a lock that one does not wait for; no right to lock a table that keys point at
SOMEBODY_IS_THERE, NOT_ALLOWED = "55P03", "42501"

TABLES = tuple(model._meta.db_table for model in (Customer, ContactPoint, Loan, Case, TimelineEntry))


@dataclass
class Keys:
    """What ``keyed`` runs to make a table's keys and indexes again, names and all, in this order."""

    statements: dict[str, list[str]]


def unkeyed(cases: int) -> Keys | None:
    """Take keys and indexes off the desk's tables; None, and nothing done, where they are to be filled row by row.

    Primary keys stay: what other tables have points at them, and ascending ids cost little.
    """
    if cases < FEW or not _empty():
        return None
    try:
        with transaction.atomic():
            _lock()
            if not _plain() or not _empty():
                return None
            return _taken_off()
    except (OperationalError, ProgrammingError) as error:
        if getattr(error.__cause__, "sqlstate", None) in (SOMEBODY_IS_THERE, NOT_ALLOWED):
            return None
        raise


def keyed(keys: Keys | None, *models: type[Model]) -> None:
    """Make those of these tables again, or of all that are left: every row is held against them.

    A table's keys are best made as soon as it is full, while the next one's rows are still being worked out; a foreign
    key comes after the table that it points at. Raises IntegrityError as the row by row way does.
    """
    if keys is None:
        return
    staging.execute(f"SET LOCAL maintenance_work_mem = '{MEMORY}'")
    for table in [model._meta.db_table for model in models] or list(keys.statements):
        for statement in keys.statements.pop(table):
            staging.execute(statement)


def _rows(query: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [list(TABLES)])
        return cursor.fetchall()


def _empty() -> bool:
    any_row = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in TABLES)  # noqa: S608 names of the models
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {any_row}")
        return cursor.fetchone() == (False,)


def _lock() -> None:
    """The tables, and those that their foreign keys point at, or an error at once where somebody else is at one."""
    pointed = _rows(
        "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = ANY(%s::text[]::regclass[])"
    )
    for name in sorted({*TABLES, *(name for (name,) in pointed)}):
        staging.execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE NOWAIT")


def _plain() -> bool:
    """Are all tables this role's own, and no key or index of a kind that does not come back from its definition?

    The owner may take keys off; a key of another's table, replication and a tablespace hang on more than the text.
    """
    return not _rows(
        """
        SELECT 1 FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
         WHERE c.oid = ANY(%s::text[]::regclass[])
           AND (NOT pg_has_role(c.relowner, 'USAGE') OR c.relkind <> 'r' OR NOT i.indisprimary
                AND (i.indisreplident OR i.indisclustered OR NOT i.indisvalid OR x.reltablespace <> 0
                     OR EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid)))
        """
    )


def _taken_off() -> Keys:
    indexes = _rows(
        """
        SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
         WHERE i.indrelid = ANY(%s::text[]::regclass[]) AND NOT i.indisprimary
           AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('u', 'x'))
         ORDER BY i.indexrelid
        """
    )
    keys = _rows(
        """
        SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conrelid = ANY(%s::text[]::regclass[]) AND contype IN ('u', 'x', 'f') ORDER BY contype = 'f', oid
        """
    )
    for table, name, _ in keys:
        staging.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for _, name, _ in indexes:
        staging.execute(f"DROP INDEX {name}")
    again: dict[str, list[str]] = {table: [] for table in TABLES}
    for table, _, whole in indexes:
        again[table].append(whole)
    for table, name, whole in keys:
        again[table].append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {whole}")
    return Keys(again)


# ---------------------------------------------------------------- the rows, straight into the desk's tables
def customers(parts: Iterable[pl.DataFrame]) -> None:
    """As ``publishing.customers``."""
    stores = pl.DataFrame(
        list(Store.objects.values_list("code", "id")), {"store": pl.String, "store_id": pl.Int64}, orient="row"
    )
    persons: list[pl.DataFrame] = []

    def of(rows: pl.DataFrame) -> pl.DataFrame:
        persons.append(rows.select("person_id"))
        return rows.join(stores, on="store").drop("store")

    _fill(Customer, map(of, parts))
    staging.stage("s_person", pl.concat(persons).unique(), asked="person_id")
    staging.execute("INSERT INTO compliance_person (key) SELECT person_id FROM s_person ON CONFLICT DO NOTHING")


def contact_points(parts: Iterable[pl.DataFrame], as_of: date) -> None:
    """As ``publishing.contact_points``; all came with their customers, whatever the day is."""
    ids = _ids()
    _fill(ContactPoint, (_of(rows, ids) for rows in parts))


def loans(parts: Iterable[pl.DataFrame]) -> None:
    """As ``publishing.loans``."""
    ids = _ids()
    _fill(Loan, (_of(rows.rename({"new_schedule": "schedule"}), ids) for rows in parts))


def entries(lines: pl.DataFrame, at: datetime) -> int:
    """The lines of the new cases' timelines, as ``publishing.open_timelines`` writes them; returns how many."""
    cases = staging.read(
        f"SELECT u.customer_id, c.id FROM {Case._meta.db_table} c JOIN {Customer._meta.db_table} u"  # noqa: S608
        " ON u.id = c.customer_id",
        [],
        {"customer_id": pl.String, "case": pl.Int64},
    )
    one_each = lines.drop("case_id").unique(["customer_id", "ref"], keep="first", maintain_order=True)
    rows = one_each.join(cases, on="customer_id", maintain_order="left").drop("customer_id")
    rows = rows.rename({"case": "case_id"}).with_columns(pl.lit(at.isoformat()).alias("at"))
    _fill(TimelineEntry, rows.iter_slices(staging.CHUNK))
    return rows.height


def _fill(model: type[Model], frames: Iterable[pl.DataFrame]) -> None:
    """COPY rows into a table of the desk; the next ones are made text while the server reads."""
    with staging.ahead((rows.columns, staging.text(rows)) for rows in frames) as [made]:
        for columns, first in made:
            staging.send(model._meta.db_table, columns, chain([first], (text for _, text in made)))


def _ids() -> pl.DataFrame:
    query = f"SELECT customer_id, id FROM {Customer._meta.db_table}"  # noqa: S608 a name of the models
    return staging.read(query, [], {"customer_id": pl.String, "id": pl.Int64})


def _of(rows: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """The rows with the desk's id of their customer for the lender's."""
    return rows.join(ids, on="customer_id", maintain_order="left").drop("customer_id").rename({"id": "customer_id"})
