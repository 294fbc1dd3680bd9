"""Amounts are read exactly: held against Decimal."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from shouyue.book.parsing import MAX_AMOUNT, parsed, texts
from shouyue.book.profile import Column
from shouyue.book.schema import TABLES

FIELD = TABLES["loans"].field("lender_balance_minor")  # may be negative


def read(values: list[str], **how) -> list[int | None]:
    column = Column("lender_balance_minor", ("x",), **{"scale": 2, **how})
    frame = pl.DataFrame({"0": values, "_line": range(len(values))}, schema={"0": pl.String, "_line": pl.Int64})
    said = texts(frame, [column], {FIELD.name: FIELD}, {"x": 0})
    got = parsed(FIELD, column, pl.String(), "CNY")
    out = said.select(value=got.value, fault=got.fault)
    empty = said[f"={FIELD.name}"].is_null()
    assert (out["value"].is_null() == ((out["fault"] > 0) | empty)).all()
    return out["value"].to_list()


amounts = st.decimals(-(10**12), 10**12, places=4, allow_nan=False)


@given(st.lists(amounts, min_size=1, max_size=20), st.sampled_from([0, 2, 3, 6]))
def test_every_amount_equals_decimal_or_is_refused(values, scale):
    expected = []
    for value in values:
        minor = value.scaleb(scale)
        fits = minor == minor.to_integral_value() and abs(minor) <= MAX_AMOUNT
        expected.append(int(minor) if fits else None)
    assert read([f"{v:f}" for v in values], scale=scale) == expected


@given(st.lists(amounts, min_size=1, max_size=20))
def test_rounding_is_half_to_even(values):
    expected = [int(v.scaleb(2).quantize(Decimal(1), ROUND_HALF_EVEN)) for v in values]
    assert read([f"{v:f}" for v in values], rounding="half_even") == expected


@given(st.lists(st.integers(-(10**14), 10**14), min_size=1, max_size=20))
def test_grouped_amounts_in_both_customs(values):
    english = [f"{Decimal(v).scaleb(-2):,.2f}" for v in values]
    assert read(english, thousands=",") == values
    german = [text.translate(str.maketrans(",.", ".,")) for text in english]
    assert read(german, thousands=".", decimal=",") == values


@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_no_text_breaks_the_reader_or_reads_as_what_it_is_not(values):
    for text, value in zip(values, read([v or "x" for v in values]), strict=True):
        if value is not None:
            assert any(c.isascii() and c.isdigit() for c in text)


def test_how_accountants_write():
    said = ["(12.50)", "12.50-", "￥1200", "1200 元", "1.5E+02", "+7", ".5", "5.", "-0", "1 200"]
    assert read(said) == [-1250, -1250, 120000, 120000, 15000, 700, 50, 500, 0, 120000]
    assert read(["1,200", "1.2.3", "--1", "1e", "0x10", "∞", "1-2"]) == [None] * 7
