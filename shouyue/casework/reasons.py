"""What each reason for being late suggests: advice in words and the next steps, as data of the house (reasons.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shouyue.base.texts import Bilingual
from shouyue.casework.house import house_file
from shouyue.casework.models import Case, Contact, TimelineEntry

#: steps that a reason may lead to
STEPS = ("plan", "matter", "concession", "hand_over", "visit", "address")


@dataclass(frozen=True)
class Advice(Bilingual):
    """``next``: steps of ``STEPS``, the first the nearest."""

    zh: str
    en: str
    next: tuple[str, ...] = ()


@cache
def advice() -> Mapping[str, Advice]:
    """By reason; one of which the house says nothing has none. Raises ValueError on a reason or step that is none."""
    path = house_file("reasons.toml", Path(__file__).with_name("reasons.toml"))
    found = {}
    for reason, said in tomllib.loads(path.read_text(encoding="utf-8")).items():
        steps = tuple(said.get("next", ()))
        if reason not in Contact.WhyLate.values or not set(steps) <= set(STEPS):
            raise ValueError(f"{path.name}: {reason}: no such reason, or a step that is none of {', '.join(STEPS)}")
        found[reason] = Advice(said["zh"], said["en"], steps)
    return found


def last(case: Case, timeline: Iterable[TimelineEntry]) -> tuple[str, TimelineEntry] | None:
    """The reason told last in the case, with its line; ``timeline`` is the newest first."""
    spoken = (one for one in timeline if one.case_id == case.pk and one.kind == TimelineEntry.Kind.CONTACT)
    return next(((one.data["why_late"], one) for one in spoken if one.data.get("why_late")), None)
