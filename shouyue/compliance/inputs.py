"""What a rule sees of a question, and what it says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

#: verdicts of a rule on a question
PASSES, REFUSES, WARNS, LOGS, LIFTED, UNKNOWN, NOTICE = (
    "passes",
    "refuses",
    "warns",
    "logs",
    "lifted",
    "unknown",
    "notice",
)
Fact = bool | int | str | None


@dataclass(frozen=True)
class Past:
    """An earlier attempt. ``outcome`` is a kind of AttemptOutcome, or ``open`` while none is reported."""

    at: datetime
    channel: str
    outcome: str
    staff_id: int | None = None
    same_person: bool = True
    same_number: bool = False
    loans: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """All that the rules see: no name, no number, no database."""

    at: datetime
    zone: str
    channel: str
    purpose: str
    relation: str = "self"
    staff_id: int | None = None
    has_number: bool = False
    loans: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    past: tuple[Past, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            **{k: getattr(self, k) for k in ("zone", "channel", "purpose", "relation", "staff_id", "has_number")},
            "at": self.at.isoformat(),
            "loans": list(self.loans),
            "facts": dict(self.facts),
            "past": [{**p.__dict__, "at": p.at.isoformat(), "loans": list(p.loans)} for p in self.past],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Inputs:
        return cls(
            **{
                **stored,
                "at": datetime.fromisoformat(stored["at"]),
                "loans": tuple(stored["loans"]),
                "past": tuple(
                    Past(**{**p, "at": datetime.fromisoformat(p["at"]), "loans": tuple(p["loans"])})
                    for p in stored["past"]
                ),
            }
        )


@dataclass(frozen=True)
class Local:
    """A moment as the person sees it on the wall."""

    at: datetime
    zone: ZoneInfo | None

    @property
    def wall(self) -> datetime:
        assert self.zone is not None
        return self.at.astimezone(self.zone)

    def day_of(self, moment: datetime) -> date:
        assert self.zone is not None
        return moment.astimezone(self.zone).date()

    def moment(self, day: date, clock: time = time.min) -> datetime:
        """The first moment at which the person's clock shows ``clock`` on ``day``, or jumps over it."""
        assert self.zone is not None
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


@dataclass(frozen=True)
class Judgement:
    """A kind's finding before the pack's severity is put to it."""

    fires: bool
    until: datetime | None = None
    count: int | None = None
    limit: int | None = None
    verdict: str = ""


def zone_of(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def holds(fact: str, facts: Mapping[str, Fact]) -> bool:
    """``name`` holds when the fact is known and true, ``not name`` when it is known and false."""
    if fact.startswith("not "):
        return facts.get(fact[4:]) is False
    return facts.get(fact) is True
