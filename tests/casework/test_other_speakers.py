"""Somebody else takes the borrower's own line: his page, his ticks, his refusal; and back when the borrower comes."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, inbound, visits
from shouyue.casework.models import ContactPoint, OtherSpeaker, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import AttemptOutcome, AuditEntry, GateDecision, Wish
from shouyue.messaging.letters import history
from shouyue.people.models import User
from tests import factories

from .conftest import AFTERNOON, MORNING, make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken(desk, morning):
    """The rep calls the borrower's own number; a first tick and a note; then somebody else has the line."""
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.tick(contact.pk, "identity", "not_self", desk.rep)
    calls.jot(contact.pk, "owes two instalments", desk.rep)
    return calls.somebody_else(contact.pk, desk.rep)


def kind_of(contact) -> str:
    return AttemptOutcome.objects.filter(attempt=contact.attempt_id).latest("id").kind


def held(desk):
    return User.objects.get(pk=desk.rep.pk).third_call


def test_the_page_is_held_the_reservation_stands_and_what_was_said_is_kept_apart(desk, taken):
    calls.somebody_else(taken.pk, desk.rep)  # a second click
    speaker = OtherSpeaker.objects.get()
    assert (held(desk), len(speaker.turns), speaker.may_say) == (taken.pk, 1, ["limited", "locate"])
    assert GateDecision.objects.count() == 1, "nobody was called anew"
    with pytest.raises(ShouyueError) as wrong:
        calls.tick(taken.pk, "facts", "acknowledged", desk.rep)
    assert wrong.value.code == "CASE-019", "the borrower's script is out of reach"
    calls.tick(taken.pk, "ask", "will_pass_on", desk.rep)
    calls.jot(taken.pk, "he is at work", desk.rep)
    calls.who(taken.pk, "spouse", desk.rep)
    taken.refresh_from_db()
    speaker.refresh_from_db()
    assert (taken.elements, speaker.elements) == ({"identity": "not_self"}, {"ask": "will_pass_on"})
    assert (taken.note, speaker.note, speaker.relation) == ("owes two instalments", "he is at work", "spouse")
    calls.finish(taken.pk, desk.rep, Outcome(reached="other", result="message_left", note="he is at work"))
    taken.refresh_from_db()
    assert taken.note == "owes two instalments\nhe is at work"
    assert (kind_of(taken), held(desk), Wish.objects.count()) == ("answered", None, 0)
    assert TimelineEntry.objects.get(kind="contact").data["line_taken_by"] == "spouse"
    assert [e.data["to"] for e in AuditEntry.objects.filter(action="contact.speaker")] == ["other"]


def test_the_borrower_comes_to_the_phone_and_the_call_is_one_with_him(desk, taken):
    calls.tick(taken.pk, "ask", "will_pass_on", desk.rep)
    calls.jot(taken.pk, "his wife fetches him", desk.rep)
    with pytest.raises(ShouyueError) as early:
        calls.finish(taken.pk, desk.rep, Outcome(reached="self", result="paid"))
    assert early.value.code == "CASE-033"
    calls.himself(taken.pk, desk.rep)
    back = calls.himself(taken.pk, desk.rep)
    assert held(desk) is None and back.note == "owes two instalments\nhis wife fetches him"
    assert back.elements == {}, "who he is is asked anew"
    calls.tick(taken.pk, "identity", "self", desk.rep)
    calls.finish(taken.pk, desk.rep, Outcome(reached="self", result="paid", note=back.note))
    assert kind_of(taken) == "conversation"
    turns = [turn["to"] for turn in OtherSpeaker.objects.get().turns]
    assert turns == ["other", "himself"]


def test_the_borrower_hands_the_phone_on_and_has_been_spoken_with_all_the_same(desk, morning):
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.tick(contact.pk, "identity", "self", desk.rep)
    calls.somebody_else(contact.pk, desk.rep)
    calls.finish(contact.pk, desk.rep, Outcome(reached="other"))
    assert kind_of(contact) == "conversation"


@pytest.mark.parametrize("how", ["result", "tick", "tick, and then he came"])
def test_his_refusal_binds_the_number_towards_others_and_never_silences_the_borrower(desk, how):
    other = make_case(desk.store, desk.rep, number=2)
    own = ContactPoint.objects.create(customer=other.customer, phone="10000000005", relation="self")
    same = ContactPoint.objects.create(customer=other.customer, phone=desk.own.phone, relation="spouse", rank=1)
    with clock.at(MORNING):
        contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
        assert contact is not None
        calls.somebody_else(contact.pk, desk.rep)
        if how != "result":
            calls.tick(contact.pk, "ask", "refused", desk.rep)
        if how.endswith("came"):
            calls.himself(contact.pk, desk.rep)
            calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="no_result"))
        else:
            calls.finish(contact.pk, desk.rep, Outcome(reached="other", result="stop" if how == "result" else ""))
    wish = Wish.objects.get()
    assert (wish.kind, wish.person_id, wish.evidence_ref) == ("contact_refused", None, str(contact.pk))
    with clock.at(AFTERNOON):
        again = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
        assert again is not None, "the borrower may be reached on his own number"
        again = calls.somebody_else(again.pk, desk.rep)
        speaker = OtherSpeaker.objects.get(contact=again)
        assert (speaker.may_say, calls.at_hand(again)) == ([], ()), "whoever answers now is asked nothing"
        calls.finish(again.pk, desk.rep, Outcome(reached="other"))
        lost = calls.start(other.pk, own.pk, desk.rep, uuid4()).contact
        assert lost is not None
        calls.finish(lost.pk, desk.rep, Outcome(reached="invalid"))
        refused = calls.start(other.pk, same.pk, desk.rep, uuid4()).answer
        assert "third-person-refused" in [f.rule for f in refused.refusals], "as somebody's contact it is silent"


def test_a_stranger_on_it_makes_it_a_wrong_number(desk, taken):
    calls.finish(taken.pk, desk.rep, Outcome(reached="wrong"))
    assert (Wish.objects.get().kind, kind_of(taken)) == ("wrong_number", "wrong_number")
    answer = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).answer
    assert [f.rule for f in answer.refusals] == ["wrong-number"]


@pytest.mark.parametrize("name", ["us-reg-f", "in-rbi"])
def test_where_the_pack_shuts_others_out_nothing_is_asked(desk, morning, monkeypatch, name):
    monkeypatch.setenv("SHOUYUE_PACK", name)
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.somebody_else(contact.pk, desk.rep)
    assert OtherSpeaker.objects.get().may_say == []


def test_only_who_began_the_call_turns_it_and_not_once_it_is_logged(desk, taken):
    with pytest.raises(ShouyueError) as colleague:
        calls.himself(taken.pk, desk.colleague)
    assert colleague.value.code == "CASE-004"
    calls.finish(taken.pk, desk.rep, Outcome(reached="other"))
    with pytest.raises(ShouyueError) as over:
        calls.somebody_else(taken.pk, desk.rep)
    assert over.value.code == "CASE-005"


def test_who_rings_from_the_borrowers_number_and_refuses_is_kept_by_it(desk, morning):
    said = Outcome("other", "stop", who="parent")
    contact = inbound.write(desk.case.pk, desk.own.pk, MORNING, False, said, desk.rep, uuid4())
    assert contact.attempt.decision.inputs["relation"] == "other", "nothing of the debt was for him"
    assert (contact.contact_point, contact.other.relation) == (desk.own, "parent")
    assert TimelineEntry.objects.get(kind="contact").data["line_taken_by"] == "parent"
    with clock.at(AFTERNOON):
        again = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
        assert again is not None and calls.at_hand(calls.somebody_else(again.pk, desk.rep)) == ()
    row = history.of(desk.case, "en").rows[0]
    assert row[1].startswith("Call from somebody else (nothing of the loan was told)")


def test_who_was_met_on_a_visit_is_kept_as_he_says_what_he_is(desk, morning):
    visit = factories.visit(desk.case, desk.rep, desk.colleague)
    visits.begin(visit.pk, desk.rep, uuid4())
    contact = visits.report(visit.pk, Outcome("other", "message_left", who="relative"), desk.rep, untold=True)
    assert (contact.other.relation, contact.other.may_say) == ("relative", ["limited", "locate"])
    with pytest.raises(ShouyueError) as wrong:
        inbound.write(desk.case.pk, None, MORNING, False, Outcome("other", who="enemy"), desk.rep, uuid4())
    assert (wrong.value.code, wrong.value.values["field"]) == ("CASE-021", "who")
