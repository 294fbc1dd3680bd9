"""Whoever alters a row of the desk is named by what the audit chain says of it."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps

from shouyue.base import clock
from shouyue.casework import calls, ending, examining, notes
from shouyue.casework.concessions import proposing
from shouyue.casework.interviews import keeping
from shouyue.casework.matters import working
from shouyue.casework.models import (
    Case,
    Concession,
    ConcessionPart,
    ConcessionStep,
    Contact,
    Customer,
    Interview,
    InterviewForm,
    Loan,
    Matter,
    MatterEvidence,
    MatterStep,
    Plan,
    PlanInstalment,
    Promise,
    ScriptText,
    TimelineEntry,
)
from shouyue.casework.outcome import Outcome
from shouyue.casework.plans import making as planning
from shouyue.casework.plans import schedule
from shouyue.compliance import row_digests
from shouyue.compliance.audit import record
from shouyue.compliance.models import PolicyPack
from shouyue.messaging.letters import drawing, making
from shouyue.messaging.models import Letter
from shouyue.people.models import Examination, User
from shouyue.privacy import classification, erasure
from shouyue.reports import claims
from shouyue.web import staff
from tests import factories
from tests.reports.witnessing import every, must_name, named, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(afternoon):
    desk = afternoon
    case = desk.case
    contact = calls.start(case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    due = factories.TODAY + timedelta(days=2)
    calls.finish(contact.pk, desk.rep, Outcome("self", "promise", promise_minor=10_000, promise_due=due, note="ok"))
    notes.add(case.pk, "rang twice", desk.rep, uuid4())
    agreed = schedule.Asked(50_000, 2, "month", factories.TODAY + timedelta(days=14), 900_000, 100_000)
    planning.make(case.pk, agreed, schedule.digest(planning.show(case, agreed, desk.rep)[0]), desk.rep, uuid4())
    told = working.Evidence(note="told by his son", reference="A-1")
    matter = working.open_matter(case.pk, "vulnerability", told, desk.rep, uuid4())
    working.decide(matter.pk, "confirm", "seen", desk.manager, uuid4())
    Loan.objects.filter(customer=case.customer).update(outstanding_penalty_minor=5_000)
    loan = case.customer.loans.get()
    waiver = proposing.propose(case.pk, loan.loan_id, {"penalty": 1_000}, "hardship", "", desk.rep, uuid4())
    proposing.decide(waiver.pk, "approve", "", desk.manager)
    said = {"pay_day": ["15"]}
    keeping.save(case.customer_id, said, desk.rep, uuid4(), kind="interview", held_on=factories.TODAY)
    examining.record("rep", factories.TODAY - timedelta(days=30), "C-1", desk.head)
    staff.set_line(desk.admin, desk.rep.pk, "unrecorded")
    letter = making.make(case.pk, "arrears", "zh", desk.rep, uuid4())
    making.archived(letter)
    making.step(letter.pk, "sent", desk.rep)
    ending.end(case.pk, "sold", "sold, list 12", desk.head)
    return desk


def test_what_was_written_is_as_the_chain_says(desk):
    assert named() == set()
    code, output = verified()
    assert code == 0 and "rows: 0 not as the chain says" in output


def forged_step() -> None:
    matter = Matter.objects.get()
    MatterStep.objects.create(matter=matter, seq=9, action="add", state=matter.state, at=clock.now())


def pdf() -> Path:
    return making._path(Letter.objects.get(template="arrears"))


def forged_pdf() -> None:
    """File and row say the same; the chain does not."""
    pdf().write_bytes(b"%PDF forged")
    Letter.objects.update(sha256=hashlib.sha256(b"%PDF forged").hexdigest())


def altered_line(kind: str) -> None:
    line = TimelineEntry.objects.filter(kind=kind).earliest("pk")
    TimelineEntry.objects.filter(pk=line.pk).update(data={**line.data, "note": "never said"})


@pytest.mark.parametrize(
    ("alter", "name"),
    [
        (lambda: Contact.objects.update(result="refused"), "Contact result"),
        (lambda: Contact.objects.update(note="he swore at me"), "Contact note"),
        (lambda: Contact.objects.update(why_late="unwilling"), "Contact told"),
        (lambda: Contact.objects.update(elements={"opening": "said"}), "Contact told"),
        (lambda: Contact.objects.update(staff_id=User.objects.get(username="head").pk), "Contact terms"),
        (lambda: Contact.objects.update(channel="visit"), "Contact terms"),
        (lambda: altered_line("contact"), "TimelineEntry told"),
        (lambda: Interview.objects.update(answers={"pay_day": 1}), "Interview told"),
        (lambda: Interview.objects.update(held_on=factories.TODAY - timedelta(days=9)), "Interview terms"),
        (lambda: Interview.objects.update(by=None, source="core"), "Interview terms"),
        (lambda: Interview.objects.update(seq=2), "Interview seq"),
        (lambda: Interview.objects.all().delete(), "Interview"),
        (lambda: InterviewForm.objects.update(content="{}"), "InterviewForm content"),
        (lambda: altered_line("interview"), "TimelineEntry told"),
        (lambda: TimelineEntry.objects.filter(kind="note").update(data={"text": "never rang"}), "TimelineEntry text"),
        (lambda: TimelineEntry.objects.filter(kind="note").delete(), "TimelineEntry"),
        (lambda: Promise.objects.update(amount_minor=1), "Promise amount_minor"),
        (lambda: Promise.objects.update(state="broken", ended_on=None, ended_because=""), "Promise state"),
        (lambda: Promise.objects.all().delete(), "Promise"),
        (lambda: Plan.objects.update(total_minor=1), "Plan total_minor"),
        (lambda: PlanInstalment.objects.filter(seq=1).update(amount_minor=1), "Plan digest"),
        (lambda: PlanInstalment.objects.filter(seq=1).delete(), "Plan digest"),
        (lambda: ConcessionPart.objects.update(amount_minor=2_000), "Concession parts"),
        (lambda: Concession.objects.update(state="proposed"), "Concession state"),
        (lambda: Matter.objects.update(state="open"), "Matter state"),
        (lambda: Matter.objects.update(kind="hardship"), "Matter told"),
        (lambda: Matter.objects.update(due_on=factories.TODAY + timedelta(days=90)), "Matter terms"),
        (lambda: Matter.objects.update(opened_by_id=User.objects.get(username="head").pk), "Matter terms"),
        (lambda: MatterStep.objects.filter(action="open").update(note="nothing was told"), "MatterStep told"),
        (lambda: MatterStep.objects.filter(action="confirm").update(by=None), "MatterStep terms"),
        (lambda: MatterStep.objects.filter(action="open").delete(), "MatterStep"),
        (forged_step, "Matter terms"),
        (lambda: MatterEvidence.objects.update(reference="A-2"), "MatterEvidence told"),
        (lambda: MatterEvidence.objects.update(sha256="0" * 64), "MatterEvidence terms"),
        (lambda: MatterEvidence.objects.all().delete(), "MatterEvidence"),
        (lambda: Concession.objects.update(reason="settles"), "Concession told"),
        (lambda: Concession.objects.update(approved_by_id=User.objects.get(username="head").pk), "Concession terms"),
        (
            lambda: ConcessionStep.objects.filter(action="approve").update(note="by word of head office"),
            "ConcessionStep told",
        ),
        (lambda: ConcessionStep.objects.filter(action="approve").update(by=None), "ConcessionStep terms"),
        (
            lambda: ConcessionPart.objects.create(
                concession=Concession.objects.get(), component="late_fee", amount_minor=1, owed_minor=1
            ),
            "Concession parts",
        ),
        (lambda: Plan.objects.update(grace_days=30), "Plan terms"),
        (lambda: Plan.objects.update(income_minor=1), "Plan told"),
        (lambda: Plan.objects.update(ended_because="asked"), "Plan ended_because"),
        (lambda: Promise.objects.update(due_on=factories.TODAY + timedelta(days=30)), "Promise terms"),
        (lambda: altered_line("matter"), "TimelineEntry told"),
        (lambda: altered_line("concession"), "TimelineEntry told"),
        (lambda: User.objects.filter(username="rep").update(examined_on=factories.TODAY), "User examined_on"),
        (lambda: User.objects.filter(username="rep").update(line="recorded"), "User line"),
        (lambda: Examination.objects.update(withdrawn=True), "Examination withdrawn"),
        (lambda: Examination.objects.update(reference="C-2"), "Examination terms"),
        (lambda: Examination.objects.update(by_id=User.objects.get(username="rep").pk), "Examination terms"),
        (lambda: ConcessionPart.objects.update(owed_minor=9_000), "ConcessionPart terms"),
        (lambda: Customer.objects.filter(ended_because="sold").update(ended_because=""), "Customer ended_because"),
        (every(PolicyPack, content={}), "PolicyPack content"),
        (every(PolicyPack, digest="0" * 64), "PolicyPack"),
        (lambda: ScriptText.objects.create(digest="0" * 64, text="say nothing"), "ScriptText content"),
        (lambda: Letter.objects.update(state="delivered"), "Letter state"),
        (lambda: Letter.objects.update(sha256=hashlib.sha256(b"%PDF").hexdigest()), "Letter file"),
        (lambda: Letter.objects.update(sha256=""), "Letter file"),
        (lambda: pdf().write_bytes(pdf().read_bytes() + b" "), "PDF sha256"),
        (lambda: pdf().unlink(), "PDF"),
        (forged_pdf, "Letter file"),
        (lambda: Case.objects.filter(status="closed").update(close_reason="settled"), "Case close_reason"),
    ],
)
def test_an_altered_row_is_named(desk, alter, name):
    must_name(alter, name)


def test_who_is_erased_by_right_is_no_alarm(desk):
    Case.objects.filter(pk=desk.case.pk).update(closed_on=factories.TODAY - timedelta(days=4_000))
    Loan.objects.filter(customer=desk.case.customer).update(outstanding_minor=0)
    assert erasure.erase(factories.TODAY - timedelta(days=2_000), None) == 1
    assert not Matter.objects.exclude(kind="").exists() and not ConcessionStep.objects.exclude(note="").exists()
    assert named() == set()
    ConcessionPart.objects.update(amount_minor=2_000)
    Matter.objects.update(due_on=factories.TODAY)
    assert named() == {"Concession parts", "ConcessionPart terms", "Matter terms"}, (
        "what is not personal is asked for all the same"
    )


def test_what_was_written_before_there_were_digests_is_held_as_it_was_then(desk, monkeypatch):
    with clock.at(factories.AFTERNOON), monkeypatch.context() as before:
        before.setattr(row_digests, "named", lambda *rows: {})
        case = desk.reminder
        matter = working.open_matter(case.pk, "dispute", working.Evidence(note="told"), desk.rep, uuid4())
    assert named() == set()
    MatterStep.objects.filter(matter=matter).update(note="something else")
    assert named() == set()
    Matter.objects.filter(pk=matter.pk).update(state="rejected", closed_on=factories.TODAY)
    assert named() == {"Matter state"}
    Matter.objects.filter(pk=matter.pk).update(state="open", closed_on=None)
    with clock.at(factories.AFTERNOON):
        working.decide(matter.pk, "reject", "not so", desk.manager, uuid4())
    assert named() == set()
    Matter.objects.filter(pk=matter.pk).update(due_on=factories.TODAY)
    assert named() == {"Matter terms"}


def test_a_pdf_put_under_a_letter_of_which_the_chain_knows_none_is_named(desk):
    with clock.at(factories.AFTERNOON):
        letter = making.make(desk.case.pk, "statement", "zh", desk.rep, uuid4())
    path = making._path(letter)
    path.write_bytes(b"%PDF forged")
    Letter.objects.filter(pk=letter.pk).update(sha256=hashlib.sha256(b"%PDF forged").hexdigest())
    assert named() == {"Letter file"}


def test_pdfs_archived_before_the_chain_had_their_hash_are_held_against_their_rows_and_said_to_be(desk, monkeypatch):
    with clock.at(factories.AFTERNOON), monkeypatch.context() as before:
        before.setattr(making.audit, "record", as_before_there_were_hashes)
        letter = making.make(desk.case.pk, "statement", "zh", desk.rep, uuid4())
        making.archived(letter)
    code, output = verified()
    assert code == 0 and "letters: 1 PDFs were archived before" in output
    making._path(letter).unlink()
    code, output = verified()
    assert code == 2 and f"PDF {letter.number} is gone (its row)" in output
    making._write(making._path(letter), drawing.draw(letter.content, letter.number)[0])
    with clock.at(factories.AFTERNOON):
        making.step(letter.pk, "sent", desk.rep)
    assert named() == set() and "letters:" not in verified()[1], "a step tells the hash"
    Letter.objects.filter(pk=letter.pk).update(sha256="0" * 64)
    assert named() == {"Letter file", "PDF sha256"}


def as_before_there_were_hashes(action, subject, data, *more):
    if action != "letter.archive":
        record(action, subject, {key: value for key, value in data.items() if key != "file"}, *more)


def test_of_every_table_the_chain_bears_witness_or_the_docs_say_why_not():
    ours = {model for model in apps.get_models() if model.__module__.startswith("shouyue.")}
    told = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    reasons = told.partition("## What no digest covers")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z]+\.[A-Z]\w+)`", reasons)
    assert sorted(named) == sorted(model._meta.label for model in ours - set(row_digests.FIELDS))


def test_what_is_told_is_what_erasure_takes_away():
    tables = {table.model: {field.attname for field in table.erased()} for table in classification.tables()}
    for model, fields in row_digests.FIELDS.items():
        told = {*fields.told, *fields.told_later}
        assert tables.get(model, set()) & {*fields.terms, *fields.later, *told} == told, model


def test_a_reconciliation_that_found_parts_mixed_up_says_nothing_of_concessions():
    assert list(claims.claims(1, "book.reconcile", "day:2026-11-24", {"parts": 3, "differing": 3})) == []
