"""Decisions over a whole book."""

import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.base.money import MAX_MINOR, from_minor
from shouyue.strategy import StrategyError, decide, load, read
from shouyue.strategy.deciding import COLUMNS
from shouyue.strategy.features import features
from shouyue.strategy.testing import features_of
from shouyue.strategy.words import amount_text

from .book import AS_OF, random_book
from .made import strategy_text

STANDARD = load("standard")


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    aged, loans, customers, extra = random_book(100_000)
    return features(aged, loans, customers, AS_OF, extra)


@pytest.fixture(scope="module")
def decided(frame) -> pl.DataFrame:
    return decide(STANDARD, frame)


def first(**given_: object) -> dict:
    return decide(STANDARD, features_of(STANDARD, [given_])).row(0, named=True)  # pyright: ignore[reportArgumentType]


def test_a_decision_has_its_columns(frame, decided):
    assert dict(decided.schema) == COLUMNS
    assert decided["loan_id"].equals(frame["loan_id"])


def test_every_worked_loan_is_told_what_and_why(decided):
    worked = decided.filter(pl.col("phase").is_not_null())
    assert 0 < worked.height < decided.height
    assert set(worked["phase"].unique()) == {"reminder", "collection"}
    told = worked.drop("best_time", "channel", "whom", "attempts")
    assert sum(told.null_count().row(0)) == 0
    assert worked.filter(pl.col("reason_zh").str.len_chars() == 0).height == 0
    assert worked["priority"].is_between(0, 2**31 - 1).all()
    assert worked.filter(~pl.col("hold"))["best_time"].null_count() == 0
    assert worked.select((pl.col("hold") == (pl.col("minutes") == 0)).all()).item()


def test_a_loan_without_work_says_nothing_but_its_segment(decided):
    idle = decided.filter(pl.col("phase").is_null())
    assert idle["segment"].null_count() == 0
    assert (
        idle.select("stage", "treatment", "reason_zh", "reason_en", "best_time").null_count().row(0)
        == (idle.height,) * 5
    )
    assert idle["priority"].sum() == idle["minutes"].sum() == 0


def test_order_of_rows_never_matters(frame, decided):
    assert decide(STANDARD, frame.sample(fraction=1, shuffle=True, seed=5)).equals(decided)


def test_number_of_parts_never_matters(frame, decided):
    parts = [frame.filter(pl.int_range(pl.len()) % 7 == i) for i in range(7)]
    assert pl.concat([decide(STANDARD, p) for p in parts]).sort("loan_id").equals(decided)


def test_an_empty_book_is_decided():
    assert decide(STANDARD, features_of(STANDARD, [])).height == 0


def test_a_hundred_thousand_loans_are_decided_in_two_seconds(frame):
    began = time.perf_counter()
    decide(STANDARD, frame)
    assert time.perf_counter() - began < 2


def test_broken_promise_goes_to_the_top(decided):
    top = decided.sort("priority", descending=True).head(50)
    assert set(top["rule"].str.split(" ").list.last()) <= {"work/broken", "work/broken_visit"}


def test_within_a_band_newer_debts_come_first_and_then_larger_ones():
    newer = first(dpd=8, overdue=2000)["priority"]
    larger, smaller = first(dpd=9, overdue=900_000)["priority"], first(dpd=9, overdue=2000)["priority"]
    assert newer > larger > smaller
    assert first(dpd=7, overdue=2000)["priority"] > newer
    assert first(days_to_due=1, next_due=100)["priority"] > first(days_to_due=2, next_due=900)["priority"]


def test_extreme_ages_and_amounts_keep_to_their_band():
    low, high = first(dpd=100_000, overdue=2000), first(dpd=181, overdue=MAX_MINOR)
    assert low["priority"] < high["priority"] < first(dpd=120, overdue=2000)["priority"]
    assert "92,233,720,368,547,758.07" in high["reason_zh"]


def test_a_reason_carries_its_numbers():
    row = first(days_to_due=3, next_due=123_450, late_of_six=4)
    assert row["reason_zh"] == "3天后还款 1,234.50 元；过去6期有4期逾期"
    assert row["reason_en"] == "CNY 1,234.50 due in 3 days; 4 of the last 6 instalments late"


def test_reasons_speak_the_loans_own_currency():
    frame = features_of(STANDARD, [{"dpd": 9, "overdue": 5000}] * 2).with_columns(pl.Series("currency", ["USD", "CNY"]))
    assert decide(STANDARD, frame)["reason_zh"].to_list() == ["逾期9天，欠 50.00 美元", "逾期9天，欠 50.00 元"]
    assert decide(STANDARD, frame)["reason_en"][0] == "9 days late, USD 50.00 overdue"


def test_another_size_of_minor_unit_is_refused():
    frame = features_of(STANDARD, [{}]).with_columns(pl.lit("JPY").alias("currency"))
    with pytest.raises(StrategyError, match="STRAT-063"):
        decide(STANDARD, frame)


def test_a_missing_column_is_named():
    with pytest.raises(StrategyError, match=r"STRAT-060.*dpd"):
        decide(STANDARD, features_of(STANDARD, [{}]).drop("dpd"))


def test_a_faulty_strategy_decides_nothing():
    with pytest.raises(StrategyError, match="STRAT-003"):
        decide(read(strategy_text().replace("< 20.00", "< x")), features_of(STANDARD, [{}]))


def test_a_unique_table_with_two_answers_is_refused_at_work():
    strategy = read(strategy_text().replace("< 20.00", "<= 20.00"))
    frame = features_of(strategy, [{"dpd": 3, "overdue": 2000}])
    with pytest.raises(StrategyError, match=r"STRAT-061.*small, late"):
        decide(strategy, frame)


@given(st.lists(st.none() | st.integers(-MAX_MINOR, MAX_MINOR), min_size=1), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_amounts_in_words_are_exact(amounts, currency):
    texts = amount_text(pl.Series(amounts, dtype=pl.Int64), currency)
    assert texts.to_list() == [None if a is None else f"{from_minor(a, currency):,}" for a in amounts]
