"""Lost contact: who is in the queue, which steps there are, what was tried."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import asking, calls, lost_contact, number_corrections, numbers
from shouyue.casework.asking import question
from shouyue.casework.models import Case, LostStep
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate

from .conftest import MORNING
from .test_call import code_of, start

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
        return queued(desk.rep) == [case.pk], asking.lost_contact(case), others

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


@pytest.mark.parametrize(("mark", "lost"), [(numbers.OUT_OF_SERVICE, False), (numbers.WRONG, True)])
def test_what_was_said_of_a_number_is_no_try_but_anothers_cannot_be_tried(desk, mark, lost):
    for hours in range(3):
        missed(desk, hours=hours)
    with clock.at(MORNING + timedelta(hours=4)):
        told = numbers.Told("138 0000 0008", "self", "mobile", "borrower")
        new = numbers.add(desk.case.pk, told, desk.rep, uuid4())
        assert queued(desk.rep) == []
        numbers.mark(desk.case.pk, new.pk, mark, "contact", desk.rep, uuid4())
        assert (queued(desk.rep) == [desk.case.pk]) is asking.lost_contact(desk.case) is lost


def test_a_step_is_written_down_once_and_shown_last(desk, morning):
    key = uuid4()
    for _ in range(2):
        lost_contact.tried(desk.case.pk, "own_address", "nothing", "", desk.rep, key)
    assert LostStep.objects.count() == desk.case.timeline.filter(kind="lost").count() == 1
    assert lost_contact.open_steps(desk.case)[-1][0].id == "own_address"


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
    assert queued(desk.rep) == [desk.case.pk] and asking.lost_contact(desk.case)
    with clock.at(MORNING + timedelta(hours=4)):
        said = number_corrections.Correction("self", "", "borrower")
        number_corrections.correct(desk.case.pk, desk.friend.pk, said, desk.rep, uuid4())
    assert queued(desk.rep) == [] and not asking.lost_contact(desk.case)
