"""What a person said about being contacted, as the rules see it: agreements, refusals, times and places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from shouyue.compliance.rule import Pack

#: said of a time or a place, so judged by their own kinds of rule and never a fact
TIME, PLACE = "inconvenient_time", "inconvenient_place"


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


def facts(
    pack: Pack, said: Iterable[Said], at: datetime, zone: ZoneInfo | None, channel: str, purpose: str
) -> dict[str, bool]:
    """What of it holds at ``at`` for this channel and purpose: given by then, and not lapsed by the pack."""
    clock = zone or at.tzinfo
    today = at.astimezone(clock).date()
    return {
        one.kind: True
        for one in said
        if one.kind not in (TIME, PLACE)
        and one.at <= at
        and one.concerns(channel, purpose)
        and not _lapsed(pack, one, one.at.astimezone(clock).date(), today)
    }


def _lapsed(pack: Pack, one: Said, given_on: date, today: date) -> bool:
    days = pack.lapses(one.kind, today)
    return days is not None and today >= given_on + timedelta(days=days)
