"""``shouyue profile``: propose, check and list import profiles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shouyue.base import files
from shouyue.base.errors import Code

if TYPE_CHECKING:
    from shouyue.book.suggest import Suggestion

OUT_EXISTS = Code(
    "BOOK-312",
    zh="文件 {file} 已存在且内容不同；另取文件名，或用 --force 覆盖",
    en="{file} exists with other content; name another file, or overwrite it with --force",
)
OUT_NOT_WRITABLE = Code("BOOK-313", zh="无法写入 {file}：{why}", en="cannot write {file}: {why}")


@click.group()
def profile() -> None:
    """Import profiles: suggest, check, list. 导入配置。"""


@profile.command("suggest")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--database", metavar="VARIABLE", help="Variable with the address of a database. 存放数据库地址的环境变量。"
)
@click.option("--schema", help="Only the tables of this schema. 仅该模式下的表。")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write. 输出文件。")
@click.option("--force", is_flag=True, help="Overwrite the file. 覆盖已有文件。")
def suggest_(folder: Path | None, database: str | None, schema: str | None, out: Path | None, force: bool) -> None:
    """Propose a profile for the files in DIR, or the tables of a database. 根据表头与取值建议配置。

    For a database (PostgreSQL) the profile names a query for each table; its address stays in the environment.

    Exit code 0: all that is mandatory was found; 3: some is missing and must be filled in; 2: nothing was recognised.
    """
    from shouyue.book.profile_text import toml
    from shouyue.book.suggest import suggest, suggest_database

    if (folder is None) == (database is None):
        raise click.UsageError("give DIR or --database, one of them · DIR 与 --database 须二选一")
    suggestion = suggest(folder) if folder else suggest_database(str(database), schema)
    text = toml(suggestion)
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text, force)
    _tell(suggestion, out)
    sys.exit(suggestion.exit_code)


def _write(out: Path, text: str, force: bool) -> None:
    """The file whole or not at all; a profile somebody corrected is not overwritten unasked. Raises BOOK-312, -313."""
    try:
        if out.exists() and not force and out.read_bytes() != text.encode():
            raise OUT_EXISTS.error(file=out)
        out.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(out, text)
    except OSError as why:
        raise OUT_NOT_WRITABLE.error(file=out, why=why.strerror or why) from None


def _tell(s: Suggestion, out: Path | None) -> None:
    """A summary; beside the profile on stdout it goes to stderr."""
    err = out is None
    for t in s.tables:
        files = ", ".join(sample.label for sample in t.samples)
        click.echo(f"{t.table.name}: {files} · {len(t.columns)} 列 columns", err=err)
        for f in t.missing:
            click.echo(f"  缺少 missing: {f.name} {f.zh} · {f.en}", err=err)
    for t in s.missing_tables:
        click.echo(f"缺少的表 missing table: {t.name}", err=err)
    for one in s.left_out:
        click.echo(f"未使用 left out: {one.name}\n  {one.zh}\n  {one.en}", err=err)
    if s.questions:
        click.echo(f"待确认 to be decided: {len(s.questions)}（见配置文件 see the profile）", err=err)
    if out is not None:
        click.echo(f"已写入 written: {out}")


@profile.command("check")
@click.argument("file", metavar="FILE|NAME")
def check(file: str) -> None:
    """Is FILE (or a shipped profile) well-formed? 检查配置。

    Exit code 0: an import can use it; 3: only with --append, a mandatory table is not in it; 2: it has a fault.
    """
    from shouyue.book.profile import load
    from shouyue.book.schema import TABLES

    found = load(file)
    click.echo(f"{found.name}  {found.currency}  {found.digest()[:12]}")
    for table in found.tables.values():
        where = ", ".join(table.files) if table.query is None else f"查询 query · ${found.database}"
        click.echo(f"  {table.name}: {where} · {len(table.columns)} 列 columns")
    absent = [t for t in TABLES.values() if t.name not in found.tables]
    mandatory = [t.name for t in absent if t.mandatory]
    optional = [t.name for t in absent if not t.mandatory]
    if optional:
        click.echo(f"  没有，可选 not in it, optional: {', '.join(optional)}")
    if mandatory:
        names = ", ".join(mandatory)
        click.echo(f"  缺少必需的表，只能用于追加 mandatory tables missing, for --append only: {names}")
        sys.exit(3)
    click.echo("合格 well-formed")


@profile.command("list")
def list_() -> None:
    """Profiles that ship with the product. 自带的配置。"""
    from shouyue.book.profile import load, shipped

    for name in shipped():
        found = load(name)
        click.echo(f"{name:12} {found.title_zh} · {found.title_en}")
