"""How values are written is told from the values, and is asked where they cannot tell."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.book.profile import Column
from shouyue.book.schema import TABLES
from shouyue.book.sniffing import Distinct, Style, reading, sniff

DUE = TABLES["instalments"].field("due_date")
AMOUNT = TABLES["instalments"].field("amount_minor")
SEQ = TABLES["instalments"].field("seq")
RELATION = TABLES["contacts"].field("relation")
CONSENT = TABLES["contacts"].field("consent")
SEX = TABLES["customers"].field("sex")


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2026-11-24", "2026-1-2"], ["%Y-%m-%d"]),
        (["20261124"], ["%Y%m%d"]),
        (["24.11.2026", "01.02.2026"], ["%d.%m.%Y"]),
        (["2026/11/24", "2026/1/2"], ["%Y/%m/%d"]),
        (["2026年11月24日"], ["%Y年%m月%d日"]),
        (["24/11/2026", "01/02/2026"], ["%d/%m/%Y"]),
        (["11/24/2026", "01/02/2026"], ["%m/%d/%Y"]),
        (["24-Nov-2026"], ["%d-%b-%Y"]),
        (["2026-11-24 08:30:00"], ["%Y-%m-%d %H:%M:%S"]),
        (["2026-11-24T08:30:00.123"], ["%Y-%m-%dT%H:%M:%S%.f"]),
        (["46350", "46351"], ["excel"]),
        (["1732406400"], ["unix"]),
        (["2026-11-24", "20261125"], ["%Y-%m-%d", "%Y%m%d"]),
    ],
)
def test_days_tell_their_format(values: list[str], formats: list[str]):
    found = sniff(DUE, pl.Series(values))
    assert sorted(map(str, found.settings["dates"])) == sorted(formats)  # type: ignore[arg-type]
    assert (found.unread, found.questions) == (0, [])


@settings(max_examples=40, deadline=None)
@given(
    days=st.lists(st.dates(date(2000, 1, 1), date(2050, 12, 31)), min_size=1, max_size=20),
    pattern=st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%m-%d-%Y"]),
)
def test_every_day_is_read_back_or_asked_about(days: list[date], pattern: str):
    written = pl.Series([day.strftime(pattern) for day in days])
    found = sniff(DUE, written)
    formats = tuple(map(str, found.settings["dates"]))  # type: ignore[arg-type]
    assert (reading(DUE, Column("due_date", dates=formats), Distinct.of(written), "CNY") == 0).all()
    assert formats == (pattern,) or found.questions


def test_day_or_month_first_is_asked_unless_a_neighbour_tells():
    values = pl.Series(["01/02/2026", "03/04/2026"])
    assert sniff(DUE, values).questions
    told = sniff(DUE, values, style=Style(day_first=False))
    assert told.settings["dates"] == ["%m/%d/%Y"]
    assert not told.questions


def test_no_end_is_a_blank():
    found = sniff(TABLES["loans"].field("closed_on"), pl.Series(["2026-11-24", "9999-12-31", "NULL", "-"]))
    assert found.settings == {"dates": ["%Y-%m-%d"], "nulls": ["NULL", "-", "9999-12-31"]}
    assert (found.rows, found.empty, found.unread) == (1, 3, 0)


def test_words_are_no_days():
    found = sniff(DUE, pl.Series(["soon", "later"]))
    assert found.unread == 2
    assert "dates" not in found.settings


@pytest.mark.parametrize(
    ("values", "decimal", "thousands"),
    [
        (["12.50", "3.00"], ".", ""),
        (["1,234.50", "12.00"], ".", ","),
        (["¥1,200.00"], ".", ","),
        (["1.234,50", "12,00"], ",", "."),
        (["12,5", "3,25"], ",", ""),
        (["1'234.50"], ".", "'"),
        (["1 234,50"], ",", ""),
        (["1.234", "12.345"], ",", "."),
    ],
)
def test_amounts_tell_their_marks(values: list[str], decimal: str, thousands: str):
    found = sniff(AMOUNT, pl.Series(values))
    assert (found.settings["decimal"], found.settings["thousands"]) == (decimal, thousands)
    assert found.unread == 0


def test_decimals_mean_major_units():
    assert sniff(AMOUNT, pl.Series(["12.50", "3"])).settings["unit"] == "major"


def test_unit_of_the_header_counts_and_is_doubted_when_values_differ():
    assert sniff(AMOUNT, pl.Series(["1250"]), unit="minor").settings["unit"] == "minor"
    doubted = sniff(AMOUNT, pl.Series(["12.50"]), unit="minor")
    assert doubted.settings["unit"] == "major"
    assert doubted.questions


def test_whole_amounts_are_asked_about():
    assert [q for q in sniff(AMOUNT, pl.Series(["100", "250"])).questions if "minor units" in q[1]]


def test_amounts_finer_than_minor_units_are_rounded_and_asked_about():
    found = sniff(AMOUNT, pl.Series(["7535.745", "1.20"]))
    assert found.settings["rounding"] == "half_even"
    assert found.questions and found.unread == 0


def test_all_negative_amounts_lose_their_sign_and_some_are_asked_about():
    assert sniff(AMOUNT, pl.Series(["-5.00", "-6.00"])).settings["absolute"] is True
    mixed = sniff(AMOUNT, pl.Series(["-5.00", "6.00"]))
    assert "absolute" not in mixed.settings
    assert mixed.questions


def test_numbers_in_words_are_mapped():
    assert sniff(SEQ, pl.Series(["第1期", "第12期"])).settings["values"] == {"第1期": "1", "第12期": "12"}
    assert sniff(SEQ, pl.Series(["3/12"])).settings["values"] == {"3/12": "3"}


def test_relations_are_mapped_and_unknown_ones_go_to_other_unseen():
    found = sniff(RELATION, pl.Series(["本人", "父母", "测试某人"]))
    assert found.settings["values"] == {"本人": "self", "父母": "parent"}
    assert found.settings["default"] == "other"
    assert "测试某人" not in str(found)


def test_yes_and_no_in_many_words():
    assert sniff(CONSENT, pl.Series(["是", "否", "Y", "0"])).settings == {}
    assert sniff(CONSENT, pl.Series(["已同意", "未同意"])).settings["values"] == {"已同意": "true", "未同意": "false"}


def test_sex_by_the_national_code():
    values = sniff(SEX, pl.Series(["0", "1", "2", "9"])).settings["values"]
    assert values == {"0": "X", "1": "M", "2": "F", "9": "X"}


def test_empty_column_promises_nothing():
    found = sniff(DUE, pl.Series([None, ""], dtype=pl.String))
    assert (found.rows, found.empty) == (0, 2)
    assert "dates" not in found.settings
