"""`shouyue strategy versions`: the versions of a strategy on the desk, and what two of them differ in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from shouyue.strategy import Strategy, differing, draft
from shouyue.strategy.showing import as_text

#: how a row stands, before its name
_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "↕"}


def given(text: str) -> Strategy:
    """What a person names: a file, a name for the file of that name, ``name#7`` for a version on the desk.

    Faults come back with it. Raises STRAT-001, REL-002.
    """
    if "#" not in text or Path(text).is_file():
        return draft(text)
    _open()
    from shouyue.daily import strategies

    return strategies.of_identity(text)


def _open() -> None:
    from shouyue.cli.desk import open_desk, require_migrated

    open_desk()
    require_migrated()


@click.group()
def versions() -> None:
    """The versions of a strategy on the desk: list, show, diff. 策略在工作台上的各个版本。"""


@versions.command("list")
@click.argument("name")
def list_(name: str) -> None:
    """The versions of a strategy, the newest first, and which is in force. 列出版本。"""
    _open()
    from shouyue.daily import business_day
    from shouyue.releases import queries, timeline

    today = business_day.today()
    said = queries.said("strategy", name)
    now = timeline.in_force(said, today)
    coming = {e.number: e.effective_from for e in timeline.ahead(said, today)}
    for found in queries.versions("strategy", name):
        mark = "生效 in force" if now and now.number == found.number else ""
        if day := coming.get(found.number):
            mark = " ".join(filter(None, [mark, f"自 from {day}"]))
        line = (
            f"#{found.number}",
            queries.state(found),
            f"{found.at:%Y-%m-%d %H:%M}",
            str(found.author),
            found.note,
            mark,
        )
        click.echo("\t".join(line).rstrip())
    if now is None or now.number is None:
        click.echo("没有已发布的版本生效，使用文件 no released version in force, the file is used")


@versions.command()
@click.argument("name")
@click.argument("number", type=int)
@click.option("--text", is_flag=True, help="The text itself, not its tables. 原文。")
def show(name: str, number: int, text: bool) -> None:
    """One version: its tables, what became of it and why. 显示一个版本。"""
    _open()
    from shouyue.daily import strategies
    from shouyue.releases import queries

    found = queries.version("strategy", name, number)
    if text:
        click.echo(found.text, nl=False)
        return
    click.echo(as_text(strategies.read(found)))
    click.echo()
    for event in reversed(queries.history("strategy", name)):
        if event.number == number:
            from_ = f"自 from {event.effective_from}" if event.effective_from else ""
            line = f"{event.at:%Y-%m-%d %H:%M}", event.action, str(event.by), from_, event.reason
            click.echo("\t".join(line).rstrip())


@versions.command()
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """What NEW changes in OLD, row by row. Each is NAME#NUMBER, a name or a file. 逐行比较两个版本。

    Exit 0 where nothing differs, 1 where something does.
    """
    was, now = given(old), given(new)
    lines = list(told(differing.differ(was, now)))
    click.echo(f"{was.id} → {now.id}")
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("没有差别 nothing differs")
    raise SystemExit(1 if lines else 0)


def told(difference: differing.Difference) -> Iterable[str]:
    """A line for each key and row that differs, and one for each cell: as it is written, then in words."""
    for key in difference.keys:
        yield f"~ [{key.section}] {_change(key, key.key)}"
    for row in difference.changed:
        place = f"   #{row.was} → #{row.now}" if row.status == "moved" else ""
        yield f"{_SIGNS[row.status]} {row.table}/{row.row}{place}   {' · '.join(row.called)}"
        for cell in row.cells:
            yield f"    {_change(cell, cell.column)}"


def _change(one: differing.CellChange | differing.KeyChange, name: str) -> str:
    return f"{name}: {one.was} → {one.now}   {' · '.join(one.in_words)}"
