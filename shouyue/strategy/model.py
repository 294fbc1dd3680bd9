"""A strategy as read from its file: plain records, never changed after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal as OneOf

from shouyue.strategy.cells import ANY, Cell, Literal, Type, Value
from shouyue.strategy.experiment import Experiment
from shouyue.strategy.faults import Finding, Place

Hit = OneOf["first", "unique", "any", "priority", "collect", "rule order", "output order"]
Gather = OneOf["join", "sum", "min", "max", "count"]


@dataclass(frozen=True)
class Name:
    """Something a table may ask for or give: ``source`` is the data's column, or the id of the table that gives it.

    ``zh`` and ``en`` are its labels; ``typical`` is what a test assumes where it says nothing.
    """

    id: str
    type: Type
    zh: str = ""
    en: str = ""
    column: str = ""
    table: str = ""
    typical: Value | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table, under the heading as it was written. ``allowed`` is what its values may be."""

    name: Name
    unit: str = ""
    allowed: Cell = ANY

    @property
    def heading(self) -> str:
        return f"{self.name.id} ({self.unit})" if self.unit else self.name.id


@dataclass(frozen=True)
class Row:
    """A rule: it applies where every cell is met, and then gives ``results`` (None gives nothing).

    ``above`` are the comment lines that stand over it.
    """

    number: int
    id: str
    line: int | None
    cells: tuple[Cell, ...]
    results: tuple[Literal | None, ...]
    remark: str = ""
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A decision table. ``gaps`` says whether it may leave cases undecided.

    ``default`` is the answer where no row applies. ``ranks`` orders answers by output, the most wanted first: for
    ``priority``, which gives the first of the answers, and ``output order``, which gives all of them in that order.
    ``above`` and ``below`` are the comment lines over the heading and under the last row.
    """

    id: str
    hit: Hit
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[Row, ...]
    zh: str = ""
    en: str = ""
    gaps: bool = False
    gather: Gather = "join"
    default: tuple[Literal | None, ...] | None = None
    ranks: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def lists(self) -> bool:
        """Every row that applies gives an answer of its own; otherwise there is one answer."""
        return self.hit in ("rule order", "output order") or (self.hit == "collect" and self.gather == "join")

    @property
    def aggregates(self) -> bool:
        """The one answer is worked out from all rows that apply."""
        return self.hit == "collect" and self.gather != "join"

    @property
    def counts_all(self) -> bool:
        """Every row that applies counts; otherwise one row decides."""
        return self.lists or self.aggregates

    def ranked(self) -> tuple[Row, ...]:
        """The rows in the order in which their answers count; as they are written where there are no ranks."""
        if self.hit not in ("priority", "output order"):
            return self.rows
        return tuple(sorted(self.rows, key=self._rank))

    def _rank(self, row: Row) -> tuple[int, ...]:
        places = []
        for column, result in zip(self.outputs, row.results, strict=True):
            order = self.ranks.get(column.name.id)
            if order is not None:
                known = result is not None and result.value in order
                places.append(order.index(result.value) if known and result else len(order))
        return tuple(places)

    def place(self, file: str, row: Row | None = None, column: str = "") -> Place:
        if row is None:
            return Place(file, self.id, column=column)
        return Place(file, self.id, row.number, row.id, column, row.line)


@dataclass(frozen=True)
class Label:
    """A text in both languages: a segment's name, a treatment's, a sentence of a reason."""

    zh: str
    en: str


@dataclass(frozen=True)
class Case:
    """A test that lives in the file: given these inputs, expect these outputs."""

    name: str
    given: Mapping[str, Value | None]
    expect: Mapping[str, object]


@dataclass(frozen=True)
class Order:
    """How work of a phase is ordered within a band: a whole number first, then an amount."""

    age: Name
    age_up: bool
    amount: Name
    amount_up: bool


@dataclass(frozen=True, eq=False)
class Strategy:
    """A strategy of one version. Two are the same when ``digest`` is.

    ``released`` is its number among the released versions of its name; None for one that was read from a file.
    """

    name: str
    version: str
    digest: str
    file: str
    text: str
    zh: str
    en: str
    currency: str
    valid_from: date | None
    valid_to: date | None
    values: Mapping[str, tuple[Type, Value]]
    labels: Mapping[str, Mapping[str, Label]]
    tables: tuple[Table, ...]
    order: Mapping[str, Order]
    tests: tuple[Case, ...]
    names: Mapping[str, Name]
    faults: tuple[Finding, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    released: int | None = None

    @property
    def id(self) -> str:
        """``standard@1`` from a file, ``standard@1#7`` for the seventh version under that name."""
        return f"{self.name}@{self.version}" + (f"#{self.released}" if self.released is not None else "")

    def table(self, id_: str) -> Table:
        return next(t for t in self.tables if t.id == id_)

    def label(self, kind: str, id_: str | None, lang: str = "zh") -> str:
        """The label of a segment, stage or treatment (``kind`` is segments, stages, treatments); its id if none."""
        label = self.labels.get(kind, {}).get(id_ or "")
        return (label.zh if lang.lower().startswith("zh") else label.en) if label else (id_ or "")
