"""Gaps, overlaps and dead rows of a table, found exactly over the regions of its columns.

A set of rows is a whole number, a bit per row. Walking the columns from left to right, only the set of rows still
alive matters, so a part of the grid that was seen with the same set is not walked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shouyue.strategy.cells import Value, matches
from shouyue.strategy.model import Row, Table
from shouyue.strategy.regions import regions

#: steps after which a proof is given up and reported as such
MAX_STEPS = 400_000


class TooLarge(Exception):
    pass


@dataclass(frozen=True)
class Group:
    """Regions of a column in which the same rows are alive."""

    rows: int
    text: str


class Grid:
    """A table over the regions of its columns. ``possible`` gives the only values of a name, where known.

    Rows stand in the order in which they are asked: that of the table, or of its ranks.
    """

    def __init__(self, table: Table, possible: Mapping[str, Sequence[Value | None]]):
        self.table = table
        self.rows = table.ranked()
        self.bits = {row.number: 1 << at for at, row in enumerate(self.rows)}
        self.names = [c.name.id for c in table.inputs]
        self.columns = [self._groups(i, possible.get(name)) for i, name in enumerate(self.names)]
        self.all = (1 << len(table.rows)) - 1
        self.steps = 0

    def _groups(self, at: int, possible: Sequence[Value | None] | None) -> list[Group]:
        column = self.table.inputs[at]
        cells = [row.cells[at] for row in self.rows]
        alive: dict[int, list[str]] = {}
        for region in regions(column.name.type, [*cells, column.allowed], possible):
            if region.sample is not None and not matches(column.allowed, region.sample):
                continue
            rows = sum(1 << i for i, cell in enumerate(cells) if matches(cell, region.sample))
            alive.setdefault(rows, []).append(region.text)
        return [Group(rows, ", ".join(texts)) for rows, texts in alive.items()]

    def gap(self) -> str | None:
        """A place where no row applies, in words; None when there is none."""
        covered: set[tuple[int, int]] = set()
        return self._uncovered(0, self.all, None, covered, [])

    def dead(self, row: Row) -> tuple[str, list[Row]] | None:
        """Why a row can never give the answer: an impossible column, or the rows before it that cover it."""
        bit = self.bits[row.number]
        if impossible := self.impossible(row):
            return impossible, []
        earlier = bit - 1
        if self._uncovered(0, earlier, bit, set(), []) is not None:
            return None
        before = self.rows[: self.rows.index(row)]
        return "", [r for r in before if self.overlap(r, row) is not None]

    def impossible(self, row: Row) -> str:
        """The column whose condition no value can meet; empty when there is none."""
        bit = self.bits[row.number]
        return next(
            (n for n, groups in zip(self.names, self.columns, strict=True) if not any(g.rows & bit for g in groups)),
            "",
        )

    def overlap(self, one: Row, other: Row) -> str | None:
        """A place where both rows apply, in words; None when there is none."""
        both = self.bits[one.number] | self.bits[other.number]
        path = []
        for groups in self.columns:
            shared = next((g for g in groups if g.rows & both == both), None)
            if shared is None:
                return None
            path.append(shared)
        return self._words(path)

    def _uncovered(
        self, at: int, alive: int, within: int | None, covered: set[tuple[int, int]], path: list[Group]
    ) -> str | None:
        """A place, within the row ``within`` if given, where none of the rows ``alive`` applies."""
        if not alive:
            return self._words(path)
        if at == len(self.columns) or (at, alive) in covered:
            return None
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLarge
        for group in self.columns[at]:
            if within is None or group.rows & within:
                found = self._uncovered(at + 1, alive & group.rows, within, covered, [*path, group])
                if found is not None:
                    return found
        covered.add((at, alive))
        return None

    def _words(self, path: Sequence[Group]) -> str:
        """``dpd >= 181, promise open``; columns of which anything goes are left out."""
        parts = [
            f"{name} {group.text}"
            for name, group, groups in zip(self.names, path, self.columns, strict=False)
            if len(groups) > 1
        ]
        return ", ".join(parts) or "-"
