"""The parts of a script, and what its texts and its conditions may name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shouyue.base.texts import Bilingual

#: answers of the signing interview that scripts go by: ``said_`` and the question's id, and of which kind it is
SAID = {
    "said_pay_day": "day",
    "said_salary_on": "day",
    "said_usual_hours": "times",
    "said_channel": "choice",
    "said_pays_how": "choice",
    "said_corporate_account": "yes_no",
    "said_early_settlement": "yes_no",
    "said_not_at_work": "yes_no",
    "said_if_lost": "text",
}
INTERVIEWED = "interviewed"
#: those that a sentence may use; what he wrote in free words is never said, only that there is something
SPOKEN = tuple(key for key, kind in SAID.items() if kind in ("day", "times", "choice"))

#: values a sentence may use, whoever hears it
VALUES = frozenset(
    {
        *("name", "lender", "staff", "due_date", "debit_date", "amount", "overdue", "dpd", "account"),
        *("promised_amount", "promised_on", "guarantor"),
        *SPOKEN,
    }
)
HARMLESS = frozenset({"name", "staff"})
#: the loan he guarantees and what is owed on it; not the borrower's account, his promises or what he said of himself
OF_THE_GUARANTEE = HARMLESS | {"guarantor", "lender", "due_date", "amount", "overdue", "dpd"}
#: what may be used by whom the script is for
VALUES_FOR = {"borrower": VALUES - {"guarantor"}, "guarantor": OF_THE_GUARANTEE, "third_person": HARMLESS}

#: what a condition may ask: yes or no, except ``dpd``, which is a range of days, both included
OF_CASE = ("broken_promise", "hardship", "vulnerable", "dispute", "lost_contact", "recorded_line")
#: of the interview; only a borrower's script may ask them
OF_INTERVIEW = (INTERVIEWED, *SAID)
YES_OR_NO = (*OF_CASE, *OF_INTERVIEW)
DAYS = "dpd"
#: how earlier elements of the same call were ticked: {element: its outcome, or several of which one}
TICKED = "ticked"

Condition = Mapping[str, Any]


def asked_ticks(when: Condition) -> dict[str, tuple[str, ...]]:
    """Which outcomes a condition takes of which earlier elements; it must be one that can be asked."""
    return {id_: (said,) if isinstance(said, str) else tuple(said) for id_, said in when.get(TICKED, {}).items()}


@dataclass(frozen=True)
class Named(Bilingual):
    """An id, and what the desk calls it."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class ElementOutcome(Named):
    #: ticking it ends the conversation about the matter
    ends: bool = False
    #: the result of a call in which it was said; empty: the rep's to say
    result: str = ""


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
