"""Regions hold every value once, no condition tells two values of a region apart, and some of them are one cell."""

from hypothesis import given
from hypothesis import strategies as st

from shouyue.strategy.cells import Type, matches, parse, show
from shouyue.strategy.regions import condition, regions

from .made import TYPES, cells, values

DAYS = Type("int", unit="days", low=0)


def test_whole_days_fall_into_regions():
    found = regions(DAYS, [parse("[1..7]", DAYS), parse("> 180", DAYS)])
    said = [show(condition(found, {at}), DAYS) for at in range(len(found))]
    assert said == ["0", "1", "[2..6]", "7", "[8..179]", "180", ">= 181"]


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_every_value_behaves_like_a_sample(data, name):
    type_ = TYPES[name]
    some = data.draw(st.lists(cells(type_), max_size=3))
    value = data.draw(st.none() | values(type_)) if type_.nullable else data.draw(values(type_))
    behaviours = [[matches(c, r.sample) for c in some] for r in regions(type_, some)]
    assert [matches(c, value) for c in some] in behaviours


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_regions_together_are_one_cell_that_holds_them_and_no_other(data, name):
    type_ = TYPES[name]
    all_ = regions(type_, data.draw(st.lists(cells(type_), max_size=3)))
    chosen = data.draw(st.sets(st.sampled_from(range(len(all_))), min_size=1))
    cell = condition(all_, chosen)
    assert {at for at, region in enumerate(all_) if matches(cell, region.sample)} == chosen
    assert parse(show(cell, type_), type_) == cell


def test_regions_that_follow_each_other_are_told_as_one_stretch():
    found = regions(DAYS, [parse("[1..7]", DAYS), parse("> 180", DAYS)])
    assert show(condition(found, {1, 2, 3}), DAYS) == "[1..7]"
    assert show(condition(found, {0, 4, 5}), DAYS) == "0, [8..180]"
    assert show(condition(found, {0, 1, 2, 3, 6}), DAYS) == "not([8..180])"
