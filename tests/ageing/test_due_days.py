"""Due dates that fall on a day off move as the convention says; China works some weekends instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.ageing.convention import load
from shouyue.ageing.due_days import shifted
from shouyue.ageing.reference import Instalment, Loan
from shouyue.ageing.shard import day_number
from shouyue.base.workdays import SHIFTS, Calendar
from tests.ageing.loans import aged

CHINA = Calendar("CN")


@pytest.mark.parametrize(
    ("day", "following", "preceding", "modified"),
    [
        # National Day week of 2023 ran from 29 September (Mid-Autumn) to 6 October; Saturday the 7th was worked
        (date(2023, 9, 30), date(2023, 10, 7), date(2023, 9, 28), date(2023, 9, 28)),
        (date(2023, 10, 2), date(2023, 10, 7), date(2023, 9, 28), date(2023, 10, 7)),
        (date(2023, 10, 7), date(2023, 10, 7), date(2023, 10, 7), date(2023, 10, 7)),
        (date(2023, 10, 15), date(2023, 10, 16), date(2023, 10, 13), date(2023, 10, 16)),
        # the Saturday and Sunday after Spring Festival 2023 were worked
        (date(2023, 1, 28), date(2023, 1, 28), date(2023, 1, 28), date(2023, 1, 28)),
        (date(2023, 1, 22), date(2023, 1, 28), date(2023, 1, 20), date(2023, 1, 28)),
    ],
)
def test_chinas_days(day, following, preceding, modified):
    assert CHINA.shifted(day, "following") == following
    assert CHINA.shifted(day, "preceding") == preceding
    assert CHINA.shifted(day, "modified_following") == modified
    assert CHINA.shifted(day, "none") == day


def test_own_days_win_over_the_calendar():
    own = Calendar("CN", off=frozenset({date(2023, 10, 7)}), worked=frozenset({date(2023, 10, 4)}))
    assert own.shifted(date(2023, 10, 2), "following") == date(2023, 10, 4)
    assert own.shifted(date(2023, 10, 6), "following") == date(2023, 10, 8)  # the Sunday was worked too


def test_a_calendar_without_a_working_day_leaves_dates_alone():
    never = Calendar("", off=frozenset(date(2023, 1, 1) + timedelta(days=n) for n in range(365)))
    assert never.shifted(date(2023, 6, 1), "following") == date(2023, 6, 1)


def test_the_last_day_there_is_stays_in_the_calendar():
    last = Calendar("", off=frozenset({date.max}))
    assert last.shifted(date.max, "following") == date.max
    assert last.shifted(date.max, "preceding") < date.max


@given(st.lists(st.dates(date(2005, 1, 1), date(2032, 12, 31)), max_size=40), st.sampled_from(SHIFTS[1:]))
def test_columns_move_as_single_days_do_and_keep_their_order(given_days, rule):
    convention = replace(load("default"), shift=rule, calendar="CN")
    ordered = sorted(given_days)
    moved = shifted(np.array([day_number(day) for day in ordered], np.int32), convention)
    assert moved.tolist() == [day_number(CHINA.shifted(day, rule)) for day in ordered]
    assert (np.diff(moved) >= 0).all()


def test_an_instalment_due_in_a_holiday_is_late_from_the_day_after_it_moved_to():
    loan = Loan([Instalment(1, date(2023, 10, 1), 100)])
    moved = replace(load("default"), shift="following", calendar="CN")
    assert aged([loan], date(2023, 10, 7), None, moved)[0]["dpd"] == 0
    said = aged([loan], date(2023, 10, 8), None, moved)[0]
    assert (said["dpd"], said["oldest_unpaid_due"]) == (1, date(2023, 10, 7))
    assert aged([loan], date(2023, 10, 8), None, load("default"))[0]["dpd"] == 7
