"""What a rule sees of a question, and what it says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from shouyue.compliance.said import Asked, Said

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
    #: made because the person had asked for it
    asked_for: bool = False
    #: on a number that turned out not to be the person's
    wrong_number: bool = False


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
    #: what kind of place the number or the visit leads to: mobile, home, work
    place: str = ""
    #: what will be said: one of ``rule.CONTENTS``; empty when the asker does not say
    content: str = ""
    #: whose contact it is when not the lender's own
    agency: str = ""
    #: other zones in which the person may be
    also_zones: tuple[str, ...] = ()
    #: zones where the person lives by what was told at the desk: there it must not be quiet either, under any pack
    told_zones: tuple[str, ...] = ()
    #: is every rule judged by the clocks of all these; False in decisions of before, where only quiet hours heeded them
    every_clock: bool = False
    #: what the person said and has not taken back
    said: tuple[Said, ...] = ()
    #: the call that he asked for
    asked: Asked | None = None

    def to_json(self) -> dict[str, Any]:
        """All that is not empty, as JSON keeps it."""
        plain = ("zone", "channel", "purpose", "relation", "staff_id", "has_number", "place", "content", "agency")
        return {
            **{k: value for k in plain if (value := getattr(self, k)) != ""},
            "at": self.at.isoformat(),
            "loans": list(self.loans),
            "facts": dict(self.facts),
            "past": [_stored(p) for p in self.past],
            **({"also_zones": list(self.also_zones)} if self.also_zones else {}),
            **({"told_zones": list(self.told_zones)} if self.told_zones else {}),
            **({"every_clock": True} if self.every_clock else {}),
            **({"said": [one.to_json() for one in self.said]} if self.said else {}),
            **({"asked": self.asked.to_json()} if self.asked else {}),
        }

    @property
    def clocks(self) -> tuple[str, ...]:
        """Zones by whose clocks every rule is judged besides ``zone``."""
        found = dict.fromkeys((*self.told_zones, *self.also_zones)) if self.every_clock else {}
        return tuple(name for name in found if name != self.zone and zone_of(name))

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
                "also_zones": tuple(stored.get("also_zones", ())),
                "told_zones": tuple(stored.get("told_zones", ())),
                "said": tuple(map(Said.from_json, stored.get("said", ()))),
                "asked": Asked.from_json(stored["asked"]) if "asked" in stored else None,
            }
        )


def _stored(past: Past) -> dict[str, Any]:
    flags = {k: True for k in ("asked_for", "wrong_number") if getattr(past, k)}
    plain = {k: v for k, v in past.__dict__.items() if k not in ("asked_for", "wrong_number")}
    return {**plain, "at": past.at.isoformat(), "loans": list(past.loans), **flags}


@dataclass(frozen=True)
class Local:
    """A moment as the person sees it on the wall."""

    at: datetime
    zone: ZoneInfo | None
    #: the zone's name where it is not that of the file
    elsewhere: str = ""

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
