"""What a command needs before it can touch the desk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shouyue.base.errors import Code

if TYPE_CHECKING:
    from shouyue.casework.models import Instruction

BEHIND = Code(
    "OPS-001",
    zh="数据库结构落后于程序，请先运行 shouyue db migrate",
    en="the database is behind the program; run shouyue db migrate first",
)
#: a day as an option
DAY = click.DateTime(formats=["%Y-%m-%d", "%Y%m%d"])


def open_desk() -> None:
    """Set Django up; starts the embedded database when no other is named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shouyue.web.settings")
    import django

    django.setup()


to_the_core = click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go; $SHOUYUE_HOME/instructions when not given. 指令文件的目录。",
)


def tell_the_core(made: Instruction | None, kind: str, folder: Path | None) -> None:
    """Write the instructions of a kind that are not in the folder, and say what the new one holds."""
    from shouyue.base import money
    from shouyue.casework import instructions

    for path in instructions.write(kind, folder or instructions.folder()):
        click.echo(str(path))
    if made is None:
        click.echo("没有新的指令 nothing new to tell")
        return
    click.echo(f"指令 instruction {made.number} · {made.count} 条 · SHA-256 {made.sha256}")
    for currency, component, count, minor in made.totals:
        click.echo(f"  {component} {currency} {money.from_minor(minor, currency):,} ({count})")


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
