"""What a header or a file's name means, by the words of synonyms.toml.

Names alone are weighed here; suggest.py weighs them against the values. A match is a number from 0 to 1: 1 the field's
own name, 0.9 a known name, less when the known name is only the end of the header (客户姓名 ends in 姓名).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from shouyue.book.schema import TABLES, Field

WORDS = Path(__file__).with_name("synonyms.toml")

OWN, KNOWN, ENDING, LEAST = 1.0, 0.9, 0.7, 0.6


@dataclass(frozen=True)
class Name:
    """A header or a file's name, made comparable. ``unit`` is a unit of money it carries, as profiles call it."""

    words: tuple[str, ...]
    unit: str | None = None

    @property
    def joined(self) -> str:
        return "".join(self.words)


@dataclass(frozen=True)
class Vocabulary:
    raw: dict = field(hash=False, compare=False)
    #: (table, field) -> names with their weight
    names: dict[tuple[str, str], dict[tuple[str, ...], float]] = field(hash=False, compare=False)
    qualifiers: frozenset[str] = frozenset()
    units: dict[str, str] = field(default_factory=dict, hash=False, compare=False)
    #: every known header, joined
    all: frozenset[str] = frozenset()


def _split(text: str) -> tuple[str, ...]:
    """Words of a name: contractNo, contract_no, "Contract No." -> contract no. Chinese characters stay together."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"([a-z])([A-Z])", r"\1 \2", plain)
    plain = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", plain).lower()
    return tuple(
        re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=[a-z0-9])(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])(?=[a-z0-9])", " ", plain))
    )


@cache
def vocabulary() -> Vocabulary:
    raw = tomllib.loads(WORDS.read_text("utf-8"))
    units = {"".join(_split(w)): unit for unit, words in raw["units"].items() for w in words}
    names: dict[tuple[str, str], dict[tuple[str, ...], float]] = {}
    for table in TABLES.values():
        for f in table.fields:
            weighed: dict[tuple[str, ...], float] = {}
            listed = [*raw["shared"].get(f.name, []), *raw[table.name][f.name]]
            for place, word in enumerate(listed):  # earlier wins
                weighed.setdefault(_split(word), KNOWN - place * 0.001)
            weighed |= {_split(w): OWN for w in (f.zh, f.en, f.name) if w}
            names[table.name, f.name] = weighed
    return Vocabulary(
        raw=raw,
        names=names,
        qualifiers=frozenset(raw["qualifiers"]),
        units=units,
        all=frozenset("".join(n) for each in names.values() for n in each),
    )


def name_of(header: str) -> Name:
    """Takes a unit in brackets, or at the end (``amount_cents``), out of a header."""
    text = unicodedata.normalize("NFKC", header).strip()
    units = vocabulary().units
    unit = None
    for bracket in re.findall(r"[(\[【〔]([^)\]】〕]*)[)\]】〕]", text):
        unit = units.get("".join(_split(bracket)), unit)
    words = _split(re.sub(r"[(\[【〔][^)\]】〕]*[)\]】〕]", " ", text))
    if unit is None and len(words) > 1 and words[-1] in units and not words[-1].isdigit():
        unit, words = units[words[-1]], words[:-1]
    return Name(words or _split(text), unit)


def known(text: str) -> bool:
    """Is the text a header that some table has?"""
    return bool(text) and (name_of(text).joined in vocabulary().all or "".join(_split(text)) in vocabulary().all)


@lru_cache(maxsize=50_000)
def match(table: str, spec: Field, header: str) -> float:
    """How surely the header names the field, from 0 to 1."""
    v = vocabulary()
    weighed = v.names[table, spec.name]
    name = name_of(header)
    forms = [name.words, _split(header)]
    if forms[0] and forms[0][0] in ("dim", "fld", "col", "f"):
        forms.append(forms[0][1:])
    best = 0.0
    for words in forms:
        joined = "".join(words)
        for known_words, weight in weighed.items():
            if joined == "".join(known_words):
                best = max(best, weight)
            elif best < ENDING:
                best = max(best, _ending(words, known_words, v.qualifiers))
    return best


def _ending(words: tuple[str, ...], known_words: tuple[str, ...], qualifiers: frozenset[str]) -> float:
    """The header says more before a known name: 客户姓名, loan_contract_no. Not when what it says turns it round."""
    joined, tail = "".join(words), "".join(known_words)
    if not joined.endswith(tail) or joined == tail:
        return 0.0
    if tail.isascii():
        # one short word (id, no, date) at the end says too little by itself
        if words[-len(known_words) :] != known_words or len(tail) < 4:
            return 0.0
        if len(known_words) == 1 and tail in ("date", "amount", "name", "number", "type", "code", "value", "from"):
            return 0.0
        before = set(words[: -len(known_words)])
        turned = before & qualifiers
    else:
        if len(tail) < 2:
            return 0.0
        before = joined[: -len(tail)]
        turned = {q for q in qualifiers if not q.isascii() and q in before}
    if turned:
        return 0.0
    return LEAST + (ENDING - LEAST) * len(tail) / len(joined)


def tables_by_name(label: str) -> dict[str, float]:
    """Which tables a file's or sheet's name speaks of, the surest with 1: the word that stands last and longest."""
    v = vocabulary()
    noise = set(v.raw["noise"])
    words = [w for w in _split(label) if w not in noise and not w.isdigit()]
    text = " ".join(words)
    text = re.sub("|".join(sorted((re.escape(n) for n in noise if not n.isascii()), key=len, reverse=True)), "", text)
    found: dict[str, tuple[int, int]] = {}
    for table, names in v.raw["names"].items():
        for name in [*names, table]:
            plain = " ".join(_split(name))
            pattern = rf"(?<![a-z]){re.escape(plain)}(?![a-z])" if plain.isascii() else re.escape(plain)
            for at in re.finditer(pattern, text):
                found[table] = max(found.get(table, (0, 0)), (at.end(), len(plain)))
    if not found:
        return {}
    surest = max(found.values())
    return {table: 1.0 if place == surest else 0.3 for table, place in found.items()}


def value_words(kind: str) -> dict[str, str]:
    """Value as written, lower case -> what it means, for sex, relation, place, kind, bool, currency."""
    listed = vocabulary().raw["values"][kind]
    return {w.strip().lower(): meaning for meaning, words in listed.items() for w in words}


def null_words(surely: bool) -> tuple[str, ...]:
    """What stands for nothing: everywhere, or only where it cannot be read as a value."""
    return tuple(vocabulary().raw["nulls"]["any" if surely else "read"])
