"""PostgreSQL through ADBC: one read-only snapshot for all of a profile's queries, rows streamed by COPY."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa

from shouyue.book import faults
from shouyue.book.databases.address import Address

#: seconds to wait for the server, where the address says nothing
CONNECT_SECONDS = 15
#: what the driver aims at for a batch, in bytes
BATCH_BYTES = 8 << 20
#: classes of SQLSTATE whose messages speak of the query, the objects and the server, and of no row's values
_SAYABLE = ("0A", "25", "3D", "3F", "42", "53", "54", "55", "57", "58")
#: classes that mean the connection or the server went away
_BROKEN = ("08", "57", "58")


class Snapshot:
    """An open transaction that cannot write and sees the database as it was when it began."""

    def __init__(self, connection: Any, address: Address):
        self._connection, self._address = connection, address
        self._row(
            "SELECT set_config('client_encoding', CASE current_setting('server_encoding') "
            "WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, true)"
        )
        row = self._row(
            "SELECT current_setting('transaction_read_only'), current_setting('server_encoding'), "
            "current_setting('server_version')"
        )
        if row[0] != "on":  # a pooler that gave the session to somebody else meanwhile
            raise faults.NOT_READ_ONLY.error(variable=address.variable)
        #: the server does not know how its texts are encoded; they come as they lie
        self.raw_text = row[1] == "SQL_ASCII"
        self.server = f"PostgreSQL {row[2].split()[0]}"

    def estimate(self, table: str, query: str) -> int:
        """Rows the planner expects. Raises BOOK-225 when the query cannot run, before anything else is read."""
        with self._cursor(table) as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(f"EXPLAIN (FORMAT JSON) {_select(query)}")
            plan = cursor.fetchone()[0]
        return int(json.loads(plan)[0]["Plan"]["Plan Rows"])

    @contextmanager
    def batches(self, table: str, query: str) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        """Schema and record batches of a query's rows; memory holds one. Raises BOOK-225, -226, -230."""
        with self._cursor(table) as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
            cursor.execute(_select(query))
            reader = cursor.fetch_record_batch()
            yield reader.schema, self._read(reader, table)

    def _read(self, reader: pa.RecordBatchReader, table: str) -> Iterator[pa.RecordBatch]:
        """The batches. An error among them comes without its code, and its words may hold a row's value."""
        try:
            yield from reader
        except (pa.ArrowException, OSError):
            pass
        else:
            return
        raise (faults.QUERY_STOPPED.error(table=table) if self._alive() else _broke(table, "–"))

    def _alive(self) -> bool:
        """Does the server still answer, if only to say that the transaction has failed?"""
        import adbc_driver_manager

        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except adbc_driver_manager.Error as why:
            return getattr(why, "sqlstate", None) == "25P02"
        return True

    def _row(self, query: str) -> tuple[Any, ...]:
        with self._cursor("-") as cursor:
            cursor.execute(query)
            return cursor.fetchone()

    @contextmanager
    def _cursor(self, table: str) -> Iterator[Any]:
        import adbc_driver_manager

        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except adbc_driver_manager.Error as why:
            raise _failure(why, table, self._address) from None


@contextmanager
def snapshot(address: Address) -> Iterator[Snapshot]:
    """Connect and begin. Raises BOOK-224 when there is no way in."""
    import adbc_driver_manager
    import adbc_driver_postgresql.dbapi

    try:
        connection = adbc_driver_postgresql.dbapi.connect(_patient(address.url), autocommit=True)
    except adbc_driver_manager.Error as why:
        raise _no_way_in(str(why), address) from None
    try:
        try:
            for command in (
                "SET default_transaction_read_only = on",
                "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                "SET LOCAL datestyle TO 'ISO'",
            ):
                with connection.cursor() as cursor:
                    cursor.execute(command)
        except adbc_driver_manager.Error as why:
            raise _failure(why, "-", address) from None
        yield Snapshot(connection, address)
    finally:
        _close(connection)


def _close(connection: Any) -> None:
    """End the transaction; a connection that is lost is closed all the same."""
    import adbc_driver_manager

    with suppress(adbc_driver_manager.Error):
        connection.close()


def _select(query: str) -> str:
    """The query as something that can only be a SELECT: anything else is a syntax error here, whatever it would do."""
    return f"SELECT * FROM (\n{query}\n) AS of_the_profile"  # noqa: S608 (the lender's own query)


def _patient(url: str) -> str:
    if "connect_timeout" in url:
        return url
    if "://" not in url:
        return f"{url} connect_timeout={CONNECT_SECONDS}"
    return f"{url}{'&' if '?' in url else '?'}connect_timeout={CONNECT_SECONDS}"


def _failure(why: Any, table: str, address: Address) -> Exception:
    """The driver's error as a fault that repeats neither the address nor any value of a row."""
    state = getattr(why, "sqlstate", None) or ""
    said = dict(getattr(why, "details", None) or ()).get("PG_DIAG_MESSAGE_PRIMARY", b"")
    said = said or dict(getattr(why, "details", None) or ()).get(b"PG_DIAG_MESSAGE_PRIMARY", b"")
    if not state or state.startswith(_BROKEN):
        return _broke(table, state or "–")
    text = address.scrubbed(said.decode("utf-8", "replace").splitlines()[0]) if said else ""
    return faults.QUERY_REFUSED.error(table=table, code=state, why=text if state.startswith(_SAYABLE) else "…")


def _broke(table: str, code: str) -> Exception:
    return faults.QUERY_BROKE.error(table=table, code=code)


#: what libpq says -> what is told; its own words may hold parts of the address
_REASONS = (
    (r"password|authentication|pg_hba|role .* does not exist", faults.LOGIN),
    (r"database .* does not exist", faults.NO_SUCH_DATABASE),
    (r"SSL|TLS|certificate", faults.NO_TLS),
    (r"too many|remaining connection slots", faults.FULL),
    (r"translate host|refused|timeout|timed out|No such file|unreachable|closed the connection|no route", faults.GONE),
    (r"invalid|missing|end of string|unexpected|unterminated", faults.MALFORMED),
)


def _no_way_in(said: str, address: Address) -> Exception:
    zh, en = next((words for pattern, words in _REASONS if re.search(pattern, said, re.IGNORECASE)), faults.REFUSED)
    return faults.NOT_CONNECTED.error(variable=address.variable, why_zh=zh, why_en=en)
