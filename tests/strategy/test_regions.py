"""Regions hold every value once, and no condition tells two values of a region apart."""

from hypothesis import given
from hypothesis import strategies as st

from shouyue.strategy.cells import Type, matches, parse
from shouyue.strategy.regions import regions

from .made import TYPES, cells, values

DAYS = Type("int", unit="days", low=0)


def test_whole_days_fall_into_regions():
    found = regions(DAYS, [parse("[1..7]", DAYS), parse("> 180", DAYS)])
    assert [r.text for r in found] == ["0", "1", "[2..6]", "7", "[8..179]", "180", ">= 181"]


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_every_value_behaves_like_a_sample(data, name):
    type_ = TYPES[name]
    some = data.draw(st.lists(cells(type_), max_size=3))
    value = data.draw(st.none() | values(type_)) if type_.nullable else data.draw(values(type_))
    behaviours = [[matches(c, r.sample) for c in some] for r in regions(type_, some)]
    assert [matches(c, value) for c in some] in behaviours
