"""A DMN file as read: plain records around the engine's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shouyue.strategy.cells import Cell, Type, Value
from shouyue.strategy.faults import Finding
from shouyue.strategy.model import Name, Table

#: namespaces of the model, by version
VERSIONS = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
MODEL = next(ns for ns, version in VERSIONS.items() if version == "1.5")
#: our own elements and attributes inside DMN's extension points
SHOUYUE = "urn:shouyue:strategy:1"
#: hit policies as DMN calls them
HITS = {
    "UNIQUE": "unique",
    "FIRST": "first",
    "ANY": "any",
    "PRIORITY": "priority",
    "COLLECT": "collect",
    "RULE ORDER": "rule order",
    "OUTPUT ORDER": "output order",
}
GATHERS = {"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}


@dataclass(frozen=True)
class Decision:
    """A decision: its name in the file, its table, and its outputs by component; one output has no component."""

    name: str
    table: Table
    components: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The engine's name of the only output."""
        return self.table.outputs[0].name.id


@dataclass(frozen=True, eq=False)
class Model:
    """``decisions`` stand in an order in which each finds what it needs. ``refused`` are decisions that cannot be
    held, by name, with the findings that say why; ``notes`` tell what was left out without harm. ``named_tables`` are
    the decisions that are tables, held or not.

    ``source`` is the strategy's own text, in files that Shouyue wrote.
    """

    file: str
    name: str
    version: str
    inputs: Mapping[str, Name]
    limits: Mapping[str, Cell]
    constants: Mapping[str, tuple[Type, Value]]
    decisions: tuple[Decision, ...]
    refused: Mapping[str, tuple[Finding, ...]]
    named_tables: frozenset[str] = frozenset()
    notes: tuple[Finding, ...] = ()
    source: str = ""

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(d.table for d in self.decisions)

    def decision(self, name: str) -> Decision | None:
        return next((d for d in self.decisions if d.name == name), None)
