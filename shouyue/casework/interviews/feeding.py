"""What the answers are good for elsewhere: hints before a call, and wishes that may be written into the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from shouyue.casework import errors, wishing
from shouyue.casework.customers import customer
from shouyue.casework.interviews import reading
from shouyue.casework.interviews.form import Question
from shouyue.casework.models import Interview
from shouyue.compliance.models import Wish
from shouyue.people.models import User
from shouyue.people.permissions import require

_NAMESPACE = UUID("0b0a2f7e-6c1d-4d5e-8d41-6a4c7c3f9e15")


@dataclass(frozen=True)
class Offer:
    """A wish that follows from an answer. Only what keeps contacts away is offered: an agreement that lets more
    through is written down where it was given, with its evidence."""

    question: str
    kind: str
    channels: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


def hints(interview: Interview | None) -> Iterator[tuple[Question, Any]]:
    """What is worth knowing before a call, of what he said."""
    if interview is None:
        return
    for question in reading.form_of(interview).questions.values():
        value = interview.answers.get(question.id)
        if question.hint is not None and value not in (None, False):
            yield question, value


def of_habits(interview: Interview | None) -> dict[str, tuple[Question, Any]]:
    """What he said, by the habit that history may tell as well."""
    if interview is None:
        return {}
    asked = reading.form_of(interview).questions.values()
    return {q.habit: (q, interview.answers[q.id]) for q in asked if q.habit and q.id in interview.answers}


def offers(interview: Interview | None, in_force: Iterable[Wish]) -> list[Offer]:
    """Wishes that the answers hold and the ledger does not."""
    if interview is None:
        return []
    known = [(w.kind, set(w.channels), w.details) for w in in_force]
    found = []
    for question in reading.form_of(interview).questions.values():
        offer = _offer(question, interview.answers.get(question.id)) if question.wish else None
        if offer and (offer.kind, set(offer.channels), offer.details) not in known:
            found.append(offer)
    return found


def _offer(question: Question, value: Any) -> Offer | None:
    if not value:
        return None
    if question.wish == Wish.Kind.CHANNEL_REFUSED:
        return Offer(question.id, question.wish, channels=tuple(value))
    if question.wish == Wish.Kind.INCONVENIENT_TIME:
        return Offer(question.id, question.wish, details={"begins": value["from"], "ends": value["to"], "weekdays": []})
    return Offer(question.id, question.wish, details={"place": "work"})


@transaction.atomic
def take(customer_id: int, question: str, by: User) -> Wish:
    """Write the wish that an answer of the newest interview holds; a second time adds nothing.

    Raises CASE-009, INTV-012 where the answer holds none.
    """
    require(by, "case.work")
    found = customer(by, customer_id)
    interview = reading.newest(found.pk)
    offer = next((o for o in offers(interview, ()) if o.question == question), None)
    if interview is None or offer is None:
        raise errors.NO_OFFER.error()
    return wishing.say(
        found.pk,
        offer.kind,
        by,
        uuid5(_NAMESPACE, f"{interview.pk}:{question}"),
        evidence=Wish.Evidence.WRITTEN,
        evidence_ref=f"interview:{interview.pk}",
        channels=offer.channels,
        details=offer.details,
    )
