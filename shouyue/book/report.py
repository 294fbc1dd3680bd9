"""What an import says when it is done: control totals per table, and where the quarantined rows are."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console
from rich.table import Table as Grid

from shouyue.base.money import show as show_money
from shouyue.book import faults
from shouyue.book.importing import Outcome
from shouyue.book.schema import TABLES

NAMES = {
    "customers": ("客户", "customers"),
    "contacts": ("联系人", "contacts"),
    "loans": ("合同", "loans"),
    "instalments": ("还款计划", "instalments"),
    "charges": ("费用", "charges"),
    "payments": ("还款", "payments"),
    "pauses": ("暂停", "pauses"),
    "balances": ("核心余额", "balances"),
}


def as_dict(outcome: Outcome) -> dict[str, object]:
    """The outcome for programs; money in minor units, as texts."""
    return {
        "version": outcome.version.id,
        "day": outcome.version.manifest.get("day"),
        "repeated": outcome.repeated,
        "shards": outcome.version.shards,
        "currency": outcome.version.currency,
        "tables": {name: totals.as_dict() for name, totals in outcome.totals.items()},
        "codes": outcome.codes,
        "quarantine": str(outcome.quarantine) if outcome.quarantine else None,
        "unused": outcome.unused,
        "absent": outcome.absent,
    }


def show(outcome: Outcome, currency: str, out: TextIO | None = None) -> None:
    """Print the outcome for people, in Chinese and English."""
    console = Console(file=out or sys.stdout, width=None if (out or sys.stdout).isatty() else 160)
    console.print(_grid(outcome, currency))
    unreadable = sum(t.unreadable for t in outcome.totals.values())
    if unreadable:
        console.print(
            f"{unreadable} 行的金额无法读出，未计入金额合计 · {unreadable} rows without a readable amount",
            style="yellow",
        )
    if outcome.version.manifest.get("appended"):
        added, known, replaced, removed = (
            sum(getattr(t, k) for t in outcome.totals.values()) for k in ("added", "known", "replaced", "removed")
        )
        console.print(
            f"新增 {added:,} 行，更新 {replaced:,} 行，删除 {removed:,} 行，已有 {known:,} 行"
            f" · {added:,} rows added, {replaced:,} replaced, {removed:,} removed, {known:,} known already",
            highlight=False,
        )
    ignored = sum(t.ignored for t in outcome.totals.values())
    if ignored:
        console.print(f"{ignored} 行为空或按配置忽略 · {ignored} rows empty or ignored by the profile")
    _show_codes(outcome, console)
    if outcome.absent:
        names = ", ".join("{} · {}".format(*NAMES[name]) for name in outcome.absent)
        console.print(f"没有文件的表 · tables without a file: {names}", highlight=False)
    if outcome.unused:
        names = ", ".join(outcome.unused[:20])
        console.print(f"配置未提及的文件 · files the profile does not name: {names}", highlight=False)
    if outcome.repeated:
        console.print(
            f"账册已有这些内容，未建新版本 · the book has all this already, no new version: {outcome.version.id}",
            highlight=False,
        )
    else:
        console.print(f"账册版本 · book version: {outcome.version.id}", highlight=False)


def _grid(outcome: Outcome, currency: str) -> Grid:
    grid = Grid(title="控制总数 · control total")
    grid.add_column("表 · table")
    for heading in ("读入 · read", "接受 · accepted", "隔离 · quarantined"):
        grid.add_column(heading, justify="right")
        grid.add_column("金额 · amount", justify="right")
    for name, totals in outcome.totals.items():
        zh, en = NAMES[name]
        money = TABLES[name].money is not None
        cells = [f"{zh} · {en}"]
        for rows, amount in (
            (totals.read, totals.read_money),
            (totals.accepted, totals.accepted_money),
            (totals.quarantined, totals.quarantined_money),
        ):
            cells += [f"{rows:,}", show_money(amount, currency) if money else ""]
        grid.add_row(*cells)
    return grid


def _show_codes(outcome: Outcome, console: Console) -> None:
    known = {code.id: code for code in faults.ROW}
    for code, rows in sorted(outcome.codes.items()):
        console.print(f"  {code} × {rows:,}  {known[code].zh} · {known[code].en}", highlight=False)
    if outcome.quarantine:
        console.print(f"隔离文件 · quarantine file: {outcome.quarantine}", highlight=False, soft_wrap=True)
