from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls
from shouyue.casework.models import Case, Contact, Matter, Promise, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate
from shouyue.compliance.models import Attempt, AttemptOutcome, AuditEntry, GateDecision

from .conftest import TODAY, make_case

pytestmark = pytest.mark.django_db


def start(desk, by=None, point=None, contact_id=None):
    return calls.start(desk.case.pk, (point or desk.own).pk, by or desk.rep, contact_id or uuid4())


def promise(amount=50_000, due=TODAY + timedelta(days=2)) -> Outcome:
    return Outcome(reached="self", result="promise", promise_minor=amount, promise_due=due)


def code_of(call) -> tuple[str, object]:
    with pytest.raises(ShouyueError) as caught:
        call()
    return caught.value.code, caught.value.values.get("field")


def test_a_call_exists_only_with_a_gate_decision_and_an_attempt(desk, morning):
    contact = start(desk).contact
    assert contact is not None
    assert contact.attempt.decision.allowed
    assert Attempt.objects.count() == GateDecision.objects.count() == Contact.objects.count() == 1


def test_the_same_start_twice_is_one_call(desk, morning):
    contact_id = uuid4()
    first, second = start(desk, contact_id=contact_id), start(desk, contact_id=contact_id)
    assert first.contact == second.contact
    assert first.answer == second.answer
    assert Attempt.objects.count() == 1


def test_the_audit_chain_holds_the_digest_of_the_decision_as_it_was(desk, morning):
    decision = start(desk).contact.attempt.decision
    entry = AuditEntry.objects.get(action="contact.start")
    stored = GateDecision.objects.get(pk=decision.pk)
    assert entry.data["digest"] == gate.digest(stored)
    stored.inputs["relation"] = "friend"
    assert entry.data["digest"] != gate.digest(stored)


def test_an_open_promise_is_a_warning_to_wait(desk, morning):
    calls.finish(start(desk).contact.pk, desk.rep, promise())
    answer = gate.preview(calls.question(desk.case, desk.own, desk.rep, clock.now()))
    assert answer.allowed
    assert "promise-hold" in {f.rule for f in answer.findings if f.verdict == "warns"}


def test_a_zone_that_does_not_exist_is_refused_in_words_not_by_a_crash(desk, morning):
    desk.case.customer.zone = "Mars/Olympus"
    desk.case.customer.save()
    started = start(desk)
    assert started.contact is None and started.answer.words("zh")


def test_in_quiet_hours_no_call_begins_and_the_refusal_is_kept(desk):
    with clock.at(datetime(2026, 11, 24, 15, 0, tzinfo=UTC)):  # 23:00 in Shanghai
        started = start(desk)
    assert started.contact is None
    assert not started.answer.allowed
    assert "22:00" in started.answer.words("zh")
    assert not Contact.objects.exists() and not Attempt.objects.exists()
    assert GateDecision.objects.get().allowed is False
    assert desk.case.timeline.get().kind == TimelineEntry.Kind.REFUSED


def test_a_call_without_outcome_must_be_logged_before_the_next(desk, morning):
    start(desk)
    assert code_of(lambda: start(desk))[0] == "CASE-007"


def test_another_stores_rep_finds_no_case(desk, morning):
    assert code_of(lambda: start(desk, by=desk.stranger))[0] == "CASE-001"


def test_an_auditor_looks_but_does_not_call(desk, morning):
    assert code_of(lambda: start(desk, by=desk.auditor))[0] == "PEOPLE-001"


def test_a_number_of_another_customer_is_refused(desk, morning):
    other = make_case(desk.store, desk.rep, number=2)
    point = other.customer.contact_points.create(phone="10000000009")
    assert code_of(lambda: start(desk, point=point))[0] == "CASE-006"


def test_a_promise_is_saved_with_the_call_and_seen_in_the_timeline(desk, morning):
    contact = start(desk).contact
    calls.finish(contact.pk, desk.rep, promise())
    saved = Promise.objects.get()
    assert (saved.amount_minor, saved.due_on, saved.made_on, saved.state) == (
        50_000,
        TODAY + timedelta(days=2),
        TODAY,
        "open",
    )
    kinds = set(desk.case.timeline.values_list("kind", flat=True))
    assert kinds == {"contact", "promise"}
    desk.case.refresh_from_db()
    assert (desk.case.done_on, desk.case.last_result) == (TODAY, "promise")
    assert AttemptOutcome.objects.get().kind == AttemptOutcome.Kind.CONVERSATION


def test_logging_the_same_outcome_twice_changes_nothing(desk, morning):
    contact = start(desk).contact
    calls.finish(contact.pk, desk.rep, promise())
    calls.finish(contact.pk, desk.rep, promise())
    assert Promise.objects.count() == 1
    assert AttemptOutcome.objects.count() == 1
    assert desk.case.timeline.count() == 2


def test_logging_another_outcome_later_is_refused(desk, morning):
    contact = start(desk).contact
    calls.finish(contact.pk, desk.rep, promise())
    assert code_of(lambda: calls.finish(contact.pk, desk.rep, Outcome(reached="nobody")))[0] == "CASE-005"


def test_a_newer_promise_replaces_the_open_one(desk, morning):
    for amount in (10_000, 20_000):
        calls.finish(start(desk).contact.pk, desk.rep, promise(amount))
    assert list(Promise.objects.order_by("amount_minor").values_list("state", flat=True)) == ["replaced", "open"]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(reached=""), ("CASE-010", "reached")),
        (Outcome(reached="self"), ("CASE-011", "result")),
        (Outcome(reached="other", result="promise"), ("CASE-012", "result")),
        (promise(amount=0), ("CASE-013", "promise_amount")),
        (promise(amount=-5), ("CASE-013", "promise_amount")),
        (promise(due=None), ("CASE-014", "promise_due")),
        (promise(amount=200_001), ("CASE-015", "promise_amount")),
        (promise(due=TODAY - timedelta(days=1)), ("CASE-016", "promise_due")),
        (promise(due=TODAY + timedelta(days=32)), ("CASE-017", "promise_due")),
        (
            Outcome(reached="nobody", next_action_at=datetime(2026, 11, 24, 1, tzinfo=UTC)),
            ("CASE-018", "next_action_at"),
        ),
        (Outcome(reached="martian"), ("CASE-021", "reached")),
        (Outcome(reached="nobody", note="长" * 2001), ("CASE-022", "note")),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_with_its_field_and_nothing_is_saved(desk, morning, outcome, expected):
    contact = start(desk).contact
    assert code_of(lambda: calls.finish(contact.pk, desk.rep, outcome)) == expected
    contact.refresh_from_db()
    assert contact.status == Contact.Status.STARTED
    assert not Promise.objects.exists() and not desk.case.timeline.exists()


def test_nobody_in_the_morning_is_tried_again_after_lunch(desk, morning):
    calls.finish(start(desk).contact.pk, desk.rep, Outcome(reached="nobody"))
    desk.case.refresh_from_db()
    assert desk.case.next_action_at == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    assert desk.case.done_on is None


def test_nobody_in_the_afternoon_is_for_the_next_day(desk, afternoon):
    calls.finish(start(desk).contact.pk, desk.rep, Outcome(reached="off"))
    desk.case.refresh_from_db()
    assert (desk.case.done_on, desk.case.next_action_at) == (TODAY, None)


def test_elements_are_saved_as_they_are_ticked_and_can_be_taken_back(desk, morning):
    contact = start(desk).contact
    calls.tick(contact.pk, "identity", "self", desk.rep)
    calls.tick(contact.pk, "facts", "acknowledged", desk.rep)
    calls.tick(contact.pk, "facts", "", desk.rep)
    contact.refresh_from_db()
    assert contact.elements == {"identity": "self"}
    assert code_of(lambda: calls.tick(contact.pk, "no_such", "self", desk.rep))[0] == "CASE-019"
    assert code_of(lambda: calls.tick(contact.pk, "identity", "no_such", desk.rep))[0] == "CASE-020"


def test_a_dispute_that_is_ticked_is_logged_as_nothing_else(desk, morning):
    contact = start(desk).contact
    answer = next(e for e in calls.elements_of(contact) if any(o.result == "dispute" for o in e.outcomes))
    chosen = next(o.id for o in answer.outcomes if o.result == "dispute")
    before = {id_: said if isinstance(said, str) else said[0] for id_, said in answer.when.get("ticked", {}).items()}
    for element, outcome in [*before.items(), (answer.id, chosen)]:
        calls.tick(contact.pk, element, outcome, desk.rep)
    assert code_of(lambda: calls.finish(contact.pk, desk.rep, promise())) == ("CASE-034", "result")
    assert not Matter.objects.exists() and not Promise.objects.exists()
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="dispute"))
    assert Matter.objects.get().kind == "dispute"


def test_a_tick_that_was_taken_back_gives_no_result(desk, morning):
    contact = start(desk).contact
    calls.tick(contact.pk, "facts", "disputed", desk.rep)
    calls.tick(contact.pk, "facts", "acknowledged", desk.rep)
    assert calls.finish(contact.pk, desk.rep, promise()).result == "promise"


def test_only_who_made_the_call_logs_it(desk, morning):
    contact = start(desk).contact
    assert code_of(lambda: calls.finish(contact.pk, desk.colleague, promise()))[0] == "CASE-004"


def test_nothing_is_done_on_a_closed_case(desk, morning):
    desk.case.status = "closed"
    desk.case.save()
    assert code_of(lambda: start(desk))[0] == "CASE-002"


def test_a_friend_is_not_called_while_the_borrower_can_be_reached(desk, morning):
    started = start(desk, point=desk.friend)
    assert started.contact is None and not started.answer.allowed


def test_a_friend_may_be_asked_once_the_borrower_is_lost_and_hears_no_word_of_the_loan(desk, morning):
    calls.finish(start(desk).contact.pk, desk.rep, Outcome(reached="invalid"))
    contact = start(desk, point=desk.friend).contact
    assert contact is not None
    assert calls.script_of(contact)[0].id == "third_person"


def test_ticks_may_arrive_in_any_order_and_only_those_that_came_up_are_told(desk, morning):
    Case.objects.filter(pk=desk.case.pk).update(dpd=20)
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert contact is not None
    for element, outcome in (("means", "nothing_left"), ("why", "hardship"), ("identity", "self")):
        contact = calls.tick(contact.pk, element, outcome, desk.rep)
    assert len(calls.ticked(contact)) == 3
    contact = calls.tick(contact.pk, "why", "heard", desk.rep)
    assert calls.ticked(contact) == {"identity": "self", "why": "heard"}
    assert contact.elements["means"] == "nothing_left", "it counts again when the answer is mended back"
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="no_result"))
    assert TimelineEntry.objects.get(kind="contact").data["ticked"] == 2
