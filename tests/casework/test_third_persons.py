"""Somebody other than the borrower: asked last, told nothing, and left alone for ever once he refuses."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import calls
from shouyue.casework.models import Case, ContactPoint
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import AuditEntry, GateDecision, Wish

from .conftest import MORNING, make_case

pytestmark = pytest.mark.django_db


def lose(desk, case=None, own=None):
    """The borrower cannot be reached: his number does not work."""
    case, own = case or desk.case, own or desk.own
    contact = calls.start(case.pk, own.pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, desk.rep, Outcome(reached="invalid"))


def ask(desk, case=None, point=None):
    return calls.start((case or desk.case).pk, (point or desk.friend).pk, desk.rep, uuid4())


def test_the_question_about_a_third_person_is_not_one_of_collection(desk, morning):
    lose(desk)
    assert ask(desk).contact is not None
    inputs = GateDecision.objects.get(inputs__relation="friend").inputs
    assert (inputs["purpose"], inputs["content"]) == ("trace", "locate")


@pytest.mark.parametrize("how", ["result", "tick"])
def test_a_refusal_ends_it_for_ever_and_over_all_cases(desk, how):
    other = make_case(desk.store, desk.rep, number=2)
    own = ContactPoint.objects.create(customer=other.customer, phone="10000000005", relation="self")
    same = ContactPoint.objects.create(customer=other.customer, phone="1000 000 0002", relation="colleague", rank=1)
    with clock.at(MORNING):
        lose(desk)
        contact = ask(desk).contact
        assert contact is not None
        if how == "tick":
            calls.tick(contact.pk, "ask", "refused", desk.rep)
        calls.finish(contact.pk, desk.rep, Outcome(reached="other", result="stop" if how == "result" else ""))
        assert not ask(desk).answer.allowed
    later = MORNING + timedelta(days=400)
    desk.rep.examined_on = later.date()
    desk.rep.save()
    Case.objects.filter(pk=other.pk).update(as_of=later.date())
    with clock.at(later):
        lose(desk, other, own)
        refused = ask(desk, other, same).answer
    assert [f.rule for f in refused.refusals] == ["third-person-refused"] and refused.next_allowed_at is None
    wish = Wish.objects.get()
    assert (wish.kind, wish.person_id, wish.evidence_ref) == ("contact_refused", None, str(contact.pk))
    assert AuditEntry.objects.get(action="wish.add").data["contact"] == str(contact.pk)


def test_a_wrong_number_is_not_called_again_for_this_borrower(desk, morning):
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, desk.rep, Outcome(reached="wrong"))
    answer = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).answer
    assert [f.rule for f in answer.refusals] == ["wrong-number"]
    assert Wish.objects.get().person_id == desk.case.customer.person_id
