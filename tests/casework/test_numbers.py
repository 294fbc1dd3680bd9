"""Numbers that a rep was told: from whom, once, judged like any other, and not taken away by the lender's file."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework import calls, lost_contact, numbers
from shouyue.casework.models import ContactPoint
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import AuditEntry, Wish
from shouyue.reports import witness

from .test_call import code_of

pytestmark = pytest.mark.django_db


def add(desk, phone="138 0000 0009", relation="self", source="borrower", key=None, **more):
    told = numbers.Told(**{"phone": phone, "relation": relation, "place": "mobile", "source": source} | more)
    return numbers.add(desk.case.pk, told, desk.rep, key or uuid4())


def test_what_the_borrower_told_is_tried_first_and_kept_once(desk, morning):
    key = uuid4()
    point = add(desk, key=key)
    assert add(desk, key=key) == point and ContactPoint.objects.filter(phone="13800000009").count() == 1
    assert point.phone_end == "0009" and point.knows is None and point.consent is None
    assert point.rank <= min(desk.case.customer.contact_points.exclude(pk=point.pk).values_list("rank", flat=True))
    started = calls.start(desk.case.pk, point.pk, desk.rep, uuid4())
    assert started.contact is not None
    calls.finish(started.contact.pk, desk.rep, Outcome(reached="nobody"))
    line = desk.case.timeline.get(kind="number")
    assert line.data["source"] == "borrower" and "13800000009" not in str(line.data)
    assert "13800000009" not in str(AuditEntry.objects.get(action="number.add").data)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"phone": "12"}, "NUM-001"),
        ({"phone": "no number"}, "NUM-001"),
        ({"phone": "+4930123456789012;ext=12345678901234567890"}, "NUM-001"),
        ({"source": ""}, "NUM-002"),
        ({"source": "internet"}, "NUM-002"),
        ({"source": "contact", "relation": "friend"}, "NUM-003"),
        ({"source": "records"}, "NUM-004"),
        ({"reference": "x" * 101}, "NUM-004"),
        ({"phone": "+86 100 0000 0001"}, "NUM-005"),
        ({"relation": "village head"}, "NUM-006"),
        ({"place": "hotline"}, "NUM-006"),
    ],
)
def test_what_does_not_fit_is_refused(desk, morning, more, code):
    before = ContactPoint.objects.count()
    assert code_of(lambda: add(desk, **more))[0] == code
    assert ContactPoint.objects.count() == before


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+86 138 0000 0009", "13800000009"),
        ("0571-8765 4321", "057187654321"),
        ("138 0000 0009#12", "13800000009x12"),
        ("0571-8765 4321 ext. 12", "057187654321x12"),
        ("+1 212 555 0123", "+12125550123"),
    ],
)
def test_a_number_is_kept_as_it_is_dialled(desk, morning, typed, kept):
    assert add(desk, phone=typed).phone == kept


def test_somebody_else_is_called_only_where_the_rules_let_others_be_called(desk, morning):
    point = add(desk, relation="friend", name="某人", reference="申请表第 2 页")
    answer = calls.start(desk.case.pk, point.pk, desk.rep, uuid4()).answer
    assert not answer.allowed and "third-person-last" in [f.rule for f in answer.refusals]


def test_a_new_number_ends_that_nobody_can_be_reached(desk, morning):
    for own in desk.case.customer.contact_points.filter(relation="self"):
        contact = calls.start(desk.case.pk, own.pk, desk.rep, uuid4()).contact
        assert contact is not None
        calls.finish(contact.pk, desk.rep, Outcome(reached="invalid"))
    assert desk.case in lost_contact.queue(desk.rep)
    add(desk, source="contact")
    assert desk.case not in lost_contact.queue(desk.rep)


def test_the_chain_knows_who_added_it(desk, morning):
    add(desk, source="records", reference="合同附件")
    assert not list(witness.altered())
    desk.case.timeline.filter(kind="number").update(data={})
    assert len(list(witness.altered())) == 1


# ---- what was found out of a number on the list ---------------------------------------------------------------------
def called(desk, point, reached="self", result="no_result"):
    contact = calls.start(desk.case.pk, point.pk, desk.rep, uuid4()).contact
    calls.finish(contact.pk, desk.rep, Outcome(reached=reached, result=result))
    return contact


def mark(desk, point, found, teller="borrower", key=None, by=None):
    return numbers.mark(desk.case.pk, point.pk, found, teller, by or desk.rep, key or uuid4())


def test_a_number_is_verified_by_a_contact_with_its_holder_and_by_nothing_else(desk, morning):
    assert code_of(lambda: mark(desk, desk.own, "verified"))[0] == "NUM-008"
    contact, key = called(desk, desk.own), uuid4()
    assert code_of(lambda: mark(desk, desk.friend, "verified"))[0] == "NUM-009"
    assert code_of(lambda: mark(desk, desk.own, "handsome"))[0] == "NUM-007"
    for _ in range(2):
        mark(desk, desk.own, "verified", key=key)
    line = desk.case.timeline.get(kind="number")
    assert (line.data["mark"], line.data["contact"]) == ("verified", str(contact.pk))
    assert AuditEntry.objects.filter(action="number.mark").count() == 1
    desk.own.refresh_from_db()
    assert desk.own.mark == "verified" and desk.own.marked_at is not None


def test_a_wrong_number_told_is_excluded_as_one_that_was_called(desk, morning):
    called(desk, desk.own)
    assert code_of(lambda: mark(desk, desk.friend, "wrong", teller="me"))[0] == "NUM-010"
    mark(desk, desk.friend, "wrong")
    wish = Wish.objects.get()
    assert (wish.kind, wish.person_id) == ("wrong_number", desk.case.customer.person_id)
    mark(desk, desk.friend, "out_of_service")  # the exclusion stands, whatever is found out later
    assert Wish.objects.count() == 1
    refused = calls.start(desk.case.pk, desk.friend.pk, desk.rep, uuid4())
    assert refused.contact is None and "wrong-number" in {f.rule for f in refused.answer.refusals}


def test_a_number_said_to_be_dead_opens_no_way_to_others(desk, morning):
    called(desk, desk.own)
    mark(desk, desk.own, "out_of_service")
    assert calls.start(desk.case.pk, desk.friend.pk, desk.rep, uuid4()).contact is None
