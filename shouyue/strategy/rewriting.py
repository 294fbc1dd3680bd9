"""A text of tables (a strategy, a call's script) with other content: what stays keeps its comments and layout.

What differs is written new. The content is the file as plain data, as ``tomllib`` gives it with numbers as Decimal.
Tables and a script's elements are known by ``id``, tests by ``name``. A library that edits TOML in place exists; it
moves comments that stand over a heading.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

_KNOWN_BY = {"table": "id", "test": "name", "elements": "id", "objections": "id"}
_HEADING = re.compile(r"\[\[?\s*([A-Za-z0-9_-]+)\s*\]?\]\s*(#.*)?")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Entry:
    """A key with its value as written, over one or more lines, and the comments above it."""

    key: str
    text: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """The top of the file (without a heading), a section, or one of several tables of a name."""

    name: str = ""
    heading: str = ""
    many: bool = False
    entries: tuple[Entry, ...] = ()
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = field(default=())


class _Unusual(Exception):
    """Valid TOML in a form that parts do not cover: dotted names, sections within sections."""


def content(text: str) -> dict[str, Any]:
    """The file as plain data. Raises TOMLDecodeError."""
    return tomllib.loads(text, parse_float=Decimal)


def rewritten(text: str, new: Mapping[str, Any]) -> str:
    """``text`` changed so that its content is ``new``; the same text when it is already.

    In a text of unusual form (dotted names, sections within sections) texts are changed where they stand; any other
    change writes it anew as a whole, without its comments.
    """
    old = content(text)
    if same(old, new):
        return text
    text = text.replace("\r\n", "\n")  # as TOML reads it
    try:
        parts = _changed(_parts(text), old, new)
    except _Unusual:
        if (swapped := _swapped(text, old, new)) is not None:
            return swapped
        parts = _changed([Part()], {}, new)
    written = "\n".join(line for part in parts for line in _lines(part)) + "\n"
    assert same(content(written), new), "the text says something else than it should"
    return written


# ---- texts changed where they stand
def _swapped(text: str, old: object, new: object) -> str | None:
    """The text with other texts in the places of those that differ; None where more than that differs, or where a
    text stands in several places."""
    written = text
    for was, now in _differing(old, new):
        there = [form for form in _forms(was) if form in written]
        if now is None or len(there) != 1 or written.count(there[0]) != 1:
            return None
        written = written.replace(there[0], value_text(now))
    return written if same(_content_or_none(written), new) else None


def _differing(old: object, new: object) -> Iterator[tuple[str, str | None]]:
    """Texts that differ, with the other one; None beside one where something else differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() == new.keys():
        for key in old:
            yield from _differing(old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for one, other in zip(old, new, strict=True):
            yield from _differing(one, other)
    elif not same(old, new):
        texts = isinstance(old, str) and isinstance(new, str)
        yield str(old), str(new) if texts else None


def _forms(value: str) -> list[str]:
    """How a text may be written."""
    return [f"'''\n{value}'''", f'"""\n{value}"""', _quoted(value), f"'{value}'"]


def _content_or_none(text: str) -> dict[str, Any] | None:
    try:
        return content(text)
    except tomllib.TOMLDecodeError:
        return None


def same(one: object, other: object) -> bool:
    """Equal, and of one kind: ``true`` is not 1, and 20 is not 20.00."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and one == other and str(one) == str(other)


# ---- taking apart
def _parts(text: str) -> list[Part]:
    lines = text.rstrip("\n").split("\n")
    parts, above, at = [Part()], [], 0
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            above.append(lines[at])
            at += 1
        elif line.startswith("["):
            found = _HEADING.fullmatch(line)
            if not found:
                raise _Unusual
            parts.append(Part(found[1], lines[at], line.startswith("[["), above=tuple(above)))
            above = []
            at += 1
        else:
            entry, at = _entry(lines, at)
            parts[-1] = replace(parts[-1], entries=(*parts[-1].entries, replace(entry, above=tuple(above))))
            above = []
    parts[-1] = replace(parts[-1], below=tuple(above))
    return parts


def _entry(lines: list[str], at: int) -> tuple[Entry, int]:
    """The entry that begins in a line, and the line after it: it ends where it can be read."""
    for end in range(at + 1, len(lines) + 1):
        text = "\n".join(lines[at:end])
        if text.count("'''") == 1 or text.count('"""') == 1:
            continue
        try:
            read = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        (key,) = read
        if not re.match(rf"\s*(?:{re.escape(key)}|{re.escape(_quoted(key))})\s*=", text):
            raise _Unusual
        return Entry(key, text), end
    raise _Unusual


def _lines(part: Part) -> list[str]:
    lines = [*part.above, *([part.heading] if part.heading else [])]
    for entry in part.entries:
        lines += [*entry.above, entry.text]
    return [*lines, *part.below]


# ---- changing
def _changed(parts: list[Part], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Part]:
    top, rest = parts[0], parts[1:]
    sections = {k: v for k, v in new.items() if isinstance(v, Mapping) and not _in(top, k)}
    several = {k: v for k, v in new.items() if _tables(v) and not _in(top, k)}
    plain = {k: v for k, v in new.items() if k not in sections and k not in several}
    made = [_merged(top, {k: v for k, v in old.items() if _in(top, k)}, plain)]
    ends = made[0].below
    made[0] = replace(made[0], below=())
    lists = {name: _listed([p for p in rest if p.many and p.name == name], old, name, new) for name in several}
    placed: set[str] = set()
    for part in rest:
        if part.below:
            ends = part.below
        if part.name in lists and part.many:
            made += lists[part.name] if part.name not in placed else []
            placed.add(part.name)
        elif part.name in sections and not part.many:
            made.append(replace(_merged(part, old[part.name], sections[part.name]), below=()))
            placed.add(part.name)
    fresh = [_fresh(name, value) for name, value in sections.items() if name not in placed]
    before = next((i for i, part in enumerate(made) if part.many), len(made))
    made[before:before] = fresh
    made += [p for name, listed in lists.items() if name not in placed for p in listed]
    made[-1] = replace(made[-1], below=ends)
    return made


def _listed(parts: list[Part], old: Mapping[str, Any], name: str, new: Mapping[str, Any]) -> list[Part]:
    """Tables or tests in their new order; those known keep what they look like."""
    known_by = _KNOWN_BY.get(name, "name")
    waiting = list(zip(parts, old.get(name, ()), strict=True))
    made = []
    for value in new[name]:
        found = next((w for w in waiting if w[1].get(known_by) == value.get(known_by)), None)
        if found is None:
            made.append(_fresh(name, value, many=True))
        else:
            waiting.remove(found)
            made.append(replace(_merged(found[0], found[1], value), below=()))
    return made


def _merged(part: Part, old: Mapping[str, Any], new: Mapping[str, Any]) -> Part:
    entries = []
    for entry in part.entries:
        if entry.key in new:
            value = new[entry.key]
            entries.append(entry if same(old[entry.key], value) else replace(entry, text=_rewrite(entry, value)))
    before = None
    for key, value in new.items():  # a new key stands where the content has it, or at the end
        if not any(e.key == key for e in entries):
            at = next((n for n, e in enumerate(entries, 1) if e.key == before), len(entries))
            entries.insert(at, Entry(key, written_text(key, value)))
        before = key
    return replace(part, entries=tuple(entries))


def _rewrite(entry: Entry, value: object) -> str:
    return written_text(entry.key, value) + _comment(entry.text)


def _comment(text: str) -> str:
    """The comment after a value on one line, with the space before it."""
    for found in re.finditer(r"\s*#", text) if "\n" not in text else ():
        try:
            tomllib.loads(text[: found.start()])
        except tomllib.TOMLDecodeError:
            continue
        return text[found.start() :]
    return ""


def _fresh(name: str, value: Mapping[str, Any], many: bool = False) -> Part:
    written = _key(name)
    heading = f"[[{written}]]" if many else f"[{written}]"
    return Part(name, heading, many, tuple(Entry(k, written_text(k, v)) for k, v in value.items()), above=("",))


# ---- writing values
def written_text(key: str, value: object) -> str:
    return f"{_key(key)} = {value_text(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def value_text(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text if "." in text else f"{text}.0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(written_text(k, v) for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(value_text(v) for v in value) + "]"
    return _string(str(value))


def _string(text: str) -> str:
    """Lines as they are between three quotes where that is possible."""
    plain = "'''" not in text and not text.endswith("'") and all(c.isprintable() or c in "\n\t" for c in text)
    return f"'''\n{text}'''" if "\n" in text and plain else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _in(top: Part, key: str) -> bool:
    return any(e.key == key for e in top.entries)


def _tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)
