"""``shouyue book``: versions of a book, and copies of them on a store that many machines read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shouyue.cli.bar import bar

if TYPE_CHECKING:
    from shouyue.book.copying import Copied


@click.group()
def book() -> None:
    """Versions of a book, here and on a store. 账册版本，本机与共享存储。

    A store is a URL: hdfs://…, s3://bucket/books/main, file:///shared/books/main. See docs/scale.md.
    """


@book.command("list")
@click.argument("name")
def list_(name: str) -> None:
    """The versions of a book, oldest first. 列出版本。"""
    from shouyue.book.stored import book_at

    there = book_at(name)
    for version_id in there.versions():
        version = there.version(version_id)
        about = version.manifest
        click.echo(f"{version_id}  {about['created_at']}  {version.rows('loans'):>14,}  {version.currency}")


@book.command()
@click.argument("name")
@click.option("--version", "version_id", help="A past version; else the newest. 账册版本。")
def verify(name: str, version_id: str | None) -> None:
    """Compare every file of a version with its hash. 校验文件。"""
    from shouyue.book.copying import EMPTY
    from shouyue.book.stored import book_at

    there = book_at(name)
    version = there.version(version_id) if version_id else there.current()
    if version is None:
        raise EMPTY.error(book=name)
    version.check()
    click.echo(f"{version.id}  {sum(1 for _ in version.files()):,} 个文件完好 files are whole")


@book.command()
@click.argument("name")
@click.argument("url")
@click.option("--version", "version_id", help="A past version; else the newest. 账册版本。")
@click.option("--verify", is_flag=True, help="Read back also what the store had already. 连同已有文件一并校验。")
def push(name: str, url: str, version_id: str | None, verify: bool) -> None:
    """Copy a version of a local book to a store. Safe to repeat. 把本机账册的一个版本复制到共享存储。"""
    from shouyue.base import settings
    from shouyue.book import copying
    from shouyue.book.store import Book
    from shouyue.book.stored import StoredBook

    here = Book(settings.book_path(name))
    version = here.version(version_id) if version_id else here.current()
    if version is None:
        raise copying.EMPTY.error(book=name)
    with bar("复制 push") as show:
        _say(copying.push(version, StoredBook(url), verify, show))


@book.command()
@click.argument("url")
@click.argument("name")
@click.option("--version", "version_id", help="A past version; else the newest. 账册版本。")
def pull(url: str, name: str, version_id: str | None) -> None:
    """Bring a version from a store into a local book. Safe to repeat. 把共享存储上的一个版本取到本机账册。"""
    from shouyue.base import settings
    from shouyue.book import copying
    from shouyue.book.store import Book
    from shouyue.book.stored import StoredBook

    with bar("取回 pull") as show:
        _say(copying.pull(StoredBook(url), version_id, Book(settings.book_path(name)), show))


def _say(done: Copied) -> None:
    carried = f"复制 copied {done.files:,} ({done.size / 2**20:,.1f} MiB)"
    click.echo(f"{done.version.id}  {carried}  已有 there already {done.kept:,}")
