"""Two versions of a strategy row by row."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.strategy import load, read
from shouyue.strategy.differing import Difference, _steady, differ

from .made import SEGMENT, WORK, strategy_text

STANDARD = load("standard")


def edited(*changes: tuple[str, str]):
    text = STANDARD.text
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    found = read(text)
    assert not found.faults
    return found


def one(difference, table: str, row: str):
    return next(r for r in difference.rows if (r.table, r.row) == (table, row))


def test_a_strategy_does_not_differ_from_itself():
    found = differ(STANDARD, read(STANDARD.text))
    assert not found.keys and not found.changed
    assert len(found.rows) == sum(len(t.rows) for t in STANDARD.tables)


def test_a_changed_cell_is_told_before_and_after():
    found = differ(STANDARD, edited(("golden      | [1..7] ", "golden      | [1..5] ")))
    (row,) = found.changed
    assert (row.table, row.row, row.status, row.was, row.now) == ("stage", "golden", "changed", 1, 1)
    assert [(c.column, c.was, c.now) for c in row.cells] == [("dpd", "[1..7]", "[1..5]")]


def test_a_changed_number_changes_every_row_that_names_it():
    found = differ(STANDARD, edited(("visit_from   = { is = 5000.00", "visit_from   = { is = 800.00")))
    assert [(k.section, k.key, k.was, k.now) for k in found.keys] == [("values", "visit_from", "5000.00", "800.00")]
    (row,) = found.changed
    assert (row.table, row.row) == ("work", "M2_large")
    assert [(c.was, c.now) for c in row.cells] == [(">= 5000.00", ">= 800.00")]


def words(change) -> list[tuple[str, str, str]]:
    return [(change.called[n], change.was_said[n], change.now_said[n]) for n in (0, 1)]


def test_cells_are_told_in_the_words_of_findings():
    """As ``telling`` says them wherever a table is read: units, named numbers, labels of results."""
    hot = "golden      | [1..7] ", "golden      | not(null) "
    found = differ(STANDARD, edited(hot, ("small        = { is = 20.00", "small        = { is = 30.00")))
    (small,) = found.keys
    assert words(small) == [("small", "¥20.00", "¥30.00"), ("small", "CN¥20.00", "CN¥30.00")]
    row = one(found, "stage", "golden")
    assert row.called == ("名单与进程", "List and stage")
    days, overdue = row.cells
    assert words(days) == [("逾期天数", "1–7天", "有数据"), ("days past due", "1–7 days", "known")]
    assert words(overdue) == [
        ("逾期金额", "≥ ¥20.00 (small)", "≥ ¥30.00 (small)"),
        ("amount overdue", "≥ CN¥20.00 (small)", "≥ CN¥30.00 (small)"),
    ]
    gone = differ(read(strategy_text()), read(strategy_text(SEGMENT, WORK.replace('hit = "unique"', 'hit = "first"'))))
    hit = next(k for k in gone.keys if k.section == "table" and k.key == "work")
    assert hit.was_said == ("只能有一行满足", "exactly one row may be met")
    assert hit.now_said[1] == "the first row that is met counts"
    last = gone.changed[-1]
    assert last.status == "removed" and {c.now_said for c in last.cells} <= {("任意", "anything"), ("–", "–")}


def test_what_was_kept_is_read_again_and_an_older_one_says_what_was_written():
    found = differ(STANDARD, edited(("golden      | [1..7] ", "golden      | [1..5] ")))
    kept = json.loads(json.dumps(asdict(found)))
    again = Difference.from_json(kept)
    assert [list(words(c)) for r in again.changed for c in r.cells] == [
        words(c) for r in found.changed for c in r.cells
    ]
    for row in kept["rows"]:
        del row["called"]
        row["cells"] = [{k: c[k] for k in ("column", "was", "now")} for c in row["cells"]]
    (row,) = Difference.from_json(kept).changed
    assert row.called == ("stage",) * 2 and words(row.cells[0]) == [("dpd", "[1..7]", "[1..5]")] * 2


def test_a_number_that_is_named_anew_changes_nothing():
    assert not differ(STANDARD, edited(("legal_from", "court_from"))).changed


def test_rows_come_go_and_move():
    old = read(strategy_text())
    new = read(
        strategy_text(
            SEGMENT,
            WORK.replace(
                "none  | 0          | -        => none       | -     | -         | -    | -           | -\n", ""
            )
            .replace('hit = "unique"', 'hit = "first"')
            .rstrip()
            .removesuffix("'''")
            + "tiny  | > 0        | < 1.00   => none       | -     | -         | -    | -           | -\n"
            + "other | -          | -        => none       | -     | -         | -    | -           | -\n'''\n",
        )
    )
    found = differ(old, new)
    assert one(found, "work", "none").status == "removed"
    assert (one(found, "work", "tiny").status, one(found, "work", "tiny").was) == ("added", None)
    assert one(found, "work", "small").status == "same"  # it went up only because a row above it went
    assert ("table", "work", "unique", "first") in [(k.section, k.key, k.was, k.now) for k in found.keys]
    assert {r.status for r in found.rows if r.table == "reason"} == {"removed"}


def test_a_row_that_changed_places_has_moved():
    lines = STANDARD.text.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.startswith("habitual      | - "))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    found = differ(STANDARD, read("".join(lines)))
    assert [(r.row, r.status) for r in found.changed] in ([("habitual", "moved")], [("early_settler", "moved")])


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(1, 9)))
def test_as_few_rows_as_possible_are_said_to_have_moved(order):
    steady = _steady(order)
    kept = [n for n in order if n in steady]
    assert kept == sorted(kept)
    longest = [1] * len(order)
    for i, n in enumerate(order):
        longest[i] = 1 + max((longest[j] for j in range(i) if order[j] < n), default=0)
    assert len(kept) == max(longest)


@pytest.mark.parametrize("section", ["segments", "sentences", "treatments"])
def test_a_text_that_people_read_is_told(section):
    old = {"segments": 'zh = "习惯性逾期"', "sentences": 'zh = "逾期第一周"', "treatments": 'zh = "关怀沟通"'}[section]
    found = differ(STANDARD, edited((old, 'zh = "另一说法"')))
    (key,) = found.keys
    assert key.section == section
    assert "另一说法" in key.now and not found.changed
