"""`shouyue convention`: how lateness is counted; what ships, what a file says, and whether it does what it says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

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
@click.argument("file")
def check(file: str) -> None:
    """Read FILE (or a name) and run its worked examples through the kernel and the plain reference. 检查口径。

    Exit code 0: every example is met; 3: there is none, or no source is named; 2: a slip, or an example is not met.
    """
    from shouyue.ageing.convention import load
    from shouyue.ageing.trial import differences

    found = load(file)
    failed = 0
    for example in found.examples:
        wrong = list(differences(example, found))
        failed += bool(wrong)
        click.echo(f"{'✗' if wrong else '✓'} {example.what}")
        for day, column, wanted, kernel, reference in wrong:
            click.echo(f"    {day} {column}: 应为 expected {wanted}, 内核 kernel {kernel}, 参照 reference {reference}")
    click.echo(
        f"{found.name} sha256:{found.digest()} · 示例 examples {len(found.examples) - failed}/{len(found.examples)}"
    )
    missing = []
    if not found.examples:
        missing.append("! 没有示例，无从验证 · there is no example to show that it is right")
    if not found.source:
        missing.append("! 没有注明来源 source · no source is named")
    for line in missing:
        click.echo(line)
    sys.exit(FAILED if failed else PARTLY if missing else OK)
