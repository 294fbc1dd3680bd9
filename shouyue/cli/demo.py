"""`shouyue demo`: a lender that does not exist, its last days worked by a staff that does not exist, ready to try."""

from __future__ import annotations

import os
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import click

from shouyue.base import clock, settings

#: between these local times the demo runs by the real clock
DAY = (time(8, 30), time(20, 0))
MORNING = time(9, 30)


@click.command()
@click.option("--loans", type=click.IntRange(30, 1_000_000), default=3_000, show_default=True, help="贷款笔数。")
@click.option(
    "--days", type=click.IntRange(0, 30), default=3, show_default=True, help="Days already worked. 已作业天数。"
)
@click.option("--serve/--no-serve", default=True, show_default=True, help="Then open the desk. 随后启动工作台。")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; else the first free from 8000 on. 端口。")
@click.option("--next-day", is_flag=True, help="Go on to the next business day, not waiting for it. 进入下一营业日。")
def demo(loans: int, days: int, serve: bool, port: int | None, next_day: bool) -> None:
    """Load the demo, bring it to today, and open the desk. Repeat it any day: what was done stays.

    载入演示数据并推进到今天，然后启动工作台。可随时重复执行，已有作业保留。
    """
    os.environ.setdefault("SHOUYUE_LOG_LEVEL", "WARNING")
    os.environ.setdefault("SHOUYUE_LENDER", "守约演示消费金融公司")
    os.environ.setdefault("SHOUYUE_SECOND_FACTOR", "")  # nobody keeps a phone for people who do not exist
    ahead = into_the_morning(clock.now().astimezone(ZoneInfo(settings.zone())))
    if ahead and "SHOUYUE_NOW" not in os.environ:
        os.environ["SHOUYUE_CLOCK_AHEAD"] = str(int(ahead.total_seconds()))
    from shouyue.cli import desk, serving

    desk.open_desk()
    desk.migrate()
    from shouyue.cli.demonstration import Demo

    made = Demo.open(loans, days)
    made.bring_up(say=lambda words: click.echo(words, err=True), beyond_today=next_day)
    lines = made.sign_ins()
    if not serve:
        click.echo("\n".join(lines))
        return

    def ready(address: str) -> None:
        local = clock.now().astimezone(ZoneInfo(settings.zone()))
        if "SHOUYUE_CLOCK_AHEAD" in os.environ:
            lines.append(f"\n  现在不在可联系时段，演示时钟调到 {local:%Y-%m-%d %H:%M}")
            lines.append("  nobody may be called at this hour: the demo's clock is set ahead")
        click.echo("\n".join(["", f"  守约 Shouyue   {address}", "", *lines, "", "  Ctrl-C 停止 stops"]))

    serving.serve(serving.Serving(port=port), ready)


def into_the_morning(local: datetime) -> timedelta:
    """How far to the next working morning, when nobody may be called now; zero by day."""
    if DAY[0] <= local.time() < DAY[1]:
        return timedelta()
    day = local.date() if local.time() < DAY[0] else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, local.tzinfo) - local
