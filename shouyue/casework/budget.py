"""The one contact budget as a gauge: what the gate counted, over loans, brands and agencies, of what it allows.

Nothing is counted here. The gate's own answers are asked for, and the counters in their findings put side by side, so a
gauge never shows another number than the one by which a contact is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shouyue.casework.models import ContactPoint
from shouyue.compliance.inputs import LIFTED
from shouyue.compliance.rules import Answer, Finding


@dataclass(frozen=True)
class Gauge:
    """``used`` of ``allowed`` contacts with an outcome in ``outcomes`` within ``days`` calendar days."""

    rule: str
    #: the ways of contact that share it
    channels: tuple[str, ...]
    outcomes: tuple[str, ...]
    #: person, number or loan: what it is kept for
    per: str
    #: the number, where it is kept for one
    point: ContactPoint | None
    days: int
    used: int
    allowed: int
    #: when the next one is free, where all are used
    until: datetime | None
    #: the person agreed to more
    lifted: bool
    source_zh: str
    source_en: str


def gauges(answered: Iterable[tuple[ContactPoint, Answer]]) -> list[Gauge]:
    """The gauges behind the gate's answers, in the order of its rules: one for each budget, whoever asked about it."""
    found: dict[tuple[str, int | None], tuple[Finding, ContactPoint, list[str]]] = {}
    for point, answer in answered:
        for finding in answer.findings:
            if finding.kind != "count" or finding.limit is None or finding.count is None:
                continue
            key = (finding.rule, point.pk if finding.value.get("per") == "number" else None)
            found.setdefault(key, (finding, point, []))[2].append(answer.channel)
    return [_gauge(finding, point, channels) for finding, point, channels in found.values()]


def _gauge(finding: Finding, point: ContactPoint, channels: Sequence[str]) -> Gauge:
    value = finding.value
    return Gauge(
        rule=finding.rule,
        channels=tuple(dict.fromkeys(channels)),
        outcomes=tuple(value["of"]),
        per=value["per"],
        point=point if value["per"] == "number" else None,
        days=value.get("days", 1),
        used=finding.count or 0,
        allowed=finding.limit or 0,
        until=finding.until,
        lifted=finding.verdict == LIFTED,
        source_zh=finding.source_zh,
        source_en=finding.source_en,
    )
