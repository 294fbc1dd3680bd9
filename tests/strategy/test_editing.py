"""A text changed cell by cell: what was meant changes, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.base.errors import ShouyueError
from shouyue.strategy import differing, editing, grid, load, read
from shouyue.strategy.editing import At

TEXT = load("standard").text
GOLDEN = At("stage", 1, "golden")


def sheet(text: str, table: str = "stage") -> editing.Sheet:
    return next(s for s in editing.sheets(text) if s.id == table)


def ids(text: str, table: str = "stage") -> list[str]:
    return [row.id for row in sheet(text, table).rows]


def test_one_cell_changes_one_row_and_keeps_comments():
    text = editing.set_cell(TEXT, GOLDEN, "dpd", "[1..5]")
    (row,) = differing.differ(read(TEXT), read(text)).changed
    assert (row.table, row.row, [(c.column, c.was, c.now) for c in row.cells]) == (
        "stage",
        "golden",
        [("dpd", "[1..7]", "[1..5]")],
    )
    changed = [pair for pair in zip(TEXT.splitlines(), text.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1 and "黄金周优先" in changed[0][1]


def test_the_same_cell_again_is_the_same_text():
    assert editing.set_cell(TEXT, GOLDEN, "dpd", " [1..7] ") == TEXT


def test_a_row_is_found_by_its_name_when_others_stand_above_it_now():
    text = editing.add_row(TEXT, GOLDEN)
    assert ids(text)[:3] == ["golden", "row_1", "M1"]
    later = editing.set_cell(text, At("stage", 2, "M1"), "dpd", "[8..29]")
    assert sheet(later).rows[2].cells[0] == "[8..29]"


def test_rows_are_added_doubled_moved_and_deleted():
    text = editing.duplicate_row(TEXT, GOLDEN)
    assert ids(text)[:3] == ["golden", "golden_2", "M1"]
    assert sheet(text).rows[0].cells == sheet(text).rows[1].cells
    assert ids(editing.move_row(text, At("stage", 2, "golden_2"), 1))[:3] == ["golden", "M1", "golden_2"]
    assert ids(editing.move_row(text, GOLDEN, -1)) == ids(text)
    assert editing.delete_row(text, At("stage", 2, "golden_2")) == TEXT


def test_names_remarks_and_numbers():
    text = editing.set_cell(TEXT, GOLDEN, editing.ROW, "first_week")
    assert ids(text)[0] == "first_week"
    assert sheet(editing.set_cell(TEXT, GOLDEN, editing.REMARK, "a | b")).rows[0].remark == "a | b"
    text = editing.set_value(TEXT, "small", "1,500")
    assert editing.values(text)["small"]["is"] == 1500
    assert "small = { is = 1500.00, like" in text and "低于此金额不催收" in text
    assert editing.values(editing.set_value(TEXT, "habit", "4"))["habit"]["is"] == 4


@pytest.mark.parametrize(
    ("at", "column", "value", "code"),
    [
        (GOLDEN, "dpd", "1 | 2", "STRAT-115"),
        (GOLDEN, "dpd", "1\n2", "STRAT-115"),
        (GOLDEN, "dpd", "a => b", "STRAT-115"),
        (GOLDEN, editing.ROW, "# gone", "STRAT-114"),
        (GOLDEN, editing.ROW, "M1", "STRAT-114"),
        (GOLDEN, "weather", "1", "STRAT-112"),
        (At("stage", 1, "silver"), "dpd", "1", "STRAT-111"),
        (At("sky", 1, "golden"), "dpd", "1", "STRAT-110"),
    ],
)
def test_what_cannot_be_written_is_refused_by_its_code(at, column, value, code):
    with pytest.raises(ShouyueError, match=code):
        editing.set_cell(TEXT, at, column, value)


def test_a_number_must_be_one():
    for text in ("many", "NaN", ""):
        with pytest.raises(ShouyueError, match="STRAT-117"):
            editing.set_value(TEXT, "small", text)
    with pytest.raises(ShouyueError, match="STRAT-116"):
        editing.set_value(TEXT, "big", "1")


def test_a_table_keeps_its_last_row_and_an_uneven_one_is_mended_in_the_text():
    text = TEXT
    for id_ in ids(TEXT)[1:]:
        text = editing.delete_row(text, At("stage", 2, id_))
    with pytest.raises(ShouyueError, match="STRAT-118"):
        editing.delete_row(text, GOLDEN)
    uneven = TEXT.replace("golden      | [1..7]     |", "golden      | [1..7]     | - |", 1)
    assert [row.even for row in sheet(uneven).rows][:2] == [False, True]
    with pytest.raises(ShouyueError, match="STRAT-113"):
        editing.set_cell(uneven, GOLDEN, "dpd", "1")


@settings(deadline=None)
@given(value=st.text(max_size=30), column=st.sampled_from(["dpd", "segment", "phase", "stage"]))
def test_whatever_is_typed_is_either_refused_or_read_back_as_it_was(value, column):
    try:
        text = editing.set_cell(TEXT, GOLDEN, column, value)
    except ShouyueError as error:
        assert error.code == "STRAT-115" and not grid.is_one_cell(value.strip())
        return
    found, before = sheet(text), sheet(TEXT)
    at = found.columns.index(column)
    assert found.rows[0].cells[at] == (value.strip() or "-")
    assert found.rows[1:] == before.rows[1:] and found.columns == before.columns


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_rows_that_are_moved_and_doubled_can_be_read_and_none_is_lost(data):
    text = TEXT
    for _ in range(data.draw(st.integers(1, 4))):
        rows = sheet(text).rows
        number = data.draw(st.integers(1, len(rows)))
        at = At("stage", number, rows[number - 1].id)
        if data.draw(st.booleans()):
            text = editing.move_row(text, at, data.draw(st.integers(-3, 3)))
            assert sorted(ids(text)) == sorted(r.id for r in rows)
        else:
            text = editing.duplicate_row(text, at)
            assert len(set(ids(text))) == len(rows) + 1
        assert not read(text).faults
