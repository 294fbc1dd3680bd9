"""`shouyue day`: run the daily cycle into the desk."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from shouyue.base import money
from shouyue.cli import desk

if TYPE_CHECKING:
    from shouyue.daily.models import DailyRun

BOOK = "main"
STAGES = {
    "age": ("计算逾期", "age the book"),
    "judge": ("核对承诺", "judge promises"),
    "decide": ("执行策略", "decide"),
    "customers": ("写入客户", "customers"),
    "loans": ("写入合同", "loans"),
    "allocate": ("分案", "allocate"),
    "publish": ("发布", "publish"),
    "bar": ("排除依法不得联系者", "leave out whom the law forbids"),
    "reconcile": ("对账", "reconcile"),
}
CLOSED = {
    "cured": ("出催", "cured"),
    "paid": ("已还", "paid"),
    "settled": ("结清", "settled"),
    "no_work": ("无需跟进", "no work"),
    "withdrawn": ("退案", "withdrawn"),
    "deceased": ("身故", "deceased"),
    "fraud": ("欺诈", "fraud"),
    "identity_theft": ("身份被冒用", "identity theft"),
    "bankrupt": ("破产", "bankrupt"),
    "sold": ("债权已转让", "sold"),
}
JUDGED = {
    "kept": ("守约", "kept"),
    "part_kept": ("部分守约", "part kept"),
    "broken": ("爽约", "broken"),
    "open": ("恢复待定", "open again"),
}


@click.command()
@click.option("--as-of", type=desk.DAY, required=True, help="Business day to publish. 营业日。")
@click.option("--book", default=BOOK, show_default=True, help="Name or path of the book. 账册。")
@click.option("--strategy", default="standard", show_default=True, help="Name or file of the strategy. 策略。")
@click.option("--convention", default="default", show_default=True, help="How lateness is counted. 逾期口径。")
@click.option("--known-at", type=desk.DAY, help="Only what the lender's books knew by this day. 截至记账日。")
@click.option("--workers", type=click.IntRange(1), help="Threads for ageing. 并行数。")
@click.option("--replace-book", is_flag=True, help="Publish another book than the desk shows. 更换账册。")
def day(
    as_of: datetime,
    book: str,
    strategy: str,
    convention: str,
    known_at: datetime | None,
    workers: int | None,
    replace_book: bool,
) -> None:
    """Publish a business day to the desk: age, judge promises, decide, open and close cases, allocate.

    把一个营业日发布到工作台：计算逾期、核对承诺、执行策略、开案结案、分案。可重复执行，结果不变。
    """
    from shouyue.cli.desk import open_desk, require_migrated

    open_desk()
    require_migrated()
    from shouyue.daily.cycle import run

    known = known_at.date() if known_at else None
    with _Bars() as bars:
        done = run(as_of.date(), book, strategy, convention, known, workers, bars.show, replace_book)
    for line in summary(done):
        click.echo(line)


def summary(run: DailyRun) -> list[str]:
    """What a run did, in both languages, for people."""
    from shouyue.reports.today import today

    totals = run.totals
    lines = [
        f"{run.as_of}  {run.book} {run.book_version}  {run.strategy}  {run.convention}",
        f"  案件 cases {totals['cases']:,}   新开 opened {totals['opened']:,}   "
        f"计划 planned {totals['minutes'] // 60:,} h   未分 unassigned {totals['unassigned']:,}",
    ]
    lines += _counted("结案 closed", totals["closed"], CLOSED) + _counted("承诺 promises", totals["judged"], JUDGED)
    sums = today(None, run.as_of).total.due
    lines.append(f"  今日 today {sums.count:,}   {money.show(sums.minor, sums.currency)}")
    seconds = "  ".join(f"{STAGES[n][0]} {s:.1f}s" for n, s in totals["seconds"].items())
    return [*lines, f"  {seconds}"]


def _counted(title: str, counts: dict[str, int], words: dict[str, tuple[str, str]]) -> list[str]:
    if not counts:
        return []
    return [f"  {title}  " + "  ".join(f"{' '.join(words.get(n, (n, '')))} {c:,}" for n, c in counts.items())]


class _Bars:
    """Progress on stderr: a bar per stage on a terminal, a line per stage elsewhere."""

    def __enter__(self) -> _Bars:
        self._tasks: dict[str, Any] = {}
        self._bar: Any = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, stage: str, done: int, whole: int) -> None:
        words = " ".join(STAGES[stage])
        if self._bar:
            if stage not in self._tasks:
                self._tasks[stage] = self._bar.add_task(words, total=whole)
            self._bar.update(self._tasks[stage], completed=done, total=whole)
        elif stage not in self._tasks:
            self._tasks[stage] = True
            click.echo(words, err=True)
