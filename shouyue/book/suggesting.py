"""Propose a profile for a folder of files, from headers (zh, en) and values. The words are in synonyms.toml."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from shouyue.base import settings
from shouyue.base.money import exponent
from shouyue.book import faults
from shouyue.book.parsing import NO, YES
from shouyue.book.schema import TABLES, Field
from shouyue.book.sniffing import Look, date_formats, look, separators

#: must-columns that a profile can do without
DERIVED = {"payment_id": 'derive = "content"', "charge_id": 'derive = "content"'}
IMPLIED = ("version",)


@dataclass
class Guess:
    """A table, the files that hold it, and the header for each of its columns."""

    table: str
    look: Look
    mapped: dict[str, str]
    files: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[Field]:
        parts = self.table == "instalments" and {"principal_minor", "interest_minor"} & set(self.mapped)
        return [
            f
            for f in TABLES[self.table].fields
            if f.need != "may"
            and f.name not in self.mapped
            and f.name not in (*DERIVED, *IMPLIED)
            and not (f.name == "amount_minor" and parts)
        ]


@dataclass
class Suggestion:
    """``toml`` is the profile; ``missing`` are mandatory things for which nothing was found."""

    toml: str
    missing: list[str]


@cache
def words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("synonyms.toml").read_text("utf-8"))


def suggest(folder: Path) -> Suggestion:
    """A profile for the files of a folder. Raises BOOK-201, and BOOK-203 when no table is recognised."""
    if not folder.is_dir():
        raise faults.NO_FOLDER.error(folder=folder)
    looks = look(folder)
    guesses = _tables(looks)
    if not guesses:
        raise faults.NOTHING_FOUND.error()
    missing = [f"{n}" for n, t in TABLES.items() if t.mandatory and n not in {g.table for g in guesses}]
    missing += [f"{g.table}.{f.name}" for g in guesses for f in g.missing]
    return Suggestion(_written(folder, guesses, looks, missing), missing)


def _tables(looks: Sequence[Look]) -> list[Guess]:
    """The best file for each table, and each file for one table only; more files of the same headers join it."""
    scored = []
    for seen in looks:
        for name in TABLES:
            mapped = match(name, seen)
            guess = Guess(name, seen, mapped)
            named = any(
                word in _flat(f"{seen.name} {seen.reading.get('sheet', '')}") for word in words()["files"][name]
            )
            # a table must be whole, or at least called so and nearly whole
            if guess.missing and not (named and len(guess.missing) <= 1):
                continue
            scored.append((named * 10 + len(mapped) - 5 * len(guess.missing), guess))
    scored.sort(key=lambda pair: -pair[0])
    chosen: dict[str, Guess] = {}
    for _, guess in scored:
        held = chosen.get(guess.table)
        place = (guess.look.name, guess.look.reading.get("sheet"))
        if any(place in [(f, g.look.reading.get("sheet")) for f in g.files] for g in chosen.values()):
            continue
        if held is None:
            guess.files = [guess.look.name]
            chosen[guess.table] = guess
        elif held.look.headers == guess.look.headers and held.look.reading == guess.look.reading:
            held.files.append(guess.look.name)
    return [chosen[name] for name in TABLES if name in chosen]


def match(table: str, seen: Look) -> dict[str, str]:
    """Header for each column of a table, so far as the words know it."""
    known: dict[str, list[str]] = words()["columns"][table]
    flat = {header: _flat(header) for header in seen.headers if header and seen.headers.count(header) == 1}
    mapped: dict[str, str] = {}
    for exact in (True, False):
        for column, names in known.items():
            if column in mapped:
                continue
            for name in names:
                whole = name.lstrip("=")
                if not exact and name.startswith("="):
                    continue
                hit = next(
                    (h for h, f in flat.items() if h not in mapped.values() and (f == whole if exact else whole in f)),
                    None,
                )
                if hit is not None:
                    mapped[column] = hit
                    break
    return mapped


def _flat(text: str) -> str:
    """A header without unit, brackets, blanks and marks, in lower case."""
    bare = re.sub(r"[（(\[【].*?[)）\]】]", "", text) or text
    return re.sub(r"[\s_\-./:：*#]", "", bare).lower()


# --- writing ----------------------------------------------------------------------------------------------------


def _written(folder: Path, guesses: Sequence[Guess], looks: Sequence[Look], missing: Sequence[str]) -> str:
    lines = [
        "# 建议的导入配置，请核对后使用：shouyue import DIR --profile 本文件 --book 账册",
        "# A proposed import profile. Read it, correct it, then: shouyue import DIR --profile THIS_FILE --book BOOK",
        "",
        f"name = {_text(_name(folder))}",
        f"currency = {_text(settings.currency())}",
    ]
    if missing:
        lines += ["", f"# 缺少 · missing: {', '.join(missing)}"]
    used = {name for g in guesses for name in g.files}
    others = sorted({seen.name for seen in looks} - used)
    if others:
        lines += ["", f"# 未识别的文件 · files not recognised: {', '.join(others)}"]
    for guess in guesses:
        lines += ["", *_table(guess, looks)]
    return "\n".join(lines) + "\n"


def _name(folder: Path) -> str:
    return re.sub(r"[^\w-]", "-", folder.resolve().name) or "export"


def _table(guess: Guess, looks: Sequence[Look]) -> list[str]:
    spec = TABLES[guess.table]
    lines = [f"[tables.{guess.table}]", f"files = {_texts(_globs(guess, looks))}"]
    lines += [f"{key} = {_text(value)}" for key, value in guess.look.reading.items()]
    nulls = _nulls(guess)
    if nulls:
        lines.append(f"nulls = {_texts(nulls)}")
    lines += ["", f"[tables.{guess.table}.columns]"]
    for f in spec.fields:
        header = guess.mapped.get(f.name)
        if header is not None:
            lines.append(f"{f.name} = {_column(f, header, guess.look, nulls)}")
        elif f.name in DERIVED and f.need == "key":
            lines.append(f"{f.name} = {{ {DERIVED[f.name]} }}    # 文件无编号 · the file numbers no rows")
        elif f in guess.missing:
            lines.append(f'# {f.name} = ""    # 必填 · mandatory: {f.zh}, {f.en}')
    unused = [h for h in guess.look.headers if h and h not in guess.mapped.values()]
    if unused:
        lines.append(f"# 未使用的列 · columns not used: {', '.join(unused)}".replace("\n", " "))
    return lines


def _globs(guess: Guess, looks: Sequence[Look]) -> list[str]:
    """The file names, digits left open where that takes in no other table's file."""
    patterns = []
    for name in guess.files:
        pattern = re.sub(r"\d+", "*", name)
        regex = re.compile(re.escape(pattern).replace(r"\*", ".*"))
        alien = [s for s in looks if regex.fullmatch(s.name) and s.name not in guess.files]
        patterns.append(name if alien else pattern)
    return list(dict.fromkeys(patterns))


def _nulls(guess: Guess) -> list[str]:
    known = set(words()["nulls"])
    seen = {v for header in guess.mapped.values() for v in guess.look.values(header) if v in known}
    return sorted(seen)


def _column(spec: Field, header: str, seen: Look, nulls: Sequence[str]) -> str:
    values = [v for v in seen.values(header) if v not in nulls]
    options: list[str] = []
    if spec.kind == "date":
        options = _date_options(values)
    elif spec.kind == "money":
        options = _money_options(header, values)
    elif spec.kind in ("choice", "bool") or spec.name == "currency":
        options = _value_options(spec, values)
    if not options:
        return _text(header)
    return "{ " + ", ".join([f"from = {_text(header)}", *options]) + " }"


def _date_options(values: Sequence[str]) -> list[str]:
    empty = [v for v in values if v in words()["date_nulls"]]
    formats = date_formats([v for v in values if v not in empty])
    options = []
    if formats and formats != ["%Y-%m-%d"]:
        options.append(f"dates = {_texts(formats)}")
    if empty:
        options.append(f"nulls = {_texts(sorted(empty))}")
    return options


def _money_options(header: str, values: Sequence[str]) -> list[str]:
    options = []
    decimal, thousands = separators(values)
    if decimal != ".":
        options.append(f"decimal = {_text(decimal)}")
    if thousands:
        options.append(f"thousands = {_text(thousands)}")
    unit = _unit(header)
    if unit != "major":
        options.append(f"unit = {_text(unit)}")
    scale = {"minor": 0, "thousand": 3, "ten_thousand": 4}.get(unit, 0)
    scale += exponent(settings.currency()) if unit != "minor" else 0
    fine = [v for v in values if len(v.rpartition(decimal)[2].rstrip("0")) > scale and decimal in v]
    if fine and all(re.fullmatch(r"[-+]?[\d.,' ]+", v) for v in fine):
        options.append('rounding = "half_even"')
    return options


def _unit(header: str) -> str:
    """The unit a header names in brackets or at its end; the major unit when it names none."""
    hint = re.findall(r"[（(\[【](.*?)[)）\]】]", header)
    tail = re.split(r"[\s_]", header.strip().lower())[-1]
    for unit, names in words()["units"].items():
        if any(h.removeprefix("单位").strip(":： ").lower() in names for h in hint) or tail in names:
            return unit
    return "major"


def _value_options(spec: Field, values: Sequence[str]) -> list[str]:
    known: dict[str, list[str]] = words()["values"].get(spec.name, {})
    fits = {c.lower() for c in spec.choices} | (set(YES + NO) if spec.kind == "bool" else set())
    pairs = []
    for value in sorted(values):
        if value.lower() in fits:
            continue
        target = next((t for t, names in known.items() if value.lower() in (n.lower() for n in names)), None)
        if target:
            pairs.append(f"{_text(value)} = {_text(target)}")
    return [f"values = {{ {', '.join(pairs)} }}"] if pairs else []


def _text(value: str | int) -> str:
    # JSON's escapes are TOML's
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(v) for v in values) + "]"
