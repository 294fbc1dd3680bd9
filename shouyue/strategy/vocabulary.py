"""The vocabulary: what a strategy may ask for and what it gives, read from vocabulary.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import polars as pl
from babel.numbers import get_currency_name

from shouyue.base.money import to_minor
from shouyue.strategy.cells import Type, Value
from shouyue.strategy.model import Label, Name

#: how a value of each kind lies in a data frame
PHYSICAL: dict[str, pl.DataType] = {
    "int": pl.Int64(),
    "money": pl.Int64(),
    "number": pl.Decimal(38, 10),
    "date": pl.Date(),
    "bool": pl.Boolean(),
    "choice": pl.String(),
    "text": pl.String(),
}


@dataclass(frozen=True)
class Unit:
    zh: str
    one: str
    many: str


@dataclass(frozen=True)
class Vocabulary:
    """``defaults`` are by data column: what a missing value is taken for; only where it may not stay missing."""

    inputs: Mapping[str, Name]
    outputs: Mapping[str, Name]
    needed: tuple[str, ...]
    choices_from: Mapping[str, str]
    units: Mapping[str, Unit]
    defaults: Mapping[str, Value]
    #: what a hold-out never takes anything from: input -> the value that protects
    protected: Mapping[str, Value]
    #: what an input may decide at most: input -> the outputs
    decides_only: Mapping[str, tuple[str, ...]]
    #: how the choices of a name are called, where every strategy has the same
    choice_words: Mapping[str, Mapping[str, Label]]

    def names(self, currency: str, choices: Mapping[str, tuple[str, ...]]) -> dict[str, Name]:
        """Every name, with the strategy's currency and its own segments, stages, treatments and sentences."""
        names = {}
        for name in (*self.inputs.values(), *self.outputs.values()):
            type_ = name.type
            if type_.kind == "money":
                typical = name.typical
                if isinstance(typical, int) and typical:
                    typical = to_minor(str(typical), currency)
                name = replace(name, type=replace(type_, unit=currency, currency=currency), typical=typical)
            elif name.id in self.choices_from:
                own = choices.get(self.choices_from[name.id], ())
                name = replace(name, type=replace(type_, choices=own))
            names[name.id] = name
        return names


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary shipped with the product."""
    raw = tomllib.loads(files("shouyue.strategy").joinpath("vocabulary.toml").read_text("utf-8"))
    inputs = {i: _input(i, f) for i, f in raw["inputs"].items()}
    return Vocabulary(
        inputs=inputs,
        outputs={i: _output(i, f) for i, f in raw["outputs"].items()},
        needed=tuple(i for i, f in raw["outputs"].items() if f.get("needed")),
        choices_from={i: f["choices_from"] for i, f in raw["outputs"].items() if "choices_from" in f},
        units={u: Unit(f["zh"], *f["en"]) for u, f in raw["units"].items()},
        defaults={inputs[i].column: f["default"] for i, f in raw["inputs"].items() if "default" in f},
        protected=raw["protected"],
        decides_only={name: tuple(outputs) for name, outputs in raw["decides_only"].items()},
        choice_words={
            name: {id_: Label(both["zh"], both["en"]) for id_, both in words.items()}
            for name, words in raw["choice_words"].items()
        },
    )


def _type(fields: Mapping) -> Type:
    return Type(
        fields["kind"],
        unit=fields.get("unit", ""),
        choices=tuple(fields.get("choices", ())),
        low=fields.get("min"),
        high=fields.get("max"),
        nullable=fields.get("missing", False),
    )


def _input(id_: str, fields: Mapping) -> Name:
    typical = fields.get("typical", fields.get("default"))
    return Name(id_, _type(fields), fields["zh"], fields["en"], column=fields.get("column", id_), typical=typical)


def _output(id_: str, fields: Mapping) -> Name:
    return Name(id_, _type(fields), fields["zh"], fields["en"])


def currency_word(currency: str) -> str:
    """How an amount's currency is called after it in Chinese: 元 for CNY."""
    return "元" if currency == "CNY" else get_currency_name(currency, locale="zh_Hans_CN")
