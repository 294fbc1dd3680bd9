"""Definitions with the vectors of the trade."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.reports.metrics import METRICS, collection_effectiveness, roll_rates, share


def test_collection_effectiveness_index():
    cei = collection_effectiveness(6200, 10890, 3, 6340, 3590)
    assert cei is not None
    assert round(float(cei), 2) == 55.93


def test_nothing_to_have_a_share_of_is_no_share():
    assert share(0, 0) is None
    assert collection_effectiveness(0, 0, 1, 0, 0) is None
    assert collection_effectiveness(1, 1, 0, 0, 0) is None


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=4, max_size=4), min_size=1, max_size=6))
def test_rows_of_the_roll_matrix_sum_to_one(counts):
    for before, row in zip(counts, roll_rates(counts), strict=True):
        known = [cell for cell in row if cell is not None]
        assert (sum(known, Fraction()) == 1) if sum(before) else not known


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.id)
def test_every_metric_says_what_it_is_in_both_languages(metric):
    assert metric.zh
    assert metric.en
    assert metric.version >= 1
    assert bool(metric.denominator_zh) == bool(metric.denominator_en)
    if metric.unit == "share":
        assert "/" in metric.definition("zh")
        assert "/" in metric.definition("en")
