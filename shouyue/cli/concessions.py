"""`shouyue concessions`: tell the lender's core what was waived."""

from __future__ import annotations

from pathlib import Path

import click

from shouyue.cli import desk


@click.group()
def concessions() -> None:
    """Approved waivers, told to the core. 减免指令。"""


@concessions.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go; $SHOUYUE_HOME/instructions when not given. 指令文件的目录。",
)
def export(folder: Path | None) -> None:
    """Write what is approved and not told yet as a numbered file; repeat it, and nothing is told twice.

    A file that is not in the folder is written again, with the same bytes. 导出已批准的减免，可重复执行。
    """
    desk.open_desk()
    from shouyue.base import money, settings
    from shouyue.casework.concessions import exporting

    made = exporting.export()
    folder = folder or settings.home() / "instructions"
    for path in exporting.write(folder):
        click.echo(str(path))
    if made is None:
        click.echo("没有新的减免指令 nothing new to tell")
        return
    click.echo(f"指令 instruction {made.number} · {made.count} 行 lines · SHA-256 {made.sha256}")
    for currency, component, count, minor in made.totals:
        click.echo(f"  {component} {currency} {money.from_minor(minor, currency):,} ({count})")
