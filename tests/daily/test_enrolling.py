"""Who takes part in an experiment is what comes due, drawn once; the held out are on nobody's list of the day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shouyue import strategy as strategies
from shouyue.casework import queries
from shouyue.casework.models import Case
from shouyue.daily.models import Enrolment, Registered
from tests.daily.conftest import DAY, after, case_of, contact
from tests.daily.test_promises import promise

pytestmark = pytest.mark.django_db

ARMS = strategies.load("standard").experiments[0]
#: numbers of customers who are held out by the standard strategy, and of some who are not
HELD = [n for n in range(1, 400) if ARMS.arm_of(f"C{n}") == "held_out"][:4]
OTHERS = [n for n in range(1, 40) if ARMS.arm_of(f"C{n}") == "worked"][:4]


def units(**about) -> set[tuple]:
    return set(Enrolment.objects.filter(**about).values_list("loan_id", "due_on", "arm", "exempt", "enrolled_on"))


def test_everything_that_comes_due_within_a_week_is_enrolled_once(lender, reps):
    lender.loan("L1", after(7))
    lender.loan("L2", after(8))
    lender.loan("L3", after(-5))  # late, its next instalment is far away
    lender.loan(f"L{HELD[0]}", after(0))
    lender.day()
    want = {("L1", after(7), "worked", False, DAY), (f"L{HELD[0]}", DAY, "held_out", False, DAY)}
    assert units() == want
    lender.day(after(1))
    want |= {("L2", after(8), "worked", False, after(1))}
    assert units() == want
    lender.day(after(1))
    assert units() == want
    assert Enrolment.objects.get(loan_id="L1").due_minor == 100_000


def test_a_customer_is_in_one_arm_over_all_his_loans(lender, reps):
    lender.loan("L1", after(3), customer=f"C{HELD[0]}")
    lender.loan("L2", after(5), customer=f"C{HELD[0]}")
    lender.day()
    assert set(Enrolment.objects.values_list("arm", flat=True)) == {"held_out"}


def test_the_held_out_are_not_reminded_and_on_nobodys_list(lender, reps):
    for n in (HELD[0], OTHERS[0]):
        lender.loan(f"L{n}", after(2))
    lender.day()
    held, other = case_of(f"C{HELD[0]}"), case_of(f"C{OTHERS[0]}")
    assert (held.left_alone, held.hold, held.treatment, held.minutes) == (True, True, "not_today", 0)
    assert (other.left_alone, other.treatment) == (False, "remind")
    assert held.rule == "stage/due work/not_today"
    now = datetime(2026, 11, 24, 6, tzinfo=UTC)
    for rep in reps:
        for work in ("todo", "waiting", "done", "all"):
            assert held not in queries.my_day(rep, DAY, now, work)
        assert queries.search(rep, f"L{HELD[0]}").get() == held  # who rings up is found
    assert other in [c for rep in reps for c in queries.my_day(rep, DAY, now)]
    # nothing that a rep reads says why
    for text in (held.reason_zh, held.reason_en, held.stage, held.segment, held.rule, held.assigned_because_zh):
        assert "对照" not in text and "hold" not in text and "experiment" not in text


def test_late_they_are_collected_like_everybody(lender, reps):
    lender.loan(f"L{HELD[0]}", after(1))
    lender.day()
    assert case_of(f"C{HELD[0]}").left_alone
    lender.day(after(2))
    case = case_of(f"C{HELD[0]}")
    assert (case.phase, case.treatment, case.hold, case.left_alone) == ("collection", "collect", False, False)


@pytest.mark.parametrize(
    ("need", "treatment"),
    [("hardship", "care"), ("dispute", "remind"), ("call_back", "remind"), ("vulnerable", "care"), ("promise", "wait")],
)
def test_who_needs_us_is_contacted_whatever_the_lot_says(lender, reps, need, treatment):
    number = HELD[1]
    lender.loan(f"L{number}", after(-3))
    lender.loan("L9999", after(33), customer=f"C{number}")
    lender.day()
    if need == "vulnerable":
        lender.rows["customers"][0]["vulnerable"] = True
    elif need == "promise":
        promise(f"C{number}", 150_000, after(3), grace_days=0)
    else:
        contact(f"C{number}", result=need)
    lender.pays(f"L{number}", after(0))
    lender.rows["instalments"][1]["due_date"] = after(3)
    lender.day(after(1))
    case = case_of(f"C{number}")
    assert (case.phase, case.treatment, case.left_alone) == ("reminder", treatment, False)
    assert case.hold is (need == "promise")
    assert units(loan_id=f"L{number}") == {(f"L{number}", after(3), "held_out", True, after(1))}


def test_a_wish_to_be_called_back_stands_until_he_is_spoken_to(lender, reps):
    lender.loan(f"L{HELD[0]}", after(5), pays_corporate=True)
    lender.day()
    assert case_of(f"C{HELD[0]}").left_alone
    contact(f"C{HELD[0]}", result="call_back")
    lender.day(after(1))
    assert not case_of(f"C{HELD[0]}").left_alone
    contact(f"C{HELD[0]}", after(1), reached="nobody")
    lender.day(after(2))
    assert not case_of(f"C{HELD[0]}").left_alone
    contact(f"C{HELD[0]}", after(2), result="no_result")
    lender.day(after(4))
    assert case_of(f"C{HELD[0]}").left_alone


def test_the_definition_is_kept_and_a_moved_share_is_another_one(lender, reps, tmp_path):
    lender.loan("L1", after(2))
    lender.day()
    lender.day(after(1))
    one = Registered.objects.get()
    assert (one.experiment, one.salt, one.first_on, one.last_on) == ("hold_out", "standard", DAY, after(1))
    assert [(a["id"], a["share"]) for a in one.definition["arms"]] == [("worked", "49/50"), ("held_out", "1/50")]
    text = strategies.load("standard").text.replace("share = 0.02", "share = 0.05")
    (tmp_path / "other.toml").write_text(text, "utf-8")
    lender.day(after(2), strategy=tmp_path / "other.toml")
    assert Registered.objects.count() == 2


def test_a_strategy_without_experiments_enrols_nobody(lender, reps, tmp_path):
    text = strategies.load("standard").text.replace("since = 2026-01-01\n\n", "since = 2027-01-01\n\n")
    (tmp_path / "later.toml").write_text(text, "utf-8")
    lender.loan(f"L{HELD[0]}", after(2))
    lender.day(strategy=tmp_path / "later.toml")
    assert not Enrolment.objects.exists() and not Registered.objects.exists()
    assert not Case.objects.get().left_alone
