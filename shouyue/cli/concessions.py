"""`shouyue concessions`: tell the lender's core what was waived."""

from __future__ import annotations

from pathlib import Path

import click

from shouyue.cli import desk


@click.group()
def concessions() -> None:
    """Approved waivers, told to the core. 减免指令。"""


@concessions.command()
@desk.to_the_core
def export(folder: Path | None) -> None:
    """Write what is approved and not told yet as a numbered file; repeat it, and nothing is told twice.

    A file that is not in the folder is written again, with the same bytes. 导出已批准的减免，可重复执行。
    """
    desk.open_desk()
    from shouyue.casework.concessions import exporting

    desk.tell_the_core(exporting.export(), exporting.KIND, folder)
