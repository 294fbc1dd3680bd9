"""What a rep says and ticks in a call, as data: one TOML file per script.

A script has elements in order; each has a sentence to say, in zh and en, with ``{values}`` of the case, and the
outcomes it can be ticked with.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent

#: values a sentence may use; a third person's script may use only those of ``HARMLESS``
VALUES = frozenset({"name", "lender", "staff", "due_date", "debit_date", "amount", "overdue", "dpd", "account"})
HARMLESS = frozenset({"name", "staff"})


@dataclass(frozen=True)
class ElementOutcome:
    id: str
    zh: str
    en: str
    #: ticking it ends the conversation about the matter
    ends: bool = False

    def text(self, lang: str) -> str:
        return self.zh if lang.startswith("zh") else self.en


@dataclass(frozen=True)
class Element:
    id: str
    zh: str
    en: str
    say_zh: str
    say_en: str
    outcomes: tuple[ElementOutcome, ...]

    def text(self, lang: str) -> str:
        return self.zh if lang.startswith("zh") else self.en

    def say(self, lang: str, values: Mapping[str, str]) -> str:
        return (self.say_zh if lang.startswith("zh") else self.say_en).format_map(values)


@dataclass(frozen=True)
class Script:
    id: str
    version: int
    phase: str
    audience: str
    zh: str
    en: str
    elements: tuple[Element, ...]

    def text(self, lang: str) -> str:
        return self.zh if lang.startswith("zh") else self.en

    def element(self, element_id: str) -> Element | None:
        return next((e for e in self.elements if e.id == element_id), None)


@cache
def all_scripts() -> dict[str, Script]:
    """Every shipped script by its id."""
    return {script.id: script for script in map(_read, sorted(HERE.glob("*.toml")))}


def _read(path: Path) -> Script:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    elements = tuple(
        Element(**{**e, "outcomes": tuple(ElementOutcome(**o) for o in e["outcomes"])}) for e in raw.pop("elements")
    )
    return Script(elements=elements, **raw)


def script(phase: str, relation: str = "self", treatment: str = "") -> Script:
    """The script for a call: by the strategy's treatment where a script of that id exists, else by the phase.

    Anybody who is neither the borrower nor a guarantor gets the one that discloses nothing, whatever the treatment.
    """
    scripts = all_scripts()
    if relation not in ("self", "guarantor"):
        return scripts["third_person"]
    chosen = scripts.get(treatment)
    return chosen if chosen is not None and chosen.audience == "borrower" else scripts[phase]
