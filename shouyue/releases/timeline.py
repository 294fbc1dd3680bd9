"""Which version is in force on a day: pure, from the releases alone.

Each release says "from this day on, this version", and what was said last holds from its day on: a later release
replaces what earlier ones had planned for that day and all days after it. No release lies before the day on which it
was made, so the answer for a day that is over never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Effective:
    """From a day on, a version by its number, or none (None)."""

    seq: int
    effective_from: date
    number: int | None


def in_force(said: Iterable[Effective], day: date) -> Effective | None:
    """What holds on the day; None before the first release."""
    return max((e for e in said if e.effective_from <= day), key=lambda e: e.seq, default=None)


def ahead(said: Sequence[Effective], day: date) -> list[Effective]:
    """What comes into force after the day, in order, as planned now."""
    days = sorted({e.effective_from for e in said if e.effective_from > day})
    planned = []
    now = in_force(said, day)
    for coming in days:
        then = in_force(said, coming)
        if then != now and then is not None:
            planned.append(then)
        now = then
    return planned
