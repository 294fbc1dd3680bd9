"""Texts held against the pack's words and patterns before they are saved or sent.

A word is found however its letters are written (see folding.py) and pushed apart (坐 牢, 坐*牢, j.a.i.l). What only may
be meant warns, as it may be innocent and a block cannot be overruled by anybody: letters swapped for ones that look or
sound alike (座牢, ja1l), written in Latin letters (zuo lao), or parted by the end of a clause or by other letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from shouyue.compliance.folding import fold
from shouyue.compliance.rule import Pack, Rule

USES = ("note", "message", "letter")
#: digits and signs that stand for letters
_LOOKS = {"a": "a4@", "e": "e3", "i": "i1!|", "l": "l1|", "o": "o0", "s": "s5$", "t": "t7"}
#: what may stand between the letters of a word that was pushed apart
_LETTERS = r"(?:[^\w\n]|_){0,8}"
#: the same between characters: nothing that ends a clause
_APART = r"(?:[^\w\n,.;!?:、。]|\.(?!\s)|_){0,8}"
#: between characters that may only by chance stand near each other
_NEAR = r"(?:[\W_]|[a-z0-9]){0,3}"
#: Latin letters that are enough to tell a word by, where none of its characters is left
_ENOUGH = 6


@dataclass(frozen=True)
class Hit:
    """``found`` is the listed word or, for a pattern, the text's own words; ``alike`` when only look or sound agree."""

    rule: str
    severity: str
    found: str
    alike: bool
    zh: str
    en: str
    source_zh: str
    source_en: str

    def text(self, lang: str) -> str:
        zh = lang.startswith("zh")
        near = ("（形近或音近）" if zh else " (by look or sound)") if self.alike else ""
        return f"“{self.found}”{near}：{self.zh}" if zh else f"“{self.found}”{near}: {self.en}"


def check(pack: Pack, text: str, use: str, relation: str, day: date) -> list[Hit]:
    """Every rule that the text offends, worst first, each by its first word found. ``use`` is one of ``USES``;
    ``relation`` is whom the text goes to, or whom a note is about (``self``: the borrower)."""
    folded = fold(text)
    hits = []
    for rule in pack.rules:
        value = rule.value_on(day) if rule.kind == "wording" and rule.concerns("", "", relation) else None
        if value is None or use not in value.params["uses"]:
            continue
        severity = value.params.get("in_notes", rule.severity) if use == "note" else rule.severity
        if (found := _first(rule, value.params, folded)) is not None:
            word, alike = found
            weight = "warn" if alike and severity == "block" else severity
            hits.append(Hit(rule.id, weight, word, alike, rule.zh, rule.en, value.source_zh, value.source_en))
    return sorted(hits, key=lambda hit: hit.severity != "block")


def _first(rule: Rule, params: Mapping[str, Any], folded: str) -> tuple[str, bool] | None:
    exact, alike, patterns = _compiled(
        tuple(params["words_zh"]),
        tuple(params["words_en"]),
        tuple(params.get("patterns", ())),
        tuple(sorted(params.get("sounds", {}).items())),
        tuple(sorted(params.get("pinyin", {}).items())),
    )
    for word, one in exact:
        if one.search(folded):
            return word, False
    for one in patterns:
        if match := one.search(folded):
            return match[0][:40], False
    for word, one in alike:
        if any(word.isascii() or _told(match[0]) for match in one.finditer(folded)):
            return word, True
    return None


def _told(found: str) -> bool:
    """Is enough there to mean the word? A character is; a few Latin letters alone are not."""
    return not found.isascii() or sum(c.isalnum() for c in found) >= _ENOUGH


Compiled = tuple[list[tuple[str, re.Pattern[str]]], list[tuple[str, re.Pattern[str]]], list[re.Pattern[str]]]


@cache
def _compiled(
    words_zh: tuple[str, ...],
    words_en: tuple[str, ...],
    patterns: tuple[str, ...],
    sounds: tuple[tuple[str, str], ...],
    pinyin: tuple[tuple[str, str], ...],
) -> Compiled:
    like, read = dict(sounds), dict(pinyin)
    exact = [(w, re.compile(_APART.join(map(re.escape, fold(w))))) for w in words_zh]
    exact += [(w, re.compile(_english(fold(w), {}))) for w in words_en]
    alike = [(w, re.compile(made)) for w in words_zh for made in _chinese_alike(fold(w), like, read)]
    alike += [(w, re.compile(_english(fold(w), _LOOKS))) for w in words_en]
    return exact, alike, [re.compile(p) for p in patterns]


def _english(word: str, looks: Mapping[str, str]) -> str:
    """Words parted by any space; only a long word's letters may be pushed apart: a short one would hit too much."""
    parts = []
    for part in word.split():
        letters = [f"[{re.escape(looks[c])}]" if c in looks else re.escape(c) for c in part]
        parts.append((_LETTERS if len(part) > 3 else "").join(letters))
    return r"(?<![^\W_])" + r"[\W_]{1,3}".join(parts) + r"(?![^\W_])"


def _chinese_alike(word: str, like: Mapping[str, str], read: Mapping[str, str]) -> Iterator[str]:
    """The word parted, read aloud in Latin letters, and with all its characters but one swapped: one that stays as it
    is leaves something of the word."""
    yield _NEAR.join(map(re.escape, word))
    if any(c in read for c in word):
        aloud = (f"(?:{c}|{read[c]})" if c in read else re.escape(c) for c in word)
        yield rf"(?<![a-z]){_APART.join(aloud)}(?![a-z])"
    if any(c in like for c in word):
        letters = [f"[{c}{like[c]}]" if c in like else re.escape(c) for c in word]
        for kept, c in enumerate(word):
            yield _APART.join(re.escape(c) if n == kept else letter for n, letter in enumerate(letters))
