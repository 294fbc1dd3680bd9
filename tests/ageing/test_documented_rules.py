"""The examples in words of docs/ageing.md, and the example of a file printed there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from shouyue.ageing.convention import Convention, load, parse
from shouyue.ageing.reference import Instalment, Loan, Pause, Payment, age_loan
from shouyue.ageing.trial import differences
from tests.ageing.loans import aged

DOCUMENT = Path(__file__).parents[2] / "docs" / "ageing.md"


def said(loan: Loan, as_of: date, **rules) -> dict:
    """What kernel and reference say of a loan under the default with some rules changed."""
    convention = replace(load("default"), **rules)
    kernel = aged([loan], as_of, None, convention)[0]
    assert kernel == age_loan(loan, as_of, None, convention)
    return kernel


def test_counters():
    behind = Loan(
        [Instalment(1, date(2023, 1, 1), 100), Instalment(2, date(2023, 1, 31), 100)],
        [Payment("P", date(2023, 2, 10), 100)],
    )
    assert said(replace(behind, payments=[]), date(2023, 2, 10))["dpd"] == 40
    assert said(behind, date(2023, 2, 10))["dpd"] == 10
    assert said(behind, date(2023, 2, 10), counter="consecutive")["dpd"] == 40
    unpaid = Loan([Instalment(1, date(2023, 4, 1), 100), Instalment(2, date(2023, 5, 1), 100)])
    for day, mba, ots in ((date(2023, 4, 30), 30, 0), (date(2023, 5, 1), 30, 30)):
        assert aged([unpaid], day, None, load("mba"))[0]["dpd"] == mba
        assert aged([unpaid], day, None, load("ots"))[0]["dpd"] == ots
    monthly = Loan(
        [Instalment(n, date(2023, n, 10), 100) for n in (1, 2, 3)],
        [Payment("P", date(2023, 1, 10), 90)],
    )
    little = said(monthly, date(2023, 3, 9), counter="amount_equivalent")
    assert (little["past_due_days"], little["overdue_minor"], little["dpd"]) == (58, 110, 31)


@pytest.mark.parametrize(("pauses", "dpd"), [("none", 19), ("whole", 15), ("overlap", 14)])
def test_pauses(pauses, dpd):
    loan = Loan([Instalment(1, date(2023, 3, 1), 100)], pauses=[Pause(date(2023, 3, 6), date(2023, 3, 10))])
    assert said(loan, date(2023, 3, 20), pauses=pauses)["dpd"] == dpd


@pytest.mark.parametrize(("counter", "dpd"), [("oldest_unpaid", 32), ("consecutive", 1)])
def test_materiality(counter, dpd):
    loan = Loan([Instalment(1, date(2023, 1, 10), 80), Instalment(2, date(2023, 2, 10), 80)])
    assert said(loan, date(2023, 2, 10), counter=counter, threshold_minor=100)["dpd"] == 0
    assert said(loan, date(2023, 2, 11), counter=counter, threshold_minor=100)["dpd"] == dpd


@pytest.mark.parametrize(("direction", "fee", "principal"), [("horizontal", 10, 160), ("vertical", 0, 170)])
def test_order_of_payment(direction, fee, principal):
    loan = Loan([Instalment(n, date(2023, n, 1), 100, fee=10) for n in (1, 2)], [Payment("P", date(2023, 3, 1), 30)])
    found = said(loan, date(2023, 3, 1), direction=direction)
    assert (found["outstanding_fee_minor"], found["outstanding_principal_minor"]) == (fee, principal)


@pytest.mark.parametrize(("plan", "owed"), [("each_row", 140), ("latest_seq", 40), ("latest_plan", 40)])
def test_plans(plan, owed):
    loan = Loan([Instalment(2, date(2023, 2, 1), 100), Instalment(2, date(2023, 2, 1), 40, version=2)])
    assert said(loan, date(2023, 3, 1), plan=plan)["outstanding_minor"] == owed


def test_every_block_of_the_document_is_a_convention():
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        convention = parse({"name": "documented"} | tomllib.loads(block))
        assert isinstance(convention, Convention)
        assert not [difference for example in convention.examples for difference in differences(example, convention)]


def test_every_key_is_documented():
    from shouyue.ageing.convention_file import SECTIONS

    table = DOCUMENT.read_text("utf-8")
    for section, keys in SECTIONS.items():
        for key in keys:
            assert re.search(rf"^\| `{section}\.[^|]*\.?{key}`", table, flags=re.MULTILINE), f"{section}.{key}"
