"""What the pages of strategies show: a text in words, its findings beside their rows, the life of its versions."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue import strategy as files
from shouyue.base.errors import ShouyueError
from shouyue.daily import strategies
from shouyue.daily.strategies import Examined
from shouyue.strategy import Finding, Strategy, differing, telling
from shouyue.strategy.model import Table
from shouyue.web import showing
from shouyue.web.release_pages import SEVERITIES

ROWS: dict[str, tuple[LazyText, str]] = {
    "added": (pgettext_lazy("row", "new"), "good"),
    "removed": (pgettext_lazy("row", "removed"), "bad"),
    "changed": (pgettext_lazy("row", "changed"), "warn"),
    "moved": (pgettext_lazy("row", "moved"), "info"),
    "same": (pgettext_lazy("row", "same"), ""),
}
#: parts of a file that are not tables, as a difference names them
SECTIONS: dict[str, LazyText] = {
    "head": _("Head of the file"),
    "values": _("Named numbers"),
    "segments": _("Segments"),
    "stages": _("Stages"),
    "treatments": _("Treatments"),
    "sentences": _("Sentences of the reason"),
    "order": _("Order within a band"),
    "table": _("Tables"),
}


def worked_by() -> str:
    """The name of the strategy that the daily cycle asks for."""
    return os.environ.get("SHOUYUE_DAILY_STRATEGY", "standard")


def name_of(strategy: Strategy | None, name: str) -> str:
    if strategy is None:
        return name
    return (strategy.zh if showing.language() == "zh" else strategy.en) or name


# ---------------------------------------------------------------- findings
def said(finding: Finding, strategy: Strategy | None = None) -> dict[str, Any]:
    """A finding for a page; ``place`` without the file, by the names that the strategy has for its parts."""
    lang = showing.language()
    text, tone = SEVERITIES[finding.severity]
    place = finding.place
    row = str(_("row %(number)s") % {"number": place.row}) if place.row else ""
    called = "" if place.table == "test" else place.row_id  # a test is named in what is said
    parts = [part_name(strategy, place.table), f"{row} {called}".strip(), column_name(strategy, place.column)]
    return {
        "code": finding.code,
        "severity": finding.severity,
        "word": text,
        "tone": tone,
        "place": " · ".join(p for p in parts if p),
        "says": finding.text(lang),
        "cases": finding.cases(lang),
        "advice": finding.advice(lang),
        "anchor": f"{place.table}-{place.row}" if place.row else place.table,
    }


def part_name(strategy: Strategy | None, id_: str) -> str:
    """What a table, or another part of the file, is called."""
    for table in strategy.tables if strategy else ():
        if table.id == id_:
            return (table.zh if showing.language() == "zh" else table.en) or id_
    return str(_("The file's own tests") if id_ == "test" else SECTIONS.get(id_, id_))


def column_name(strategy: Strategy | None, id_: str) -> str:
    """What a column is called; as it is written where the strategy does not know it."""
    found = strategy.names.get(id_) if strategy else None
    return telling.label(found, showing.language()) if found else id_


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def by_row(findings: Iterable[Finding]) -> dict[tuple[str, int | None], list[Finding]]:
    """Findings by table and row; None for the table as a whole."""
    found: dict[tuple[str, int | None], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.place.table:
            found[finding.place.table, finding.place.row].append(finding)
    return found


# ---------------------------------------------------------------- a text in words
def tables(examined: Examined) -> list[dict[str, Any]]:
    """Every table with its rows in words, and beside each row what the check says of it."""
    strategy = examined.strategy
    if strategy is None:
        return []
    placed = by_row(examined.findings)
    return [_table(strategy, table, placed) for table in strategy.tables]


def _table(strategy: Strategy, table: Table, placed: dict) -> dict[str, Any]:
    lang = showing.language()
    return {
        "id": table.id,
        "name": (table.zh if lang == "zh" else table.en) or table.id,
        "hit": telling.hit(table, lang),
        "findings": [said(f, strategy) for f in placed.get((table.id, None), ())],
        "default": [
            (telling.label(c.name, lang), telling.result(strategy, c, r, lang))
            for c, r in zip(table.outputs, table.default or (), strict=False)
        ],
        "rows": [
            {
                "number": row.number,
                "id": row.id,
                "anchor": f"{table.id}-{row.number}",
                "when": list(telling.conditions(strategy, table, row, lang)),
                "then": list(telling.results(strategy, table, row, lang)),
                "remark": row.remark,
                "findings": [said(f, strategy) for f in placed.get((table.id, row.number), ())],
                "worst": _worst(placed.get((table.id, row.number), ())),
            }
            for row in table.rows
        ],
    }


def _worst(findings: Iterable[Finding]) -> str:
    """The gravest thing that is wrong; empty where there are notes at most."""
    severities = {f.severity for f in findings}
    return next((s for s in ("error", "warning") if s in severities), "")


def labels(strategy: Strategy | None) -> list[tuple[object, list[tuple[str, str]]]]:
    """Segments, stages and treatments with what they are called, and the named numbers."""
    if strategy is None:
        return []
    lang = showing.language()
    found: list[tuple[object, list[tuple[str, str]]]] = []
    for kind in ("segments", "stages", "treatments"):
        own = strategy.labels.get(kind, {})
        if own:
            found.append((SECTIONS[kind], [(id_, own[id_].zh if lang == "zh" else own[id_].en) for id_ in own]))
    if strategy.values:
        shown = [
            (name, telling.value(strategy, type_, value, lang)) for name, (type_, value) in strategy.values.items()
        ]
        found.append((SECTIONS["values"], shown))
    return found


def tests(examined: Examined) -> list[dict[str, Any]]:
    return [
        {"name": r.case.name, "passed": r.passed, "findings": [said(f) for f in r.findings]} for r in examined.results
    ]


# ---------------------------------------------------------------- two texts
def difference(found: differing.Difference, everything: bool = False) -> dict[str, Any]:
    """What one text changes in another, in words and as written: keys by section, rows by table."""
    n = 0 if showing.language() == "zh" else 1
    by_table: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in found.rows if everything else found.changed:
        word, tone = ROWS[row.status]
        shown = {"id": row.row, "status": row.status, "word": word, "tone": tone, "was": row.was, "now": row.now}
        cells = [_change(c, c.column, n) for c in row.cells]
        by_table.setdefault((row.table, row.called[n]), []).append({**shown, "cells": cells})
    return {
        "keys": [{"section": SECTIONS.get(k.section, k.section), **_change(k, k.key, n)} for k in found.keys],
        "tables": [(*table, rows) for table, rows in by_table.items()],
        "empty": not found.keys and not found.changed,
    }


def _change(one: differing.CellChange | differing.KeyChange, written: str, n: int) -> dict[str, Any]:
    """A cell or key: what it is called, what it was and is, each in words and as written."""
    sides = ("called", one.called, written), ("was", one.was_said, one.was), ("now", one.now_said, one.now)
    return {name: (said[n], text if text != said[n] else "") for name, said, text in sides}


def table_name(was: Strategy | None, now: Strategy | None, id_: str) -> str:
    """What the newer of two texts calls a table, else the older."""
    called = part_name(now, id_)
    return called if called != id_ else part_name(was, id_)


# ---------------------------------------------------------------- files
def title_of(name: str, text: str) -> str:
    """What a text calls itself; its name where it is no TOML."""
    try:
        return name_of(strategies.read_text(name, 0, text), name)
    except files.StrategyError:
        return name


def file_text(name: str) -> str | None:
    """The text of the lender's or the shipped file of that name; None where there is none."""
    path = files.known().get(name)
    return path.read_text("utf-8") if path else None


def file_of(name: str) -> Strategy | None:
    try:
        return files.draft(name) if name in files.known() else None
    except ShouyueError:
        return None
