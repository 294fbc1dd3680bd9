"""What the tests share that alter rows and ask who is named."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import CliRunner
from django.db.models import Model

from shouyue.cli.audit import audit
from shouyue.reports import witness
from tests.compliance.test_replay import behind_the_triggers


def named() -> set[str]:
    """Which kinds of row are named as altered, and by which field."""
    return {f"{one.row.split()[0]} {one.field}".strip() for one in witness.altered()}


def verified() -> tuple[int, str]:
    """Exit code and output of ``audit verify``."""
    result = CliRunner().invoke(audit, ["verify"])
    return result.exit_code, result.output


def must_name(alter: Callable[[], object], name: str) -> None:
    """After ``alter`` the row and field are named, on the command line too; the chain itself is whole."""
    alter()
    assert name in named()
    code, output = verified()
    assert code == 2 and name.split()[0] in output
    assert CliRunner().invoke(audit, ["verify", "--no-rows"]).exit_code == 0, "the chain itself is whole"


def every(model: type[Model], **values: object) -> Callable[[], None]:
    """Alter the rows of a table, whatever its triggers say."""

    def alter() -> None:
        with behind_the_triggers():
            model._default_manager.all().update(**values)

    return alter


def gone(model: type[Model]) -> Callable[[], None]:
    """Remove the rows of a table, whatever its triggers say."""

    def alter() -> None:
        with behind_the_triggers() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")

    return alter
