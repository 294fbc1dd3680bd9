"""A case is the work on one person over all his loans."""

import polars as pl
import pytest

from shouyue.strategy import cases, decide, load
from shouyue.strategy.features import features
from shouyue.strategy.testing import features_of

from .book import AS_OF, random_book

STANDARD = load("standard")


def of_one_person(*loans: dict) -> dict:
    """The case of a person with these loans."""
    frame = features_of(STANDARD, loans).with_columns(pl.lit("C1").alias("customer_id"))
    found = cases(decide(STANDARD, frame), frame)
    assert found.height == 1
    return found.row(0, named=True)


@pytest.fixture(scope="module")
def book() -> tuple[pl.DataFrame, pl.DataFrame]:
    aged, loans, customers, extra = random_book(20_000)
    frame = features(aged, loans, customers, AS_OF, extra)
    return decide(STANDARD, frame), frame


def test_collection_wins_over_reminder():
    case = of_one_person({"days_to_due": 2, "next_due": 40000}, {"dpd": 200, "bucket": "M7+", "overdue": 123450})
    assert (case["phase"], case["stage"], case["lead_loan"]) == ("collection", "written_off", "000001")
    assert case["loans"] == ["000001", "000000"]
    assert (case["overdue_minor"], case["due_minor"], case["dpd"], case["bucket"]) == (123450, 40000, 200, "M7+")
    assert case["reason_zh"] == "逾期200天，欠 1,234.50 元；另有1笔近期到期，400.00 元"
    assert case["reason_en"] == "200 days late, CNY 1,234.50 overdue; 1 more loan due soon, CNY 400.00"


def test_the_loan_of_highest_priority_leads():
    case = of_one_person({"dpd": 100, "bucket": "M4", "overdue": 90000}, {"dpd": 3, "bucket": "M1", "overdue": 5000})
    assert (case["stage"], case["lead_loan"], case["dpd"], case["bucket"]) == ("golden", "000001", 100, "M4")
    assert case["reason_zh"] == "逾期3天，欠 50.00 元；逾期第一周；共2笔逾期，合计 950.00 元"
    assert case["minutes"] == 6


def test_a_small_arrear_counts_though_it_is_not_worked():
    case = of_one_person({"dpd": 30, "overdue": 1999}, {"days_to_due": 1, "next_due": 5000})
    assert (case["phase"], case["overdue_minor"], case["due_minor"], case["dpd"]) == ("reminder", 1999, 5000, 30)


def test_another_currency_is_not_added_up():
    frame = features_of(STANDARD, [{"dpd": 3, "overdue": 5000}, {"dpd": 9, "overdue": 7000}]).with_columns(
        pl.lit("C1").alias("customer_id"), pl.Series("currency", ["CNY", "USD"])
    )
    case = cases(decide(STANDARD, frame), frame).row(0, named=True)
    assert (case["currency"], case["overdue_minor"], len(case["loans"])) == ("CNY", 5000, 2)


def test_one_case_per_person_with_work_and_none_without(book):
    decided, frame = book
    found = cases(decided, frame)
    worked = decided.filter(pl.col("phase").is_not_null())["customer_id"]
    assert found["customer_id"].is_unique().all()
    assert set(found["customer_id"]) == set(worked)
    assert found["priority"].is_sorted(descending=True)
    must = ("phase", "segment", "stage", "treatment", "reason_zh", "reason_en", "rule", "dpd", "bucket", "currency")
    assert sum(found.select(must).null_count().row(0)) == 0


def test_amounts_of_the_cases_are_those_of_their_loans(book):
    decided, frame = book
    found = cases(decided, frame)
    people = frame.filter(pl.col("customer_id").is_in(found["customer_id"].implode()))
    assert found["overdue_minor"].sum() == people["overdue_minor"].sum()
    reminded = decided.filter(pl.col("phase") == "reminder").join(frame, on="loan_id")
    assert found["due_minor"].sum() == reminded["next_due_minor"].sum()


def test_order_of_rows_never_matters(book):
    decided, frame = book
    shuffled = cases(decided.sample(fraction=1, shuffle=True, seed=2), frame.sample(fraction=1, shuffle=True, seed=3))
    assert shuffled.equals(cases(decided, frame))


def test_no_work_no_cases():
    frame = features_of(STANDARD, [{}, {}])
    assert cases(decide(STANDARD, frame), frame).height == 0
