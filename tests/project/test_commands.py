"""The command line explains itself, at once and in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from shouyue.cli.main import COMMANDS, cli

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def every(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if path:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, (*path, name)
            yield from every(below, (*path, name))


FOUND = [(path, command) for path, command in every(cli) if path[0] != "manage"]


@pytest.mark.parametrize(("path", "command"), FOUND, ids=lambda value: " ".join(value) if type(value) is tuple else "")
def test_a_command_explains_itself_in_both_languages(path, command):
    shown = CliRunner().invoke(cli, [*path, "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith("Usage:")
    assert CHINESE.search(command.help or ""), "no Chinese"
    assert re.search(r"[A-Za-z]{3}", command.help or ""), "no English"


def test_the_first_page_names_every_command():
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert all(re.search(rf"^  {name}\b", shown, flags=re.MULTILINE) for name in COMMANDS)


def test_the_first_page_loads_nothing_heavy_and_starts_nothing():
    code = (
        "import sys; from shouyue.cli.main import cli; cli(['--help'], standalone_mode=False); "
        "heavy = {'django', 'numpy', 'polars', 'pyarrow', 'numba', 'psycopg'} & set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_command_is_a_usage_error():
    assert CliRunner().invoke(cli, ["nonsense"]).exit_code == 2
