"""The gate on a real database: what is stored, what counts, what a repeat does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shouyue.base.errors import ShouyueError
from shouyue.compliance import gate, pack, replaying, rules
from shouyue.compliance.inputs import Inputs
from shouyue.compliance.models import Attempt, AttemptOutcome, GateDecision

from .conftest import AFTERNOON, Kind, question

pytestmark = pytest.mark.django_db


def test_an_allowed_call_leaves_a_decision_and_an_attempt(call):
    reservation = call(None)
    assert reservation.answer.allowed
    assert reservation.attempt.decision == reservation.decision
    assert Attempt.objects.count() == GateDecision.objects.count() == 1


def test_a_refused_call_leaves_a_decision_only(call):
    reservation = call(minutes=8 * 60)
    assert not reservation.answer.allowed and reservation.attempt is None
    stored = GateDecision.objects.get()
    assert not stored.allowed
    assert stored.next_allowed_at == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)


def test_no_telephone_number_is_stored(call):
    call(number="13800005550")
    decision = GateDecision.objects.get()
    assert "13800005550" not in f"{decision.inputs}{decision.findings}{decision.number_key}"
    assert len(decision.number_key) == 64


def test_the_same_id_again_is_the_same_reservation(call):
    attempt_id = uuid4()
    first, second = call(None, attempt_id=attempt_id), call(None, attempt_id=attempt_id, minutes=1)
    assert first.decision == second.decision and first.attempt == second.attempt
    assert first.answer == second.answer
    assert Attempt.objects.count() == 1


def test_a_refusal_repeated_with_its_id_stays_one_decision(call):
    attempt_id = uuid4()
    call(attempt_id=attempt_id, minutes=8 * 60)
    again = call(attempt_id=attempt_id, minutes=8 * 60 + 1)
    assert again.attempt is None and GateDecision.objects.count() == 1


def test_an_id_used_for_another_person_is_refused(call):
    attempt_id = uuid4()
    call(attempt_id=attempt_id)
    with pytest.raises(ShouyueError, match="GATE-005"), transaction.atomic():
        gate.reserve(question(person="someone else"), attempt_id)


def test_a_person_never_seen_before_has_a_whole_budget(db):
    with transaction.atomic():
        assert gate.reserve(question(person="new"), uuid4()).answer.allowed


def test_the_fourth_conversation_of_a_day_waits_for_the_next_morning(call):
    for minutes in (0, 10, 20):
        assert call(Kind.CONVERSATION, minutes=minutes).answer.allowed
    fourth = call(minutes=30).answer
    assert [f.rule for f in fourth.refusals] == ["conversations-per-day"]
    assert fourth.next_allowed_at == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)


def test_conversations_count_over_numbers_and_staff(call):
    for minutes, number in ((0, "555-0100"), (20, "555-0101"), (40, "555-0102")):
        assert call(Kind.CONVERSATION, minutes=minutes, number=number, staff_id=minutes).answer.allowed
    assert not call(minutes=60, number="555-0103", staff_id=99).answer.allowed


def test_a_number_shared_by_two_debtors_has_one_budget(call):
    for minutes in range(6):
        assert call(minutes=minutes, person="p" if minutes % 2 else "q").answer.allowed
    assert [f.rule for f in call(minutes=9, person="r").answer.refusals] == ["attempts-per-number"]
    assert call(minutes=9, person="r", number="555-0199").answer.allowed


def test_an_answered_call_gives_its_unanswered_place_back(call):
    for minutes in range(5):
        call(minutes=minutes)
    sixth = call(None, minutes=6)
    assert not call(minutes=7).answer.allowed
    gate.report(sixth.attempt.pk, Kind.ANSWERED, AFTERNOON, 1)
    assert call(minutes=8).answer.allowed


def test_a_call_without_outcome_counts_as_a_conversation_until_reported(call):
    call(Kind.CONVERSATION)
    call(Kind.CONVERSATION, minutes=1)
    third = call(None, minutes=2)
    assert not call(minutes=3).answer.allowed
    gate.report(third.attempt.pk, Kind.UNANSWERED, AFTERNOON, 1)
    assert call(minutes=4).answer.allowed


def test_a_colleague_in_the_line_makes_the_others_wait(call):
    call(None, staff_id=1)
    other = call(staff_id=2, minutes=5).answer
    assert [f.rule for f in other.refusals] == ["being-called"]
    assert other.next_allowed_at == AFTERNOON + timedelta(minutes=15)
    assert call(staff_id=2, minutes=15).answer.allowed


def test_the_newest_outcome_counts(call):
    attempt = call(Kind.UNANSWERED).attempt
    gate.report(attempt.pk, Kind.CONVERSATION, AFTERNOON, 1)
    gate.report(attempt.pk, Kind.CONVERSATION, AFTERNOON, 1)
    assert [o.kind for o in AttemptOutcome.objects.order_by("id")] == ["unanswered", "conversation"]
    answer = gate.preview(question())
    assert next(f.count for f in answer.findings if f.rule == "conversations-per-day") == 1


def test_an_outcome_of_an_unknown_attempt_is_refused(db):
    with pytest.raises(ShouyueError, match="GATE-004"):
        gate.report(uuid4(), Kind.ANSWERED, AFTERNOON, 1)


def test_preview_agrees_with_reserve_and_stores_nothing(call):
    call(Kind.CONVERSATION)
    seen = gate.preview(question(at=AFTERNOON + timedelta(minutes=1)))
    assert GateDecision.objects.count() == 1
    assert seen == call(minutes=1).answer


def test_a_hundred_previews_take_one_query(call):
    call(Kind.CONVERSATION)
    questions = [question(person=f"p{i}" if i else "p", number=f"555-01{i:02}") for i in range(100)]
    with CaptureQueriesContext(connection) as queries:
        answers = gate.preview_many(questions)
    assert len(queries) == 1
    assert answers == [gate.preview(q) for q in questions]
    assert gate.preview_many([]) == []


def test_an_answer_read_back_is_the_answer_given(call):
    given = call(Kind.CONVERSATION, relation="spouse", facts={"borrower_unreachable": True})
    stored = GateDecision.objects.get()
    assert gate.answer_of(stored) == given.answer
    assert gate.answer_of(stored).words("zh") == given.answer.words("zh")


def test_who_may_be_elsewhere_has_the_budget_of_both_calendars_and_the_decision_keeps_both(call):
    for minutes in (0, 10, 20):
        call(Kind.CONVERSATION, minutes=minutes)
    morning = 19 * 60  # nine the next day in Shanghai, eight in the evening of the same day in New York
    assert gate.preview(question(at=AFTERNOON + timedelta(minutes=morning))).allowed
    refused = call(minutes=morning, told_zones=("America/New_York",))
    assert [f.rule for f in refused.answer.refusals] == ["conversations-per-day"]
    assert refused.answer.next_allowed_at == datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert "America/New_York" in refused.answer.refusals[0].zh and "America/New_York" in refused.answer.words("en")
    stored = refused.decision.inputs
    assert stored["told_zones"] == ["America/New_York"] and stored["every_clock"] is True
    assert gate.answer_of(refused.decision) == refused.answer
    assert replaying.replay(refused.decision.pk).same
    # as it was asked before days were counted by every clock: quiet hours alone heeded the other place
    before = {k: v for k, v in stored.items() if k != "every_clock"}
    assert rules.decide(pack.active(), Inputs.from_json(before)).allowed


def test_facts_hold_no_personal_data(db):
    with pytest.raises(ShouyueError, match="GATE-007"):
        gate.preview(question(facts={"who": "张三"}))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"channel": "telepathy"}, "GATE-006"), ({"at": datetime(2026, 11, 24, 14)}, "GATE-008")],
)
def test_a_malformed_question_is_named(db, wrong, code):
    with pytest.raises(ShouyueError, match=code):
        gate.preview(question(**wrong))


@pytest.mark.django_db(transaction=True)
def test_reserving_outside_a_transaction_is_refused():
    with pytest.raises(ShouyueError, match="GATE-011"):
        gate.reserve(question(), uuid4())
