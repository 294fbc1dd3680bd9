"""What a command needs before it can touch the desk."""

from __future__ import annotations

import os

from shouyue.base.errors import Code

BEHIND = Code(
    "OPS-001",
    zh="数据库结构落后于程序，请先运行 shouyue db migrate",
    en="the database is behind the program; run shouyue db migrate first",
)


def open_desk() -> None:
    """Set Django up; starts the embedded database when no other is named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shouyue.web.settings")
    import django

    django.setup()


def behind() -> bool:
    """Is a migration still to be applied?"""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def require_migrated() -> None:
    """Raises OPS-001 while a migration is missing."""
    if behind():
        raise BEHIND.error()


def migrate() -> None:
    """Apply what is missing; one process at a time, the others wait and find nothing left to do."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])


_MIGRATING = 0x5359_4D49_4752
