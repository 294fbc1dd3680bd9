"""`shouyue letters`: many letters at once, and one file of them for the printer."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TextIO
from uuid import UUID, uuid5

import click

from shouyue.base.errors import ShouyueError

#: a batch repeated on the same day gives the same letters
_NAMESPACE = UUID("9a5c2d52-5f0e-4c1b-9a43-6f0a1c6fb3d1")


@click.group()
def letters() -> None:
    """Letters, many at once. 批量信函。"""


@letters.command()
@click.option("--template", "name", required=True, help="reminder, arrears, statement. 模板。")
@click.option("--segment", help="Only cases of this segment. 客群。")
@click.option("--stage", help="Only cases in this stage. 阶段。")
@click.option("--by", "username", required=True, help="User name of the one who has them made. 经办人用户名。")
@click.option("--limit", type=click.IntRange(min=1), default=5_000, show_default=True, help="At most. 上限。")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PDF for the printer.")
def batch(name: str, segment: str | None, stage: str | None, username: str, limit: int, out: Path) -> None:
    """A letter to each open case that fits and that the gate allows, all in one PDF. Repeated on a day: the same.

    为符合条件且合规允许的案件逐一出函，合并为一个 PDF。同日重复执行得到相同的信函。
    """
    from shouyue.cli import desk

    desk.open_desk()
    desk.require_migrated()
    from rich.console import Console
    from rich.progress import Progress

    from shouyue.casework import queries
    from shouyue.cli.user import acting
    from shouyue.daily import business_day
    from shouyue.messaging.letters import making, printing
    from shouyue.messaging.letters.template import template
    from shouyue.messaging.models import Letter

    by = acting(username)
    wanted, day = template(name), business_day.today()
    cases = queries.visible_cases(by).filter(status="open", phase__in=wanted.phases).order_by("-priority", "id")
    if segment:
        cases = cases.filter(segment=segment)
    if stage:
        cases = cases.filter(stage=stage)
    made: list[Letter] = []
    left: Counter[str] = Counter()
    chosen = list(cases.select_related("customer")[:limit])
    console, pages = Console(stderr=True), 0
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("出函 letters", total=len(chosen))
        for case in chosen:
            try:
                key = uuid5(_NAMESPACE, f"{name}:{case.pk}:{day}")
                letter = making.make(case.pk, name, case.customer.language or "zh", by, key)
                if letter.sha256:
                    making.archived(letter)
                made.append(letter)
            except ShouyueError as error:
                left[error.code] += 1
            bar.advance(task)
        if made:
            task = bar.add_task("制版 drawing", total=len(made))
            pages = printing.printed(made, out, lambda count: bar.advance(task, count))
    click.echo(f"出函 made: {len(made)}   未出 left out: {left.total()}")
    for code, count in sorted(left.items()):
        click.echo(f"  {code}: {count}")
    if made:
        click.echo(f"{made[0].number} – {made[-1].number}, {pages} 页 pages: {out}")


@letters.command()
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--by", "username", required=True, help="User name of the one who reports it. 经办人用户名。")
def track(file: TextIO, username: str) -> None:
    """Take in what became of letters: CSV with number, state (sent, delivered, returned, cancelled) and, where known,
    tracking. The same file again changes nothing. Exit 2 when a row was not taken.

    导入信函的寄送结果；重复导入不变；有未收的行时退出码为 2。
    """
    from shouyue.cli import desk

    desk.open_desk()
    desk.require_migrated()
    from shouyue.cli.user import acting
    from shouyue.messaging.letters import tracking

    by = acting(username)
    tracked = tracking.take_in(file, by)
    for line, zh, en in tracked.faults:
        click.echo(f"第 {line} 行 line {line}: {zh} / {en}")
    click.echo(f"已收 taken: {tracked.done}   未收 not taken: {len(tracked.faults)}")
    sys.exit(2 if tracked.faults else 0)
