"""FEEL's unary tests as cells, and back."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.strategy.cells import Type, matches, parse, parse_value, show_value
from shouyue.strategy.dmn.feel import FeelFault, read_cell, read_constant, write_cell, write_value

from ..made import TYPES, cells, values

NUMBER, TEXT, BOOL, DATE = (Type(k, nullable=True) for k in ("number", "text", "bool", "date"))
CONSTANTS = {"small": Decimal("20.00"), "big one": Decimal(100)}


@pytest.mark.parametrize(
    ("text", "type_", "met", "unmet"),
    [
        ("-", NUMBER, [None, Decimal(1)], []),
        ("", NUMBER, [None, Decimal(1)], []),
        ("18", NUMBER, [Decimal(18)], [Decimal(17), None]),
        (">=18", NUMBER, [Decimal(18)], [Decimal(17), None]),
        ("= 18", NUMBER, [Decimal(18)], [Decimal(17)]),
        ("-1.5,\n .5, 2e1", NUMBER, [Decimal("-1.5"), Decimal("0.5"), Decimal(20)], [Decimal(1)]),
        ("[1..3]", NUMBER, [Decimal(1), Decimal(3)], [Decimal(0), None]),
        ("]1..3[", NUMBER, [Decimal(2)], [Decimal(1), Decimal(3)]),
        ("(1..3)", NUMBER, [Decimal(2)], [Decimal(1), Decimal(3)]),
        ("< small", NUMBER, [Decimal(19)], [Decimal(20)]),
        ("[small..big one]", NUMBER, [Decimal(20), Decimal(100)], [Decimal(101)]),
        ('"a","b"', TEXT, ["a", "b"], ["c", None]),
        (r'"say \"hi\" \\ \u4f60"', TEXT, ['say "hi" \\ 你'], []),
        ('not("a", "b")', TEXT, ["c", None], ["a"]),
        ('not(null, "a")', TEXT, ["c"], ["a", None]),
        ("not([1..3])", NUMBER, [Decimal(4)], [Decimal(2), None]),
        ("not(5, [1..3])", NUMBER, [Decimal(4)], [Decimal(5), None]),
        ("null", TEXT, [None], ["a"]),
        ("not(null)", TEXT, ["a"], [None]),
        ("true", BOOL, [True], [False, None]),
        ('date("2026-11-24")', DATE, [date(2026, 11, 24)], [date(2026, 11, 25)]),
        ('>= @"2026-11-24"', DATE, [date(2026, 11, 24)], [date(2026, 11, 23)]),
    ],
)
def test_what_a_unary_test_holds(text, type_, met, unmet):
    cell = read_cell(text, type_, CONSTANTS)
    assert [matches(cell, v) for v in met] == [True] * len(met)
    assert [matches(cell, v) for v in unmet] == [False] * len(unmet)


def test_where_nothing_can_be_missing_not_is_plain():
    assert read_cell('not("a")', TEXT, {}, missing=False) == parse('not("a")', TEXT)
    assert read_cell('not("a")', TEXT, {}) == parse('null, not("a")', TEXT)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("x", NUMBER),
        ("open", TEXT),
        ("> x + 1", NUMBER),
        ("age > 18", NUMBER),
        ("? > 18", NUMBER),
        ("not 3", NUMBER),
        ("!= 3", NUMBER),
        ("> null", NUMBER),
        ("[1..null]", NUMBER),
        ("[3..1]", NUMBER),
        ("18", TEXT),
        ('"18"', NUMBER),
        ('> "a"', TEXT),
        ("[true..false]", BOOL),
        ('contains(?, "a")', TEXT),
        ('date("2026-02-30")', DATE),
        ("date(2026, 2, 3)", DATE),
        ('@"2026-11-24T10:00:00"', DATE),
        ('duration("P1D")', DATE),
        (r'"two\nlines"', TEXT),
        (r'"\q"', TEXT),
        ("1 2", NUMBER),
        ("(1, 2)", NUMBER),
        ('"open', TEXT),
    ],
)
def test_what_a_cell_cannot_hold_is_refused(text, type_):
    with pytest.raises(FeelFault):
        read_cell(text, type_, CONSTANTS)


def test_constants():
    assert read_constant("null") is None
    assert read_constant("") is None
    for value in (Decimal("1.5"), "a \\ b", True, date(2026, 11, 24)):
        literal = read_constant(write_value(value))
        assert literal is not None
        assert literal.value == value
    with pytest.raises(FeelFault):
        read_constant('"a" + "b"')


GENERIC = {"int": "number", "money": "number", "choice": "text"}


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_a_cell_in_feel_means_the_same_for_every_value_and_for_none(data, name):
    type_ = TYPES[name]
    cell = data.draw(cells(type_))
    generic = Type(GENERIC.get(type_.kind, type_.kind), nullable=type_.nullable)
    try:
        again = read_cell(write_cell(cell, type_), generic, {}, missing=type_.nullable)
    except FeelFault:
        different = any(getattr(t, "op", "") == "!=" for t in cell.tests) and (len(cell.tests) > 1 or cell.negated)
        assert different or cell.or_missing
        return
    for value in [*data.draw(st.lists(values(type_), min_size=1, max_size=5)), *([None] if type_.nullable else [])]:
        plain = value
        if value is not None and generic.kind == "number":
            literal = parse_value(show_value(value, type_), generic)
            assert literal is not None
            plain = literal.value
        assert matches(again, plain) == matches(cell, value)
