"""What the desk heard on earlier days decides today's list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.book.store import Book
from shouyue.casework import unreachable
from shouyue.casework.interviews import keeping
from shouyue.casework.models import Case, Contact, ContactPoint, Matter
from shouyue.daily import facts
from shouyue.daily.figures import age
from tests.daily.conftest import DAY, after, case_of, contact
from tests.strategy import reasoned

pytestmark = pytest.mark.django_db


def test_three_attempts_in_vain_are_lost_contact(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.day()
    for hour, reached in ((1, "nobody"), (2, "off"), (3, "nobody")):
        contact("C1", hour=hour, reached=reached)
    for hour, reached in ((1, "nobody"), (2, "self"), (3, "nobody")):
        contact("C2", hour=hour, reached=reached)
    lender.day()
    assert case_of("C1").treatment == "collect"  # today's attempts count from tomorrow
    lender.day(after(1))
    assert (case_of("C1").treatment, case_of("C2").treatment) == ("find", "collect")


def test_a_dead_number_is_lost_contact_until_somebody_answers(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    contact("C1", reached="invalid")
    lender.day(after(1))
    assert case_of("C1").treatment == "find"
    contact("C1", after(1), reached="self", result="no_result")
    lender.day(after(2))
    assert case_of("C1").treatment == "collect"


def test_a_number_that_was_told_is_tried_before_he_is_lost(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    for hour in (1, 2, 3):
        contact("C1", hour=hour, reached="nobody")
    new = ContactPoint.objects.create(
        customer=case_of("C1").customer, phone="1", relation="self", added_at=clock.moment(DAY) + timedelta(hours=9)
    )
    lender.day(after(1))
    assert case_of("C1").treatment == "collect"
    contact("C1", after(1), reached="off", contact_point=new)
    lender.day(after(1))
    assert case_of("C1").treatment == "collect"  # today's attempt counts from tomorrow
    lender.day(after(2))
    assert case_of("C1").treatment == "find"


def test_a_number_that_comes_with_the_file_is_tried_before_he_is_lost(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.rows["contacts"].append({"customer_id": "C2", "phone": "10000000091", "relation": "self", "rank": 1})
    lender.day()
    for customer in ("C1", "C2"):
        for hour, reached in ((1, "nobody"), (2, "wrong"), (3, "off")):
            contact(customer, hour=hour, reached=reached)
    assert unreachable.is_lost(case_of("C1")) and unreachable.is_lost(case_of("C2"))
    lender.rows["contacts"].append({"customer_id": "C1", "phone": "10000000092", "relation": "self", "rank": 1})
    lender.rows["contacts"].append({"customer_id": "C2", "phone": "10000000093", "relation": "spouse", "rank": 2})
    for _ in range(2):  # the same day again decides the same
        lender.day(after(1))
        assert (case_of("C1").treatment, case_of("C2").treatment) == ("collect", "find")
        assert (unreachable.is_lost(case_of("C1")), unreachable.is_lost(case_of("C2"))) == (False, True)
    new = ContactPoint.objects.get(phone="10000000092")
    assert new.came_on == after(1) and ContactPoint.objects.filter(came_on=None).count() == 3
    contact("C1", after(1), reached="nobody", contact_point=new)
    assert unreachable.is_lost(case_of("C1"))
    lender.day(after(2))
    assert case_of("C1").treatment == "find"


def test_who_rang_or_was_met_is_not_looked_for(lender, reps):
    for number in ("L1", "L2"):
        lender.loan(number, after(-5))
    lender.day()
    for customer in ("C1", "C2"):
        for hour in (1, 2, 3):
            contact(customer, hour=hour, reached="nobody")
    contact("C1", hour=4, contact_point=None, inbound=True, reached="self", result="no_result")
    contact("C2", hour=4, contact_point=None, channel="visit", reached="nobody")
    lender.day(after(1))
    assert (case_of("C1").treatment, case_of("C2").treatment) == ("collect", "find")


def test_a_strangers_number_says_nothing_about_the_borrower(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    friend = ContactPoint.objects.create(customer=case_of("C1").customer, phone="1", relation="friend")
    for hour in (1, 2, 3):
        contact("C1", hour=hour, reached="nobody", contact_point=friend)
    lender.day(after(1))
    assert case_of("C1").treatment == "collect"


def test_a_dispute_stops_the_calls_until_it_is_taken_back_or_old(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.day()
    contact("C1", result="dispute")
    contact("C2", result="dispute")
    lender.day(after(1))
    assert Case.objects.filter(hold=True, treatment="wait").count() == 2
    contact("C2", after(1), result="call_back")
    lender.day(after(2))
    assert (case_of("C1").hold, case_of("C2").hold) == (True, False)
    lender.day(after(31))
    assert case_of("C1").hold is False


def test_who_told_of_hardship_is_cared_for(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    contact("C1", result="hardship")
    lender.day(after(1))
    assert case_of("C1").treatment == "care"


def test_who_was_reminded_is_left_alone_until_the_due_date(lender, reps):
    lender.loan("L1", after(2))
    lender.loan("L2", after(2))
    lender.day()
    contact("C1", result="will_deposit")
    contact("C2", reached="nobody")
    lender.day(after(1))
    assert (case_of("C1").hold, case_of("C2").hold) == (True, False)
    lender.day(after(2))
    assert case_of("C1").status == "open"
    lender.day(after(3))
    assert (case_of("C1").phase, case_of("C1").inflow_on) == ("collection", after(3))


def test_a_loan_that_the_lender_paused_is_not_called(lender, reps):
    lender.loan("L1", after(-5))
    lender.rows["pauses"].append({"loan_id": "L1", "starts_on": DAY, "ends_on": after(3)})
    lender.day()
    assert case_of("C1").hold
    lender.day(after(4))
    assert case_of("C1").hold is False


def test_facts_do_not_depend_on_what_is_done_on_the_day_itself(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    before = Case.objects.values("hold", "treatment", "priority", "reason_zh", "minutes").get()
    contact("C1", result="dispute")
    lender.day()
    assert Case.objects.values("hold", "treatment", "priority", "reason_zh", "minutes").get() == before


def test_a_matter_holds_the_case_from_the_next_morning_until_it_is_over(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.day()
    for customer, kind in (("C1", "complaint"), ("C2", "vulnerability")):
        case = case_of(customer)
        Matter.objects.create(
            case=case,
            kind=kind,
            opened_by=reps[0],
            opened_at=datetime(2026, 11, 24, 4, tzinfo=UTC),
            opened_on=DAY,
            owner_role="head_office",
            due_on=after(15),
        )
    lender.day()
    assert not case_of("C1").hold  # today's list was made in the morning
    lender.day(after(1))
    assert (case_of("C1").hold, case_of("C1").treatment) == (True, "wait")
    assert (case_of("C2").hold, case_of("C2").treatment) == (False, "care")
    Matter.objects.filter(kind="complaint").update(state="paused", paused_until=after(3))
    lender.day(after(3))
    assert case_of("C1").hold
    lender.day(after(4))
    assert (Matter.objects.get(kind="complaint").state, case_of("C1").hold) == ("released", False)


def test_who_said_in_the_interview_that_he_settles_early_or_pays_corporate_is_reminded_early(lender, reps):
    """All are reminded, and pay; of the next instalment only those in a segment are told six days ahead."""

    def says(customer: str, answer: str, day: int, seen: int = 0, question: str = "early_settlement") -> None:
        told = {"kind": "correction" if seen else "interview", "reason": "said" if seen else "", "seen": seen}
        with clock.at(clock.moment(after(day)) + timedelta(hours=10)):
            held = {"held_on": after(day), **told}
            keeping.save(case_of(customer).customer_id, {question: [answer]}, reps[0], uuid4(), **held)

    for number in ("L1", "L2", "L3", "L4"):
        lender.loan(number, after(2))
    lender.day()
    says("C4", "yes", 0, question="corporate_account")
    says("C1", "yes", 0)
    says("C2", "no", 0)
    says("C3", "yes", 0)
    lender.day()  # said today, it counts from tomorrow
    assert not Case.objects.filter(segment="early_settler").exists()
    lender.day(after(1))
    assert set(Case.objects.filter(segment="early_settler").values_list("customer__customer_id", flat=True)) == {
        "C1",
        "C3",
    }
    says("C3", "no", 1, seen=1)
    for number in ("L1", "L2", "L3", "L4"):
        lender.pays(number, after(2))
    lender.day(after(26))
    early = Case.objects.filter(status="open").values_list("customer__customer_id", "segment", "treatment")
    assert set(early) == {("C1", "early_settler", "remind_settlement"), ("C4", "corporate", "remind_corporate")}


def told(lender, day) -> dict[str, tuple]:
    """Why each is late, days since that was told, how he came across: as a strategy is told on the morning."""
    version = Book(lender.book()).current()
    assert version is not None
    figures = age(version, day, None, "default")
    rows = facts.facts(day, [], figures).to_dicts()
    return {row["customer_id"]: (row["why_late"], row["why_late_days"], row["manner"]) for row in rows}


def test_the_reason_told_last_in_the_running_case_counts_from_the_next_day(lender, reps):
    for number in ("L1", "L2", "L3"):
        lender.loan(number, after(-5))
    lender.day()
    contact("C1", hour=1, why_late="forgot", manner="angry")
    contact("C1", hour=2, reached="nobody")
    contact("C2", hour=1, why_late="habit")
    contact("C2", hour=2, why_late="cash_flow", manner="silent", reached="guarantor")
    assert told(lender, DAY) == {}
    assert told(lender, after(1)) == {"C1": ("forgot", 1, "angry"), "C2": ("cash_flow", 1, "silent")}
    contact("C1", after(2), why_late="business")
    assert told(lender, after(2))["C1"] == ("forgot", 2, "angry")
    assert told(lender, after(3))["C1"] == ("business", 1, "angry")
    Contact.objects.filter(case=case_of("C2")).update(why_late="", manner="")  # erased
    assert told(lender, after(3))["C2"] == (None, None, None)


def test_the_reason_of_a_case_that_is_over_says_nothing_of_the_next_how_he_came_across_does(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    contact("C1", why_late="forgot", manner="friendly")
    lender.pays("L1", after(1))
    lender.day(after(2))
    assert (case_of("C1").status, case_of("C1").closed_on) == ("closed", after(2))
    assert told(lender, after(2))["C1"] == ("forgot", 2, "friendly"), "on the morning it was open"
    assert told(lender, after(3))["C1"] == (None, None, "friendly")
    lender.day(after(40))
    assert case_of("C1").status == "open" and told(lender, after(40))["C1"] == (None, None, "friendly")
    assert told(lender, after(180))["C1"] == (None, None, "friendly") and told(lender, after(181)) == {}


def test_a_strategy_may_choose_a_treatment_by_it(lender, reps, tmp_path):
    """The example of docs/strategy.md, published."""
    path = tmp_path / "reasoned.toml"
    path.write_text(reasoned.text(), "utf-8")
    for number in ("L1", "L2", "L3"):
        lender.loan(number, after(-1))
    lender.day(strategy=path)
    contact("C1", why_late="forgot")
    contact("C2", why_late="cash_flow")
    lender.day(strategy=path)
    assert {case.treatment for case in Case.objects.all()} == {"collect"}
    lender.day(after(1), strategy=path)
    assert [case_of(f"C{n}").treatment for n in (1, 2, 3)] == ["remind", "arrange", "collect"]
    assert (case_of("C2").minutes, case_of("C2").rule.endswith("short")) == (12, True)


def test_who_has_no_number_is_lost_on_the_day_he_comes_but_not_who_is_known_by_another_customer_number(lender, reps):
    """C1 has no number; C2 has none under this customer number, and one under C3, which is the same person's."""
    lender.loan("L3", after(-5))
    lender.day()
    for number in ("L1", "L2"):
        lender.loan(number, after(-5))
        lender.rows["contacts"].pop()
    lender.rows["customers"][-1]["id_number"] = lender.rows["customers"][0]["id_number"]
    lender.day(after(1))
    assert [case_of(c).treatment for c in ("C1", "C2", "C3")] == ["find", "collect", "collect"]
    assert [unreachable.is_lost(case_of(c)) for c in ("C1", "C2", "C3")] == [True, False, False]
