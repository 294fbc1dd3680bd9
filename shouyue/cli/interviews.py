"""`shouyue interviews`: signing interviews that the lender holds in a system of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shouyue.cli import desk


@click.group()
def interviews() -> None:
    """Signing interviews held in another system. 其他系统中的面谈记录。"""


@interviews.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--system", required=True, help="Code of the system they come from. 来源系统代码。")
@click.option("--encoding", default="utf-8", show_default=True, help="Of a text file. 文本文件的编码。")
def import_(file: Path, system: str, encoding: str) -> None:
    """Take in answers by customer number: CSV, TSV or XLSX with customer_id, held_on and a column for each question, by
    its id or text in the form in force. Bad rows are named and left out; the same file again changes nothing. Exit 2
    when a row was refused.

    按客户号导入面谈回答：好的行收下，坏的行逐条说明；重复导入不变；有拒收的行时退出码为 2。
    """
    desk.open_desk()
    desk.require_migrated()
    from shouyue.casework.interviews import importing

    taken = importing.take_in(file, system, encoding)
    for fault in taken.faults:
        click.echo(f"{file.name}:{fault.line}  {fault.field}  {fault.code}  {fault.zh} / {fault.en}", err=True)
    counts = (taken.read, taken.new, taken.known, taken.older, taken.refused)
    click.echo("读 {} 行：新 {}，已有 {}，已有更晚的面谈 {}，拒收 {}".format(*counts))
    click.echo("{} rows read: {} new, {} known already, {} older than what stands, {} refused".format(*counts))
    sys.exit(2 if taken.refused else 0)
