"""`shouyue db`: the desk's database."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from pathlib import Path

import click


@click.group()
def db() -> None:
    """The desk's database: start, migrate, url, shell, backup, restore. 数据库。"""


@db.command()
def start() -> None:
    """Keep the embedded server running until stopped. 启动内置数据库并保持运行，直到停止。"""
    from shouyue.base import database

    click.echo(database.url())
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with contextlib.suppress(KeyboardInterrupt):
        ended.wait()


@db.command()
def url() -> None:
    """Print the database's address; with DATABASE_URL it may hold a password. 输出数据库地址。"""
    from shouyue.base import database

    click.echo(database.url())


@db.command()
def migrate() -> None:
    """Bring the database up to the program; safe to repeat. 升级数据库结构，可重复执行。"""
    from shouyue.cli import desk

    desk.open_desk()
    if not desk.behind():
        click.echo("数据库已是最新 the database is up to date")
        return
    desk.migrate()
    click.echo("数据库已升级 the database is migrated")


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def shell(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Open psql on the database; ARGUMENTS go to psql. 打开 psql。"""
    from shouyue.base import database
    from shouyue.cli.backup import program

    done = subprocess.run([program("psql"), database.url(), *arguments], check=False)
    ctx.exit(done.returncode)


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--books", is_flag=True, help="Also the books themselves. 同时备份账册。")
@click.option("--force", is_flag=True, help="Replace FILE if it exists. 覆盖已有文件。")
def backup(file: Path, books: bool, force: bool) -> None:
    """Write the database, and what belongs to it, into FILE while the desk works.

    在不停机的情况下把数据库及相关内容备份到 FILE。
    """
    from shouyue.cli import backup as kept
    from shouyue.cli import desk

    desk.open_desk()
    desk.require_migrated()
    about = kept.write(file, with_books=books, force=force)
    click.echo(f"{file}  {file.stat().st_size:,} B")
    for book in about["books"]:
        within = "含 included" if books else "未含 not included"
        click.echo(f"  账册 book {book['name']} {book['version']}  {within}")
    if not about["key_kept"]:
        click.echo("  密钥未写入备份，请另行保管 / not in the backup, keep it yourself: SHOUYUE_SECRET_KEY")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a desk that holds something. 覆盖已有数据。")
def restore(file: Path, replace: bool) -> None:
    """Put the backup in FILE in the database's place, wholly or not at all. Stop the desk first.

    用 FILE 中的备份整体替换数据库；要么全部完成，要么不变。请先停止工作台。
    """
    from shouyue.cli import backup as kept

    about = kept.restore(file, replace=replace)
    click.echo(f"已恢复 restored: {about['made_at']}  Shouyue {about['shouyue']}")
    for book in about["books"]:
        place = "已恢复 restored" if book.get("restored") else "请另行恢复 bring it back yourself"
        click.echo(f"  账册 book {book['name']} {book['version']}  {place}")
