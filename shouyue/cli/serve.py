"""`shouyue serve`: the desk on this machine's network."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on. 监听地址。")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; else the first free from 8000 on. 端口。")
@click.option("--workers", type=click.IntRange(0, 256), default=0, help="Web processes; 0: one per processor. 进程数。")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Threads of each. 线程数。")
@click.option("--jobs/--no-jobs", default=True, show_default=True, help="Also run the worker. 同时运行后台任务。")
def serve(host: str, port: int | None, workers: int, threads: int, jobs: bool) -> None:
    """Serve the desk until stopped. The database must be migrated (shouyue db migrate).

    启动工作台，直到停止。数据库需已迁移（shouyue db migrate）。
    """
    from shouyue.cli import desk, serving

    desk.open_desk()
    desk.require_migrated()
    how = serving.Serving(host, port, workers, threads, jobs)
    serving.serve(how, lambda address: click.echo(f"Shouyue 守约: {address}"))
