"""Every check of Apache Fineract's own delinquency pause tests, with the convention named fineract."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from shouyue.ageing.convention import load
from shouyue.ageing.reference import Instalment, Loan, Pause, Payment, age_loan
from tests.ageing.loans import aged

day = date.fromisoformat


def loan_of(check: dict) -> Loan:
    return Loan(
        [Instalment(n, day(due), amount) for n, (due, amount) in enumerate(check["instalments"], 1)],
        [Payment(f"P{n}", day(value), amount) for n, (value, amount) in enumerate(check["payments"])],
        [],
        [Pause(day(start), day(end)) for start, end in check["pauses"]],
    )


@pytest.mark.shared
def test_every_fineract_check_comes_out_the_same(shared_data):
    checks = json.loads((shared_data / "delinquency_vectors" / "fineract_pause.json").read_text())
    assert len(checks) > 10
    for check in checks:
        convention = replace(load("fineract"), grace_days=check["grace_days"])
        as_of, loan, expected = day(check["as_of"]), loan_of(check), check["expected"]
        for said in (aged([loan], as_of, None, convention)[0], age_loan(loan, as_of, None, convention)):
            assert {
                "delinquent_amount": said["overdue_minor"],
                "delinquent_date": said["delinquent_date"] and said["delinquent_date"].isoformat(),
                "delinquent_days": said["dpd"],
                "past_due_days": said["past_due_days"],
            } == expected, (check["scenario"], check["check"])
