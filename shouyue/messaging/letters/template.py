"""Letter templates: a TOML file each, in Chinese and English, with values of the case in braces."""

from __future__ import annotations

import hashlib
import string
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shouyue.messaging import errors

HERE = Path(__file__).parent / "templates"
#: what a template may say of a case
VALUES = frozenset(
    {
        *("name", "lender", "as_of", "dpd", "overdue", "owed", "pay_by", "account", "oldest", "made_on", "due_date"),
        *("amount", "opened_on", "ended", "contacts", "pack", "beyond", "total", "settle_by"),
    }
)
#: what only one that lists what happened may say
OF_HISTORY = frozenset({"contacts", "pack", "beyond"})
#: what only one that says early settlement quotes may say
OF_QUOTES = frozenset({"total", "settle_by"})


@dataclass(frozen=True)
class Words:
    title: str
    greeting: str
    paragraphs: tuple[str, ...]
    closing: str

    def all(self) -> tuple[str, ...]:
        return (self.title, self.greeting, *self.paragraphs, self.closing)


@dataclass(frozen=True)
class Template:
    id: str
    version: int
    digest: str
    #: phases of a case that it is for
    phases: frozenset[str]
    #: does it ask for payment, and so is a contact that the gate decides on?
    gated: bool
    #: does it list what happened?
    history: bool
    #: does it say the early settlement quotes that stand?
    quotes: bool
    zh: Words
    en: Words

    def words(self, language: str) -> Words:
        return self.zh if language.startswith("zh") else self.en


@cache
def templates() -> dict[str, Template]:
    """The shipped templates by id. Raises LETTER-002."""
    return {one.id: one for one in map(read, sorted(HERE.glob("*.toml")))}


def template(name: str) -> Template:
    """Raises LETTER-001."""
    if name not in templates():
        raise errors.NO_TEMPLATE.error(name=name)
    return templates()[name]


def read(path: Path) -> Template:
    """A template from its file. Raises LETTER-002 naming what is wrong."""
    text = path.read_text(encoding="utf-8")
    try:
        raw = tomllib.loads(text)
        made = Template(
            id=raw["id"],
            version=raw["version"],
            digest=hashlib.sha256(text.encode()).hexdigest(),
            phases=frozenset(raw["phases"]),
            gated=raw["gated"],
            history=raw.get("history", False),
            quotes=raw.get("quotes", False),
            zh=_words(raw["zh"]),
            en=_words(raw["en"]),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise errors.BAD_TEMPLATE.error(name=path.stem, why=error) from None
    named = {field for words in (made.zh, made.en) for line in words.all() for field in _named(line, path.stem)}
    known = VALUES - (set() if made.history else OF_HISTORY) - (set() if made.quotes else OF_QUOTES)
    if unknown := named - known:
        raise errors.BAD_TEMPLATE.error(name=path.stem, why=f"{', '.join(sorted(unknown))}?")
    return made


def _words(raw: dict) -> Words:
    return Words(raw["title"], raw["greeting"], tuple(raw["paragraphs"]), raw["closing"])


def _named(line: str, name: str) -> list[str]:
    try:
        return [field for _, field, _, _ in string.Formatter().parse(line) if field is not None]
    except ValueError as error:
        raise errors.BAD_TEMPLATE.error(name=name, why=error) from None
