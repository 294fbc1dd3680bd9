"""Which rows count: plans that were renegotiated, payments that were taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from shouyue.ageing.convention import load
from shouyue.ageing.reference import Instalment, Loan, Payment
from shouyue.ageing.run import age_table
from shouyue.book.build import build_version
from tests.ageing.loans import aged, frames

AS_OF = date(2023, 3, 31)
JAN, FEB, MAR = (date(2023, month, 10) for month in (1, 2, 3))


@pytest.mark.parametrize(
    ("plan", "overdue", "oldest"),
    [
        ("each_row", 100 + 100 + 40 + 100 + 70, JAN),
        ("latest_seq", 100 + 40 + 70, JAN),
        ("latest_plan", 100 + 40 + 70, JAN),
    ],
)
def test_renegotiated_plan_replaces_what_the_convention_says(plan, overdue, oldest):
    loan = Loan(
        [
            Instalment(1, JAN, 100),
            Instalment(2, FEB, 100),
            Instalment(3, MAR, 100),
            Instalment(2, FEB, 40, version=2),
            Instalment(3, MAR, 70, version=2),
        ]
    )
    said = aged([loan], AS_OF, None, replace(load("default"), plan=plan))[0]
    assert (said["overdue_minor"], said["oldest_unpaid_due"]) == (overdue, oldest)


def test_new_plan_with_other_numbers_ends_the_old_one_from_its_first_due_date():
    loan = Loan([Instalment(1, JAN, 100), Instalment(2, FEB, 100), Instalment(9, FEB, 40, version=2)])
    default = load("default")
    assert aged([loan], AS_OF, None, replace(default, plan="latest_plan"))[0]["overdue_minor"] == 140
    assert aged([loan], AS_OF, None, replace(default, plan="latest_seq"))[0]["overdue_minor"] == 240


def test_reversal_that_names_another_loans_payment_takes_nothing_back(tmp_path):
    plan = [Instalment(1, JAN, 100)]
    own = [Payment("P", JAN, 100), Payment("Q", JAN, 30), Payment("B", JAN, 30, reverses="Q")]
    tables = frames([Loan(plan, own), Loan(plan, [Payment("P", JAN, 100)])])
    stray = pl.DataFrame(
        {"payment_id": "R", "loan_id": "L0001", "value_date": JAN, "amount_minor": 100, "reversal_of": "L0000-P"}
    )
    tables["payments"] = pl.concat([tables["payments"], stray], how="diagonal_relaxed")
    found = age_table(build_version(tmp_path / "book", tables, shards=1), AS_OF)
    assert found.column("paid_total_minor").to_pylist() == [100, 100]
    assert found.column("dpd").to_pylist() == [0, 0]


def test_reversals_in_a_ring_take_nothing_and_count_nothing():
    loan = Loan(
        [Instalment(1, JAN, 100)],
        [Payment("P", JAN, 60), Payment("A", JAN, 50, reverses="B"), Payment("B", JAN, 50, reverses="A")],
    )
    assert aged([loan], AS_OF, None, load("default"))[0]["paid_total_minor"] == 60
