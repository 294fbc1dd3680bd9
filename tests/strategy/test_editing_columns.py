"""Columns changed one at a time: the text holds what the same changes make of a plain table, and all else stays."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.base.errors import ShouyueError
from shouyue.strategy import check, editing, editing_columns, exchange, load, read
from shouyue.strategy.editing import At

TEXT = load("standard").text
#: a table with something said of its columns besides the rows, one name of it in Chinese
SAID = """
[[table]]
id = "extra" # its own comment
hit = "priority"
allowed = { region = '"north", "south"', dpd = "[0..180]" }
default = { channel = "call", attempts = 2 }
ranks = { channel = ["visit", "call"] }
# over the rows
rows = \'\'\'
row | 逾期天数 (days) | region => channel | attempts
--- | --------------- | ------ => ------- | --------
# over a row
a   | > 3             | -      => visit   | 1         # said of it
b   | -               | -      => call    | -
# at the end
\'\'\'
"""
WHOLE = TEXT.replace("\n[[test]]", SAID + "\n[[test]]", 1)
HEADINGS = [
    "dpd (days)",
    "overdue (CNY)",
    "city",
    "vulnerable",
    "逾期天数",
    "no_such_name",
    "whom",
    "attempts",
    "minutes",
]

Plain = tuple[list[tuple[str, list[str]]], list[tuple[str, list[str]]]]


def plain(text: str, table: str) -> Plain:
    """The table as lists of (name, cells): conditions, results."""
    sheet = next(s for s in editing.sheets(text) if s.id == table)
    columns = [(name, [row.cells[n] for row in sheet.rows]) for n, name in enumerate(sheet.columns)]
    return columns[: sheet.conditions], columns[sheet.conditions :]


def comments(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("#")]


def rest(text: str, table: str) -> dict[str, Any]:
    """Everything the file says but this table."""
    content = tomllib.loads(text, parse_float=Decimal)
    return content | {"table": [t for t in content["table"] if t["id"] != table]}


def at(table: str, columns: Plain, side: int, n: int) -> At:
    return At(table, 1 + n + (len(columns[0]) if side else 0), columns[side][n][0])


def same(one: str, other: str) -> bool:
    return one == other or {one, other} == {"dpd", "逾期天数"}


@settings(deadline=None, max_examples=60)
@given(data=st.data(), table=st.sampled_from(["segment", "stage", "work", "reason", "extra"]))
def test_any_changes_of_columns_are_those_of_a_plain_table(data, table):
    text, want = WHOLE, plain(WHOLE, table)
    ids = [row.id for s in editing.sheets(WHOLE) if s.id == table for row in s.rows]
    for _ in range(data.draw(st.integers(1, 6))):
        side = data.draw(st.integers(0, 1))
        n = data.draw(st.integers(0, len(want[side]) - 1))
        place, columns = at(table, want, side, n), want[side]
        match data.draw(st.sampled_from(["add", "move", "rename", "remove"])):
            case "add":
                heading = data.draw(st.sampled_from(HEADINGS))
                name = heading.split(" ")[0]
                if any(same(name, c[0]) for c in columns):
                    with pytest.raises(ShouyueError, match="STRAT-120"):
                        editing_columns.add_column(text, place, heading)
                    continue
                text = editing_columns.add_column(text, place, heading)
                columns.insert(n + 1, (name, ["-"] * len(ids)))
            case "move":
                by = data.draw(st.integers(-2, 2))
                text = editing_columns.move_column(text, place, by)
                columns.insert(max(0, min(len(columns) - 1, n + by)), columns.pop(n))
            case "rename":
                heading = data.draw(st.sampled_from(HEADINGS))
                name = heading.split(" ")[0]
                if any(same(name, c[0]) for m, c in enumerate(columns) if m != n):
                    continue
                text = editing_columns.rename_column(text, place, heading)
                columns[n] = (name, columns[n][1])
            case "remove":
                if len(columns) == 1:
                    with pytest.raises(ShouyueError, match="STRAT-121"):
                        editing_columns.remove_column(text, place)
                    continue
                text = editing_columns.remove_column(text, place)
                del columns[n]
        assert plain(text, table) == want
    assert [row.id for s in editing.sheets(text) if s.id == table for row in s.rows] == ids
    assert comments(text) == comments(WHOLE)
    assert rest(text, table) == rest(WHOLE, table)
    raw = next(t for t in tomllib.loads(text)["table"] if t["id"] == table)
    headed = {c[0] for side in want for c in side}
    for key in ("allowed", "default", "ranks"):
        assert all(any(same(name, h) for h in headed) for name in raw.get(key, {})), "says something of no column"


@pytest.mark.parametrize("table", ["segment", "stage", "work", "extra"])
def test_what_is_added_and_removed_again_or_moved_there_and_back_is_the_same_file(table):
    want = plain(WHOLE, table)
    aligned = editing_columns.move_column(WHOLE, at(table, want, 0, 0), 0)
    for side in (0, 1):
        for n in range(len(want[side])):
            place = at(table, want, side, n)
            added = editing_columns.add_column(WHOLE, place, "brand_new (days)")
            after = At(table, place.number + 1, "brand_new")
            assert editing_columns.remove_column(added, after) == aligned
            if n + 1 < len(want[side]):
                moved = editing_columns.move_column(WHOLE, place, 1)
                assert editing_columns.move_column(moved, At(table, place.number + 1, place.id), -1) == aligned


def test_a_column_looks_as_an_engineer_would_write_it():
    text = editing_columns.add_column(WHOLE, At("extra", 1, "逾期天数"), "overdue (CNY)")
    text = editing_columns.move_column(text, At("extra", 4, "channel"), 1)
    text = editing_columns.rename_column(text, At("extra", 3, "region"), "city")
    text = editing_columns.remove_column(text, At("extra", 4, "attempts"))
    assert (
        text.split("[[table]]")[-1].split("[[test]]")[0]
        == """
id = "extra" # its own comment
hit = "priority"
allowed = { city = '"north", "south"', dpd = "[0..180]" }
default = { channel = "call" }
ranks = { channel = ["visit", "call"] }
# over the rows
rows = \'\'\'
row | 逾期天数 (days) | overdue (CNY) | city => channel
--- | --------------- | ------------- | ---- => -------
# over a row
a   | > 3             | -             | -    => visit    # said of it
b   | -               | -             | -    => call
# at the end
\'\'\'

""".replace("""'"north", "south"'""", '"\\"north\\", \\"south\\""')
    )


def test_a_column_is_found_by_its_name_when_others_stand_before_it_now():
    text = editing_columns.add_column(WHOLE, At("stage", 0, editing.ROW), "city")
    first = plain(text, "stage")[0][0][0]
    assert first == "city"
    later = editing_columns.move_column(text, At("stage", 1, "dpd"), 1)
    assert [c[0] for c in plain(later, "stage")[0]].index("dpd") == 1 + [c[0] for c in plain(text, "stage")[0]].index(
        "dpd"
    )


@pytest.mark.parametrize(
    ("heading", "code"),
    [("a | b", "119"), ("", "119"), ("row", "119"), ("a\nb", "119"), ("# x", "119"), ("逾期天数 (days)", "120"),
     ("dpd", "120")],
)  # fmt: skip
def test_a_heading_that_cannot_be_one_is_refused(heading, code):
    with pytest.raises(ShouyueError, match=f"STRAT-{code}"):
        editing_columns.add_column(WHOLE, At("extra", 2, "region"), heading)
    with pytest.raises(ShouyueError, match="STRAT-112"):
        editing_columns.remove_column(WHOLE, At("extra", 2, "weather"))


def test_which_rows_count_is_one_line_of_the_file():
    for way in editing_columns.HITS:
        text = editing_columns.set_hit(WHOLE, "stage", way)
        table = next(t for t in read(text).tables if t.id == "stage")
        assert f"{table.hit} {table.gather}" == (way if way.startswith("collect") else f"{way} join")
        assert editing_columns.set_hit(text, "stage", "first") == WHOLE
    summed = editing_columns.set_hit(WHOLE, "stage", "collect sum")
    assert 'hit = "collect"\ngather = "sum"\nrows' in summed
    with pytest.raises(ShouyueError, match="STRAT-122"):
        editing_columns.set_hit(WHOLE, "stage", "best")


def test_what_a_table_is_offered_can_be_read_and_what_is_not_is_complained_of():
    strategy = read(WHOLE)
    offered = {n.id: n for n in editing_columns.askable(strategy, "work")}
    assert {"dpd", "segment", "phase", "stage"} <= offered.keys() and "treatment" not in offered
    assert [n.id for n in editing_columns.givable(strategy, "work")] == ["whom"]
    assert not list(editing_columns.givable(strategy, "reason"))
    first = At("segment", 0, editing.ROW)
    there = {column[0] for column in plain(WHOLE, "segment")[0]}
    for name in editing_columns.askable(strategy, "segment"):
        if name.id not in there:
            text = editing_columns.add_column(WHOLE, first, editing_columns.heading(name))
            assert len(read(text).faults) == len(strategy.faults), name.id
    renamed = editing_columns.rename_column(TEXT, at("segment", plain(TEXT, "segment"), 1, 0), "channel")
    assert "segment" in {f.place.column for f in check(read(renamed)) if f.severity == "error"}


@pytest.mark.parametrize("form", ["xlsx", "dmn"])
def test_a_text_whose_columns_were_changed_goes_out_and_comes_back_as_it_is(form):
    text = editing_columns.add_column(TEXT, at("stage", plain(TEXT, "stage"), 0, 0), "city")
    text = editing_columns.move_column(text, at("stage", plain(text, "stage"), 1, 0), 1)
    text = editing_columns.add_column(text, at("work", plain(text, "work"), 1, 0), "whom")
    assert exchange.taken(exchange.written(read(text), form), f"s.{form}")[0] == text
