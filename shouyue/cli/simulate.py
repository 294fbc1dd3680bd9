"""`shouyue simulate`: a believable, repeatable lender's export, and the days after it."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import click

from shouyue.base import clock
from shouyue.cli import desk

#: what the simulated core makes of a line that it is told
ANSWERS = {"booked": "已入账", "otherwise": "入账不符", "refused": "未入账", "unpaid": "未到账"}


@click.group(invoke_without_command=True)
@click.option("--loans", type=click.IntRange(1), help="How many loans on the first day. 贷款笔数。")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, another lender.")
@click.option(
    "--days", type=click.IntRange(0, 1000), default=0, help="Also the days after: a dated folder each. 后续天数。"
)
@click.option("--as-of", type=desk.DAY, help="First day; today's business date where not given. 数据日期。")
@click.option("--format", "format_", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@click.option("--full", is_flag=True, help="Every later day whole instead of only what changed. 每日全量。")
@click.option("--balances", is_flag=True, help="Also what the lender's core says of its loans. 核心余额。")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Also write the hidden kinds here.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write. 输出目录。")
@click.pass_context
def simulate(ctx, loans, seed, days, as_of, format_, full, balances, truth, out) -> None:
    """Write the export of a lender that does not exist: same arguments, same bytes.

    生成虚构放贷机构的数据：参数相同，结果逐字节相同。
    """
    if ctx.invoked_subcommand is not None:
        return
    if loans is None or out is None:
        raise click.UsageError("--loans and --out are needed / 需要 --loans 和 --out")
    from shouyue.simulator import export
    from shouyue.simulator.size import Lender

    lender = Lender(loans, seed, as_of.date() if as_of else today())
    with _Bar() as bar:
        folders = export.write(
            lender, out, days, full=full, balances=balances, format=format_, truth_file=truth, progress=bar.show
        )
    for folder in folders:
        counts = "  ".join(f"{name} {count:,}" for name, count in folder.rows.items() if count)
        click.echo(f"{folder.path}  {counts}")


@simulate.command()
@click.option("--from", "from_", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--day", type=desk.DAY, required=True, help="The business day whose contacts are given. 联系发生日。")
@click.option("--contacts", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV of what was done.")
@click.option("--format", "format_", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@click.option(
    "--balances",
    type=click.Choice(["slips", "exact", "none"]),
    help="What the lender's core says: with known slips or without; as FROM has it where not given. 核心余额。",
)
@click.option(
    "--instructions",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Numbered files for the core: it takes the new ones. 指令文件的目录，核心系统接收新文件。",
)
@click.option(
    "--answers",
    type=click.Choice(["slips", "exact"]),
    default="slips",
    show_default=True,
    help="The core books a few lines otherwise on purpose, or all as told. 核心系统对指令的处理。",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def play(
    from_: Path,
    day: datetime,
    contacts: Path | None,
    format_: str,
    balances: str | None,
    instructions: Path | None,
    answers: str,
    out: Path,
) -> None:
    """Play the day after DAY: what customers pay, given what was said to them that day.

    FROM is a simulated folder or the OUT of an earlier play; OUT gets the rows that the next day brings.
    推演次日：FROM 为模拟数据或上一次推演的目录，OUT 为次日增量。
    """
    from shouyue.simulator import played

    folder, said = played.play(from_, day.date(), contacts, out, format_, balances, instructions, answers == "exact")
    counts = "  ".join(f"{name} {count:,}" for name, count in folder.rows.items() if count)
    click.echo(f"{folder.path}  {counts}")
    for (kind, answer), count in sorted(Counter((one.kind, one.answer) for one in said).items()):
        click.echo(f"  {kind}  {ANSWERS[answer]} {answer} {count:,}")


#: what a run of the simulated agency counts
COUNTS = {
    "cases": "案件",
    "allowed": "允许",
    "refused": "不允许",
    "told": "已报结果",
    "unasked": "未询问",
    "gone": "已收回",
    "resumed": "续报",
    "repeated": "重发",
}


@simulate.command()
@click.option("--address", required=True, help="Of a served desk, as http://localhost:8000. 工作台地址。")
@click.option("--token", required=True, envvar="SHOUYUE_AGENCY_TOKEN", help="Better in SHOUYUE_AGENCY_TOKEN. 令牌。")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="How its calls go. 随机种子。")
@click.option("--contacts", type=click.IntRange(1, 5000), default=200, show_default=True, help="At most. 联系上限。")
@click.option("--per-case", type=click.IntRange(1, 50), default=3, show_default=True, help="每案上限。")
@click.option("--unasked", type=click.IntRange(0), default=0, help="Messages reported without asking. 未询问即报告。")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=120, show_default=True, help="最长秒数。")
@click.option("--pause", type=click.FloatRange(0, 60), default=0, help="Seconds after each contact. 间隔秒数。")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Kept here, a later run sends again what was not answered. 记录文件，供续报。",
)
def agency(
    address: str,
    token: str,
    seed: int,
    contacts: int,
    per_case: int,
    unasked: int,
    seconds: float,
    pause: float,
    journal: Path | None,
) -> None:
    """An agency's system at work on what is placed with it; ends by itself. 模拟委外机构的系统，自行结束。"""
    from shouyue.simulator import agency as system

    bounds = system.Bounds(contacts, per_case, unasked, seconds, pause)
    counts = system.run(address, token, seed, bounds, journal)
    click.echo("  ".join(f"{words} {name} {counts[name]:,}" for name, words in COUNTS.items()))


def today() -> date:
    return clock.today()


class _Bar:
    """Progress on stderr: a bar on a terminal, nothing elsewhere."""

    def __enter__(self) -> _Bar:
        self._bar = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("simulate 模拟", total=None)
        return self

    def show(self, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def __exit__(self, *_exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()
