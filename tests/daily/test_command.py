"""`shouyue day` on the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from shouyue.cli.day import CLOSED, JUDGED, STAGES, day
from shouyue.daily.cycle import STAGES as RUN_STAGES
from tests.daily.conftest import DAY, after
from tests.daily.test_promises import promise

pytestmark = pytest.mark.django_db


def test_it_says_what_the_day_brought(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.day()
    promise("C1", 60_000, after(1))
    lender.pays("L1", after(1), 60_000)
    lender.pays("L2", after(1), 300_000)
    told = CliRunner().invoke(day, ["--as-of", after(1).isoformat(), "--book", str(lender.book())])
    assert told.exit_code == 0, told.output
    assert "守约 kept 1" in told.stdout
    assert "结清 settled 1" in told.stdout
    assert "案件 cases 1" in told.stdout
    assert "分案 allocate" in told.stderr
    seconds = told.stdout.splitlines()[-1]
    assert [stage for stage in STAGES if STAGES[stage][0] not in seconds] == ["reconcile"]  # no statement came


def test_a_mistake_has_its_code(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    told = CliRunner().invoke(day, ["--as-of", after(-1).isoformat(), "--book", str(lender.book())])
    assert getattr(told.exception, "code", "") == "DAY-001"
    assert CliRunner().invoke(day, ["--as-of", "yesterday"]).exit_code == 2
    assert CliRunner().invoke(day, ["--as-of", DAY.isoformat(), "--book", "no-such-book"]).exception.code == "DAY-005"  # type: ignore[union-attr]


def test_every_stage_and_state_has_its_words():
    from shouyue.casework.models import Case, Promise

    assert set(STAGES) == set(RUN_STAGES)
    assert set(CLOSED) == set(Case.CloseReason.values)
    assert set(JUDGED) == set(Promise.State.values) - {"replaced", "cancelled"}
