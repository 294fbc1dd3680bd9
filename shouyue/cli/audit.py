"""`shouyue audit`: check the chain, seal it, read it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TextIO

import click

from shouyue.cli import desk


@click.group()
def audit() -> None:
    """The audit chain: verify, root, show. 审计链：校验、封存、查看。"""


@audit.command()
@click.option("--root", "roots", multiple=True, metavar="HASH@SEQ", help="A root published earlier. 先前公布的根。")
@click.option(
    "--roots",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of published roots, one a line. 每行一个根的文件。",
)
@click.option("--rows/--no-rows", default=True, help="Hold the desk's rows against it. 并与业务数据核对。")
def verify(roots: tuple[str, ...], files: tuple[Path, ...], rows: bool) -> None:
    """Recompute the whole chain, and hold the desk's own rows (decisions, contacts, promises, concessions, letters,
    accounts, versions, notes …) against what it says of them; exit 0 when all is as it was written, 2 when not.

    重新计算整条链，并核对业务数据是否与链上所记一致。
    """
    desk.open_desk()
    from rich.console import Console
    from rich.progress import Progress

    from shouyue.compliance import audit as chain

    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    from shouyue.compliance import sealing

    sealed = [
        *sealing.roots(),
        *(chain.Root.parse(text.split()[0]) for text in (*roots, *lines) if text.strip() and not text.startswith("#")),
    ]
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("校验 verify", total=None)
        report = chain.verify(sealed, lambda done, total: bar.update(task, completed=done, total=total))
    click.echo(f"{report.text('zh')}\n{report.text('en')}")
    if report.newest:
        click.echo(str(report.newest))
    sys.exit(0 if (_rows_are_as_written() if rows else True) and report.ok else 2)


def _rows_are_as_written() -> bool:
    """Names every row that is not as the chain says."""
    from rich.console import Console
    from rich.progress import Progress

    from shouyue.reports import witness

    console, altered = Console(stderr=True), 0
    before: list[int] = []
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("核对 rows", total=None)
        for one in witness.altered(lambda done: bar.update(task, completed=done), before.append):
            altered += 1
            click.echo(f"{one.text('zh')}\n{one.text('en')}")
    if any(before):
        click.echo(f"信函：{before[0]} 份 PDF 归档时链上尚无其哈希，只与其记录核对")
        click.echo(f"letters: {before[0]} PDFs were archived before the chain had hashes: held against their rows")
    click.echo(f"业务数据：{altered} 处与审计链不符\nrows: {altered} not as the chain says")
    return not altered


@audit.command()
def root() -> None:
    """Print the newest root as HASH@SEQ, to be published. 输出最新的根，供公布。"""
    desk.open_desk()
    from shouyue.compliance import audit as chain

    newest = chain.newest()
    if newest is None:
        click.echo("审计链为空 the chain is empty", err=True)
        sys.exit(2)
    click.echo(str(newest))


@audit.command()
def seal() -> None:
    """Seal the days that are over and print every sealed root, to be published. 封存已结束的各日并输出全部根。"""
    desk.open_desk()
    from shouyue.compliance import sealing
    from shouyue.compliance.models import AuditSeal

    sealing.seal_missing()
    for one in AuditSeal.objects.order_by("day"):
        click.echo(f"{one.hash}@{one.seq}  {one.day.isoformat()}")


@audit.command()
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True))
@click.option("--after", default=0, show_default=True, help="Only entries behind this one. 只取此条之后。")
def export(file: TextIO, after: int) -> None:
    """Write the chain as JSON lines, for a check outside. 导出审计链，供外部校验。"""
    desk.open_desk()
    from shouyue.compliance import sealing

    for line in sealing.export(after):
        file.write(line + "\n")


@audit.command()
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True))
def verifier(file: TextIO) -> None:
    """Write the program that checks an export without Shouyue. 输出独立校验程序（单个 Python 文件）。"""
    from shouyue.compliance import outside_verifier

    file.write(Path(outside_verifier.__file__).read_text(encoding="utf-8"))


@audit.command()
@click.option("--subject", help="type:id, such as case:17. 对象，如 case:17。")
@click.option("--action", help="such as contact.start. 操作，如 contact.start。")
@click.option("--limit", default=50, show_default=True, help="Newest entries first. 最新在前。")
def show(subject: str | None, action: str | None, limit: int) -> None:
    """Entries, newest first, a line each. 逐行列出记录。"""
    desk.open_desk()
    from shouyue.compliance.models import AuditEntry

    entries = AuditEntry.objects.order_by("-seq")
    if subject:
        entries = entries.filter(subject=subject)
    if action:
        entries = entries.filter(action=action)
    found = list(entries[:limit])
    for e in found:
        data = json.dumps(e.data, ensure_ascii=False, sort_keys=True)
        click.echo(f"{e.seq}\t{e.at.isoformat()}\t{e.actor}\t{e.action}\t{e.subject}\t{data}")
    sys.exit(0 if found else 2)
