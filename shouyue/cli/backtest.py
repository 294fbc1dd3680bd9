"""`shouyue strategy backtest`: two strategies over a lender's past, and what was paid after each day."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from shouyue.base import files, money, settings
from shouyue.cli import desk
from shouyue.cli.bar import bar
from shouyue.cli.trial import BAD_OUT, called, hours_of

MEASURE = {
    "cases": "案件 cases",
    "worked": "要联系 to be worked",
    "minutes": "分钟 minutes",
    "blocked": "法规全天不允许 blocked by law",
    "ended": "作业已终止 work ended",
    "placed": "已委托机构 with an agency",
    "matter": "事项停止电话 stopped by a matter",
}
GROUP = {"listed": "名单上 on the list", "late_not_listed": "逾期但不在名单上 late, not on it"}
NOTE = (
    "这些钱大多不联系也会还：名单不是实验，差异不是联系的效果。"
    "Most of this comes uncalled: lists are no experiment, and no difference here is an effect of calling."
)


@click.command()
@click.argument("base")
@click.argument("candidate")
@click.option("--book", default="main", show_default=True, help="Name or path of the book. 账册。")
@click.option("--from", "first", type=desk.DAY, required=True, help="First day. 起始日。")
@click.option("--to", "last", type=desk.DAY, required=True, help="Last day. 截止日。")
@click.option(
    "--every", type=click.IntRange(1, 366), default=7, show_default=True, help="Days between days. 间隔天数。"
)
@click.option("--within", type=click.IntRange(1, 366), default=14, show_default=True, help="Days to pay. 还款天数。")
@click.option("--convention", default="default", show_default=True, help="How lateness is counted. 逾期口径。")
@click.option("--hours", default="09:00-20:00", show_default=True, help="Working hours, the person's clock. 工作时段。")
@click.option("--no-desk", is_flag=True, help="Leave out what the desk knew. 不用工作台数据。")
@click.option("--workers", type=click.IntRange(1), help="Threads for ageing. 并行数。")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=".xlsx or .json. 输出。")
def backtest(
    base: str,
    candidate: str,
    book: str,
    first: datetime,
    last: datetime,
    every: int,
    within: int,
    convention: str,
    hours: str,
    no_desk: bool,
    workers: int | None,
    out: Path | None,
) -> None:
    """Play two strategies over a lender's past: lists, minutes, law, and what was paid afterwards. Writes nothing.

    BASE and CANDIDATE are files or names of files. Stopped half-way, it goes on from the last finished day.

    回测：用账册过去的数据逐日比较两种策略——名单、工时、法规，以及之后的实际还款。中断后可继续。
    """
    if out is not None and out.suffix not in (".xlsx", ".json"):
        raise BAD_OUT.error(file=out.name)
    span = hours_of(hours)
    if no_desk:
        import os

        os.environ.setdefault("SHOUYUE_NO_DATABASE", "1")
    from shouyue.cli.desk import behind, open_desk

    open_desk()
    has_desk = not no_desk and not behind()
    from shouyue import strategy as files
    from shouyue.daily.trial import backtest as played
    from shouyue.daily.trial import knowing, law

    sides = files.load(base), files.load(candidate)
    persons = has_desk and knowing.is_desks(settings.book_path(book).name)
    span_asked = (first.date(), last.date(), every, within, convention, law.Hours(*span))
    asked = played.Asked(book, *sides, *span_asked, persons=persons)
    about = [settings.book_path(book), *(s.digest for s in sides), first, every, within, convention, hours, persons]
    digest = hashlib.sha256(repr([str(a) for a in about]).encode()).hexdigest()[:16]
    folder = settings.home() / "backtests" / digest
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with bar("回测 back-test") as show:
        summary = played.backtest(asked, folder, workers, show)
    for line in told(summary):
        click.echo(line)
    if out is not None:
        write(summary, out)
    shutil.rmtree(folder, ignore_errors=True)


def told(s: dict[str, Any]) -> Iterator[str]:
    from shouyue.daily.trial import backtest as played

    given = s["inputs"]
    span = f"{given['first']} – {given['last']}   {len(s['days'])} 天 days"
    names = dict(zip(("base", "candidate"), called(given), strict=True))
    with_desk = "   含工作台的事项、意愿、委托与已终止的作业 with the desk's matters, wishes, placements and ended work"
    yield f"{names['base']} → {names['candidate']}   {span}" + (with_desk if given["persons"] == "True" else "")
    for one in s["compared"]:
        if one["measure"] in played.ASIDE and not (one["was"] or one["now"]):
            continue
        yield f"  {MEASURE[one['measure']]}   {one['was']:,} → {one['now']:,}   {_next(one['next'])}".rstrip()
    for one in s["paid"]:
        yield f"  之后 {given['within']} 天内还款 paid within {given['within']} days   {one['currency']}"
        for group in one["groups"]:
            side = names["base" if group["side"] == "was" else "candidate"]
            yield f"    {side}   {GROUP[group['group']]}   {_paid(group, one['currency'])}"
        for name, only in zip(("candidate", "base"), one["only"], strict=True):
            yield f"    仅 only {names[name]}   {_paid(only, one['currency'])}"
        if one["difference"]:
            low, middle, high = one["difference"]
            yield f"    还款比例之差 difference of shares   {middle:+.1%}  [{low:+.1%}, {high:+.1%}]"
    yield f"  {NOTE}"


def _paid(group: dict[str, int], currency: str) -> str:
    share = f"{group['paid_any'] / group['days']:.1%}" if group["days"] else "–"
    return f"{group['days']:,} 人日 customer days   {share}   {money.show(group['paid_minor'], currency)}"


def _next(limits: list[float] | None) -> str:
    if limits is None:
        return ""
    low, middle, high = limits
    return f"每日差 a day {middle:+,.1f}   次日预计 the next expected in [{low:+,.1f}, {high:+,.1f}]"


def write(summary: dict[str, Any], out: Path) -> None:
    if out.suffix == ".json":
        files.write_json(out, summary)
        return
    from shouyue.daily.trial import backtest as played
    from shouyue.reports import workbook
    from shouyue.reports.workbook import Sheet

    head = ["日 day"]
    head += [f"{words} · {side}" for words in MEASURE.values() for side in ("原 before", "新 after")]
    sums = [[line.strip()] for line in told(summary)]
    workbook.write(
        out, [Sheet("合计 totals", [""], sums), Sheet("逐日 days", [*head, "版本 version"], played.lines(summary))]
    )
