"""How a borrower came across in a talk: what that suggests for the next one, as data of the house (manners.toml).

A note about how to talk to somebody. It orders suggested answers and shows advice; nothing harsher follows from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from shouyue.base.texts import Bilingual
from shouyue.casework.house import house_file
from shouyue.casework.models import Contact
from shouyue.casework.scripts import Objection

#: days for which it says something of how to talk to him
DAYS = 180


@dataclass(frozen=True)
class Advice(Bilingual):
    """``answers``: ids of a script's suggested answers that come first, the most fitting before the others."""

    zh: str
    en: str
    answers: tuple[str, ...] = ()


@cache
def advice() -> Mapping[str, Advice]:
    """By manner; one of which the house says nothing has none. Raises ValueError on a manner that is none."""
    path = house_file("manners.toml", Path(__file__).with_name("manners.toml"))
    found = {}
    for manner, said in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if manner not in Contact.Manner.values:
            raise ValueError(f"{path.name}: {manner}: none of {', '.join(Contact.Manner.values)}")
        found[manner] = Advice(said["zh"], said["en"], tuple(said.get("answers", ())))
    return found


def last(customers: Iterable[int], day: date) -> Contact | None:
    """The newest contact with one of these customers, within ``DAYS`` up to the day, that says how he came across."""
    spoken = Contact.objects.filter(case__customer__in=customers, status=Contact.Status.FINISHED)
    recent = spoken.filter(business_day__gte=day - timedelta(days=DAYS)).exclude(manner="")
    return recent.order_by("-started_at").first()


def fitting(manner: str) -> tuple[str, ...]:
    """Ids of the suggested answers that fit; none where the house names none."""
    known = advice().get(manner)
    return known.answers if known else ()


def fitting_first(answers: Iterable[Objection], fitting: Sequence[str]) -> list[Objection]:
    """The answers that fit, as the house orders them, before the others in the script's order."""
    return sorted(answers, key=lambda one: fitting.index(one.id) if one.id in fitting else len(fitting))
