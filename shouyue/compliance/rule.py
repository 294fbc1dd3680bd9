"""The records of a rule pack: rules, their values by date, the pack they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

#: in rising order of weight
SEVERITIES = ("log", "warn", "block")
#: the original was read; a published summary was read; a rule of the lender or of this product
EVIDENCE = ("text", "press", "house")
#: what a contact says: of the debt; only who calls and a wish to be called back; a way to reach the debtor; a reply to
#: what the person asked; a notice that the law asks for
CONTENTS = ("debt", "limited", "locate", "reply", "notice")
CHANNELS = ("call", "voice", "visit", "sms", "email", "letter", "push", "chat")
#: who may be behind a number, as the lender's files say
RELATIONS = ("self", "guarantor", "spouse", "parent", "child", "relative", "friend", "colleague", "employer", "other")


class Words(NamedTuple):
    """A text beside a rule in both languages; empty in both where there is none."""

    zh: str = ""
    en: str = ""


UNSAID = Words()


@dataclass(frozen=True)
class Value:
    """What a rule says from ``valid_from`` on, until the next value."""

    valid_from: date
    source_zh: str
    source_en: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    id: str
    kind: str
    severity: str
    evidence: str
    zh: str
    en: str
    values: tuple[Value, ...]
    #: empty means every channel, purpose, relation
    channels: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    relations: frozenset[str] = frozenset()
    not_relations: frozenset[str] = frozenset()
    #: facts that lift the rule, such as the debtor's own agreement
    unless: tuple[str, ...] = ()
    #: which of its exceptions, facts of ``unless`` or of a value's ``except``, rest on a published summary alone
    press: tuple[str, ...] = ()
    #: id of the rule that this one makes stricter
    tightens: str = ""
    #: of a rule of kind ``conduct``: where it is kept
    enforced_by: Words = UNSAID
    note: Words = UNSAID

    def concerns(self, channel: str, purpose: str, relation: str) -> bool:
        return (
            (not self.channels or channel in self.channels)
            and (not self.purposes or purpose in self.purposes)
            and (not self.relations or relation in self.relations)
            and relation not in self.not_relations
        )

    def value_on(self, day: date) -> Value | None:
        """The value valid on ``day``; None before the rule came into force."""
        return next((v for v in reversed(self.values) if v.valid_from <= day), None)


@dataclass(frozen=True)
class Pack:
    name: str
    title_zh: str
    title_en: str
    rules: tuple[Rule, ...]
    digest: str
    #: the parsed files it was made of, enough to make it again
    content: Mapping[str, Any] = field(repr=False)

    def rule(self, rule_id: str) -> Rule:
        return next(r for r in self.rules if r.id == rule_id)

    @property
    def lookback_days(self) -> int:
        """How many days of earlier contacts the rules look at."""
        days = [v.params.get("days", 1) for r in self.rules for v in r.values if r.kind in ("count", "pause_after")]
        return max(days, default=1)

    @property
    def heeds_every_place(self) -> bool:
        """Do quiet hours count wherever the person may be, by address and by number?"""
        return any(v.params.get("places") == "all" for r in self.rules for v in r.values)

    def lapsing(self, day: date) -> list[tuple[Rule, Mapping[str, Any]]]:
        """Rules in force on the day by which what a person allowed no longer counts, with their values."""
        return [(r, value.params) for r in self.rules if r.kind == "lapses" and (value := r.value_on(day))]
