"""Workbooks that hide, trick or overwhelm are refused by code, with sheet and cell."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime, time
from io import BytesIO

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from shouyue.strategy import read
from shouyue.strategy.xlsx.faults import WorkbookError
from shouyue.strategy.xlsx.reading import taken
from shouyue.strategy.xlsx.sheets import HEAD, NAMES, SOURCE, TESTS
from shouyue.strategy.xlsx.writing import write

from ..made import strategy_text

GOOD = write(read(strategy_text()))


def worked(change: Callable[[Workbook], object]) -> bytes:
    book = openpyxl.load_workbook(BytesIO(GOOD))
    change(book)
    memory = BytesIO()
    book.save(memory)
    return memory.getvalue()


def refused(data: bytes) -> list[tuple[str, str, str]]:
    """Code, sheet and cell of everything found."""
    with pytest.raises(WorkbookError) as error:
        taken(data, "x.xlsx")
    if error.value.code != "XLSX-004":
        return [(error.value.code, "", "")]
    return [(f.code, f.place.table, f.place.column) for f in error.value.findings]


def put(sheet: str, cell: str, value: object) -> Callable[[Workbook], object]:
    return lambda book: book[sheet].__setitem__(cell, value)


def error_value(book: Workbook) -> None:
    book["work"]["B13"] = "#REF!"
    book["work"]["B13"].data_type = "e"


def hide_row(book: Workbook) -> None:
    book["work"].row_dimensions[13].hidden = True


def hide_column(book: Workbook) -> None:
    book["work"].column_dimensions["C"].hidden = True


def hide_sheet(book: Workbook) -> None:
    book["work"].sheet_state = "veryHidden"


@pytest.mark.parametrize(
    ("change", "want"),
    [
        (put("work", "B13", "=1+1"), ("XLSX-010", "work", "B13")),
        (put("work", "B13", "= 3"), ("XLSX-010", "work", "B13")),
        (put(NAMES, "E2", '=HYPERLINK("http://x")'), ("XLSX-010", NAMES, "E2")),
        (lambda b: b["work"].merge_cells("B13:C13"), ("XLSX-011", "work", "B13:C13")),
        (hide_row, ("XLSX-012", "work", "")),
        (hide_column, ("XLSX-012", "work", "")),
        (hide_sheet, ("XLSX-012", "work", "")),
        (error_value, ("XLSX-013", "work", "B13")),
        (put("work", "B13", datetime(2026, 1, 1, 10)), ("XLSX-013", "work", "B13")),
        (put("work", "B13", time(10)), ("XLSX-013", "work", "B13")),
        (lambda b: b.remove(b[HEAD]), ("XLSX-014", HEAD, "")),
        (lambda b: b.remove(b[NAMES]), ("XLSX-014", NAMES, "")),
        (put("work", "A11", "rows"), ("XLSX-015", "work", "")),
        (lambda b: b.create_sheet("notes"), ("XLSX-015", "notes", "")),
        (put("work", "A4", "hits"), ("XLSX-016", "work", "A4")),
        (put(HEAD, "A1", "nome"), ("XLSX-016", HEAD, "A1")),
        (put(NAMES, "A2", "people"), ("XLSX-016", NAMES, "A2")),
        (put(NAMES, "A1", "art"), ("XLSX-016", NAMES, "A1")),
        (put("work", "Z14", "x"), ("XLSX-017", "work", "Z14")),
        (put(TESTS, "D2", "x"), ("XLSX-017", TESTS, "D2")),
        (put("work", "D13", "x"), ("XLSX-017", "work", "D13")),
        (put(NAMES, "C2", "3"), ("XLSX-017", NAMES, "C2")),
        (lambda b: b[NAMES].append(["stages", "late", None, None, "a", "b"]), ("XLSX-018", NAMES, "A6")),
        (put("work", "B13", "> 0 | 3"), ("XLSX-019", "work", "B13")),
        (put("work", "B13", "> 0 => x"), ("XLSX-019", "work", "B13")),
        (put("work", "B13", "> 0 # x"), ("XLSX-019", "work", "B13")),
        (put("work", "B13", "> 0\n< 3"), ("XLSX-019", "work", "B13")),
        (lambda b: b[TESTS].append(["t", "dpd is 3", "x = 1"]), ("XLSX-020", TESTS, "B2")),
        (put(HEAD, "B7", "soon"), ("XLSX-020", HEAD, "B7")),
        (put(SOURCE, "A5", "x"), ("XLSX-021", SOURCE, "")),
    ],
)
def test_what_cannot_be_taken_over_is_named_by_sheet_and_cell(change, want):
    assert want in refused(worked(change))


def test_every_fault_is_found_in_one_go():
    def change(book: Workbook) -> None:
        book["work"]["B13"] = "=1"
        book["work"].merge_cells("B14:C14")
        book["segment"].sheet_state = "hidden"
        book[HEAD]["A1"] = "x"

    assert {c for c, _, _ in refused(worked(change))} == {"XLSX-010", "XLSX-011", "XLSX-012", "XLSX-016"}


def test_a_blank_cell_is_left_to_the_strategys_own_check():
    faults = read(taken(worked(put("work", "B13", None)), "x.xlsx")).faults
    assert [(f.code, f.place.row_id, f.place.column) for f in faults] == [("STRAT-030", "small", "dpd")]


def test_a_million_rows_are_refused_at_the_first_too_many():
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("work")
    for _ in range(6_000):
        sheet.append(["x"])
    memory = BytesIO()
    book.save(memory)
    with pytest.raises(WorkbookError, match=r"XLSX-003 sheet 'work' has more than 5000 rows"):
        taken(memory.getvalue(), "x.xlsx")
    assert refused(_with_part("xl/worksheets/sheet1.xml", _rows(1_000_000))) == [("XLSX-003", "", "")]


def _rows(count: int) -> bytes:
    start = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    )
    return start + b"<row/>" * count + b"</sheetData></worksheet>"


def _with_part(name: str, content: bytes) -> bytes:
    """The good workbook with one part of it replaced."""
    memory = BytesIO()
    with zipfile.ZipFile(BytesIO(GOOD)) as old, zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, content)
    return memory.getvalue()


def test_a_zip_bomb_is_weighed_before_it_is_unpacked():
    data = _with_part("xl/media/zeros.bin", b"\0" * (100 << 20))
    assert len(data) < 1 << 20
    assert refused(data) == [("XLSX-002", "", "")]


def test_too_many_cells_parts_and_bytes():
    cells = _rows(1).replace(b"<row/>", b"<row>" + b"<c/>" * 400_000 + b"</row>")
    assert refused(_with_part("xl/worksheets/sheet1.xml", cells)) == [("XLSX-002", "", "")]
    many = BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(600):
            archive.writestr(f"{number}", b"")
    assert refused(many.getvalue()) == [("XLSX-002", "", "")]
    assert refused(b"PK" + b"x" * (9 << 20)) == [("XLSX-002", "", "")]


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 broken",
        GOOD[: len(GOOD) // 2],
        _with_part("xl/worksheets/sheet1.xml", b"<worksheet"),
        _with_part("xl/worksheets/sheet1.xml", BOMB),
        _with_part("xl/workbook.xml", BOMB),
        _with_part("xl/workbook.xml", b"<workbook/>"),
        _with_part("xl/sharedStrings.xml", b"<sst><si><t>" + b"a" * 10 + b"</si></sst>"),
        _with_part("[Content_Types].xml", b"<Types/>"),
    ],
)
def test_what_is_no_workbook_is_told_so(data):
    assert refused(data) == [("XLSX-001", "", "")]
