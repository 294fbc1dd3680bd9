"""`shouyue convention`: how lateness is counted; what ships, what a file says, whether it does what it says, and who
moves when another is used."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shouyue.cli.age import NOT_A_DAY, NOT_WRITABLE, day, version_of

if TYPE_CHECKING:
    from shouyue.ageing.convention import Convention

#: exit codes: all well; an example is not met; nothing shows that it is right
OK, FAILED, PARTLY = 0, 2, 3


@click.group()
def convention() -> None:
    """Conventions: how lateness is counted. 逾期口径。"""


@convention.command("list")
def list_() -> None:
    """Conventions that may be given by name: those that ship, and the house's own. 可用口径。"""
    from shouyue.ageing.convention import known, load, path_of

    for name in known():
        found = load(name)
        click.echo(f"{name}\t{found.zh} · {found.en}\t{path_of(name)}")


@convention.command()
@click.argument("name")
@click.option("--text", is_flag=True, help="The file itself. 原文。")
def show(name: str, text: bool) -> None:
    """Every rule of a convention; NAME is a name or a .toml file. * marks what differs from the default. 显示口径。"""
    from shouyue.ageing.convention import load, path_of

    found = load(name)
    if text:
        click.echo(path_of(name).read_text("utf-8"), nl=False)
        return
    click.echo(f"{found.name}  sha256:{found.digest()}\n{found.zh}\n{found.en}")
    if found.source:
        click.echo(f"来源 source: {found.source}")
    _rules(found)
    click.echo("[[bucket]]")
    before = None
    for bucket in found.buckets:
        first = 0 if before is None else before + 1
        click.echo(f"    {bucket.label:<12} {first} – {'' if bucket.to is None else bucket.to}")
        before = bucket.to
    click.echo(f"示例 examples: {len(found.examples)}")


def _rules(found: Convention) -> None:
    from shouyue.ageing.convention import Convention
    from shouyue.ageing.convention_file import SECTIONS

    usual = Convention("default")
    for section, keys in SECTIONS.items():
        click.echo(f"[{section}]")
        for key, name in keys.items():
            value = getattr(found, name)
            mark = " " if value == getattr(usual, name) else "*"
            click.echo(f"  {mark} {key} = {_said(value)}")


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_said(each) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


@convention.command()
@click.argument("files", nargs=-1)
def check(files: tuple[str, ...]) -> None:
    """Read FILES (or names; left out, all known) and run their worked examples through the kernel and the plain
    reference. 检查口径。

    Exit code 0: every example is met; 3: there is none, or no source is named; 2: a slip, or an example is not met.
    """
    from shouyue.ageing.convention import known, load

    found = {_checked(load(name)) for name in files or known()}
    sys.exit(next((code for code in (FAILED, PARTLY) if code in found), OK))


def _checked(found: Convention) -> int:
    from shouyue.ageing.trial import differences

    failed = 0
    for example in found.examples:
        wrong = list(differences(example, found))
        failed += bool(wrong)
        click.echo(f"{'✗' if wrong else '✓'} {example.what}")
        for on, column, wanted, kernel, reference in wrong:
            click.echo(f"    {on} {column}: 应为 expected {wanted}, 内核 kernel {kernel}, 参照 reference {reference}")
    met = len(found.examples) - failed
    click.echo(f"{found.name} sha256:{found.digest()} · 示例 examples {met}/{len(found.examples)}")
    missing = []
    if not found.examples:
        missing.append("! 没有示例，无从验证 · there is no example to show that it is right")
    if not found.source:
        missing.append("! 没有注明来源 source · no source is named")
    for line in missing:
        click.echo(line)
    return FAILED if failed else PARTLY if missing else OK


@convention.command()
@click.argument("first")
@click.argument("second")
@click.option("--book", required=True, help="Name, folder or URL of the book. 账册名称、目录或 URL。")
@click.option("--as-of", required=True, help="The day asked about. 计算日。")
@click.option("--known-at", help="Count only what was booked by this day. 仅计入该日前已入账的数据。")
@click.option("--version", "version_id", help="A past version of the book; else the newest. 账册版本。")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=".xlsx | .csv (loans) | .json (sums)")
@click.option("--all", "all_", is_flag=True, help="In the file, also the loans whose days stay. 文件含未变动的合同。")
@click.option("--workers", type=click.IntRange(1, 1024), help="Threads; all cores where not given. 线程数。")
def compare(
    first: str,
    second: str,
    book: str,
    as_of: str,
    known_at: str | None,
    version_id: str | None,
    out: Path | None,
    all_: bool,
    workers: int | None,
) -> None:
    """Who moves from bucket to bucket when FIRST is left for SECOND, on the same book and day. 两种口径对比。

    Each is a name or a .toml file. The file names every loan whose days differ, with its customer.
    """
    on, known = day("--as-of", as_of), day("--known-at", known_at)
    if on is None:
        raise NOT_A_DAY.error(option="--as-of", text="")
    from shouyue.ageing import convention as conventions
    from shouyue.ageing.moving import Question, work_out
    from shouyue.reports import moves_sheets

    if out is not None:
        moves_sheets.check(out)
    rules = conventions.load(first), conventions.load(second)
    version = version_of(book, version_id)
    with tempfile.TemporaryDirectory(prefix="shouyue-compare-") as folder:
        found = work_out(Question(version, on, known, *rules), Path(folder), workers)
        for line in moves_sheets.told(found):
            click.echo(line)
        if out is not None:
            try:
                moves_sheets.write(found, out, "all" if all_ else "days")
            except OSError as why:
                raise NOT_WRITABLE.error(file=out, why=why.strerror or why) from None
            click.echo(f"{out}")
