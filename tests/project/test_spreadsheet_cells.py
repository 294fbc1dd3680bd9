"""No file that people open in a spreadsheet has a cell that a spreadsheet would run, wherever it is made."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.ageing import run
from shouyue.base import cells
from shouyue.book.quarantine import _safe as kept
from shouyue.cli import reconcile, trial
from shouyue.reports import moves_sheets, reconciliation_sheets, trial_sheets, workbook
from shouyue.web import export

SOURCE = Path(cells.__file__).parents[1]
HOSTILE = [
    "=cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u3000=1+1", "\u00a0=1+1", "|calc", "%0A=1", "＝1+1", "＋1", "－1+1",
    "＠A1", "=HYPERLINK(\"http://x\",\"y\")", "-1-1", "--1", "-", "-1e9+A1",
]  # fmt: skip
HARMLESS = ["测试", "a=b", "1-1", "王 + 李", "'quoted", "", "-5", "-1234.50", "0012"]
VALUES = [-5, -1234.5, Decimal("-1234.50"), date(2026, 11, 24), 0]
#: what writes CSV or XLSX itself; everything else goes through these
WRITERS = {
    "base/cells.py": "the one guard",
    "ageing/run.py": "an ageing as lines, its texts by cells.column",
    "daily/staging.py": "a copy into the database",
    "daily/trial/knowing.py": "only hashed",
    "book/quarantine.py": "the guard's patterns in Polars, so that taking one apostrophe away gives the original",
    "reports/workbook.py": "texts are written as texts",
    "strategy/xlsx/opening.py": "names the type of a workbook that was read",
    "web/export.py": "fills its sheet by reports/workbook.py",
    "strategy/xlsx/writing.py": "every cell by write_string; read back by ourselves",
    "casework/instructions.py": "the instruction to the core: a loan's number stays what the core calls it",
    "simulator/played.py": "the simulator's own file, read back by it",
    "simulator/truth.py": "the simulator's own file, read back by it",
}


def runs(shown: str) -> bool:
    """Would a spreadsheet take the text for more than a text or a plain number?"""
    bare = shown.strip(" \u3000\u00a0")
    plain = bare.lstrip("-").replace(".", "", 1).isdigit() and bare.count("-") <= 1
    return bare.startswith(tuple("=+-@\t\r\n|%＝＋－＠")) and not plain


def test_nothing_else_in_the_project_writes_cells():
    found = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        names = {ast.unparse(n) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute)}
        made = {n for n in names if n.endswith((".write_csv", ".write_excel", ".to_csv", ".to_excel"))}
        made |= names & {"csv.writer", "csv.DictWriter", "xlsxwriter.Workbook", "openpyxl.Workbook"}
        if made - {"cells.write_csv"}:
            found.add(path.relative_to(SOURCE).as_posix())
    assert found == set(WRITERS)


@given(st.text() | st.sampled_from(HOSTILE).flatmap(lambda h: st.text().map(lambda t: h + t)))
def test_any_text_is_left_or_gets_one_apostrophe(text):
    shown = cells.safe(text)
    assert shown in (text, f"'{text}") and not runs(shown)


def test_what_is_harmless_stays_as_it_is():
    assert [cells.safe(v) for v in (*HARMLESS, *VALUES)] == [*HARMLESS, *VALUES]
    assert cells.safe(None) == ""


def test_a_thing_with_a_name_is_its_name_and_no_formula():
    assert cells.safe(Path("=1+1")) == "'=1+1"


def test_rows_set_aside_give_back_the_original():
    shown = pl.select(kept(pl.Series([*HOSTILE, *HARMLESS]))).to_series().to_list()
    assert not any(runs(one) for one in shown)
    assert [one[1:] if one.startswith("'") else one for one in shown] == [*HOSTILE, *HARMLESS]


def _hostile_rows() -> list[list[object]]:
    return [[text, *VALUES] for text in [*HOSTILE, *HARMLESS]]


def _by_reconcile(out: Path, monkeypatch) -> None:
    monkeypatch.setattr(reconciliation_sheets, "head", lambda: HOSTILE[: len(VALUES) + 1])
    monkeypatch.setattr(reconciliation_sheets, "rows", lambda found: _hostile_rows())
    reconcile.write(SimpleNamespace(differences=None, summary={}), out)  # type: ignore[arg-type]


def _by_trial(out: Path, monkeypatch) -> None:
    monkeypatch.setattr(trial_sheets, "case_columns", lambda: HOSTILE[: len(VALUES) + 1])
    monkeypatch.setattr(trial_sheets, "case_rows", lambda found: _hostile_rows())
    trial.write(SimpleNamespace(summary={}), out)  # type: ignore[arg-type]


def _by_moves(out: Path, monkeypatch) -> None:
    monkeypatch.setattr(moves_sheets, "head", lambda: HOSTILE[: len(VALUES) + 1])
    monkeypatch.setattr(moves_sheets, "lines", lambda found: _hostile_rows())
    moves_sheets.write(SimpleNamespace(rows=lambda which: None), out)  # type: ignore[arg-type]


def _by_ageing(out: Path, monkeypatch) -> None:
    rows = _hostile_rows()
    values = {str(n): [str(v)] * len(rows) for n, v in enumerate(VALUES)}
    run.write(pa.table({"loan_id": [str(row[0]) for row in rows], **values}), out, {})


def _by_desk(out: Path, monkeypatch) -> None:
    file, count = export.as_file("csv", HOSTILE[: len(VALUES) + 1], _hostile_rows())
    assert count == len(_hostile_rows())
    out.write_bytes(file.read())


@pytest.mark.parametrize("written", [_by_ageing, _by_reconcile, _by_trial, _by_moves, _by_desk])
def test_every_list_as_csv(written: Callable, tmp_path, monkeypatch):
    out = tmp_path / "out.csv"
    written(out, monkeypatch)
    text = out.read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 1 + len(_hostile_rows()) and not any(runs(cell) for row in rows for cell in row)
    assert [row[1:] for row in rows[1:]] == [[str(v) for v in VALUES]] * len(_hostile_rows())
    assert list(tmp_path.iterdir()) == [out]


def _book(tmp_path: Path) -> bytes:
    out = tmp_path / "out.xlsx"
    workbook.write(out, [workbook.Sheet("x", HOSTILE[: len(VALUES) + 1], _hostile_rows())])
    return out.read_bytes()


def _desk_book(tmp_path: Path) -> bytes:
    return export.as_file("xlsx", HOSTILE[: len(VALUES) + 1], _hostile_rows())[0].read()


@pytest.mark.parametrize("written", [_book, _desk_book])
def test_every_list_as_workbook(written: Callable, tmp_path):
    sheet = openpyxl.load_workbook(io.BytesIO(written(tmp_path))).active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert len(rows) == 1 + len(_hostile_rows())
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}
    assert [cell.value for cell in rows[1]][1:4] == [-5, -1234.5, -1234.5]
    assert rows[1][0].value == HOSTILE[0] and rows[1][0].data_type == "s"
