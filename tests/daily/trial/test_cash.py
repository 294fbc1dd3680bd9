"""What customers in the same state paid before: measured, never assumed."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from shouyue.daily.trial import cash
from shouyue.strategy.intervals import next_of
from tests.daily.conftest import after, contact
from tests.daily.trial.conftest import CHANGED

pytestmark = pytest.mark.django_db


def test_states_by_age_and_by_nearness_to_the_due_date():
    frame = pl.DataFrame(
        {"dpd": [0, 0, 0, 0, 1, 7, 8, 31, 61, 91, 181, 5000, 3], "days_to_due": [0, 2, 3, 8] + [None] * 8 + [1]}
    )
    assert frame.select(cash.state()).to_series().to_list() == [
        *("due_0_2", "due_0_2", "due_3_7", None, "late_1_7", "late_1_7", "late_8_30", "late_31_60", "late_61_90"),
        *("late_91_180", "late_181", "late_181", "late_1_7"),
    ]


def lend(lender) -> None:
    """Two customers late by three days at the beginning of each of six months, one of whom then pays; two late now."""
    for month in range(1, 7):
        start = after(-cash.DAYS * month)
        for n in (1, 2):
            lender.loan(f"L{month}{n}", start - timedelta(days=3), instalments=1, amount=100_000 * n)
        lender.pays(f"L{month}1", start + timedelta(days=4), 100_000)
    lender.loan("L98", after(-3), amount=50_000, instalments=1)
    lender.loan("L99", after(-2), amount=70_000, instalments=1)


def test_rates_are_those_of_the_books_own_months(tried, lender, reps):
    lend(lender)
    found = tried().summary["cash"]["currencies"]["CNY"]
    fresh = next(r for r in found["rates"] if r["state"] == "late_1_7")
    assert fresh == {
        "state": "late_1_7",
        "loans": 12,
        "paid_any": 6,
        "stake_minor": 6 * 300_000,
        "paid_minor": 6 * 100_000,
    }
    old = next(r for r in found["rates"] if r["state"] == "late_31_60")
    assert (old["loans"], old["paid_minor"]) == (5, 0)  # the second of each month but the newest is never paid
    lists = found["lists"]
    # the small arrears of the months before stay on the list; of 1,200.00 fresh arrears a third usually comes
    assert lists["was"]["stake_minor"] == 50_000 + 70_000 + 6 * 200_000
    assert lists["was"]["middle"] == 40_000
    assert lists["only_was"]["stake_minor"] == 0
    assert lists["was"]["low"] < lists["was"]["middle"] < lists["was"]["high"] <= lists["was"]["stake_minor"]


def test_what_is_on_one_list_only_is_told_apart(tried, lender, reps):
    lend(lender)
    lender.loan("L97", after(-3), amount=30_000, instalments=1)
    lists = tried(CHANGED).summary["cash"]["currencies"]["CNY"]["lists"]
    assert lists["only_was"]["stake_minor"] == 30_000  # below 500.00
    assert lists["only_was"]["middle"] == 10_000
    assert lists["was"]["stake_minor"] == lists["both"]["stake_minor"] + 30_000


def test_a_payment_counts_up_to_what_was_at_stake_and_a_loan_from_its_day(tried, lender, reps):
    start = after(-cash.DAYS)
    lender.loan("L1", start - timedelta(days=3), instalments=3)
    lender.pays("L1", start + timedelta(days=1), 300_000)  # settles it all
    lender.loan("L2", start + timedelta(days=2), instalments=1, opened_on=start + timedelta(days=1))
    lender.pays("L2", start + timedelta(days=2))
    lender.loan("L3", after(-3), instalments=1)
    found = tried().summary["cash"]["currencies"]["CNY"]
    assert found["rates"] == [
        # the instalment that is late and the one that falls due within the month
        {"state": "late_1_7", "loans": 1, "paid_any": 1, "stake_minor": 200_000, "paid_minor": 200_000}
    ]
    assert found["lists"]["was"] == {
        "stake_minor": 100_000,
        "low": None,
        "middle": 100_000,
        "high": None,
        "unknown_minor": 0,
    }


def test_a_state_the_book_never_saw_is_said_to_be_unknown(tried, lender, reps):
    lender.loan("L1", after(-3), instalments=1)
    lists = tried().summary["cash"]["currencies"]["CNY"]["lists"]
    assert lists["was"] == {"stake_minor": 100_000, "low": None, "middle": None, "high": None, "unknown_minor": 100_000}


def test_who_was_spoken_to_is_told_apart_where_the_desk_was_in_use(tried, lender, reps):
    start = after(-cash.DAYS)
    for n in (1, 2, 3):
        lender.loan(f"L{n}", start - timedelta(days=3), instalments=1)
    lender.day(start)
    contact("C1", start + timedelta(days=2))
    lender.pays("L1", start + timedelta(days=4))
    lender.pays("L2", start + timedelta(days=4))
    lender.loan("L4", after(-3), instalments=1)
    found = tried().summary["cash"]["currencies"]["CNY"]
    assert [(r["reached"], r["loans"], r["paid_any"]) for r in found["by_reached"]] == [(False, 2, 1), (True, 1, 1)]
    assert found["lists"]["was"]["middle"] == 66_667  # of L4; L3 is in a state without experience


def test_the_limits_are_those_of_the_months_and_of_single_loans():
    past = pl.DataFrame(
        [
            {"month": m, "currency": "CNY", "state": "late_1_7", "reached": None, "loans": 10, "paid_any": 5,
             "stake_minor": 1_000, "paid_minor": p, "aa": 100_000.0, "ap": 100.0 * p, "pp": 100.0 * p}
            for m, p in enumerate((400, 500, 600), 1)
        ],
        schema=cash.EXPERIENCE,
    )  # fmt: skip
    stakes = pl.DataFrame(
        [
            {
                "customer_id": f"C{n}",
                "loan_id": f"L{n}",
                "currency": "CNY",
                "state": "late_1_7",
                "stake_minor": 100,
                "was": True,
                "now": False,
            }
            for n in range(10)
        ]
    )
    found = cash.estimate(past, stakes)["CNY"]["lists"]["was"]
    alone = 0.25 * 10 * 100**2  # a loan pays all or nothing, half and half
    want = next_of([400.0, 500.0, 600.0], alone)
    assert want is not None
    assert (found["low"], found["middle"], found["high"]) == (
        max(0, round(want.low)),
        500,
        min(1_000, round(want.high)),
    )
