"""What a strategy may ask about a loan."""

from datetime import date, timedelta

import polars as pl
import pytest

from shouyue.strategy import StrategyError
from shouyue.strategy.features import features
from shouyue.strategy.vocabulary import PHYSICAL, vocabulary

from .book import AS_OF, random_book

LATE = [f"late_{i}" for i in range(1, 7)]


def one(loan=None, customer=None, desk=None, **aged) -> dict:
    """The features of one loan that is in order, but for what is said."""
    row = {
        "loan_id": "L1",
        "customer_id": "C1",
        "dpd": 0,
        "bucket": "C",
        "overdue_minor": 0,
        "next_due": AS_OF + timedelta(days=3),
        "next_due_minor": 100_00,
        "outstanding_minor": 900_00,
        "outstanding_principal_minor": 800_00,
        "last_payment_on": None,
        "last_payment_minor": None,
        "cured_on": None,
        **dict.fromkeys(("instalments_due", "instalments_paid", "instalments_late", "times_late"), 0),
        **dict.fromkeys(("worst_dpd_3m", "worst_dpd_6m", "worst_dpd_12m"), 0),
        **dict.fromkeys(LATE),
        **aged,
    }
    types = dict.fromkeys(("next_due", "last_payment_on", "cured_on"), pl.Date) | dict.fromkeys(LATE, pl.Int32)
    frame = pl.DataFrame([row], schema_overrides=types)
    loans = pl.DataFrame([{"loan_id": "L1", **(loan or {})}])
    customers = pl.DataFrame([{"customer_id": "C1", **(customer or {})}])
    extra = pl.DataFrame([{"customer_id": "C1", **desk}]) if desk is not None else None
    return features(frame, loans, customers, AS_OF, extra).row(0, named=True)


def test_every_name_of_the_vocabulary_is_there_in_its_type():
    aged, loans, customers, extra = random_book(500)
    frame = features(aged, loans, customers, AS_OF, extra)
    names = vocabulary().inputs.values()
    assert frame.columns == ["loan_id", "customer_id", "currency", *(n.column for n in names)]
    for name in names:
        assert frame.schema[name.column] == PHYSICAL[name.type.kind]
        assert name.type.nullable or frame[name.column].null_count() == 0


def test_days_to_the_due_date():
    assert one()["days_to_due"] == 3
    assert one(next_due=AS_OF)["days_to_due"] == 0
    assert one(next_due=None)["days_to_due"] is None


def test_the_debit_date_counts_where_the_lender_gives_one():
    assert one()["debit_days"] == 3
    assert one(next_debit=AS_OF + timedelta(days=5))["debit_days"] == 5


@pytest.mark.parametrize(
    ("cured", "recovered", "after_25th"),
    [
        (date(2026, 11, 20), True, False),
        (date(2026, 10, 26), True, True),
        (date(2026, 10, 25), True, False),
        (date(2026, 10, 24), True, False),
        (date(2026, 10, 23), False, False),
        (None, False, False),
    ],
)
def test_recovered_last_month_above_all_after_the_25th(cured, recovered, after_25th):
    row = one(cured_on=cured)
    assert (row["recovered_last_month"], row["recovered_after_25th"]) == (recovered, after_25th)


def test_late_again_is_not_recovered():
    assert one(cured_on=date(2026, 11, 20), dpd=1)["recovered_last_month"] is False


@pytest.mark.parametrize(
    ("days", "late", "known", "habit", "median", "abnormal"),
    [
        ((1, 2, 3, 0, 0, 0), 3, 6, True, 0, False),
        ((5, -1, -3, None, None, None), 1, 3, False, -1, True),
        ((4, 9, None, None, None, None), 2, 2, False, 6, True),
        ((3, -2, -2, -2, -2, -2), 1, 6, False, -2, False),
        ((None,) * 6, 0, 0, False, None, False),
    ],
)
def test_paying_habits(days, late, known, habit, median, abnormal):
    row = one(**dict(zip(LATE, days, strict=True)))
    assert (row["late_of_six"], row["known_of_six"], row["habitually_late"]) == (late, known, habit)
    assert (row["median_days_late"], row["last_period_abnormal"]) == (median, abnormal)


def test_the_desk_says_nothing_means_its_defaults():
    row = one()
    assert (row["promise_state"], row["promise_days"], row["broken_promises_90d"]) == ("none", None, 0)
    assert not any(row[n] for n in ("lost_contact", "paused", "dispute", "hardship", "vulnerable"))
    assert (row["reminded_ahead"], row["last_contact_days"]) == (None, None)
    assert (row["why_late"], row["why_late_days"], row["manner"]) == (None, None, None)


def test_what_the_desk_knows():
    row = one(desk={"promise_state": "open", "promise_due_on": AS_OF + timedelta(days=2), "paused_until": AS_OF})
    assert (row["promise_state"], row["promise_days"], row["paused"]) == ("open", 2, True)
    assert one(desk={"paused_until": AS_OF - timedelta(days=1)})["paused"] is False
    assert one(desk={"reminded_on": AS_OF - timedelta(days=1)})["reminded_ahead"] == 4
    row = one(desk={"why_late": "forgot", "why_late_days": 3, "manner": "silent"})
    assert (row["why_late"], row["why_late_days"], row["manner"]) == ("forgot", 3, "silent")


def test_early_settlement_corporate_account_and_vulnerability_are_heard_from_either_side():
    assert one(loan={"wants_early_settlement": True})["wants_early_settlement"] is True
    assert one(desk={"wants_early_settlement_said": True})["wants_early_settlement"] is True
    assert [one(loan={"pays_corporate": said})["pays_corporate"] for said in (True, None)] == [True, False]
    assert one(desk={"pays_corporate_said": True})["pays_corporate"] is True
    assert one(customer={"vulnerable": True})["vulnerable"] is True
    assert one(customer={"vulnerable": None}, desk={"vulnerable": True})["vulnerable"] is True


def test_months_on_book_are_whole():
    assert one(loan={"opened_on": date(2026, 1, 24)})["months_on_book"] == 10
    assert one(loan={"opened_on": date(2026, 1, 25)})["months_on_book"] == 9


def test_a_person_is_seen_over_all_his_loans():
    aged, loans, customers, extra = random_book(3_000)
    frame = features(aged, loans, customers, AS_OF, extra)
    person = frame.group_by("customer_id").len().filter(pl.col("len") >= 3)["customer_id"].sort()[0]
    his = frame.filter(pl.col("customer_id") == person)
    soon = his.filter(pl.col("days_to_due").is_between(0, 7))
    assert set(his["customer_dpd"]) == {his["dpd"].max()}
    assert set(his["customer_overdue_minor"]) == {his["overdue_minor"].sum()}
    assert set(his["customer_due_soon_minor"]) == {soon["next_due_minor"].sum()}
    assert set(his["customer_loans"]) == {his.filter(pl.col("outstanding_minor") > 0).height}


def test_order_of_rows_never_matters():
    book = random_book(2_000)
    shuffled = [t.sample(fraction=1, shuffle=True, seed=1) for t in book]
    want = features(*book[:3], AS_OF, book[3])
    assert features(*shuffled[:3], AS_OF, shuffled[3]).equals(want)


def test_a_book_without_customers_will_do():
    aged, loans, _, _ = random_book(50)
    assert features(aged, loans, pl.DataFrame(), AS_OF).height == 50


def test_what_cannot_be_joined_is_refused():
    aged, loans, customers, extra = random_book(50)
    with pytest.raises(StrategyError, match=r"STRAT-060.*late_1"):
        features(aged.drop("late_1"), loans, customers, AS_OF)
    with pytest.raises(StrategyError, match=r"STRAT-064.*promise_stat"):
        features(aged, loans, customers, AS_OF, extra.rename({"promise_state": "promise_stat"}))
    with pytest.raises(StrategyError, match=r"STRAT-065.*extra"):
        features(aged, loans, customers, AS_OF, pl.concat([extra, extra]))
