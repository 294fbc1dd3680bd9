"""`shouyue privacy`: what is known of a person, a copy of it, its erasure."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import click


@click.group()
def privacy() -> None:
    """What is known of a person: fields, copy, erase. 个人信息：分类、复制、删除。"""


def _open() -> None:
    from shouyue.cli import desk

    desk.open_desk()
    desk.require_migrated()


@privacy.command()
def fields() -> None:
    """Every field that tells of a borrower, and its class. 个人信息字段分类。"""
    from shouyue.cli import desk

    desk.open_desk()
    from shouyue.privacy.classification import tables

    for table in tables():
        click.echo(table.name)
        for name, about in table.classes.items():
            click.echo(f"  {name:<30} {about.name:<10} {'删除 erased' if about.erased else '保留 kept'}")


@privacy.command()
@click.argument("customer")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="JSON file. 输出文件。")
def copy(customer: str, out: Path) -> None:
    """All that the desk holds of CUSTOMER (the lender's customer number), for that person. 本人信息副本。"""
    _open()
    from shouyue.privacy import copying

    made = copying.copy(customer, None)
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(made, file, ensure_ascii=False, indent=2)
    click.echo(f"{made['rows']} 行 rows: {out}")


@privacy.command()
@click.option(
    "--closed-before",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last case closed before; else by the house's rule. 末案关闭早于。",
)
@click.option("--yes", is_flag=True, help="Erase; without it only count. 确认删除，否则仅统计。")
def erase(closed_before: datetime | None, yes: bool) -> None:
    """Erase who they were, of customers whose time is over. 期满删除身份信息。"""
    _open()
    from rich.console import Console
    from rich.progress import Progress

    from shouyue.daily import business_day
    from shouyue.privacy import erasure

    before = closed_before.date() if closed_before else erasure.closed_before(business_day.today())
    if not yes:
        click.echo(
            f"{erasure.due(before).count()} 位客户待删除 customers are due (closed before {before}); --yes erases"
        )
        return
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("删除 erase", total=None)
        done = erasure.erase(before, None, lambda n, total: bar.update(task, completed=n, total=total))
    click.echo(f"{done} 位客户已删除 customers erased (closed before {before})")
