"""What a person said about being contacted, as the rules see it: agreements, refusals, times and places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from shouyue.compliance.inputs import Inputs
    from shouyue.compliance.rule import Pack, Rule

#: said of a time or a place, so judged by their own kinds of rule and never a fact
TIME, PLACE = "inconvenient_time", "inconvenient_place"
#: he himself asked to be called now; kept with the case, not in the ledger
CALL_ASKED_FOR = "call_asked_for"


@dataclass(frozen=True)
class Said:
    """``kind`` becomes a fact while it holds. Empty ``channels`` or ``purposes`` mean all.

    ``begins`` and ``ends`` are times of day on the person's clock, ``weekdays`` ISO numbers (Monday is 1, empty: all);
    both belong to an inconvenient time, ``place`` to an inconvenient place.
    """

    kind: str
    at: datetime
    channels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    begins: str = ""
    ends: str = ""
    weekdays: tuple[int, ...] = ()
    place: str = ""

    def concerns(self, channel: str, purpose: str) -> bool:
        return (not self.channels or channel in self.channels) and (not self.purposes or purpose in self.purposes)

    def to_json(self) -> dict[str, Any]:
        kept = {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items() if v}
        return {**kept, "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Said:
        lists = {k: tuple(stored[k]) for k in ("channels", "purposes", "weekdays") if k in stored}
        return cls(**{**stored, **lists, "at": datetime.fromisoformat(stored["at"])})


@dataclass(frozen=True)
class Asked:
    """The person himself asked ``at`` to be called from ``begins`` on, up to but without ``ends``."""

    at: datetime
    begins: datetime
    ends: datetime

    def said(self, moment: datetime) -> tuple[Said, ...]:
        """The consent that lies in it, at the time that he asked for."""
        return (Said(CALL_ASKED_FOR, self.at),) if self.begins <= moment < self.ends else ()

    def to_json(self) -> dict[str, str]:
        return {k: v.isoformat() for k, v in self.__dict__.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> Asked:
        return cls(**{k: datetime.fromisoformat(v) for k, v in stored.items()})


def facts(pack: Pack, inputs: Inputs, zone: ZoneInfo | None) -> dict[str, bool]:
    """What of it holds for this contact: given by then, about it, and not lapsed by the pack."""
    clock = zone or inputs.at.tzinfo
    assert clock is not None
    lapsing = pack.lapsing(inputs.at.astimezone(clock).date())
    return {
        one.kind: True
        for one in inputs.said
        if one.kind not in (TIME, PLACE)
        and one.at <= inputs.at
        and one.concerns(inputs.channel, inputs.purpose)
        and all(stands(rule, params, one, inputs, clock) for rule, params in lapsing if params["fact"] == one.kind)
    }


def stands(rule: Rule, params: Mapping[str, Any], one: Said, inputs: Inputs, clock: tzinfo) -> bool:
    """Does what the person allowed still count, by a rule of kind ``lapses``?"""
    if params.get("direct") and not given_here(inputs):
        return False
    end = ended(rule, params, one, inputs, clock)
    return end is None or inputs.at < end


def given_here(inputs: Inputs) -> bool:
    """Was it given by whoever is contacted to whoever contacts? The borrower gave it to the desk."""
    return not inputs.agency and inputs.relation == "self"


def ended(rule: Rule, params: Mapping[str, Any], one: Said, inputs: Inputs, clock: tzinfo) -> datetime | None:
    """When it ends: its last day is over, or a contact of such an outcome was had after it. None: neither is known."""
    ends = [
        past.at
        for past in inputs.past
        if past.same_person
        and past.outcome in params.get("after", ())
        and (not rule.channels or past.channel in rule.channels)
        and past.at > one.at
    ]
    if "days" in params:
        last = one.at.astimezone(clock).date() + timedelta(days=params["days"])
        ends.append(datetime.combine(last, time.min, clock).astimezone(UTC))
    return min(ends, default=None)
