"""Others than the borrower: what they say of being contacted ends or changes what may be done, at once."""

from __future__ import annotations

import uuid
from datetime import datetime

from shouyue.casework.models import Contact
from shouyue.compliance import audit, wishes
from shouyue.compliance.identity import number_key
from shouyue.compliance.models import Wish
from shouyue.people.models import User

_NAMESPACE = uuid.UUID("d1f0f0c4-8a0f-4f0e-9a55-2f1f6f3c7b21")
#: outcome of a script's element by which a third person ends all contact
REFUSED = "refused"


def is_third(contact: Contact) -> bool:
    """Is the number one of somebody other than the borrower or a guarantor, or of nobody known any more?"""
    point = contact.contact_point
    return point is None or point.relation not in wishes.BORROWERS


def refuses(contact: Contact) -> bool:
    """Did a third person say, by result or by a tick, not to be contacted again?"""
    return is_third(contact) and (contact.result == Contact.Result.STOP or REFUSED in contact.elements.values())


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

    A third person's refusal is kept by the number, for every case and for ever; a wrong number is no longer the
    borrower's. The same contact writes each once.
    """
    number, person = contact.attempt.number_key, contact.attempt.person_id
    if contact.channel == "visit" and contact.contact_point is not None:  # no number was used: it is whose he met
        number = number_key(contact.contact_point.phone)
    if not number:
        return
    if refuses(contact):
        _write(contact, Wish.Kind.CONTACT_REFUSED, None, number, by, at)
    if contact.reached == Contact.Reached.WRONG:
        _write(contact, Wish.Kind.WRONG_NUMBER, person, number, by, at)


def _write(contact: Contact, kind: Wish.Kind, person: str | None, number: str, by: User, at: datetime) -> None:
    wish = wishes.write(
        uuid.uuid5(_NAMESPACE, f"{contact.pk}:{kind}"),
        kind,
        person=person,
        number_key=number,
        evidence=Wish.Evidence.VISIT if contact.channel == "visit" else Wish.Evidence.CALL,
        evidence_ref=str(contact.pk),
        staff_id=by.pk,
        at=at,
    )
    told = {"kind": kind, "given": True, "contact": str(contact.pk)}
    audit.record("wish.add", f"wish:{wish.pk}", told, by, at)
