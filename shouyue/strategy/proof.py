"""Gaps, overlaps and dead rows of a table, found exactly over the regions of its columns.

A set of rows is a whole number, a bit per row. Walking the columns from left to right, only the set of rows still
alive matters, so a part of the grid that was seen with the same set is not walked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shouyue.strategy.cells import ANY, Cell, Value, matches
from shouyue.strategy.model import Row, Table
from shouyue.strategy.regions import Region, condition, regions

#: steps after which a proof is given up and reported as such
MAX_STEPS = 400_000

#: a stretch of inputs: for each condition of the table what the value is there
Stretch = tuple[Cell, ...]


class TooLarge(Exception):
    pass


@dataclass(frozen=True)
class Group:
    """Regions of a column, by their places, in which the same rows are alive."""

    rows: int
    places: tuple[int, ...]


class Grid:
    """A table over the regions of its columns. ``possible`` gives the only values of a name, where known.

    Rows stand in the order in which they are asked: that of the table, or of its ranks.
    """

    def __init__(self, table: Table, possible: Mapping[str, Sequence[Value | None]]):
        self.table = table
        self.rows = table.ranked()
        self.bits = {row.number: 1 << at for at, row in enumerate(self.rows)}
        self.names = [c.name.id for c in table.inputs]
        self.regions = [self._regions(i, possible.get(name)) for i, name in enumerate(self.names)]
        self.columns = [self._groups(i) for i in range(len(self.names))]
        self.all = (1 << len(table.rows)) - 1
        self.steps = 0

    def _regions(self, at: int, possible: Sequence[Value | None] | None) -> list[Region]:
        column = self.table.inputs[at]
        found = regions(column.name.type, [*(row.cells[at] for row in self.rows), column.allowed], possible)
        return [r for r in found if r.sample is None or matches(column.allowed, r.sample)]

    def _groups(self, at: int) -> list[Group]:
        cells = [row.cells[at] for row in self.rows]
        alive: dict[int, list[int]] = {}
        for place, region in enumerate(self.regions[at]):
            rows = sum(1 << i for i, cell in enumerate(cells) if matches(cell, region.sample))
            alive.setdefault(rows, []).append(place)
        return [Group(rows, tuple(places)) for rows, places in alive.items()]

    def left_by(self, rows: int) -> Stretch | None:
        """Some inputs for which none of the rows applies; None when there are none."""
        return self._uncovered(0, rows, None, set(), [])

    def gap(self) -> Stretch | None:
        """Some inputs for which no row at all applies."""
        return self.left_by(self.all)

    def before(self, row: Row) -> int:
        """The rows that are asked before this one."""
        return self.bits[row.number] - 1

    def dead(self, row: Row) -> tuple[str, list[Row]] | None:
        """Why a row can never give the answer: an impossible column, or the rows before it that cover it."""
        bit = self.bits[row.number]
        if impossible := self.impossible(row):
            return impossible, []
        if self._uncovered(0, self.before(row), bit, set(), []) is not None:
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

    def overlap(self, one: Row, other: Row) -> Stretch | None:
        """All inputs for which both rows apply; None when there are none."""
        both = self.bits[one.number] | self.bits[other.number]
        path = []
        for groups in self.columns:
            shared = [g for g in groups if g.rows & both == both]
            if not shared:
                return None
            path.append([place for group in shared for place in group.places])
        return self.stretch(path)

    def stretch(self, path: Sequence[Sequence[int]]) -> Stretch:
        """The regions chosen of the first columns as conditions; of the others anything goes."""
        said = [condition(self.regions[at], set(places)) for at, places in enumerate(path)]
        return (*said, *[ANY] * (len(self.columns) - len(said)))

    def _uncovered(
        self, at: int, alive: int, within: int | None, covered: set[tuple[int, int]], path: list[Group]
    ) -> Stretch | None:
        """A place, within the row ``within`` if given, where none of the rows ``alive`` applies."""
        if not alive:
            return self.stretch([group.places for group in path])
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
