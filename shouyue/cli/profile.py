from __future__ import annotations

import sys
from pathlib import Path

import click


@click.group()
def profile() -> None:
    """Import profiles: suggest, check, list. 导入配置。"""


@profile.command("suggest")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write. 输出文件。")
def suggest_(folder: Path, out: Path | None) -> None:
    """Propose a profile for the files in DIR, from headers and values. 根据表头与取值建议配置。

    Exit code 0: ready to try; 3: something mandatory was not found and must be filled in.
    """
    from shouyue.book.suggesting import suggest

    suggestion = suggest(folder)
    if out is None:
        click.echo(suggestion.toml, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(suggestion.toml, "utf-8")
        click.echo(f"已写入 · written: {out}")
    if suggestion.missing:
        click.echo(f"缺少 · missing: {', '.join(suggestion.missing)}", err=True)
        sys.exit(3)


@profile.command("check")
@click.argument("file")
def check(file: str) -> None:
    """Is FILE (or a shipped profile) well-formed? 检查配置。"""
    from shouyue.book.profile import load

    found = load(file)
    click.echo(f"{found.name}  {found.currency}  {found.digest()[:12]}")
    for table in found.tables.values():
        click.echo(f"  {table.name}: {', '.join(table.files)} · {len(table.columns)} 列 · columns")


@profile.command("list")
def list_() -> None:
    """Profiles that ship with the product. 自带的配置。"""
    from shouyue.book.profile import load, shipped

    for name in shipped():
        found = load(name)
        click.echo(f"{name:12} {found.title_zh} · {found.title_en}")
