"""Others than the borrower: what they say of being contacted ends or changes what may be done, at once.

Somebody else is spoken to on a number of his own, or because he took the line of the borrower or a guarantor, rang from
there, or was met. The first is the contact's number to tell; the others are written in an ``OtherSpeaker`` beside it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from shouyue.casework.asking import question
from shouyue.casework.models import Contact, ContactPoint, OtherSpeaker
from shouyue.compliance import audit, gate, row_digests, wishes
from shouyue.compliance.identity import number_key
from shouyue.compliance.models import GateDecision, Wish
from shouyue.people.models import User

_NAMESPACE = uuid.UUID("d1f0f0c4-8a0f-4f0e-9a55-2f1f6f3c7b21")
#: outcomes of a script's elements that say more than their words: the borrower himself, somebody else on his line, and
#: a third person who ends all contact
HIMSELF = "self"
NOT_HIMSELF = "not_self"
REFUSED = "refused"
#: what may be said to somebody nobody called, at most
TO_OTHERS = ("limited", "locate")
#: kinds of rule by which a pack shuts a third person out whatever the hour and the budget
_SHUTS_OUT = ("never", "never_when", "only_when")
OTHER, BACK = "other", "himself"


def other(contact: Contact) -> OtherSpeaker | None:
    """Who took the line of the borrower or guarantor in this contact, whether he still has it or not."""
    try:
        return contact.other
    except OtherSpeaker.DoesNotExist:
        return None


def took_line(contact: Contact) -> bool:
    """Does somebody else have the line of the borrower or guarantor, or had it last?"""
    speaker = other(contact)
    return speaker is not None and speaker.speaking


def is_third(contact: Contact) -> bool:
    """Is somebody other than the borrower or a guarantor spoken to: by the number, or because he took the line?"""
    point = contact.contact_point
    return point is None or point.relation not in wishes.BORROWERS or took_line(contact)


def refuses(contact: Contact) -> bool:
    """Did a third person say, by result or by a tick, not to be contacted again?"""
    speaker = other(contact)
    ticked = speaker.elements if speaker else contact.elements if is_third(contact) else {}
    return REFUSED in ticked.values() or (is_third(contact) and contact.result == Contact.Result.STOP)


def heard_himself(contact: Contact) -> bool:
    """Was the borrower or guarantor identified in this call, whoever had the line in the end?"""
    return other(contact) is not None and HIMSELF in contact.elements.values()


def may_say(contact: Contact, by: User, at: datetime) -> list[str]:
    """What the pack permits to be said to somebody who took the line; nothing where it shuts third persons out, or
    where somebody on this number has refused before.

    He was not called, so neither the hour nor the budget is asked again, and for as long as he has the line the one
    called cannot be reached.
    """
    point, visit = contact.contact_point, contact.channel == "visit"
    case = contact.case
    unknown = ContactPoint(customer=case.customer, phone=point.phone if point else "", relation="unrelated")
    asked = question(case, unknown, by, at, "visit" if visit else "call")
    place = place_of(contact.attempt.decision) if visit else asked.place
    answer = gate.preview(replace(asked, place=place, facts={**asked.facts, "borrower_unreachable": True}))
    if any(f.kind in _SHUTS_OUT for f in answer.refusals):
        return []
    return [content for content in TO_OTHERS if content in answer.contents]


def turn(contact: Contact, to: str, by: User, at: datetime) -> OtherSpeaker:
    """Note that the line changed hands; unsaved where it is new. The page that opens follows from it."""
    speaker = other(contact) or OtherSpeaker(contact=contact)
    speaker.speaking = to == OTHER
    speaker.turns = [*speaker.turns, {"to": to, "at": at.isoformat()}]
    _hold(by, contact.pk if speaker.speaking else None)
    told = {"contact": str(contact.pk), "to": to}
    audit.record("contact.speaker", f"case:{contact.case_id}", told, by, at)
    return speaker


def met(contact: Contact, relation: str, at: datetime) -> None:
    """Keep who rang or was met, where he is none of the customer's contacts, as he says what he is."""
    point = contact.contact_point
    if contact.reached != Contact.Reached.OTHER or (point is not None and point.relation not in wishes.BORROWERS):
        return
    answer = gate.answer_of(contact.attempt.decision)
    if answer.relation in wishes.BORROWERS:  # it was a visit to the borrower
        permitted = may_say(contact, contact.staff, at)
    else:
        permitted = [content for content in TO_OTHERS if content in answer.contents]
    turns = [{"to": OTHER, "at": at.isoformat()}]
    OtherSpeaker.objects.create(contact=contact, relation=relation, may_say=permitted, turns=turns)


def told(contact: Contact) -> dict[str, str]:
    """What the timeline tells of somebody who took the line: what he said he is, else that he was one."""
    speaker = other(contact)
    return {"line_taken_by": speaker.relation or OTHER} if speaker else {}


def begin(contact: Contact, by: User) -> None:
    """From now on, and wherever the user is signed in, no page but this contact's opens, until it is logged."""
    _hold(by, contact.pk)


def end(by: User) -> None:
    _hold(by, None)


def _hold(by: User, contact_id: uuid.UUID | None) -> None:
    User.objects.filter(pk=by.pk).update(third_call=contact_id)
    by.third_call = contact_id


def heed(contact: Contact, by: User, at: datetime) -> None:
    """Write into the ledger what a logged contact said of contacts to come.

    A third person's refusal is kept by the number, for every case and for ever: on it nobody but the borrower is
    spoken to. One who was met on a visit has perhaps none that is known: his is kept by the borrower and the place,
    with what he said he is. A wrong number is no longer the borrower's. The same contact writes each once.
    """
    number, person = contact.attempt.number_key, contact.attempt.person_id
    visit, point, refused = contact.channel == "visit", contact.contact_point, refuses(contact)
    if visit:  # no number was used: it is whose he met
        number = number_key(point.phone) if point is not None else ""
    if refused and number:
        _write(contact, Wish.Kind.CONTACT_REFUSED, by, at, number_key=number)
    if refused and visit and contact.reached == Contact.Reached.OTHER:
        speaker, place = other(contact), place_of(contact.attempt.decision)
        relation = speaker.relation if speaker else point.relation if point is not None else ""
        told = {"place": place} | ({"relation": relation} if relation else {})
        _write(contact, Wish.Kind.REFUSED_AT_PLACE, by, at, person=person, details=told)
    if number and contact.reached == Contact.Reached.WRONG:
        _write(contact, Wish.Kind.WRONG_NUMBER, by, at, person=person, number_key=number)


def place_of(decision: GateDecision) -> str:
    """Where the visit led that the gate decided on; what it was not told is another place."""
    place = decision.inputs.get("place", "")
    return place if place in wishes.VISITED else "other"


def _write(contact: Contact, kind: Wish.Kind, by: User, at: datetime, **subject: Any) -> None:
    wish = wishes.write(
        uuid.uuid5(_NAMESPACE, f"{contact.pk}:{kind}"),
        kind,
        **subject,
        evidence=Wish.Evidence.VISIT if contact.channel == "visit" else Wish.Evidence.CALL,
        evidence_ref=str(contact.pk),
        staff_id=by.pk,
        at=at,
    )
    told = {"kind": kind, "given": True, "contact": str(contact.pk), **row_digests.named(wish)}
    audit.record("wish.add", f"wish:{wish.pk}", told, by, at)
