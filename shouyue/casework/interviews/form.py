"""The form of the interview, read from form.toml, or from interview.toml beside the lender's own house file."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from shouyue.base.texts import Bilingual
from shouyue.casework import errors
from shouyue.casework.house import house_file
from shouyue.compliance.rule import CHANNELS

KINDS = ("text", "yes_no", "choice", "choices", "day", "times", "money", "people")
CLASSES = ("identity", "contact", "means", "sensitive", "said")
#: which kind of answer may stand beside a habit, or become a wish
HABITS = {"day_of_month": "day", "hour": "times", "channel": "choice"}
WISHES = {"channel_refused": "choices", "inconvenient_time": "times", "inconvenient_place": "yes_no"}
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Text(Bilingual):
    zh: str
    en: str


@dataclass(frozen=True)
class Question(Text):
    """One question; the keys are explained at the top of form.toml."""

    id: str
    section: str
    kind: str
    told: str
    choices: Mapping[str, Text]
    help: Text | None = None
    hint: Text | None = None
    masked: bool = False
    habit: str = ""
    wish: str = ""


@dataclass(frozen=True)
class Form:
    version: str
    sections: Mapping[str, Text]
    questions: Mapping[str, Question]
    #: the file as JSON in its own order, as it is kept beside the interviews that were asked by it
    content: str = field(repr=False)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()

    def of_section(self, section: str) -> list[Question]:
        return [q for q in self.questions.values() if q.section == section]


@cache
def current() -> Form:
    """The form by which is asked now. Raises INTV-001 where the file cannot be so."""
    path = house_file("interview.toml", Path(__file__).with_name("form.toml"))
    return built(tomllib.loads(path.read_text(encoding="utf-8")))


def built(content: Mapping[str, Any]) -> Form:
    """A form from a parsed file. Raises INTV-001 naming where it is wrong."""
    try:
        sections = {id_: Text(**texts) for id_, texts in content["sections"].items()}
        questions = {id_: _question(id_, raw, sections) for id_, raw in content["question"].items()}
        version = content["version"]
    except (KeyError, TypeError, AttributeError) as wrong:
        raise errors.BAD_INTERVIEW_FORM.error(where=str(wrong)) from None
    if not isinstance(version, str) or not 0 < len(version) <= 20:
        raise errors.BAD_INTERVIEW_FORM.error(where="version")
    return Form(version, sections, questions, json.dumps(content, ensure_ascii=False))


def _question(id_: str, raw: Mapping[str, Any], sections: Mapping[str, Text]) -> Question:
    known = {"section", "kind", "zh", "en", "help_zh", "help_en", "choices", "class", "masked", "hint", "habit", "wish"}
    chosen = raw.get("kind") in ("choice", "choices")
    choices = {key: Text(**texts) for key, texts in raw.get("choices", {}).items()}
    for where, wrong in (
        ("id", not _ID.fullmatch(id_)),
        ("keys", bool(set(raw) - known)),
        ("section", raw["section"] not in sections),
        ("kind", raw["kind"] not in KINDS),
        ("class", raw["class"] not in CLASSES),
        ("choices", chosen != bool(choices)),
        ("masked", bool(raw.get("masked")) and raw["kind"] not in ("text", "money")),
        ("habit", "habit" in raw and HABITS.get(raw["habit"]) != raw["kind"]),
        ("wish", "wish" in raw and WISHES.get(raw["wish"]) != raw["kind"]),
        ("wish", raw.get("wish") == "channel_refused" and not set(choices) <= set(CHANNELS)),
        ("hint", "hint" in raw and bool(raw.get("masked"))),
    ):
        if wrong:
            raise errors.BAD_INTERVIEW_FORM.error(where=f"{id_}.{where}")
    return Question(
        zh=raw["zh"],
        en=raw["en"],
        id=id_,
        section=raw["section"],
        kind=raw["kind"],
        told=raw["class"],
        choices=choices,
        help=Text(raw["help_zh"], raw["help_en"]) if "help_zh" in raw else None,
        hint=Text(**raw["hint"]) if "hint" in raw else None,
        masked=bool(raw.get("masked")),
        habit=raw.get("habit", ""),
        wish=raw.get("wish", ""),
    )
