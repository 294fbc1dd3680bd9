"""`shouyue compliance`: decisions of the gate taken again; contacts that others made."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TextIO
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from shouyue.cli import desk
from shouyue.compliance.rule import EVIDENCE

if TYPE_CHECKING:
    from shouyue.compliance.replaying import Replay


@click.group()
def compliance() -> None:
    """The gate: decisions taken again, contacts that others made. 合规关卡：重算决定、上报联系。"""


@compliance.command()
@click.argument("decisions", nargs=-1, type=click.UUID)
@click.option("--day", type=desk.DAY, help="All decisions of a day, by the lender's clock. 某日的全部决定。")
@click.option("--to", type=desk.DAY, help="With --day: up to and with this day. 与 --day 合用：截止日（含）。")
def replay(decisions: tuple[UUID, ...], day: datetime | None, to: datetime | None) -> None:
    """Take decisions again from the pack, the inputs and the counters stored with them, and hold them against the
    audit chain. Exit 0 when all come out the same, 2 when one differs.

    用当时的规则包、输入和计数重算决定，并与审计链核对。
    """
    if not decisions and day is None:
        raise click.UsageError("DECISION 或 --day / a DECISION or --day")
    desk.open_desk()
    from shouyue.base import settings
    from shouyue.compliance import replaying

    if day is None:
        replays: Iterable[Replay] = map(replaying.replay, decisions)
    else:
        zone = ZoneInfo(settings.zone())
        since, until = (d.replace(tzinfo=zone) for d in (day, (to or day) + timedelta(days=1)))
        replays = replaying.replay_between(since, until)
    total = differing = unnamed = 0
    for one in replays:
        total += 1
        unnamed += not one.chained
        if not one.same:
            differing += 1
            click.echo(f"{one.decision}  不同 differs")
            for d in one.differences:
                click.echo(f"  {d.what}: {d.stored} → {d.again}")
        elif decisions and one.again:
            click.echo(f"{one.decision}  一致 same\n  {one.again.words('zh')}\n  {one.again.words('en')}")
    click.echo(f"{total} 个决定，{differing} 个不同，{unnamed} 个不在审计链中")
    click.echo(f"{total} decisions, {differing} differ, {unnamed} not named by the audit chain")
    sys.exit(2 if differing else 0)


@compliance.command("rules")
def rules_in_force() -> None:
    """The rules of the pack in force and what each rests on: text read, a published summary only, a house's own rule.

    现行规则及其依据：读过原文、仅据公开摘要、机构自定。
    """
    from shouyue.compliance import pack

    by = pack.active()
    click.echo(f"{by.name}  sha256:{by.digest[:12]}")
    for rule in sorted(by.rules, key=lambda r: EVIDENCE.index(r.evidence)):
        value = rule.values[-1]
        click.echo(f"{rule.evidence}\t{rule.severity}\t{rule.id}\t{value.source_zh} · {value.source_en}")
        if rule.press:
            click.echo(f"\t\t仅据公开摘要的例外 exceptions by a published summary only: {', '.join(rule.press)}")


@compliance.command()
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--agency", required=True, help="Code of the agency or system. 机构或系统代码。")
def report(file: TextIO, agency: str) -> None:
    """Take in contacts that an agency made: CSV with contact_no, customer_id, channel, at, outcome and, where known,
    phone, relation, loans. They count against the one budget; the same file again changes nothing. Exit 2 when a row
    was not taken.

    导入委外机构已作的联系：计入同一预算，重复导入不变；有未收的行时退出码为 2。
    """
    desk.open_desk()
    from shouyue.casework import reported

    taken = reported.take_in(reported.rows_of(file), agency, None)
    for fault in taken.faults:
        click.echo(f"{fault.line}  {fault.field}: {fault.code} {fault.zh} / {fault.en}", err=True)
    for decision in taken.beyond:
        click.echo(f"{decision}  超出规则 beyond the law")
    counts = (taken.new, taken.known, len(taken.beyond), taken.refused)
    click.echo("新 {} 条，已有 {} 条，超出规则 {} 条，未收 {} 条".format(*counts))
    click.echo("{} new, {} known already, {} beyond the law, {} not taken".format(*counts))
    sys.exit(2 if taken.faults else 0)
