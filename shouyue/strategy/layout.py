"""The layout of a strategy file, taken apart: TOML around tables of text. Every fault is found in one go.

docs/strategy.md describes the file; docs/adr/0004-strategy-as-data.md says why it looks as it does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from shouyue.base import settings
from shouyue.strategy import faults
from shouyue.strategy.cells import Type, Value, parse_value
from shouyue.strategy.experiment import HOLD_OUT, Experiment
from shouyue.strategy.faults import CellFault, Findings, Place
from shouyue.strategy.layout_experiments import experiments
from shouyue.strategy.layout_tables import Tables
from shouyue.strategy.model import Case, Label, Name, Order, Strategy, Table
from shouyue.strategy.vocabulary import vocabulary

LABELS = ("segments", "stages", "treatments", "sentences")
_TOP = {"name", "version", "zh", "en", "about_zh", "about_en", "valid_from", "valid_to", "currency", "values"}
_TOP |= {*LABELS, "table", "test", "order", "hold_out", "experiment"}


class Reading:
    """One reading of one file; keeps what is known so far, and the faults."""

    def __init__(self, raw: dict[str, Any], text: str, file: str, digest: str):
        self.raw, self.text, self.file, self.digest = raw, text, file, digest
        self.found = Findings(file)
        self.top = Place(file)
        currency = raw.get("currency", settings.currency())
        self.currency: str = currency if isinstance(currency, str) else "CNY"
        self.values: dict[str, tuple[Type, Value]] = {}
        self.names: dict[str, Name] = {}

    def strategy(self) -> Strategy:
        raw = self.raw
        self.keys(raw, _TOP, self.top)
        labels = {kind: self._labels(kind) for kind in LABELS}
        self.vocabulary = vocabulary().names(self.currency, {k: tuple(v) for k, v in labels.items()})
        inputs = vocabulary().inputs
        self.names = {i: n for i, n in self.vocabulary.items() if i in inputs}
        drawn = experiments(raw, self.file, self.found)
        self._arms(drawn)
        self._values()
        tables = Tables(self).read()
        self._whole(tables, labels["sentences"])
        return Strategy(
            name=self._text("name"),
            version=str(raw.get("version", self._text("version") if "version" not in raw else "")),
            digest=self.digest,
            file=self.file,
            text=self.text,
            zh=self._text("zh"),
            en=self._text("en"),
            currency=self.currency,
            valid_from=self._day("valid_from"),
            valid_to=self._day("valid_to"),
            values=MappingProxyType(self.values),
            labels=MappingProxyType(labels),
            tables=tables,
            order=MappingProxyType(self._order()),
            tests=self._tests(),
            names=MappingProxyType(self.names),
            faults=tuple(self.found.items),
            experiments=drawn,
        )

    def _arms(self, drawn: tuple[Experiment, ...]) -> None:
        """The arms of the file's own experiment are what ``arm`` may be."""
        arms = tuple(arm.id for e in drawn if e.id != HOLD_OUT for arm in e.arms)
        name = self.names["arm"]
        self.names["arm"] = replace(name, type=replace(name.type, choices=arms))

    # ---- the head of the file
    def keys(self, got: Mapping, known: set[str], place: Place) -> None:
        for key in got:
            if key not in known:
                self.found.add(faults.UNKNOWN_KEY, place, key=key, known=", ".join(sorted(known)))

    def _text(self, key: str) -> str:
        value = self.raw.get(key)
        if value is None:
            self.found.add(faults.MISSING_KEY, self.top, key=key)
        elif not isinstance(value, str):
            self.found.add(faults.WRONG_VALUE, self.top, key=key, value=value, wanted="text")
        return str(value or "")

    def _day(self, key: str) -> date | None:
        value = self.raw.get(key)
        if value is None or type(value) is date:
            return value
        self.found.add(faults.WRONG_VALUE, self.top, key=key, value=value, wanted="2026-11-24")
        return None

    def section(self, key: str, kind: type) -> Any:
        value = self.raw.get(key, kind())
        if isinstance(value, kind):
            return value
        self.found.add(faults.WRONG_VALUE, self.top, key=key, value=value, wanted=f"[{key}]")
        return kind()

    def _labels(self, kind: str) -> dict[str, Label]:
        labels = {}
        for id_, both in self.section(kind, dict).items():
            place = Place(self.file, kind, row_id=id_)
            if not isinstance(both, dict) or not all(isinstance(both.get(k), str) for k in ("zh", "en")):
                wanted = '{ zh = "…", en = "…" }'
                self.found.add(faults.WRONG_VALUE, place, key=f"{kind}.{id_}", value=both, wanted=wanted)
                continue
            self.keys(both, {"zh", "en"}, place)
            labels[id_] = Label(both["zh"], both["en"])
        return labels

    def _values(self) -> None:
        """``[values]``: a name for a number, written ``small = { is = 20.00, like = "overdue" }``."""
        for id_, given in self.section("values", dict).items():
            place = Place(self.file, "values", row_id=id_)
            if not isinstance(given, dict) or "is" not in given or "like" not in given:
                wanted = '{ is = 20.00, like = "overdue" }'
                self.found.add(faults.WRONG_VALUE, place, key=id_, value=given, wanted=wanted)
                continue
            self.keys(given, {"is", "like", "zh", "en"}, place)
            like = self.names.get(given["like"])
            if like is None:
                self.unknown(str(given["like"]), place)
                continue
            if (value := self.plain(given["is"], like.type, place)) is not None:
                self.values[id_] = (like.type, value)

    def plain(self, given: object, type_: Type, place: Place) -> Value | None:
        """A TOML value as a value of ``type_``."""
        if isinstance(given, bool):
            text = "yes" if given else "no"
        elif isinstance(given, str) and type_.kind in ("text", "choice"):
            text = '"' + given.replace("\\", "\\\\").replace('"', '\\"') + '"'
        else:
            text = str(given)
        try:
            literal = parse_value(text, type_)
        except CellFault as fault:
            self.found.add(fault.code, place, **fault.values)
            return None
        return literal.value if literal else None

    def unknown(self, name: str, place: Place) -> None:
        near = get_close_matches(name, [*self.names, *(n.zh for n in self.names.values())], 3, 0.5)
        self.found.add(faults.UNKNOWN_NAME, place, name=name, near=", ".join(near) or "–")

    def _whole(self, tables: tuple[Table, ...], sentences: Mapping[str, Label]) -> None:
        """The outputs the desk needs are there, and sentences name what is known."""
        given = {c.name.id for t in tables for c in t.outputs}
        for name in vocabulary().needed if tables else ():
            if name not in given:
                self.found.add(faults.MISSING_OUTPUT, self.top, name=name)
        gatherers = [t for t in tables if any(c.name.id == "because" for c in t.outputs)]
        for table in gatherers:
            if not table.lists or len(table.outputs) != 1:
                wanted = "hit = collect, gather = join, => because"
                place = Place(self.file, table.id)
                self.found.add(faults.WRONG_VALUE, place, key="hit", value=table.hit, wanted=wanted)
        for id_, label in sentences.items():
            place = Place(self.file, "sentences", row_id=id_)
            for name in placeholders(label.zh) + placeholders(label.en):
                if name not in self.names:
                    self.found.add(faults.BAD_PLACEHOLDER, place, sentence=id_, name=name)

    # ---- order and tests
    def _order(self) -> dict[str, Order]:
        """``[order]``: per phase two keys, ``["dpd up", "overdue down"]``: a whole number, then an amount."""
        order = {}
        for phase, keys in self.section("order", dict).items():
            place = Place(self.file, "order", row_id=phase)
            parts = [str(k).split() for k in keys] if isinstance(keys, list) else []
            names = [self.names.get(p[0]) for p in parts if len(p) == 2 and p[1] in ("up", "down")]
            kinds = [n.type.kind if n else "" for n in names]
            if phase not in ("reminder", "collection") or kinds != ["int", "money"]:
                wanted = 'collection = ["dpd up", "overdue down"]'
                self.found.add(faults.WRONG_VALUE, place, key=phase, value=keys, wanted=wanted)
                continue
            age, amount = names
            assert age is not None and amount is not None
            order[phase] = Order(age, parts[0][1] == "up", amount, parts[1][1] == "up")
        return order

    def _tests(self) -> tuple[Case, ...]:
        tests = []
        for raw in self.section("test", list):
            name = str(raw.get("name", "")) if isinstance(raw, dict) else ""
            place = Place(self.file, "test", row_id=name)
            given, expect = (raw.get("given", {}), raw.get("expect", {})) if name else ({}, {})
            if not name or not isinstance(given, dict) or not isinstance(expect, dict) or not expect:
                self.found.add(faults.WRONG_VALUE, place, key="test", value=name, wanted="name, given, expect")
                continue
            self.keys(raw, {"name", "given", "expect"}, place)
            values: dict[str, Value | None] = {}
            for key, value in given.items():
                if key not in vocabulary().inputs:
                    self.unknown(key, place)
                elif value == "null":
                    values[key] = None
                else:
                    values[key] = self.plain(value, self.names[key].type, place)
            for key in expect:
                if key not in self.names and key not in ("rule", "priority", "reason_zh", "reason_en"):
                    self.unknown(key, place)
            tests.append(Case(name, values, dict(expect)))
        return tuple(tests)


PLACE = re.compile(r"\{(\w+)(:n)?\}")


def placeholders(text: str) -> list[str]:
    """The names a sentence asks for, in braces; ``{name:n}`` asks for the bare number."""
    return [name for name, _ in PLACE.findall(text)]
