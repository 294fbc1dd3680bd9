"""A draft as the editor shows it: one table as cells with their hints, and every complaint beside its cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from shouyue.base.errors import ShouyueError
from shouyue.daily.strategies import Examined
from shouyue.releases.models import Version
from shouyue.strategy import Finding, Strategy, editing, editing_columns, editing_ranks, telling
from shouyue.strategy.cells import show_value
from shouyue.strategy.editing import REMARK, ROW, Sheet
from shouyue.strategy.model import Column, Name, Table
from shouyue.web import showing, strategy_pages
from shouyue.web.release_pages import SEVERITIES

#: parts of the editor that are no decision table
NUMBERS, TEXT = "=numbers", "=text"
#: width of a cell in characters, least and most
_WIDTH = (8, 28)


@dataclass(frozen=True)
class Typed:
    """What somebody typed that could not be written, and why; it stays in its cell."""

    table: str
    row: str
    column: str
    value: str
    error: ShouyueError


def context(
    name: str,
    version: Version,
    examined: Examined,
    table: str,
    undo: bool,
    redo: Sequence[int] = (),
    typed: Typed | None = None,
    focus: tuple[str, str] = ("", ""),
    newest: int = 0,
) -> dict[str, Any]:
    """Everything the editor's page and its pieces show."""
    sheets = editing.sheets(version.text) if examined.strategy else []
    at = _part(table, sheets)
    chosen = next((s for s in sheets if s.id == at), None)
    placed = strategy_pages.by_row(examined.findings)
    passed = sum(r.passed for r in examined.results)
    return {
        "name": name,
        "number": version.number,
        "version": version,
        "title": strategy_pages.name_of(examined.strategy, name),
        "seen": newest or version.number,
        "undo": undo,
        "redo": list(redo),
        "focus": focus,
        "part": at,
        "parts": _parts(examined, sheets),
        "sheet": _sheet(examined.strategy, chosen, placed, typed) if chosen and examined.strategy else None,
        "numbers": _numbers(examined.strategy, version.text, typed) if at == NUMBERS and examined.strategy else None,
        "text": version.text if at == TEXT else None,
        "typed": _problem(typed, chosen),
        "counts": strategy_pages.counted(examined.findings),
        "others": [strategy_pages.said(f, examined.strategy) | {"part": _of(f, sheets)} for f in examined.findings],
        "tests": (passed, len(examined.results)),
        "refused": None,
    }


def _part(asked: str, sheets: Sequence[Sheet]) -> str:
    """The part asked for where there is such a one, else the first table, else the text."""
    if asked in (NUMBERS, TEXT) or any(s.id == asked for s in sheets):
        return asked
    return sheets[0].id if sheets else TEXT


def _of(finding: Finding, sheets: Sequence[Sheet]) -> str:
    """The part of the editor in which a finding is mended."""
    table = finding.place.table
    if any(s.id == table for s in sheets):
        return table
    return NUMBERS if table == "values" else TEXT


def _parts(examined: Examined, sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    zh = showing.language() == "zh"
    wrong: dict[str, int] = {}
    for finding in examined.findings:
        if finding.severity != "note":
            part = _of(finding, sheets)
            wrong[part] = wrong.get(part, 0) + 1
    tables = {t.id: t for t in examined.strategy.tables} if examined.strategy else {}
    named = [(s.id, ((tables[s.id].zh if zh else tables[s.id].en) or s.id) if s.id in tables else s.id) for s in sheets]
    every = [*named, *([(NUMBERS, _("Named numbers"))] if sheets else []), (TEXT, _("The text"))]
    return [{"id": id_, "name": text, "wrong": wrong.get(id_, 0)} for id_, text in every]


def _problem(typed: Typed | None, sheet: Sheet | None) -> dict[str, str] | None:
    """What stands above the cells: why a change was not made whose row is not there any more."""
    if typed is None or typed.table == NUMBERS or (sheet and any(r.id == typed.row for r in sheet.rows)):
        return None
    return {"code": typed.error.code, "says": typed.error.text(showing.language()), "value": typed.value}


# ---------------------------------------------------------------- the cells
def _sheet(strategy: Strategy, sheet: Sheet, placed: dict, typed: Typed | None) -> dict[str, Any]:
    table = next((t for t in strategy.tables if t.id == sheet.id), None)
    wrong = {f.place.column: f.severity for f in reversed(placed.get((sheet.id, None), ())) if f.severity != "note"}
    columns = [_column(strategy, sheet, table, n, wrong) for n in range(len(sheet.columns))]
    return {
        "id": sheet.id,
        "hits": telling.hits(table, showing.language()) if table else [],
        "ranks": _ranks(strategy, table) if table and table.hit in ("priority", "output order") else [],
        "askable": _offered(editing_columns.askable(strategy, sheet.id), columns, result=False),
        "givable": _offered(editing_columns.givable(strategy, sheet.id), columns, result=True),
        "columns": columns,
        "conditions": sheet.conditions,
        "findings": [strategy_pages.said(f, strategy) for f in placed.get((sheet.id, None), ())],
        "rows": [
            _row(strategy, sheet, n, columns, placed.get((sheet.id, n), []), typed)
            for n in range(1, len(sheet.rows) + 1)
        ],
        "remark": max([12, *(min(60, len(r.remark) + 4) for r in sheet.rows)]),
        "widest": max([8, *(len(r.id) + 2 for r in sheet.rows)]),
    }


def _ranks(strategy: Strategy, table: Table) -> list[dict[str, Any]]:
    """The results of the table in the order of their ranks, and those without one; what rows give stands first."""
    lang, shown = showing.language(), []
    for ranked in editing_ranks.ranked(table):
        name = ranked.column.name
        if not (ranked.order or ranked.others):
            continue
        given = editing_ranks.used(table, ranked.column)
        order, others = (
            [(show_value(v, name.type), telling.named(strategy, name, v, lang), v in given) for v in values]
            for values in (ranked.order, ranked.others)
        )
        shown.append({"id": name.id, "label": telling.label(name, lang), "order": order, "others": others})
    return shown


def _offered(names: Iterable[Name], columns: Sequence[dict[str, Any]], result: bool) -> list[tuple[str, str]]:
    """Names that may head a further column of that side, with what they are called, their type and unit."""
    lang = showing.language()
    there = {c["id"] for c in columns if c["result"] == result}
    return [(n.id, f"{telling.label(n, lang)} · {telling.kind(n, lang)} · {n.id}") for n in names if n.id not in there]


def _column(strategy: Strategy, sheet: Sheet, table: Table | None, at: int, wrong: dict[str, str]) -> dict[str, Any]:
    heading, lang = sheet.columns[at], showing.language()
    result = at >= sheet.conditions
    found = _known(table, heading, result)
    texts = [row.cells[at] for row in sheet.rows if at < len(row.cells)]
    width = max(_WIDTH[0], min(_WIDTH[1], max((len(t) + 3 for t in texts), default=0)))
    if found is None:
        return {"heading": heading, "id": heading, "label": heading, "unit": "", "hint": "", "choices": [],
                "result": result, "width": width, "at": at + 1, "wrong": wrong.get(heading, "")}  # fmt: skip
    return {
        "heading": heading,
        "id": found.name.id,
        "label": telling.label(found.name, lang),
        "unit": telling.unit(found.name.type, lang),
        "hint": telling.hint(strategy, found, lang, result),
        "choices": telling.suggestions(strategy, found, lang),
        "result": result,
        "width": width,
        "at": at + 1,
        "wrong": wrong.get(found.name.id, ""),
    }


def _known(table: Table | None, heading: str, result: bool) -> Column | None:
    columns = () if table is None else table.outputs if result else table.inputs
    return next((c for c in columns if heading in (c.name.id, c.name.zh)), None)


def _row(
    strategy: Strategy, sheet: Sheet, number: int, columns: list, findings: list[Finding], typed: Typed | None
) -> dict[str, Any]:
    row = sheet.rows[number - 1]
    wrong = {f.place.column: f.severity for f in reversed(findings) if f.severity != "note"}
    stuck = typed if typed and (typed.table, typed.row) == (sheet.id, row.id) else None
    cells = []
    for at, column in enumerate(columns):
        text = row.cells[at] if at < len(row.cells) else ""
        mine = stuck is not None and stuck.column == column["heading"]
        bad = "error" if mine else wrong.get(column["id"], "")
        cells.append({"column": column, "text": stuck.value if mine and stuck else text, "saved": text, "wrong": bad})
    own = stuck is not None and stuck.column == ROW
    return {
        "number": number,
        "id": row.id,
        "shown": stuck.value if own and stuck else row.id,
        "cells": cells,
        "remark": stuck.value if stuck and stuck.column == REMARK else row.remark,
        "saved_remark": row.remark,
        "even": row.even,
        "wrong": "error" if own or "" in wrong else "",
        "complaints": [*([_stuck(stuck)] if stuck else []), *(strategy_pages.said(f, strategy) for f in findings)],
    }


def _stuck(typed: Typed) -> dict[str, Any]:
    text, tone = SEVERITIES["error"]
    says = typed.error.text(showing.language())
    return {"code": typed.error.code, "severity": "error", "word": text, "tone": tone, "place": typed.column,
            "says": says, "cases": (), "advice": _("Not saved. Change it, or press Esc for what stood there before."),
            "anchor": ""}  # fmt: skip


def _numbers(strategy: Strategy, text: str, typed: Typed | None) -> list[dict[str, Any]]:
    zh = showing.language() == "zh"
    shown = []
    for name, given in editing.values(text).items():
        like = strategy.names.get(str(given.get("like", "")))
        stuck = typed if typed and (typed.table, typed.row) == (NUMBERS, name) else None
        shown.append(
            {
                "name": name,
                "label": given.get("zh" if zh else "en", "") or name,
                "text": stuck.value if stuck else str(given.get("is", "")),
                "saved": str(given.get("is", "")),
                "like": telling.label(like, showing.language()) if like else str(given.get("like", "")),
                "unit": telling.unit(like.type, showing.language()) if like else "",
                "complaint": _stuck(stuck) if stuck else None,
            }
        )
    return shown
