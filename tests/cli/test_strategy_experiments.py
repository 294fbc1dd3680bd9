"""`shouyue strategy experiments` on the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from shouyue.cli.experiments import VERDICTS
from shouyue.cli.strategy import strategy
from shouyue.reports.experiments.arms import VERDICTS as KNOWN
from tests.daily.conftest import after, lender, reps, store  # noqa: F401

pytestmark = pytest.mark.django_db


def test_it_tells_each_arm_and_what_may_be_said(lender, reps):  # noqa: F811
    for n in range(1, 60):
        lender.loan(f"L{n}", after(2))
    assert "no experiment yet" in CliRunner().invoke(strategy, ["experiments"]).output
    lender.day()
    lender.pays("L1", after(1))
    lender.day(after(3))
    done = CliRunner().invoke(strategy, ["experiments", "--book", str(lender.path)])
    assert done.exit_code == 0, done.output
    assert "hold_out [standard]   长期对照组 · Permanent hold-out" in done.output
    assert "worked − held_out   样本太少，不能下结论 too few to say anything" in done.output
    assert "逾期未还率 Still unpaid   worked –   held_out –" in done.output


def test_every_verdict_has_its_words():
    assert set(VERDICTS) == set(KNOWN)
