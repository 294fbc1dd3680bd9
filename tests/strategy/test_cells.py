"""The language of a cell."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.strategy.cells import ANY, Literal, Type, matches, parse, parse_value, show, show_literal
from shouyue.strategy.faults import CellFault

from .made import TYPES, cells, values

DAYS = Type("int", unit="days", nullable=True)
MONEY = Type("money", unit="CNY")
STATE = TYPES["state"]


def holds(text: str, type_: Type, *candidates: object) -> list[object]:
    cell = parse(text, type_)
    return [c for c in candidates if matches(cell, c)]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("-", [None, -1, 0, 1, 5, 30, 31]),
        ("0", [0]),
        ("= 0", [0]),
        ("!= 0", [-1, 1, 5, 30, 31]),
        ("> 5", [30, 31]),
        (">= 5", [5, 30, 31]),
        ("<0", [-1]),
        ("[1..30]", [1, 5, 30]),
        ("(1..30)", [5]),
        ("]1..30[", [5]),
        ("[1..30)", [1, 5]),
        ("-1, 5, > 30", [-1, 5, 31]),
        ("not(1, [5..30])", [-1, 0, 31]),
        ("null", [None]),
        ("null, > 30", [None, 31]),
        ("not(null)", [-1, 0, 1, 5, 30, 31]),
        ("not(null, 1)", [-1, 0, 5, 30, 31]),
        ("null, not(1, [5..30])", [None, -1, 0, 31]),
        ("1_0", []),
    ],
)
def test_what_a_condition_on_days_holds(text, met):
    assert holds(text, DAYS, None, -1, 0, 1, 5, 30, 31) == met


def test_amounts_are_written_in_major_units_and_held_in_minor_ones():
    assert holds(">= 1_000.50", MONEY, 100_049, 100_050) == [100_050]
    assert holds("[0.01..20]", MONEY, 0, 1, 2000, 2001) == [1, 2000]


def test_words_need_no_quotes_where_the_choices_are_known():
    assert holds('open, "kept"', STATE, None, "open", "kept", "broken") == ["open", "kept"]
    assert holds("not(open)", STATE, None, "open", "kept", "broken") == ["kept", "broken"]


def test_chinese_punctuation_reads_like_its_plain_form():
    assert parse("not（open，kept）", STATE) == parse("not(open, kept)", STATE)
    assert parse("≥ 3，【7..9）", DAYS) == parse(">= 3, [7..9)", DAYS)
    assert parse("≥ 3，＜ 1", DAYS) == parse(">= 3, < 1", DAYS)
    assert parse("【7..9】", DAYS) == parse("[7..9]", DAYS)
    assert parse("“甲”", Type("text")) == parse('"甲"', Type("text"))
    assert parse("－", DAYS) == ANY
    assert parse("是", Type("bool")) == parse("yes", Type("bool")) == parse("TRUE", Type("bool"))


def test_a_name_stands_for_its_value():
    named = {"small": (MONEY, 2000), "week": (DAYS, 7)}
    assert matches(parse(">= small", MONEY, named), 2000)
    assert show(parse(">= small", MONEY, named), MONEY) == ">= small"


def test_dates_are_dates():
    cell = parse("[2026-02-27..2026-03-01)", TYPES["born"])
    assert [matches(cell, date(2026, 2, 28)), matches(cell, date(2026, 3, 1))] == [True, False]


@pytest.mark.parametrize(
    ("text", "type_", "code"),
    [
        ("", DAYS, "STRAT-030"),
        ("> ", DAYS, "STRAT-031"),
        ("1 2", DAYS, "STRAT-031"),
        ("not(1", DAYS, "STRAT-031"),
        ("[1..2", DAYS, "STRAT-031"),
        ("[1,2]", DAYS, "STRAT-031"),
        ("1; 2", DAYS, "STRAT-031"),
        ("1,", DAYS, "STRAT-031"),
        ("not(1), null", DAYS, "STRAT-031"),
        ("1.5", DAYS, "STRAT-032"),
        ('"1"', DAYS, "STRAT-032"),
        ("99999999999999999999", DAYS, "STRAT-032"),
        ("20.001", MONEY, "STRAT-032"),
        ("opne", STATE, "STRAT-032"),
        ("2026-02-30", TYPES["born"], "STRAT-032"),
        ("maybe", Type("bool"), "STRAT-032"),
        ("word", Type("text"), "STRAT-032"),
        ("> open", STATE, "STRAT-033"),
        ("[yes..no]", Type("bool"), "STRAT-033"),
        ("[7..1]", DAYS, "STRAT-034"),
        ("(1..2)", DAYS, "STRAT-034"),
        ("1, -", DAYS, "STRAT-035"),
    ],
)
def test_a_cell_that_means_nothing_is_refused_by_code(text, type_, code):
    with pytest.raises(CellFault) as refused:
        parse(text, type_)
    assert refused.value.code.id == code


def test_a_name_of_another_unit_is_refused():
    with pytest.raises(CellFault) as refused:
        parse("> week", MONEY, {"week": (DAYS, 7)})
    assert refused.value.code.id == "STRAT-032"


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_a_cell_written_out_reads_back_to_the_same(data, name):
    cell = data.draw(cells(TYPES[name]))
    assert parse(show(cell, TYPES[name]), TYPES[name]) == cell


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_a_result_written_out_reads_back_to_the_same(data, name):
    value = data.draw(values(TYPES[name]))
    literal = parse_value(show_literal(Literal(value), TYPES[name]), TYPES[name])
    assert literal is not None
    assert literal.value == value


@given(st.text(max_size=20), st.sampled_from(sorted(TYPES)))
def test_any_text_is_read_or_refused_and_never_breaks(text, name):
    try:
        cell = parse(text, TYPES[name])
    except CellFault as refused:
        assert refused.code.id.startswith("STRAT-03")
    else:
        assert parse(show(cell, TYPES[name]), TYPES[name]) == cell
