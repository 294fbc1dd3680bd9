"""What is known of a number by what was done with it: who was reached on it last, and what was said on it for good.

Nothing is kept for it: the logged contacts and the ledger of wishes say it, so it cannot fall behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shouyue.casework.models import Contact, ContactPoint
from shouyue.compliance import wishes
from shouyue.compliance.identity import number_key
from shouyue.compliance.models import Wish

Reached = Contact.Reached
#: answers that tell whose a number is or that it is nobody's; one that nobody took tells neither
_TELLING = (Reached.SELF, Reached.GUARANTOR, Reached.INVALID, Reached.WRONG)


@dataclass(frozen=True)
class Last:
    """The newest contact on a number that tells whose it is."""

    reached: str
    at: datetime


@dataclass(frozen=True)
class Marks:
    """``wishes`` are those in force on the number, the newest first, whoever's case they were said in."""

    wishes: list[Wish] = field(default_factory=list)
    last: Last | None = None


def of(person: str, points: Iterable[ContactPoint]) -> dict[int, Marks]:
    """The marks of a person's numbers, by the number's id. Two queries, however many there are."""
    return beside(points := list(points), wishes.held(person, [number_key(point.phone) for point in points]))


def beside(points: Iterable[ContactPoint], said: Iterable[Wish]) -> dict[int, Marks]:
    """The same, where the words about the person and his numbers were read already. One query."""
    keys = {point.pk: number_key(point.phone) for point in points}
    of_numbers = [wish for wish in said if wish.number_key]
    tried = _last_reached(keys)
    return {pk: Marks([w for w in of_numbers if w.number_key == key], tried.get(pk)) for pk, key in keys.items()}


def _last_reached(points: Iterable[int]) -> Mapping[int, Last]:
    """Who was reached last on each number; a number on which nobody told whose it is has no line. One query."""
    logged = Contact.objects.filter(contact_point__in=list(points), channel="call", reached__in=_TELLING)
    newest = logged.order_by("contact_point_id", "-finished_at").distinct("contact_point_id")
    return {
        pk: Last(reached, at) for pk, reached, at in newest.values_list("contact_point_id", "reached", "finished_at")
    }
