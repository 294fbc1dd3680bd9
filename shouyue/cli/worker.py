"""`shouyue worker`: the jobs that run by themselves."""

from __future__ import annotations

import asyncio

import click


@click.command()
@click.option(
    "--concurrency", type=click.IntRange(1, 32), default=2, show_default=True, help="Jobs at a time. 并发数。"
)
def worker(concurrency: int) -> None:
    """Run scheduled and queued jobs until stopped; a job under way is finished first.

    运行定时与排队任务，直到停止；进行中的任务会先做完。
    """
    from shouyue.cli import desk, lifeline

    lifeline.hold()
    desk.open_desk()
    desk.require_migrated()
    from procrastinate.contrib.django import app

    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(concurrency=concurrency, shutdown_graceful_timeout=30)

    with app.replace_connector(connector):
        asyncio.run(work())
