"""The parts of a script, and what its texts and its conditions may name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: values a sentence may use; a third person's script may use only those of ``HARMLESS``
VALUES = frozenset(
    {
        *("name", "lender", "staff", "due_date", "debit_date", "amount", "overdue", "dpd", "account"),
        *("promised_amount", "promised_on"),
    }
)
HARMLESS = frozenset({"name", "staff"})

#: what a condition may ask: yes or no, except ``dpd``, which is a range of days, both included
YES_OR_NO = ("broken_promise", "hardship", "vulnerable", "dispute", "lost_contact")
DAYS = "dpd"

Condition = Mapping[str, Any]


@dataclass(frozen=True)
class Named:
    """An id, and what the desk calls it."""

    id: str
    zh: str
    en: str

    def text(self, lang: str) -> str:
        return self.zh if lang.startswith("zh") else self.en


@dataclass(frozen=True)
class ElementOutcome(Named):
    #: ticking it ends the conversation about the matter
    ends: bool = False


@dataclass(frozen=True)
class Spoken(Named):
    """Something with a sentence to say, only where ``when`` holds."""

    say_zh: str
    say_en: str
    when: Condition = field(default_factory=dict, kw_only=True)

    def say(self, lang: str, values: Mapping[str, str]) -> str:
        return (self.say_zh if lang.startswith("zh") else self.say_en).format_map(values)


@dataclass(frozen=True)
class Element(Spoken):
    outcomes: tuple[ElementOutcome, ...]


@dataclass(frozen=True)
class Objection(Spoken):
    """What the other may say against it, and an answer to it."""


@dataclass(frozen=True)
class Script(Named):
    version: int
    phase: str
    audience: str
    elements: tuple[Element, ...]
    objections: tuple[Objection, ...] = ()
    #: chosen only where this holds; among those that hold, the highest rank
    when: Condition = field(default_factory=dict)
    rank: int = 0

    def said(self) -> Iterator[tuple[Spoken, str, str]]:
        """Every sentence a rep may say: its part, the field it stands in, the text."""
        for part in (*self.elements, *self.objections):
            yield part, "say_zh", part.say_zh
            yield part, "say_en", part.say_en
