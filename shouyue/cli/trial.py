"""`shouyue strategy simulate`: what would change if another strategy were used, before anybody is called by it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shouyue.base import cells, files, money
from shouyue.base.errors import Code
from shouyue.cli import desk

if TYPE_CHECKING:
    from shouyue.daily.trial.run import Trial
    from shouyue.strategy import Strategy

STAGES = {
    "age": "计算逾期 age",
    "know": "读取工作台 read the desk",
    "decide": "两种策略决策 decide twice",
    "law": "核对法规 ask the rules",
    "cash": "统计过往还款 measure past payments",
    "sum": "汇总 add up",
}
BAD_HOURS = Code(
    "TRY-002",
    zh="工作时段应写成 09:00-20:00，而不是“{text}”",
    en="working hours must be written like 09:00-20:00, not '{text}'",
)
BAD_OUT = Code(
    "TRY-003",
    zh="输出文件 {file} 须以 .xlsx、.csv 或 .json 结尾",
    en="the output file {file} must end in .xlsx, .csv or .json",
)


@click.command()
@click.argument("candidate")
@click.option("--base", default="standard", show_default=True, help="What to compare with. 对照策略。")
@click.option("--book", default="main", show_default=True, help="Name or path of the book. 账册。")
@click.option("--as-of", type=desk.DAY, required=True, help="Past or coming business day. 营业日。")
@click.option("--convention", default="default", show_default=True, help="How lateness is counted. 逾期口径。")
@click.option("--known-at", type=desk.DAY, help="Only what the lender's books knew by this day. 截至记账日。")
@click.option("--version", help="A version of the book; by default the one that day was published from. 账册版本。")
@click.option("--hours", default="09:00-20:00", show_default=True, help="Working hours, the person's clock. 工作时段。")
@click.option("--rep-minutes", type=click.IntRange(0, 1440), help="Minutes a day of every rep. 每人每天分钟数。")
@click.option("--no-desk", is_flag=True, help="Leave out what the desk knows. 不用工作台数据。")
@click.option("--workers", type=click.IntRange(1), help="Threads for ageing. 并行数。")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=".xlsx, .csv (customers) or .json. 输出。")
def simulate(
    candidate: str,
    base: str,
    book: str,
    as_of: datetime,
    convention: str,
    known_at: datetime | None,
    version: str | None,
    hours: str,
    rep_minutes: int | None,
    no_desk: bool,
    workers: int | None,
    out: Path | None,
) -> None:
    """What would change on a day if CANDIDATE were used: cases, minutes, law, cash. Writes nothing.

    CANDIDATE and --base are each a file, NAME#NUMBER for a version on the desk, or NAME for what the desk works by on
    that day.

    试算：在任一营业日改用另一策略会有什么变化——案件进出、工时、法规、预计回款。不写入工作台。
    """
    if out is not None and out.suffix not in (".xlsx", ".csv", ".json"):
        raise BAD_OUT.error(file=out.name)
    span = hours_of(hours)
    if no_desk:
        import os

        os.environ.setdefault("SHOUYUE_NO_DATABASE", "1")
    from shouyue.cli.desk import open_desk, require_migrated

    open_desk()
    if not no_desk:
        require_migrated()
    from shouyue import strategy as files
    from shouyue.daily import strategies
    from shouyue.daily.trial import law
    from shouyue.daily.trial.run import Question
    from shouyue.daily.trial.run import simulate as worked_out

    def named(text: str) -> Strategy:
        return files.load(text) if no_desk else strategies.named(text, as_of.date())

    asked = Question(
        book=book,
        as_of=as_of.date(),
        base=named(base),
        candidate=named(candidate),
        convention=convention,
        known_at=known_at.date() if known_at else None,
        version=version,
        hours=law.Hours(*span),
        desk=not no_desk,
        rep_minutes=rep_minutes,
    )
    with tempfile.TemporaryDirectory(prefix="shouyue-trial-") as folder, _Bars() as bars:
        trial = worked_out(asked, Path(folder), workers, bars.show)
        bars.close()
        for line in told(trial):
            click.echo(line)
        if out is not None:
            write(trial, out)


def hours_of(text: str) -> tuple[time, time]:
    try:
        begins, ends = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise BAD_HOURS.error(text=text[:40]) from None
    if begins >= ends:
        raise BAD_HOURS.error(text=text[:40])
    return begins, ends


def write(trial: Trial, out: Path) -> None:
    """The trial as a workbook, its customers as lines, or its sums as JSON."""
    from shouyue.reports import trial_sheets

    if out.suffix == ".xlsx":
        trial_sheets.write_workbook(trial, out)
        return
    if out.suffix != ".json":
        cells.write_csv(out, trial_sheets.case_columns(), trial_sheets.case_rows(trial))
        return
    files.write_json(out, trial.summary)


# ---------------------------------------------------------------- for a person at a terminal
def told(trial: Trial) -> Iterator[str]:
    """The trial in both languages, as much as fits a screen."""
    from shouyue.reports.trial_sheets import CASH_EN, CASH_ZH, CHANGE, KNOWN_EN, KNOWN_ZH, LIST, VERDICT, WORDS

    s = trial.summary
    given, t = s["inputs"], s["totals"]
    about = [given["as_of"], f"{given['book']} {given['version']}", given["convention"]]
    about += [] if given["desk"] else ["未用工作台数据 without the desk"]
    yield " → ".join(called(given)) + "   " + "   ".join(about)
    yield from (f"    {text}" for text in (KNOWN_ZH, KNOWN_EN) if given["desk"])
    yield "  案件 cases " + _pair(t, "cases") + "   " + "   ".join(f"{CHANGE[c]} {t[c]:,}" for c in CHANGE)
    yield (
        f"  要联系 to be worked {_pair(t, 'worked')}（+{t['worked_in']:,} −{t['worked_out']:,}）"
        f"   分钟 minutes {_pair(t, 'minutes')}"
    )
    if s["aside"]:
        yield "  不在名单上 not on the list"
    for one in s["aside"]:
        yield f"    {one['zh']} · {one['en']}   {one['was']:,} → {one['now']:,}"
    if moved := [f"{WORDS[n]} {t[f'moved_{n}']:,}" for n in WORDS if t.get(f"moved_{n}")]:
        yield "  变动项 moved   " + "   ".join(moved)
    for name in ("segment", "stage"):
        yield from _lines(WORDS[name], s["by"][name])
    yield from _stores(s["workload"])
    yield f"  法规 law   {s['law']['pack']}   {s['law']['hours']}"
    for verdict, words in VERDICT.items():
        was, now = (s["law"][side]["verdicts"][verdict] for side in ("was", "now"))
        if was or now:
            yield f"    {words}   {was:,} → {now:,}"
    for rule in s["law"]["now"]["rules"]:
        yield f"    ✗ {rule['rule']}   {rule['refused']:,}   {rule['zh']} · {rule['en']}"
    for currency, found in s["cash"]["currencies"].items():
        yield f"  预计 {s['cash']['days']} 天内回款 usually paid within {s['cash']['days']} days   {currency}"
        for name, words in LIST.items():
            e = found["lists"][name]
            if e["stake_minor"]:
                middle, low, high = (money.show(e[k], currency) for k in ("middle", "low", "high"))
                yield f"    {words}   {middle}  [{low} – {high}]   / {money.show(e['stake_minor'], currency)}"
    months = {"days": s["cash"]["days"], "months": len(s["cash"]["starts"])}
    yield f"    {CASH_ZH.format(**months)}"
    yield f"    {CASH_EN.format(**months)}"
    yield from _changes(s)


def _pair(values: dict[str, Any], name: str) -> str:
    return f"{values[f'was_{name}']:,} → {values[f'now_{name}']:,}"


def _lines(title: str, lines: list[dict[str, Any]]) -> Iterator[str]:
    yield f"  {title}"
    for line in lines:
        came = f"+{line['in']:,} −{line['out']:,}"
        yield f"    {line['value'] or '–'}   {_pair(line, 'cases')}   {came}   {_pair(line, 'minutes')} min"


def _stores(lines: list[dict[str, Any]]) -> Iterator[str]:
    yield "  门店 store   分钟 minutes / 额定 capacity"
    heaviest = sorted(lines, key=lambda x: (-abs(x["now_minutes"] - x["was_minutes"]), x["store"]))
    for line in heaviest[:10]:
        capacity = "–" if line["capacity"] is None else f"{line['capacity']:,}"
        over = "" if not line["now_over"] else f"   超出 beyond capacity {line['was_over']:,} → {line['now_over']:,}"
        yield f"    {line['store']}   {_pair(line, 'minutes')} / {capacity}{over}"
    if len(lines) > 10:
        yield f"    … {len(lines)} 家门店 stores"


def _changes(s: Mapping[str, Any]) -> Iterator[str]:
    from shouyue.cli import strategy_versions
    from shouyue.strategy.differing import Difference

    lines = list(strategy_versions.told(Difference.from_json(s["difference"])))
    if not lines:
        return
    yield "  改动 changes"
    yield from (f"    {line}" for line in lines)
    yield "  合同从哪行到哪行 loans from row to row"
    for table, was, now, loans in zip(*(s["flows"][k] for k in ("table", "was", "now", "loans")), strict=True):
        if was != now:
            yield f"    {table}   {was or '–'} → {now or '–'}   {loans:,}"


class _Bars:
    """Progress on stderr: a bar per stage on a terminal, a line per stage elsewhere."""

    def __enter__(self) -> _Bars:
        self._seen: dict[str, Any] = {}
        self._bar: Any = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None

    def show(self, stage: str, done: int, whole: int) -> None:
        if self._bar:
            if stage not in self._seen:
                self._seen[stage] = self._bar.add_task(STAGES[stage], total=whole)
            self._bar.update(self._seen[stage], completed=done, total=whole)
        elif stage not in self._seen:
            self._seen[stage] = True
            click.echo(STAGES[stage], err=True)


def called(given: dict[str, Any]) -> tuple[str, str]:
    """What both strategies are called: two of one name and version by their digests."""
    was, now = given["base"], given["candidate"]
    if was["id"] == now["id"] and was["digest"] != now["digest"]:
        return f"{was['id']} ({was['digest'][:8]})", f"{now['id']} ({now['digest'][:8]})"
    return was["id"], now["id"]
