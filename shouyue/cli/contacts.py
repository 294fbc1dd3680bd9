"""`shouyue contacts`: tell the lender's core what the desk was told of numbers, addresses and employers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shouyue.cli import desk

if TYPE_CHECKING:
    from shouyue.casework.contact_changes.exporting import Written

by_whom = click.option("--by", "username", required=True, help="User name of the one who takes it. 经办人用户名。")
why = click.option(
    "--reason",
    required=True,
    type=click.Choice(["core", "again", "check", "inspection"]),
    help="What for; kept in the audit trail. 用途，记入审计记录。",
)


@click.group()
def contacts() -> None:
    """Contact data, told to the core. 告知核心系统的联系信息变更。"""


@contacts.command()
@by_whom
@why
@desk.to_the_core
def export(username: str, reason: str, folder: Path | None) -> None:
    """Write what changed since the last file as a new numbered file; repeat it, and nothing is told twice.

    导出上次以来的联系信息变更，可重复执行。
    """
    _open()
    from shouyue.casework.contact_changes import exporting
    from shouyue.cli.user import acting

    written = exporting.export(acting(username), reason)
    if written is None:
        click.echo("没有新的变更 nothing new to tell")
        return
    _say(written, folder)


@contacts.command()
@click.argument("number", type=click.IntRange(min=1))
@by_whom
@why
@desk.to_the_core
def again(number: int, username: str, reason: str, folder: Path | None) -> None:
    """Write file NUMBER again from its rows: the same bytes, or without the lines that were erased, or the names that
    changed since; then exit 3. 重新生成某号文件。
    """
    _open()
    from shouyue.casework.contact_changes import exporting
    from shouyue.cli.user import acting

    written = exporting.again(number, acting(username), reason)
    _say(written, folder)
    if written.changed:
        click.echo(f"姓名已变更、不再写出 name changed since and left out: {', '.join(map(str, written.changed))}")
    if written.gone:
        click.echo(f"已不在 gone: {', '.join(map(str, written.gone))}")
    click.echo("与当时一致 the same bytes" if written.same else "与当时不同 not the same bytes")
    sys.exit(0 if written.same else 3)


@contacts.command()
@click.option("--days", type=click.IntRange(min=0), help="Told longer ago than so many days. 告知超过几天。")
def waiting(days: int | None) -> None:
    """List what the core was told and still says otherwise, without personal data; exit 3 when there is any.

    列出已告知而核心系统仍未更新的变更。
    """
    _open()
    from shouyue.casework.contact_changes import standing
    from shouyue.daily import business_day

    found = list(standing.overdue(business_day.today(), days))
    for one in found:
        day = one.instruction.made_at.date().isoformat()
        click.echo(f"{one.instruction.number}\t{one.line}\t{day}\t{one.change}\t{one.customer.customer_id}")
    click.echo(f"{len(found)} 项仍未更新 still said otherwise")
    sys.exit(3 if found else 0)


def _open() -> None:
    desk.open_desk()
    desk.require_migrated()


def _say(written: Written, folder: Path | None) -> None:
    from shouyue.casework.contact_changes import exporting

    made = written.made
    click.echo(str(exporting.write(written, folder)))
    click.echo(f"文件 file {made.number} · {made.count} 条 lines · SHA-256 {made.sha256}")
    for _, change, count, _ in made.totals:
        click.echo(f"  {change} ({count})")
