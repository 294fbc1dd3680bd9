"""Texts held against the pack's words and patterns before they are saved or sent.

A word is found however its letters are written (full or half width, large or small, composed or not), pushed apart
(坐 牢, 坐*牢, j.a.i.l) or swapped for ones that look or sound alike (座牢, ja1l). What looks alike only warns: it may
be an innocent word, and a block cannot be overruled by anybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from shouyue.compliance.rule import Pack, Rule

USES = ("note", "message", "letter")
#: digits and signs that stand for letters
_LOOKS = {"a": "a4@", "e": "e3", "i": "i1!|", "l": "l1|", "o": "o0", "s": "s5$", "t": "t7"}
#: what may stand between the letters of a word that was pushed apart; never a line's end
_APART = r"[^\w\n]{0,3}"


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


def fold(text: str) -> str:
    """One spelling of a text: NFKC, lower case, without marks that are not seen."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn") and c != "\x00")


def _first(rule: Rule, params: Mapping[str, Any], folded: str) -> tuple[str, bool] | None:
    exact, alike, patterns = _compiled(
        tuple(params["words_zh"]),
        tuple(params["words_en"]),
        tuple(params.get("patterns", ())),
        tuple(sorted(params.get("sounds", {}).items())),
    )
    for word, one in exact:
        if one.search(folded):
            return word, False
    for one in patterns:
        if match := one.search(folded):
            return match[0][:40], False
    for word, one in alike:
        if one.search(folded):
            return word, True
    return None


Compiled = tuple[list[tuple[str, re.Pattern[str]]], list[tuple[str, re.Pattern[str]]], list[re.Pattern[str]]]


@cache
def _compiled(
    words_zh: tuple[str, ...],
    words_en: tuple[str, ...],
    patterns: tuple[str, ...],
    sounds: tuple[tuple[str, str], ...],
) -> Compiled:
    like = dict(sounds)
    exact = [(w, re.compile(_APART.join(map(re.escape, fold(w))))) for w in words_zh]
    exact += [(w, re.compile(_english(fold(w), {}))) for w in words_en]
    alike = [(w, re.compile(made)) for w in words_zh for made in _chinese_alike(fold(w), like)]
    alike += [(w, re.compile(_english(fold(w), _LOOKS))) for w in words_en]
    return exact, alike, [re.compile(p) for p in patterns]


def _english(word: str, looks: Mapping[str, str]) -> str:
    """Words parted by any space; only a long word's letters may be pushed apart: a short one would hit too much."""
    parts = []
    for part in word.split():
        letters = [f"[{re.escape(looks[c])}]" if c in looks else re.escape(c) for c in part]
        parts.append((_APART if len(part) > 3 else "").join(letters))
    return r"(?<!\w)" + r"\W{1,3}".join(parts) + r"(?!\w)"


def _chinese_alike(word: str, like: Mapping[str, str]) -> Iterator[str]:
    """The word with its characters swapped; at least one of them stays as it is, so that something of it is left."""
    if not any(c in like for c in word):
        return
    letters = [f"[{c}{like[c]}]" if c in like else re.escape(c) for c in word]
    for kept, c in enumerate(word):
        yield " ?".join(re.escape(c) if n == kept else letter for n, letter in enumerate(letters))
