"""`shouyue strategy experiments`: what the arms of running experiments say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from shouyue.base import money

VERDICTS = {
    "too_few": ("样本太少，不能下结论", "too few to say anything"),
    "undecided": ("尚不能区分", "not yet distinguishable"),
    "higher": ("较高", "higher"),
    "lower": ("较低", "lower"),
    "unlike": ("两边人群不同，不作比较", "not alike, no comparison"),
}


@click.command()
@click.option("--book", help="Folder of the book, where it does not lie among the books. 账册目录。")
def experiments(book: str | None) -> None:
    """Work out and show each experiment as of the newest published day: arms, differences, intervals.

    计算并显示各试验截至最近发布日的结果：分组、差异与区间。区间每天看都有效。
    """
    from shouyue.cli.desk import open_desk, require_migrated

    open_desk()
    require_migrated()
    from shouyue.reports.experiments.results import work_out

    found = work_out(book)
    if not found:
        click.echo("尚无试验 no experiment yet")
    for one in found:
        for line in told(one.experiment, one.salt, one.result):
            click.echo(line)


def told(experiment: str, salt: str, result: dict[str, Any]) -> Iterator[str]:
    """A result in both languages, for a terminal."""
    yield f"{experiment} [{salt}]   {result['zh']} · {result['en']}   {result['since']} – {result['as_of']}"
    if result["definitions"] > 1:
        yield "  ! 试验期间改过比例，分组有变动 shares were changed while it lived: arms are mixed"
    for arm in result["arms"]:
        share = "–" if arm["share"] is None else f"{arm['share']:.1%}"
        yield (
            f"  {arm['id']} {share}   客户 customers {arm['customers']:,}   期次 due {arm['due']:,}"
            f"   提醒 reminded {arm['reminded']:,}   保护 exempt {arm['exempt']:,}"
        )
    for metric in result["metrics"]:
        yield from _metric(metric, result["currency"])


def _metric(metric: dict[str, Any], currency: str) -> Iterator[str]:
    from shouyue.reports.experiments.arms import verdict
    from shouyue.reports.metrics import METRICS

    about = METRICS[metric["id"]]

    def show(value: float | None, signed: bool = False) -> str:
        if value is None:
            return "–"
        if metric["money"]:
            return ("+" if signed and value > 0 else "") + money.show(round(value), currency)
        return f"{value:+.2%}" if signed else f"{value:.2%}"

    means = "   ".join(f"{arm} {show(told['mean'])}" for arm, told in metric["arms"].items())
    yield f"  {about.zh} {about.en}   {means}"
    for one in metric["differences"]:
        now = one["now"]
        words = " ".join(VERDICTS[verdict(metric["drawn"], now)])
        limits = (
            ""
            if now is None
            else f"{show(now['estimate'], True)} [{', '.join(show(x, True) for x in now['always'])}]   "
        )
        yield f"    {one['arm']} − {one['against']}   {limits}{words}"
