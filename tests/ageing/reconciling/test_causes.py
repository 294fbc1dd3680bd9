"""Each cause is found where it is the cause, with the evidence that a person can look up, among loans that agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shouyue.ageing.convention import Convention, load
from shouyue.ageing.reference import Charge, Instalment, Loan, Pause, Payment
from tests.ageing.reconciling.core import DAY, causes, reconciled, states, without

DEFAULT = load("default")


def loan(n: int = 0, paid: int = 2, **more: Any) -> Loan:
    """Six instalments of 100.00 from January on, the first ``paid`` of them paid a day late."""
    plan = [Instalment(k + 1, date(2026, 1 + k, 3 + n % 20), 10_000, interest=500 * (6 - k), fee=200) for k in range(6)]
    paid_ = [Payment(f"P{k}", plan[k].due + timedelta(days=1), 10_000) for k in range(paid)]
    return Loan(plan, paid_, opened=date(2025, 12, 1), **more)


#: loans on which both sides agree, late from 9 to 20 days
MASS = {f"M{n:03d}": loan(n) for n in range(8, 20)}


def found(tmp_path, ours: Loan, theirs: dict[str, Any], **how: Any) -> tuple[str, str] | None:
    said = {name: states(one) for name, one in MASS.items()} | {"X": theirs}
    result = reconciled(tmp_path / "book", {**MASS, "X": ours}, said, **how)
    assert set(causes(result)) <= {"X"}
    assert result.agrees == (not causes(result))
    return causes(result).get("X")


def paying(*more: Payment, **others: Any) -> Loan:
    one = loan(4, **others)
    return replace(one, payments=[*one.payments, *more])


def cut(one: Loan, name: str) -> dict:
    return states(without(one, name))


def whole(said: dict) -> dict:
    return {k: v // 100 * 100 if k.endswith("minor") else v for k, v in said.items()}


ON_THE_DAY = paying(Payment("D", DAY, 10_000))
TOMORROW = paying(Payment("T", DAY + timedelta(days=1), 10_000))
BACKDATED = paying(Payment("B", DAY - timedelta(days=4), 10_000, DAY + timedelta(days=2)))
REVERSED = paying(
    Payment("R", DAY - timedelta(days=9), 10_000), Payment("U", DAY - timedelta(days=2), 10_000, None, "R")
)
OLDER = paying(Payment("O", DAY - timedelta(days=3), 10_000))
CHARGED = loan(4, charges=[Charge("penalty", date(2026, 3, 20), 150), Charge("late_fee", date(2026, 3, 11), 1000)])
PAUSED = loan(4, pauses=[Pause(date(2026, 3, 10), date(2026, 3, 19))])
PLAIN = loan(4)
SAID = states(PLAIN)
SHIFTED = SAID | {"interest_minor": SAID["interest_minor"] - 200, "principal_minor": SAID["principal_minor"] + 200}


@pytest.mark.parametrize(
    ("ours", "theirs", "cause", "evidence"),
    [
        (ON_THE_DAY, cut(ON_THE_DAY, "D"), "cut_off", "X-D 2026-03-31"),
        (TOMORROW, states(replace(PLAIN, payments=ON_THE_DAY.payments)), "cut_off", "X-T 2026-04-01"),
        (BACKDATED, states(BACKDATED, known_at=DAY), "booked_later", "X-B 2026-03-27"),
        (REVERSED, cut(REVERSED, "U"), "reversed", "X-R 2026-03-22"),
        (OLDER, cut(OLDER, "O"), "payment_lacking", "X-O 2026-03-28"),
        (PLAIN, states(OLDER), "payment_unknown", "+100.00"),
        (CHARGED, states(replace(CHARGED, charges=CHARGED.charges[:1])), "waived", "X-1 2026-03-11"),
        (CHARGED, states(PLAIN), "waived", "× 2"),
        (PLAIN, states(CHARGED), "charge_unknown", "+11.50"),
        (PAUSED, states(PAUSED, replace(DEFAULT, pauses="overlap")), "pause", "lateness.pauses = overlap"),
        (PLAIN, states(PLAIN, replace(DEFAULT, grace_days=5)), "grace", "grace 5"),
        (PLAIN, states(PLAIN, replace(DEFAULT, grace_days=1)), "day_after", "-1"),
        (PLAIN, SAID | {"dpd": SAID["dpd"] + 1}, "due_day", "+1"),
        (CHARGED, states(CHARGED, replace(DEFAULT, overdue_with_charges=True)), "rule", "overdue.charges = true"),
        (CHARGED, whole(states(CHARGED)), "rounding", "whole units"),
        (PLAIN, SAID | {"outstanding_minor": SAID["outstanding_minor"] - 37}, "rounding", "≤ 0.37"),
        (PLAIN, SAID | {"outstanding_minor": SAID["principal_minor"]}, "principal_only", "principal"),
        (PLAIN, SAID | {"interest_minor": SAID["interest_minor"] - 900, "outstanding_minor": None}, "accrual", "-9.00"),
        (PLAIN, SHIFTED, "parts", "principal +2.00, interest -2.00"),
        (PLAIN, SAID | {"bucket": "M2"}, "edges", f"{SAID['dpd']}: M2 / M1"),
        (PLAIN, SAID | {"status": "closed"}, "status", "closed / open"),
        (PLAIN, SAID | {"dpd": 77, "bucket": "M3"}, "unexplained", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_cause_is_found_and_named(tmp_path, ours, theirs, cause, evidence):
    assert found(tmp_path, ours, theirs) == (cause, evidence)


def test_a_loan_ended_at_the_lender_is_closed_there(tmp_path):
    ended = {"X": DAY - timedelta(days=3)}
    nothing = {"outstanding_minor": 0, "dpd": 0, "status": "closed"}
    assert found(tmp_path, PLAIN, nothing, closed=ended) == ("closed", "2026-03-28")


@pytest.mark.parametrize(
    ("rules", "cause"),
    [(replace(DEFAULT, grace_days=3), ("grace", "grace 3")), (load("mba"), ("convention", "convention mba"))],
    ids=["grace", "mba"],
)
def test_a_way_of_counting_that_explains_many_is_preferred_to_chance(tmp_path, rules, cause):
    """Of a loan that is in time for them any longer grace would do: the others tell which it is."""
    ours = {f"M{n:03d}": loan(n, n % 3) for n in range(8, 20)}
    ours["X"] = Loan([Instalment(1, DAY - timedelta(days=2), 10_000)])
    theirs = {name: states(one, rules) | {"bucket": None} for name, one in ours.items()}
    result = reconciled(tmp_path / "book", ours, theirs)
    assert set(causes(result).values()) == {cause} and len(causes(result)) == len(ours)
    (found,) = result.summary["causes"]
    assert found["evidence"] == [{"evidence": cause[1], "loans": len(ours), "contradicted": 0}]


def test_what_contradicts_a_way_of_counting_is_counted(tmp_path):
    said = {name: states(one) for name, one in MASS.items()} | {"X": states(PLAIN, replace(DEFAULT, grace_days=5))}
    result = reconciled(tmp_path / "book", {**MASS, "X": PLAIN}, said)
    (cause,) = result.summary["causes"]
    assert cause["evidence"] == [{"evidence": "grace 5", "loans": 1, "contradicted": len(MASS)}]


def test_money_explains_better_than_a_way_of_counting_that_most_loans_contradict(tmp_path):
    """Only days are stated. The loan paid today: no pause, no grace, a payment of the cut-off day."""
    ours = {name: {"dpd": states(one)["dpd"]} for name, one in MASS.items()}
    ours["X"] = {"dpd": cut(ON_THE_DAY, "D")["dpd"]}
    result = reconciled(tmp_path / "book", {**MASS, "X": ON_THE_DAY}, ours)
    assert causes(result) == {"X": ("cut_off", "X-D 2026-03-31")}


def test_a_convention_of_the_lender_needs_no_cause(tmp_path):
    rules = Convention("theirs", grace_days=4, pauses="overlap")
    ours = {**MASS, "X": PAUSED}
    theirs = {name: states(one, rules) for name, one in ours.items()}
    assert reconciled(tmp_path / "book", ours, theirs, convention=rules).agrees
