"""Whoever alters what the gate decided, what counts against a budget, or the record of a contact, is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from shouyue.base import clock
from shouyue.casework import calls, handover, instructions, lost_contact, numbers, visits
from shouyue.casework.agencies import contacting, managing
from shouyue.casework.concessions import exporting, proposing
from shouyue.casework.models import (
    Agency,
    AgencyToken,
    Case,
    ContactPoint,
    Handover,
    Instruction,
    Loan,
    LostStep,
    OtherSpeaker,
    Placement,
    Visit,
)
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import Attempt, AttemptOutcome, GateDecision, Wish
from shouyue.messaging.letters import making
from shouyue.messaging.models import Letter, LetterEvent
from shouyue.people.models import User
from shouyue.privacy import erasure
from tests import factories
from tests.compliance.test_replay import behind_the_triggers
from tests.reports.witnessing import every, gone, must_name, named

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(afternoon):
    """A day: the borrower's wife takes the line, his number is marked; another is called by an agency and visited."""
    desk = afternoon
    case, own = desk.case, desk.number()
    made = calls.start(case.pk, own.pk, desk.rep, uuid4()).contact
    assert made is not None
    calls.somebody_else(made.pk, desk.rep)
    calls.finish(made.pk, desk.rep, Outcome("other", "stop", who="spouse", note="she asks not to be called"))
    told = numbers.Told("20000000009", "self", "mobile", "borrower")
    numbers.add(desk.theirs.pk, told, desk.stranger, uuid4())
    numbers.mark(case.pk, own.pk, "wrong", "contact", desk.rep, uuid4())
    lost_contact.tried(case.pk, "own_file", "found", "a second address", desk.rep, uuid4())
    handover.hand_over(case.pk, desk.colleague.pk, desk.rep, "away", "please go on", uuid4())
    waiver = factories.waiver(case, desk.colleague)
    proposing.decide(waiver.pk, "approve", "", desk.manager)
    assert exporting.export() is not None
    instructions.write(exporting.KIND, instructions.folder())
    letter = making.make(case.pk, "arrears", "zh", desk.colleague, uuid4())
    making.step(letter.pk, "sent", desk.colleague, "EMS1")
    managing.add("north", "North", desk.admin, factories.TODAY - timedelta(days=30))
    token, _ = managing.new_token("north", desk.admin)
    managing.withdraw_token("north", token.pk, desk.admin)
    placed = managing.place("north", desk.reminder.customer.customer_id, desk.head)
    asked = contacting.ask(placed.agency, placed.pk, desk.number(case=desk.reminder).pk, "call", "k1")
    assert asked.attempt is not None
    contacting.end(placed.agency, asked.attempt.pk, "unanswered")
    managing.take_back(desk.reminder.customer.customer_id, desk.head)
    soon = clock.now() + timedelta(minutes=5)
    visit = visits.plan(desk.reminder.pk, "home", "asked", soon, desk.colleague.pk, desk.rep, uuid4())
    assert visits.begin(visit.pk, desk.rep, uuid4()).allowed
    visits.report(visit.pk, Outcome("self", "will_deposit"), desk.rep, reference="ARC-5")
    return desk


@pytest.fixture
def undone(desk):
    """What is torn out is put back before the database looks whether rows point to nothing."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def altered_amount() -> None:
    made = Instruction.objects.get()
    with behind_the_triggers():
        Instruction.objects.update(text=made.text.replace("200.00", "100.00", 1))


def instruction_file() -> Path:
    return instructions.folder() / instructions.name(Instruction.objects.get())


def pushed_in_token() -> None:
    AgencyToken.objects.create(
        agency=Agency.objects.get(), digest="1" * 64, made_by=User.objects.get(username="admin"), made_at=clock.now()
    )


BEFORE = factories.AFTERNOON - timedelta(days=40)
SOMEBODY = "0" * 64


def test_what_was_written_is_as_the_chain_says(desk):
    assert named() == set()


@pytest.mark.parametrize(
    ("alter", "name"),
    [
        (every(GateDecision, allowed=False), "GateDecision digest"),
        (every(GateDecision, inputs={}), "GateDecision digest"),
        (every(GateDecision, findings=[]), "GateDecision digest"),
        (every(GateDecision, person_id=SOMEBODY), "GateDecision asked"),
        (every(GateDecision, number_key="n"), "GateDecision asked"),
        (every(Attempt, at=BEFORE), "Attempt reserved"),
        (every(Attempt, person_id=SOMEBODY), "Attempt reserved"),
        (every(Attempt, channel="letter"), "Attempt reserved"),
        (every(Attempt, number_key="n"), "Attempt reserved"),
        (every(Attempt, asked_for=True), "Attempt reserved"),
        (gone(Attempt), "Attempt"),
        (every(AttemptOutcome, kind="not_connected"), "AttemptOutcome terms"),
        (gone(AttemptOutcome), "AttemptOutcome"),
        (every(Wish, given=False), "Wish terms"),
        (every(Wish, number_key="n"), "Wish terms"),
        (gone(Wish), "Wish"),
        (every(ContactPoint, mark="verified"), "ContactPoint mark"),
        (lambda: ContactPoint.objects.exclude(added_at=None).update(phone="20000000008"), "ContactPoint known_by"),
        (every(Agency, evaluated_on=factories.TODAY), "Agency terms"),
        (every(AgencyToken, withdrawn_at=None, withdrawn_by=None), "AgencyToken terms"),
        (every(AgencyToken, digest="0" * 64), "AgencyToken terms"),
        (pushed_in_token, "Agency terms"),
        (every(OtherSpeaker, relation="friend"), "OtherSpeaker told"),
        (every(OtherSpeaker, turns=[]), "OtherSpeaker terms"),
        (gone(OtherSpeaker), "OtherSpeaker"),
        (every(LostStep, outcome="nothing"), "LostStep terms"),
        (every(LostStep, note="asked the village head"), "LostStep told"),
        (gone(LostStep), "LostStep"),
        (every(Handover, reason="workload"), "Handover terms"),
        (every(Handover, note=""), "Handover told"),
        (gone(Handover), "Handover"),
        (every(Instruction, text="record\n"), "Instruction terms"),
        (altered_amount, "Instruction text"),
        (lambda: instruction_file().write_text("record\n"), "File sha256"),
        (every(Letter, content={}), "Letter told"),
        (every(Letter, template="reminder"), "Letter terms"),
        (every(LetterEvent, tracking="EMS2"), "LetterEvent terms"),
        (gone(LetterEvent), "Letter terms"),
        (every(Placement, ended_at=None, ended_because=""), "Placement terms"),
        (every(Visit, agreed=True), "Visit terms"),
        (every(Visit, reference="ARC-6"), "Visit told"),
        (gone(Visit), "Visit"),
    ],
)
def test_an_altered_row_is_named(desk, undone, alter, name):
    must_name(alter, name)


def test_a_number_that_the_lenders_file_takes_away_is_no_alarm(desk, undone):
    ContactPoint.objects.filter(pk=desk.number().pk).update(mark="verified")
    assert named() == {"ContactPoint mark"}
    with behind_the_triggers() as cursor:
        cursor.execute("DELETE FROM casework_contactpoint WHERE id = %s", [desk.number().pk])
    assert named() == set()


def test_who_is_erased_by_right_is_no_alarm(desk):
    for case in (desk.case, desk.reminder):
        closed = {"status": "closed", "closed_on": factories.TODAY - timedelta(days=4_000)}
        Case.objects.filter(pk=case.pk).update(**closed)
        Loan.objects.filter(customer=case.customer).update(outstanding_minor=0)
    assert erasure.erase(factories.TODAY - timedelta(days=2_000), None) == 2
    assert not LostStep.objects.exclude(note="").exists()
    assert named() == set()
    LostStep.objects.update(outcome="nothing")
    assert named() == {"LostStep terms"}
