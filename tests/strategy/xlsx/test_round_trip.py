"""A strategy goes out as a workbook and comes back; what was changed there, and only that, is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from shouyue.strategy import StrategyError, load, read
from shouyue.strategy.model import Row, Table
from shouyue.strategy.rewriting import content, same
from shouyue.strategy.xlsx.reading import taken
from shouyue.strategy.xlsx.sheets import LISTS, NAMES, SOURCE, TESTS
from shouyue.strategy.xlsx.writing import write

from ..dmn.test_round_trip import RICH
from ..made import SEGMENT, strategy_text

STANDARD = load("standard")
TEXTS = [STANDARD.text, strategy_text(), RICH]


def changed(text: str, change: Callable[[Workbook], object]) -> str:
    """The text after somebody has worked on the workbook."""
    book = openpyxl.load_workbook(BytesIO(write(read(text))))
    change(book)
    memory = BytesIO()
    book.save(memory)
    return taken(memory.getvalue(), "x.xlsx")


def cell_of(book: Workbook, sheet: str, row: str, column: str):
    """The cell of a table in the row and under the heading of that name."""
    cells = book[sheet]
    heading = next(r for r in cells.iter_rows() if r[0].value == "row")
    at = next(c.column for c in heading if c.value == column)
    return cells.cell(next(r[0].row for r in cells.iter_rows() if r[0].value == row and r[1].value is not None), at)


@pytest.mark.parametrize("text", TEXTS, ids=["standard", "made", "rich"])
def test_a_workbook_comes_back_to_the_byte(text):
    assert taken(write(read(text)), "x.xlsx") == text


@pytest.mark.parametrize("text", TEXTS, ids=["standard", "made", "rich"])
def test_a_workbook_saved_by_another_program_comes_back_too(text):
    assert changed(text, lambda book: None) == text


@pytest.mark.parametrize("text", TEXTS, ids=["standard", "made", "rich"])
def test_without_the_kept_text_all_but_comments_comes_back(text):
    again = changed(text, lambda book: book.remove(book[SOURCE]))
    assert read(again).faults == ()
    one, other = read(text), read(again)
    assert [t.rows for t in one.tables] == [_unplaced(a, b) for a, b in zip(one.tables, other.tables, strict=True)]
    assert {k: v for k, v in content(text).items() if k != "table"} == {
        k: v for k, v in content(again).items() if k != "table"
    }


def _unplaced(one: Table, other: Table) -> tuple[Row, ...]:
    """The rows of ``other``, with the lines of ``one``: they may stand elsewhere."""
    return tuple(replace(b, line=a.line) for a, b in zip(one.rows, other.rows, strict=True))


def test_a_changed_cell_changes_one_line():
    def change(book):
        cell_of(book, "stage", "golden", "dpd (days)").value = "[1..5]"

    text = changed(STANDARD.text, change)
    lines = [(a, b) for a, b in zip(STANDARD.text.splitlines(), text.splitlines(), strict=True) if a != b]
    assert len(lines) == 1
    assert lines[0][1] == lines[0][0].replace("[1..7]", "[1..5]")


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (3, "3"),
        (3.0, "3"),
        (20.1, "20.1"),
        (True, "yes"),
        (date(2026, 11, 24), "2026-11-24"),
        (datetime(2026, 11, 24), "2026-11-24"),
        (" > 3 ", "> 3"),
    ],
)
def test_what_a_spreadsheet_makes_of_a_value_reads_as_it_was_meant(value, want):
    text = changed(strategy_text(), lambda book: setattr(cell_of(book, "segment", "all", "dpd"), "value", value))
    assert content(text)["table"][0]["rows"].splitlines()[2].split("|")[1].split("=>")[0].strip() == want


def test_rows_may_be_added_and_moved_and_names_changed():
    def change(book):
        sheet = book["segment"]
        last = next(r[0].row for r in sheet.iter_rows() if r[0].value == "all")
        sheet.insert_rows(last)
        for column, value in enumerate(["late", "> 30", None, "late", "老账 old debts"], start=1):
            sheet.cell(last, column).value = value
        book[NAMES].append(["segments", "late", None, None, "逾期", "late"])
        book[TESTS].append(["an old debt", "dpd = 31", 'segment = "late"'])

    strategy = read(changed(strategy_text(), change))
    assert strategy.faults == ()
    assert [(r.id, r.remark) for r in strategy.table("segment").rows] == [("late", "老账 old debts"), ("all", "")]
    assert strategy.labels["segments"]["late"].zh == "逾期"
    assert strategy.tests[0].given == {"dpd": 31}


def test_known_values_have_drop_downs():
    book = openpyxl.load_workbook(BytesIO(write(STANDARD)))
    rules = {str(v.sqref): v for v in book["work"].data_validations.dataValidation}
    treatment = cell_of(book, "work", "no_work", "treatment").coordinate
    rule = next(v for area, v in rules.items() if area.startswith(treatment))
    assert rule.showErrorMessage
    column = rule.formula1.split("$")[1]
    listed = [c.value for c in book[LISTS][column] if c.value]
    assert listed == ["-", *STANDARD.labels["treatments"]]
    phase = cell_of(book, "work", "no_work", "phase").coordinate
    assert not next(v for area, v in rules.items() if area.startswith(phase)).showErrorMessage


def test_ids_that_no_sheet_may_have_come_back():
    ids = ("a/b:c", "A/B*C", "x" * 40, "History")
    tables = [SEGMENT] + [
        SEGMENT.replace('id = "segment"', f'id = "{i}"').replace("=> segment", f"=> {o}").replace("=> all", "=> -")
        for i, o in zip(ids, ("stage", "treatment", "band", "hold"), strict=True)
    ]
    text = strategy_text(*tables, REST)
    assert read(text).faults == ()
    assert taken(write(read(text)), "x.xlsx") == text


REST = """
[[table]]
id = "rest"
hit = "first"
rows = '''
row | dpd => phase | best_time | minutes
a   | -   => none  | -         | -
'''
[[table]]
id = "reason"
hit = "collect"
rows = '''
row | dpd => because
a   | > 0 => late
'''
"""


def test_a_faulty_strategy_is_not_written():
    with pytest.raises(StrategyError, match="STRAT-003"):
        write(read(strategy_text().replace("< 20.00", "< x")))


def test_a_line_longer_than_a_cell_is_refused():
    with pytest.raises(StrategyError, match="XLSX-030"):
        write(read(strategy_text(head="# " + "x" * 40_000)))


def test_same_content_is_what_it_says():
    assert not same({"a": 20}, {"a": 20.0})
