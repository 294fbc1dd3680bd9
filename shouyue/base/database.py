"""The desk's PostgreSQL: the lender's own by ``DATABASE_URL``, else an embedded server under ``SHOUYUE_HOME``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from shouyue.base import settings

#: settings of the embedded server that differ from PostgreSQL's own; durable, sized for a small machine
EMBEDDED = {
    "work_mem": "'32MB'",
    "maintenance_work_mem": "'256MB'",
    "max_wal_size": "'4GB'",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_parameter_max_length_on_error": "0",  # a statement's values may be somebody's name
    "log_min_error_statement": "panic",
}


def folder() -> Path:
    return settings.home() / "postgres"


def url() -> str:
    """Address of the desk's database; starts the embedded server when no ``DATABASE_URL`` is set."""
    return os.environ.get("DATABASE_URL") or start(folder())


def start(pgdata: Path, extra: Mapping[str, str] | None = None) -> str:
    """Start (or join) the embedded server in ``pgdata`` and return the address of its database ``shouyue``.

    ``extra`` is added to the configuration of a folder made by this call. Errors: those of ``embedded.start``.
    """
    import psycopg

    from shouyue.base import embedded

    server = embedded.start(pgdata, {**EMBEDDED, **_memory(), **(extra or {})})
    with psycopg.connect(embedded.database(server, "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'shouyue'").fetchone():
            quicker = (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
            with suppress(*quicker):  # another process may have made it meanwhile
                connection.execute("CREATE DATABASE shouyue TEMPLATE template0 ENCODING 'UTF8'")
    return embedded.database(server, "shouyue")


def _memory() -> dict[str, str]:
    """An eighth of the machine's memory for PostgreSQL's own cache, within 64 MB and 2 GB."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return {
        "shared_buffers": f"'{min(max(megabytes // 8, 64), 2048)}MB'",
        "effective_cache_size": f"'{max(megabytes // 2, 128)}MB'",
    }
