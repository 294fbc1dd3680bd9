"""The gate's decision as a pure function: a pack, a question with its history, an answer.

Nothing here reads a clock, a database or a setting, so an answer given today can be given again years later from what
was stored. The rules' numbers are in the pack; what a kind of rule means is in kinds.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

from shouyue.compliance import said as heard
from shouyue.compliance.inputs import (
    LIFTED,
    LOGS,
    NOTICE,
    PASSES,
    REFUSES,
    UNKNOWN,
    WARNS,
    Inputs,
    Judgement,
    Local,
    holds,
    zone_of,
)
from shouyue.compliance.kinds import KINDS, UNJUDGED, Kind
from shouyue.compliance.rule import CONTENTS, Pack, Rule, Value

_FIRES = {"block": REFUSES, "warn": WARNS, "log": LOGS}
#: from the mildest on
_STRICTER = (PASSES, LIFTED, NOTICE, UNKNOWN, LOGS, WARNS, REFUSES)
_BY_CLOCK = {"zh": "（按 {zone} 的时间）", "en": " (by the clock of {zone})"}


@dataclass(frozen=True)
class Finding:
    """What one rule said: ``count`` of ``limit`` where it counts, ``until`` when it stops to refuse (None: unknown)."""

    rule: str
    kind: str
    verdict: str
    severity: str
    source_zh: str
    source_en: str
    value: Mapping[str, Any]
    count: int | None = None
    limit: int | None = None
    until: datetime | None = None
    zh: str = ""
    en: str = ""

    def to_json(self) -> dict[str, Any]:
        said = {k: v for k, v in self.__dict__.items() if v not in (None, "")}
        return {**said, "value": dict(self.value), **({"until": self.until.isoformat()} if self.until else {})}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Finding:
        until = stored.get("until")
        return cls(**{**stored, "until": datetime.fromisoformat(until) if until else None})


@dataclass(frozen=True)
class Answer:
    """May this contact be made? ``next_allowed_at`` is the first moment at which no rule refuses if nothing else
    happens until then: ``at`` itself when allowed, None when time alone does not bring it."""

    allowed: bool
    findings: tuple[Finding, ...]
    next_allowed_at: datetime | None
    pack: str
    pack_digest: str
    at: datetime
    zone: str
    channel: str
    relation: str = "self"
    #: zones besides ``zone`` by whose clocks it was decided as well
    clocks: tuple[str, ...] = ()

    def words(self, lang: str) -> str:
        """The answer as a person reads it: may I now, how often today, until when; or why not, and when."""
        from shouyue.compliance.words import say

        return say(self, lang)

    @property
    def contents(self) -> tuple[str, ...]:
        """What may be said, of ``rule.CONTENTS``: all that no rule about this relation leaves out."""
        limits = [set(f.value["only"]) for f in self.findings if f.kind == "only_content"]
        return tuple(c for c in CONTENTS if all(c in only for only in limits))

    @property
    def refusals(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict == REFUSES)


#: a clock that nobody knows protects nobody, so without the person's zone the answer is no
NO_ZONE = Finding(
    rule="time-zone",
    kind="time_zone",
    verdict=REFUSES,
    severity="block",
    source_zh="守约默认规则",
    source_en="Shouyue default rule",
    value={},
    zh="对方所在时区未知，无法判断安静时段",
    en="the person's time zone is unknown, so quiet hours cannot be judged",
)


def decide(pack: Pack, inputs: Inputs) -> Answer:
    """The answer of ``pack`` to ``inputs``, with every rule that concerns them."""
    findings = tuple(_findings(pack, inputs))
    allowed = all(f.verdict != REFUSES for f in findings)
    return Answer(
        allowed=allowed,
        findings=findings,
        next_allowed_at=inputs.at if allowed else _next(pack, inputs, findings),
        pack=pack.name,
        pack_digest=pack.digest,
        at=inputs.at,
        zone=inputs.zone,
        channel=inputs.channel,
        relation=inputs.relation,
        clocks=inputs.clocks,
    )


def asked_for(pack: Pack, inputs: Inputs) -> bool:
    """Does a budget that leaves out what the person asked for leave this contact out? He rang himself, or asked for the
    call and by every clock that still counts."""
    views = (_seen(pack, inputs, name)[0].facts for name in (inputs.zone, *inputs.clocks))
    return inputs.facts.get("inbound") is True or all(facts.get(heard.CALL_ASKED_FOR) is True for facts in views)


def _findings(pack: Pack, inputs: Inputs) -> Iterator[Finding]:
    """What each rule says, the strictest by any clock that the person may have.

    A day is a whole day of one clock: contacts are never counted by one clock on the one side and by another on the
    other, as nobody's calendar has such a day.
    """
    views = [_seen(pack, inputs, name) for name in (inputs.zone, *inputs.clocks)]
    if views[0][1].zone is None:
        yield NO_ZONE
        del views[1:]
    for rule in pack.rules:
        if rule.kind not in UNJUDGED and rule.concerns(inputs.channel, inputs.purpose, inputs.relation):
            found = [said for asked, local in views if (said := _judge(rule, asked, local)) is not None]
            if found:
                yield found[0] if len(found) == 1 else _strictest(found)


def _seen(pack: Pack, inputs: Inputs, name: str) -> tuple[Inputs, Local]:
    """The question by one clock: its day, and what of the person's words holds on that day."""
    zone = zone_of(name)
    asked = replace(inputs, zone=name, told_zones=(), also_zones=()) if inputs.clocks else inputs
    if inputs.asked and (consent := inputs.asked.said(inputs.at)):
        asked = replace(asked, said=(*inputs.said, *consent), facts={**inputs.facts, "asked_for": True})
    if asked.said:
        asked = replace(asked, facts={**asked.facts, **heard.facts(pack, asked, zone)})
    return asked, Local(inputs.at, zone, "" if name == inputs.zone else name)


def _strictest(found: Sequence[Finding]) -> Finding:
    """Of one rule's findings by several clocks; the first, the file's, where they are alike."""
    if found[0].kind == "lapses":
        return min(found, key=_ends)
    return max(found, key=_strictness)


def _strictness(finding: Finding) -> tuple[int, float, int]:
    fires = finding.verdict in _FIRES.values()
    return _STRICTER.index(finding.verdict), _ends(finding) if fires else 0.0, finding.count or 0


def _ends(finding: Finding) -> float:
    return finding.until.timestamp() if finding.until else inf


def _judge(rule: Rule, inputs: Inputs, local: Local) -> Finding | None:
    kind = KINDS[rule.kind]
    if local.zone is None and kind.needs_zone:
        return None
    value = rule.value_on(local.day_of(inputs.at) if local.zone else inputs.at.astimezone(UTC).date())
    judged = kind.judge(rule, value.params, inputs, local) if value else None
    if value is None or judged is None:
        return None
    verdict = judged.verdict or (_FIRES[rule.severity] if judged.fires else PASSES)
    if judged.fires and any(holds(fact, inputs.facts) for fact in rule.unless):
        verdict = LIFTED
    spoken = verdict in (REFUSES, WARNS, NOTICE)
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        verdict=verdict,
        severity=rule.severity,
        source_zh=value.source_zh,
        source_en=value.source_en,
        value=value.params,
        count=judged.count,
        limit=judged.limit,
        until=judged.until if judged.fires or rule.kind == "lapses" else None,
        zh=_text(rule.zh, value, judged) + _clock("zh", kind, local) if spoken else "",
        en=_text(rule.en, value, judged) + _clock("en", kind, local) if spoken else "",
    )


def _text(template: str, value: Value, judged: Judgement) -> str:
    return template.format(**{**value.params, "count": judged.count, "limit": judged.limit})


def _clock(lang: str, kind: Kind, local: Local) -> str:
    return _BY_CLOCK[lang].format(zone=local.elsewhere) if kind.needs_zone and local.elsewhere else ""


def _next(pack: Pack, inputs: Inputs, findings: tuple[Finding, ...]) -> datetime | None:
    """The first moment without a refusal: each refusing rule names when it ends, the latest of them is asked again, and
    so is the time for which the person asked."""
    for _ in range(100):
        refusals = [f for f in findings if f.verdict == REFUSES]
        if not refusals:
            return inputs.at
        ends = [f.until for f in refusals]
        latest = None if None in ends else max(end for end in ends if end is not None)
        if inputs.asked and inputs.at < inputs.asked.begins and (latest is None or inputs.asked.begins < latest):
            latest = inputs.asked.begins
        if latest is None or latest - inputs.at > timedelta(days=3660) or latest <= inputs.at:
            return None
        inputs = replace(inputs, at=latest)
        findings = tuple(_findings(pack, inputs))
    return None
