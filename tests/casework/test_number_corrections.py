"""What is corrected of a number counts everywhere at once, beside the lender's file, and never opens a way unasked."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.base import clock
from shouyue.casework import calls, inbound, lost_contact, number_corrections, numbers
from shouyue.casework.asking import question
from shouyue.casework.models import ContactPoint, TimelineEntry
from shouyue.casework.number_corrections import Correction
from shouyue.casework.outcome import Outcome
from shouyue.compliance import wishes
from shouyue.compliance.identity import number_key
from shouyue.compliance.models import AuditEntry, Wish
from shouyue.compliance.rule import RELATIONS
from shouyue.privacy import copying
from shouyue.reports import witness

from .conftest import MORNING
from .test_call import code_of

pytestmark = pytest.mark.django_db


def correct(desk, point, relation, source="borrower", place="", key=None, **more):
    said = Correction(relation, place, source, **more)
    return number_corrections.correct(desk.case.pk, point.pk, said, desk.rep, key or uuid4())


def called(desk, point, reached="self", result="no_result"):
    contact = calls.start(desk.case.pk, point.pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, desk.rep, Outcome(reached=reached, result=result))
    return contact


def rang(desk, reached="other", point=None):
    outcome = Outcome(reached=reached, result="no_result")
    return inbound.write(desk.case.pk, point and point.pk, clock.now(), reached != "other", outcome, desk.rep, uuid4())


def refused(desk, point):
    wishes.write(
        uuid4(),
        Wish.Kind.CONTACT_REFUSED,
        number_key=number_key(point.phone),
        evidence=Wish.Evidence.CALL,
        staff_id=desk.rep.pk,
    )


def facts(desk, point):
    return question(desk.case, point, desk.rep, clock.now())


def test_what_was_told_counts_and_the_lenders_word_stands_beside_it(desk, morning):
    contact, key = called(desk, desk.own), uuid4()
    for _ in range(2):
        correct(desk, desk.friend, "spouse", place="home", name="欧阳某人", reference="通话中告知", key=key)
    desk.friend.refresh_from_db()
    assert (desk.friend.relation, desk.friend.place, desk.friend.name) == ("spouse", "home", "欧阳某人")
    assert desk.friend.filed == {"relation": "friend", "place": "", "name": ""}
    line = desk.case.timeline.get(kind="number")
    assert line.data["relation"] == ["friend", "spouse"] and line.data["contact"] == str(contact.pk)
    entry = AuditEntry.objects.get(action="number.correct")
    assert "欧阳某人" not in f"{line.data} {entry.data}" and not list(witness.altered())
    assert facts(desk, desk.friend).relation == "spouse"
    TimelineEntry.objects.filter(pk=line.pk).update(data={**line.data, "source": "contact"})
    assert len(list(witness.altered())) == 1
    copied = copying.copy(desk.case.customer.customer_id, desk.auditor)
    assert "欧阳某人" not in str(copied)


def test_the_borrowers_number_that_is_anothers_discloses_nothing_from_that_moment(desk, morning):
    second = numbers.add(desk.case.pk, numbers.Told("13800000009", "self", "mobile", "borrower"), desk.rep, uuid4())
    rang(desk)
    correct(desk, second, "spouse", source="contact")
    second.refresh_from_db()
    asked = facts(desk, second)
    assert (asked.content, asked.purpose, asked.relation) == ("locate", "trace", "spouse")
    refused_now = calls.start(desk.case.pk, second.pk, desk.rep, uuid4())
    assert refused_now.contact is None and "third-person-last" in {f.rule for f in refused_now.answer.refusals}
    called(desk, desk.own, "invalid", "")
    assert desk.case in lost_contact.queue(desk.rep), "none of his own numbers works"


def test_anothers_number_becomes_his_own_by_his_own_word_alone(desk, morning):
    rang(desk)
    assert code_of(lambda: correct(desk, desk.friend, "self"))[0] == "NUM-013"
    assert code_of(lambda: correct(desk, desk.friend, "self", source="contact"))[0] == "NUM-014"
    assert code_of(lambda: correct(desk, desk.friend, "self", source="records", reference="合同"))[0] == "NUM-014"
    called(desk, desk.own)
    correct(desk, desk.friend, "self")
    assert calls.start(desk.case.pk, desk.friend.pk, desk.rep, uuid4()).contact is not None


def test_whoever_refused_on_a_number_is_not_reached_by_calling_it_the_borrowers(desk, morning):
    called(desk, desk.own)
    refused(desk, desk.friend)
    assert code_of(lambda: correct(desk, desk.friend, "self"))[0] == "NUM-015"
    correct(desk, desk.friend, "parent")
    desk.friend.refresh_from_db()
    answer = calls.start(desk.case.pk, desk.friend.pk, desk.rep, uuid4()).answer
    assert "third-person-refused" in {f.rule for f in answer.refusals}


def test_nobody_is_made_a_guarantor_but_by_the_lenders_file(desk, morning):
    told = numbers.Told("13800000009", "guarantor", "mobile", "borrower")
    assert code_of(lambda: numbers.add(desk.case.pk, told, desk.rep, uuid4()))[0] == "NUM-011"
    called(desk, desk.own)
    records = {"source": "records", "reference": "担保合同"}
    assert code_of(lambda: correct(desk, desk.friend, "guarantor", **records))[0] == "NUM-011"
    ContactPoint.objects.filter(pk=desk.friend.pk).update(relation="guarantor")
    correct(desk, desk.friend, "friend")
    assert code_of(lambda: correct(desk, desk.friend, "guarantor"))[0] == "NUM-011"
    correct(desk, desk.friend, "guarantor", **records)
    desk.friend.refresh_from_db()
    assert (desk.friend.relation, desk.friend.filed) == ("guarantor", None)


def test_what_was_said_of_the_holder_before_is_not_said_of_the_new_one(desk, morning):
    called(desk, desk.own)
    ContactPoint.objects.filter(pk=desk.friend.pk).update(
        knows_of_loan=True, consent=True, said_to_know=True, mark="verified"
    )
    correct(desk, desk.friend, "colleague")
    desk.friend.refresh_from_db()
    asked = facts(desk, desk.friend).facts
    assert asked["knows_of_loan"] is None and asked["consent"] is None and desk.friend.mark == ""
    ContactPoint.objects.filter(pk=desk.friend.pk).update(consent=False)
    desk.friend.refresh_from_db()
    assert facts(desk, desk.friend).facts["consent"] is False, "a no stays with the number"


def test_a_number_with_a_running_call_is_corrected_once_that_is_logged(desk, morning):
    called(desk, desk.own)
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert code_of(lambda: correct(desk, desk.own, "spouse"))[0] == "NUM-016"
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="no_result"))
    correct(desk, desk.own, "spouse")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"relation": "village head"}, "NUM-006"),
        ({"place": "hotline"}, "NUM-006"),
        ({"source": "internet"}, "NUM-002"),
        ({"source": "records"}, "NUM-004"),
        ({"reference": "x" * 101}, "NUM-004"),
        ({"reference": "他在坐牢"}, "WORD-002"),
        ({"relation": "friend", "reference": "资料"}, "NUM-012"),
        ({"source": "contact"}, "NUM-013"),
    ],
)
def test_what_does_not_fit_is_refused(desk, morning, more, code):
    assert (
        code_of(lambda: correct(desk, desk.friend, **({"relation": "spouse", "source": "records"} | more)))[0] == code
    )
    desk.friend.refresh_from_db()
    assert desk.friend.filed is None and desk.friend.relation == "friend"


STEPS = st.lists(st.tuples(st.sampled_from(RELATIONS), st.sampled_from(numbers.SOURCES)), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, filed=st.sampled_from(RELATIONS), refuses=st.booleans())
def test_however_a_number_is_corrected_nothing_opens_without_the_borrower_or_the_file(desk, steps, filed, refuses):
    with clock.at(MORNING):
        phone = f"138{uuid4().int % 10**8:08}"  # the ledger forgets nothing of one tried before
        ContactPoint.objects.filter(pk=desk.friend.pk).update(relation=filed, filed=None, phone=phone)
        rang(desk), rang(desk, "self", desk.own)
        desk.friend.refresh_from_db()
        if refuses:
            refused(desk, desk.friend)
        was = filed
        for relation, source in steps:
            code = ""
            try:
                correct(desk, desk.friend, relation, source, reference="一份资料")
            except Exception as error:
                code = error.code
            desk.friend.refresh_from_db()
            now = desk.friend.relation
            assert now == (was if code else relation)
            assert (desk.friend.filed or {}).get("relation", now) == filed, "the file's word is kept"
            if now != was and now in wishes.BORROWERS:
                assert (now == "self" and source == "borrower") or now == filed == "guarantor"
                assert was in wishes.BORROWERS or not refuses
            was = now
