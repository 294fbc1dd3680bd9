"""What only a catch-all row decides: all of it and nothing else, the broadest first, in words, and never for long."""

from itertools import product

import pytest
from hypothesis import given, settings

from shouyue.strategy import check, read, reference
from shouyue.strategy import undecided as leaving
from shouyue.strategy.cells import matches
from shouyue.strategy.proof import Grid
from shouyue.strategy.regions import regions
from shouyue.strategy.undecided import undecided

from .made import tables
from .test_checking import table


def points(table):
    columns = [
        [r.sample for r in regions(c.name.type, [row.cells[i] for row in table.rows])]
        for i, c in enumerate(table.inputs)
    ]
    return product(*columns)


def holds(stretch, point):
    return all(matches(cell, value) for cell, value in zip(stretch, point, strict=True))


@settings(max_examples=200, deadline=None)
@given(tables(hits=("first", "priority", "unique"), most=5))
def test_stretches_are_exactly_what_no_row_decides_and_never_share_a_place(table):
    grid = Grid(table, {})
    found = undecided(grid, grid.all, 10_000)
    assert found.whole == len(found.stretches)
    sizes = [sum(not cell.any for cell in stretch) for stretch in found.stretches]
    assert sizes == sorted(sizes)
    for point in points(table):
        rows = reference.firing(table, {c.name.id: v for c, v in zip(table.inputs, point, strict=True)})
        assert sum(holds(stretch, point) for stretch in found.stretches) == (not rows)
    few = undecided(grid, grid.all, 2)
    assert (few.stretches, few.whole) == (found.stretches[:2], found.whole)


@settings(max_examples=50, deadline=None)
@given(tables(hits=("first",), most=5))
def test_given_up_it_still_names_a_place_that_is_left(table):
    grid = Grid(table, {})
    whole = undecided(grid, grid.all, 10_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(leaving, "MAX_BRANCHES", 0)
        found = undecided(Grid(table, {}), grid.all, 5)
    assert bool(found.stretches) == bool(whole.stretches)
    for stretch in found.stretches:
        assert any(holds(stretch, point) and holds(wide, point) for point in points(table) for wide in whole.stretches)


def caught(text):
    return [f for f in check(read(text)) if f.code == "STRAT-059"]


ROWS = "a | [1..7] | -\nb | [8..30] | not(open)\nc | > 60 | -"


def test_a_catch_all_row_says_what_only_it_decides():
    (note,) = caught(table(f"{ROWS}\nrest | - | -"))
    assert (note.severity, note.place.table, note.place.row_id) == ("note", "work", "rest")
    assert note.cases_en == (
        "days past due: 0 days or 31–60 days",
        "days past due: 8–30 days; state of the newest promise: open",
    )
    assert note.cases_zh[0] == "逾期天数：0天、31–60天"


def test_so_does_a_default():
    (note,) = caught(table(ROWS, more='default = { phase = "none" }'))
    assert note.place.row is None and "the default catches" in note.en and len(note.cases_en) == 2


def test_a_last_row_with_a_condition_is_none_and_a_lone_row_has_nothing_to_say():
    assert caught(table("a | [0..7] | -\nb | > 7 | -")) == []
    assert caught(table("rest | - | -")) == []


def test_of_many_the_first_are_named_and_the_others_counted():
    states = ("open", "kept", "broken", "null")
    some = [", ".join(s for at, s in enumerate(states) if n >> at & 1) for n in range(1, 16)]
    rows = "\n".join(f"r{n} | {n * 10} | {asked}" for n, asked in enumerate(some))
    (note,) = caught(table(f"{rows}\nrest | - | -"))
    assert len(note.cases_en) == 7 and note.cases_en[-1] == "2 more" and note.cases_zh[-1] == "另有 2 种"


def test_a_long_list_of_values_is_cut_short():
    rows = "\n".join(f"r{n} | {n * 10} | -" for n in range(1, 40))
    (note,) = caught(table(f"{rows}\nb | not({', '.join(str(n * 10) for n in range(1, 40))}) | open\nrest | - | -"))
    assert len(note.cases_en) == 1 and "and 3" in note.cases_en[0] and len(note.cases_en[0]) < 200


def test_a_gap_names_all_its_stretches():
    gap = next(f for f in check(read(table(ROWS))) if f.code == "STRAT-050")
    assert "days past due: 0 days or 31–60 days" in gap.en and len(gap.cases_en) == 2
