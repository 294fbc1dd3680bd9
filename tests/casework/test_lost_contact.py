"""Lost contact: who is in the queue, which steps there are, what was tried."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import (
    calls,
    inbound,
    lost_contact,
    lost_terms,
    number_corrections,
    numbers,
    reported,
    third_persons,
    unreachable,
    visits,
    wishing,
)
from shouyue.casework.asking import question
from shouyue.casework.models import Case, LostStep
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate, replaying
from shouyue.compliance.models import Attempt, GateDecision, Wish
from shouyue.reports import witness

from .conftest import MORNING, make_case
from .test_call import code_of, start
from .test_visits import begun

pytestmark = pytest.mark.django_db


def missed(desk, reached="nobody", hours=0) -> None:
    with clock.at(MORNING + timedelta(hours=hours)):
        result = "no_result" if reached == "self" else ""
        calls.finish(start(desk).contact.pk, desk.rep, Outcome(reached=reached, result=result))


def queued(user) -> list[int]:
    return [case.pk for case in lost_contact.queue(user)]


def test_three_attempts_in_vain_bring_him_into_the_queue_and_an_answer_out_of_it(desk):
    for hours in range(2):
        missed(desk, hours=hours)
    assert queued(desk.rep) == []
    missed(desk, "off", 2)
    assert queued(desk.rep) == queued(desk.manager) == queued(desk.head) == [desk.case.pk]
    assert queued(desk.stranger) == []
    missed(desk, "self", 3)
    assert queued(desk.rep) == []


def test_a_dead_number_is_lost_only_where_it_is_his_last(desk, morning):
    second = desk.case.customer.contact_points.create(phone="10000000007", relation="self")
    missed(desk, "invalid")
    assert queued(desk.rep) == []
    second.delete()
    assert queued(desk.rep) == [desk.case.pk]


def test_a_number_told_meanwhile_is_tried_before_he_is_lost_again(desk):
    def lost() -> tuple[bool, bool, bool]:
        case = Case.objects.get(pk=desk.case.pk)
        others = "third-person-last" not in {
            f.rule for f in gate.preview(question(case, desk.friend, desk.rep, clock.now())).refusals
        }
        return queued(desk.rep) == [case.pk], unreachable.is_lost(case), others

    for hours in range(3):
        missed(desk, hours=hours)
    with clock.at(MORNING + timedelta(hours=4)):
        assert lost() == (True, True, True)
        told = numbers.Told("138 0000 0009", "spouse", "mobile", "borrower")
        numbers.add(desk.case.pk, told, desk.rep, uuid4())
        assert lost() == (True, True, True)  # another's
        told = numbers.Told("138 0000 0008", "self", "mobile", "records", reference="A-1")
        new = numbers.add(desk.case.pk, told, desk.rep, uuid4())
        assert lost() == (False, False, False)
    missed(desk, hours=5)  # the old one again
    with clock.at(MORNING + timedelta(hours=6)):
        assert lost() == (False, False, False)
        call = calls.start(desk.case.pk, new.pk, desk.rep, uuid4()).contact
        assert lost() == (False, False, False)  # it rings
        calls.finish(call.pk, desk.rep, Outcome(reached="off"))
        assert lost() == (True, True, True)


def test_who_has_no_number_of_his_own_is_in_the_queue_at_once_and_the_gate_says_so(desk, morning):
    assert not lost_now(desk)
    desk.own.delete()
    assert lost_now(desk) and unreachable.of(desk.case) == (lost_terms.NO_NUMBER, None)
    assert queued(desk.manager) == queued(desk.head) == [desk.case.pk] and queued(desk.stranger) == []
    assert third_persons_refused(desk) is False
    numbers.add(desk.case.pk, numbers.Told("138 0000 0008", "self", "mobile", "borrower"), desk.rep, uuid4())
    assert not lost_now(desk) and third_persons_refused(desk)


def third_persons_refused(desk) -> bool:
    asked = question(Case.objects.get(pk=desk.case.pk), desk.friend, desk.rep, clock.now())
    return "third-person-last" in {f.rule for f in gate.preview(asked).refusals}


@pytest.mark.parametrize("how", ["found by a call", "told", "written down"])
def test_the_last_number_becoming_wrong_puts_him_there_the_same_day(desk, morning, how):
    if how == "found by a call":
        calls.finish(start(desk).contact.pk, desk.rep, Outcome(reached="wrong"))
    elif how == "told":
        inbound.write(
            desk.case.pk, None, clock.now(), True, Outcome("other", "no_result", who="friend"), desk.rep, uuid4()
        )
        numbers.mark(desk.case.pk, desk.own.pk, numbers.WRONG, "contact", desk.rep, uuid4())
    else:
        wishing.say(desk.case.customer_id, "wrong_number", desk.rep, uuid4(), evidence="written", point_id=desk.own.pk)
    assert lost_now(desk) and unreachable.of(desk.case).why == lost_terms.NO_NUMBER


def test_a_number_found_wrong_long_ago_is_still_none_of_his(desk):
    missed(desk, "wrong")
    with clock.at(MORNING + timedelta(days=unreachable.DAYS + 30)):
        assert lost_now(desk), "the gate refuses that number for ever"


def test_a_number_said_to_be_out_of_service_is_dead_once_it_was_tried_in_vain(desk):
    with clock.at(MORNING):
        inbound.write(
            desk.case.pk, None, clock.now(), True, Outcome("other", "no_result", who="friend"), desk.rep, uuid4()
        )
        numbers.mark(desk.case.pk, desk.own.pk, numbers.OUT_OF_SERVICE, "contact", desk.rep, uuid4())
        assert not lost_now(desk), "not tried"
    missed(desk, hours=1)
    with clock.at(MORNING + timedelta(hours=2)):
        assert lost_now(desk) and unreachable.of(desk.case).why == lost_terms.DEAD
    missed(desk, "self", hours=3)
    with clock.at(MORNING + timedelta(hours=4)):
        assert not lost_now(desk)


def test_who_has_no_number_and_was_spoken_to_is_lost_after_the_lenders_days(desk):
    desk.own.delete()
    with clock.at(MORNING):
        inbound.write(desk.case.pk, None, clock.now(), True, Outcome("self", "no_result"), desk.rep, uuid4())
    for days, lost in ((0, False), (30, False), (31, True)):
        with clock.at(MORNING + timedelta(days=days)):
            assert lost_now(desk) is lost, days
            assert unreachable.of(desk.case) == (unreachable.Lost(lost_terms.NO_NUMBER, MORNING) if lost else None)


def test_out_of_service_stands_where_a_number_is_his_after_all(desk, morning):
    inbound.write(desk.case.pk, None, clock.now(), True, Outcome("other", "no_result", who="friend"), desk.rep, uuid4())
    numbers.mark(desk.case.pk, desk.own.pk, numbers.OUT_OF_SERVICE, "contact", desk.rep, uuid4())
    said = wishing.say(
        desk.case.customer_id, "wrong_number", desk.rep, uuid4(), evidence="written", point_id=desk.own.pk
    )
    desk.own.refresh_from_db()
    assert desk.own.mark == numbers.WRONG
    wishing.end(desk.case.customer_id, said.pk, desk.rep, uuid4(), evidence="call")
    desk.own.refresh_from_db()
    assert (desk.own.mark, desk.own.marked_at) == (numbers.OUT_OF_SERVICE, MORNING)


@pytest.mark.parametrize(("mark", "lost"), [(numbers.OUT_OF_SERVICE, False), (numbers.WRONG, True)])
def test_what_was_said_of_a_number_is_no_try_but_anothers_cannot_be_tried(desk, mark, lost):
    for hours in range(3):
        missed(desk, hours=hours)
    with clock.at(MORNING + timedelta(hours=4)):
        told = numbers.Told("138 0000 0008", "self", "mobile", "borrower")
        new = numbers.add(desk.case.pk, told, desk.rep, uuid4())
        assert queued(desk.rep) == []
        numbers.mark(desk.case.pk, new.pk, mark, "contact", desk.rep, uuid4())
        assert (queued(desk.rep) == [desk.case.pk]) is unreachable.is_lost(desk.case) is lost


def tried(desk, step, outcome, note="", key=None) -> LostStep:
    return lost_contact.tried(desk.case.pk, step, outcome, note, desk.rep, key or uuid4())


def test_a_step_is_written_down_once_and_shown_last(desk, morning):
    key = uuid4()
    for _ in range(2):
        tried(desk, "own_file", "nothing", key=key)
    assert LostStep.objects.count() == desk.case.timeline.filter(kind="lost").count() == 1
    assert lost_contact.open_steps(desk.case)[-1][0].id == "own_file"
    assert not Attempt.objects.exists(), "nobody was contacted"


@pytest.mark.parametrize(("step", "channel"), [("own_message", "sms"), ("own_address", "letter")])
def test_a_message_or_a_letter_goes_through_the_gate_and_counts(desk, morning, step, channel):
    key = uuid4()
    for _ in range(2):
        made = tried(desk, step, "sent", key=key)
    attempt = Attempt.objects.get()
    assert (made.attempt, attempt.channel, attempt.person_id) == (attempt, channel, desk.case.customer.person_id)
    assert attempt.outcomes.get().kind == "sent"
    again = replaying.replay(attempt.decision_id)
    assert again.same and again.chained
    assert list(witness.altered()) == []
    tried(desk, step, "nothing")
    assert Attempt.objects.count() == 1, "what came of it is no further contact"


def test_what_the_gate_refuses_is_not_written_down_as_sent_and_its_no_is_kept(desk):
    with clock.at(MORNING.replace(hour=23)):
        assert code_of(lambda: tried(desk, "own_message", "sent"))[0] == "LOST-001"
    assert not LostStep.objects.exists() and not Attempt.objects.exists()
    decision = GateDecision.objects.get()
    assert not decision.allowed and replaying.replay(decision.pk).chained
    assert desk.case.timeline.get(kind="refused").data["decision"] == str(decision.pk)


def test_first_sent_then_what_came_of_it_and_again_after_its_days(desk):
    for minutes, step, outcome, code in (
        (0, "own_message", "nothing", "LOST-002"),
        (1, "own_file", "sent", "CASE-021"),
        (2, "own_message", "not_possible", ""),
        (3, "own_message", "sent", ""),
        (4, "own_message", "sent", "LOST-003"),
        (5, "own_message", "found", ""),
        (6, "own_message", "nothing", "LOST-002"),
        (7, "own_message", "sent", "LOST-003"),
        (7 * 24 * 60 + 3, "own_message", "sent", ""),
    ):
        with clock.at(MORNING + timedelta(minutes=minutes)):
            if code:
                assert code_of(lambda a=step, b=outcome: tried(desk, a, b))[0] == code, minutes
            else:
                tried(desk, step, outcome, "he rang back")
    assert Attempt.objects.count() == 2


@pytest.mark.parametrize(
    ("step", "outcome", "code"),
    [
        ("id_number_search", "nothing", "CASE-021"),
        ("own_file", "explode", "CASE-021"),
        ("own_file", "found", "CASE-023"),
    ],
)
def test_what_is_no_lawful_step_is_refused(desk, morning, step, outcome, code):
    assert code_of(lambda: lost_contact.tried(desk.case.pk, step, outcome, "", desk.rep, uuid4()))[0] == code
    assert not LostStep.objects.exists()


def test_steps_are_for_why_he_is_lost(desk, morning):
    def shown(lost) -> set[str]:
        return {step.id for step, _ in lost_contact.open_steps(desk.case, lost)}

    everything = set(lost_contact.steps())
    assert shown(None) == everything
    assert shown(unreachable.Lost(lost_terms.SILENT, MORNING)) == everything - {"copied_wrongly", "own_workplace"}
    assert shown(unreachable.Lost(lost_terms.NO_NUMBER, None)) == everything - {"other_hours", "other_own_number"}


def test_a_letter_to_his_workplace_is_refused_where_he_called_it_inconvenient(desk, morning):
    details = {"place": "work"}
    wishing.say(desk.case.customer_id, "inconvenient_place", desk.rep, uuid4(), evidence="written", details=details)
    assert code_of(lambda: tried(desk, "own_workplace", "sent"))[0] == "LOST-001"
    assert tried(desk, "own_address", "sent").attempt is not None


def test_no_step_leads_to_others_or_to_his_papers():
    said = " ".join(step.en + step.zh for step in lost_contact.steps().values()).lower()
    for forbidden in ("id number", "village", "hotline", "neighbour", "身份证号", "村", "邻居"):
        assert forbidden not in said


def test_who_may_not_work_only_looks(desk, morning):
    for who in (desk.head, desk.auditor):
        refused = code_of(lambda who=who: lost_contact.tried(desk.case.pk, "own_file", "nothing", "", who, uuid4()))
        assert refused[0] == "PEOPLE-001"


def test_a_number_that_turns_out_his_is_tried_before_he_is_lost(desk):
    missed(desk, "self")
    for hours in range(1, 4):
        missed(desk, hours=hours)
    assert queued(desk.rep) == [desk.case.pk] and unreachable.is_lost(desk.case)
    with clock.at(MORNING + timedelta(hours=4)):
        said = number_corrections.Correction("self", "", "borrower")
        number_corrections.correct(desk.case.pk, desk.friend.pk, said, desk.rep, uuid4())
    assert queued(desk.rep) == [] and not unreachable.is_lost(desk.case)


def lost_now(desk) -> bool:
    """The gate's word of it and the queue's, which are one."""
    lost = unreachable.is_lost(desk.case)
    assert (queued(desk.rep) == [desk.case.pk]) is lost
    return lost


def reach(desk, how: str) -> None:
    """Speak with the borrower himself otherwise than by calling his number."""
    spoken = Outcome("self", "no_result")
    if how == "rings from a number that nobody knows":
        inbound.write(desk.case.pk, None, clock.now(), True, spoken, desk.rep, uuid4())
    elif how == "is met at a visit":
        visit = begun(desk)
        visits.report(visit.pk, spoken, desk.rep)
    elif how == "comes to a friend's phone":
        call = calls.start(desk.case.pk, desk.friend.pk, desk.rep, uuid4()).contact
        third_persons.turn(call, third_persons.HIMSELF, desk.rep, clock.now())
        calls.finish(call.pk, desk.rep, spoken)
    elif how == "speaks with an agency":
        row = {"contact_no": "1", "customer_id": "C0001", "channel": "call", "outcome": "conversation"}
        reported.take_in([{**row, "at": clock.now().isoformat()}], "north", None)
    else:
        other = make_case(desk.store, desk.rep, 7)
        other.customer.person = desk.case.customer.person
        other.customer.save()
        own = other.customer.contact_points.create(phone="10000000077", relation="self")
        calls.finish(calls.start(other.pk, own.pk, desk.rep, uuid4()).contact.pk, desk.rep, spoken)


@pytest.mark.parametrize(
    "how",
    [
        "rings from a number that nobody knows",
        "is met at a visit",
        "comes to a friend's phone",
        "speaks with an agency",
        "is reached as another customer",
    ],
)
def test_whoever_was_spoken_to_himself_is_not_lost(desk, how):
    for hours in range(3):
        missed(desk, hours=hours)
    with clock.at(MORNING + timedelta(hours=4)):
        assert lost_now(desk)
        reach(desk, how)
        assert not lost_now(desk)
        refused = gate.preview(question(desk.case, desk.friend, desk.rep, clock.now())).refusals
        assert "third-person-last" in {f.rule for f in refused}
    missed(desk, hours=5)
    assert not lost_now(desk), "one attempt in vain since"


def test_a_reported_contact_is_judged_by_what_was_known_at_its_time(desk):
    for hours in range(3):
        missed(desk, hours=hours)
    with clock.at(MORNING + timedelta(hours=4)):
        assert unreachable.is_lost(desk.case)
        assert not unreachable.is_lost(desk.case, MORNING + timedelta(hours=2))


def test_what_failed_long_ago_is_tried_anew(desk):
    for hours in range(3):
        missed(desk, hours=hours)
    with clock.at(MORNING + timedelta(days=unreachable.DAYS)):
        assert lost_now(desk)
    with clock.at(MORNING + timedelta(days=unreachable.DAYS + 1)):
        assert not lost_now(desk)


@pytest.mark.parametrize("how", ["marked", "written down"])
def test_who_has_no_number_but_one_that_is_anothers_is_lost_until_that_is_taken_back(desk, morning, how):
    inbound.write(desk.case.pk, None, clock.now(), True, Outcome("other", "no_result", who="friend"), desk.rep, uuid4())
    assert not lost_now(desk)
    if how == "marked":
        numbers.mark(desk.case.pk, desk.own.pk, numbers.WRONG, "contact", desk.rep, uuid4())
    else:
        wishing.say(desk.case.customer_id, "wrong_number", desk.rep, uuid4(), evidence="written", point_id=desk.own.pk)
    assert lost_now(desk)
    wish = Wish.objects.get(kind="wrong_number")
    wishing.end(desk.case.customer_id, wish.pk, desk.rep, uuid4(), evidence="call")
    desk.own.refresh_from_db()
    assert desk.own.mark == "" and not lost_now(desk)
