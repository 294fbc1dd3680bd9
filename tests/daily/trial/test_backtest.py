"""Two strategies over the small lender's past."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from click.testing import CliRunner

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import ending
from shouyue.casework.agencies import managing
from shouyue.casework.models import Agency, Case, TimelineEntry
from shouyue.cli.strategy import strategy
from shouyue.cli.trial import called
from shouyue.daily.trial import backtest, knowing
from shouyue.daily.trial.backtest import Asked
from shouyue.people.models import User
from tests.daily.conftest import DAY, after
from tests.daily.trial.conftest import CHANGED, STANDARD

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(lender, reps):
    """One small and one large debt, both late on all days played; the large one is paid after the second day."""
    lender.loan("L1", after(-12), amount=30_000)
    lender.loan("L2", after(-12), amount=90_000)
    lender.pays("L2", after(-3), 90_000)
    lender.pays("L2", after(10), 90_000)  # the book's last day
    return lender


def played(past, tmp_path, folder="days", **more):
    asked = Asked(str(past.book()), STANDARD, CHANGED, after(-8), after(0), every=4, within=5, **more)
    return backtest.backtest(asked, tmp_path / folder)


def test_each_day_is_decided_on_what_was_known_and_paid_is_what_came_after(past, tmp_path):
    found = played(past, tmp_path)
    assert [(d["day"], d["was_cases"], d["now_cases"]) for d in found["days"]] == [
        (str(after(-8)), 2, 1), (str(after(-4)), 2, 1), (str(DAY), 1, 0),
    ]  # fmt: skip
    (paid,) = found["paid"]
    groups = {(g["side"], g["group"]): (g["days"], g["paid_any"], g["paid_minor"]) for g in paid["groups"]}
    assert groups == {
        ("was", "listed"): (5, 2, 180_000),
        ("was", "late_not_listed"): (0, 0, 0),
        ("now", "listed"): (2, 2, 180_000),
        ("now", "late_not_listed"): (3, 0, 0),
    }
    cases = next(c for c in found["compared"] if c["measure"] == "cases")
    assert (cases["was"], cases["now"], cases["next"]) == (5, 2, [-1.0, -1.0, -1.0])


def test_what_the_desk_knew_of_persons_is_known_to_both_strategies(past, tmp_path):
    past.day(after(-4))
    case = Case.objects.get(customer__customer_id="C1")
    head = User.objects.create(username="head", role="head_office")
    ending.end(case.pk, "sold", "list 12", head)
    TimelineEntry.objects.filter(kind="closed").update(at=datetime(2026, 11, 21, 3, tzinfo=UTC))
    assert knowing.is_desks("book") and not knowing.is_desks("other")
    found = played(past, tmp_path, persons=True)
    assert [(d["was_cases"], d["was_ended"]) for d in found["days"]] == [(2, 0), (2, 0), (0, 1)]
    without = played(past, tmp_path, "without")
    assert [d["was_cases"] for d in without["days"]] == [2, 2, 1]


def test_who_was_with_an_agency_is_worked_by_neither_strategy(past, tmp_path):
    past.day(after(-8))
    head = User.objects.create(username="head", role="head_office")
    Agency.objects.create(code="north", name="北方")
    with clock.at(datetime(2026, 11, 18, 3, tzinfo=UTC)):
        managing.place("north", "C2", head, after(-1))
    found = played(past, tmp_path, persons=True)
    sides = [(d["was_cases"], d["was_placed"], d["was_worked"], d["now_worked"]) for d in found["days"]]
    assert sides == [(2, 0, 2, 1), (2, 1, 1, 0), (1, 0, 1, 0)]
    assert [(c["was"], c["now"]) for c in found["compared"] if c["measure"] == "placed"] == [(1, 1)]
    (paid,) = found["paid"]
    assert {g["side"]: g["days"] for g in paid["groups"] if g["group"] == "listed"} == {"was": 4, "now": 1}


def test_the_same_question_has_the_same_answer_and_goes_on_after_a_kill(past, tmp_path, monkeypatch):
    whole = played(past, tmp_path, "a")
    simulate, made = backtest.simulate, []

    def killed(asked, *rest):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(asked.as_of)
        return simulate(asked, *rest)

    monkeypatch.setattr(backtest, "simulate", killed)
    with pytest.raises(KeyboardInterrupt):
        played(past, tmp_path, "b")
    monkeypatch.undo()
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "b").glob("*/summary.json")}
    assert len(before) == 2 and played(past, tmp_path, "b") == whole
    assert all(p.stat().st_mtime_ns == at for p, at in before.items())


def test_days_after_the_book_ends_are_not_played(past, tmp_path):
    asked = Asked(str(past.book()), STANDARD, CHANGED, after(100), after(120))
    with pytest.raises(ShouyueError, match="TRY-020"):
        backtest.backtest(asked, tmp_path / "days")


def test_the_command_tells_and_writes(past, tmp_path):
    (tmp_path / "mine.toml").write_text(CHANGED.text, "utf-8")
    given = ["backtest", "standard", str(tmp_path / "mine.toml"), "--book", str(past.book()), "--every", "4"]
    given += ["--from", str(DAY - timedelta(days=8)), "--to", str(DAY), "--within", "5"]
    for name in ("o.json", "o.xlsx"):
        done = CliRunner().invoke(strategy, [*given, "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        assert f"{STANDARD.id} → {CHANGED.id}   " in done.stdout
        assert "案件 cases   5 → 2" in done.stdout and "no difference here is an effect of calling" in done.stdout
    assert len(json.loads((tmp_path / "o.json").read_text("utf-8"))["days"]) == 3
    assert openpyxl.load_workbook(tmp_path / "o.xlsx", read_only=True).sheetnames == ["合计 totals", "逐日 days"]


def test_two_strategies_of_one_name_and_version_are_told_apart():
    one, other = ({"id": "mine@1", "digest": letter * 64} for letter in "ab")
    assert called({"base": one, "candidate": other}) == ("mine@1 (aaaaaaaa)", "mine@1 (bbbbbbbb)")
    assert called({"base": one, "candidate": one}) == ("mine@1", "mine@1")
