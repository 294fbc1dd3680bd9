"""Which inputs do some rows of a table leave to others? All of them, as few stretches as can be, the broadest first.

The grid of a table (``proof``) becomes a diagram: a node asks one column, and where two parts of a column lead to the
same node they are one branch, and a column all of whose parts do is not asked. Every way through the diagram to what is
left over is a stretch; together the stretches are all of it, and no two share an input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from shouyue.strategy.proof import Grid, Stretch

#: branches looked at before it is left at a single stretch
MAX_BRANCHES = 60_000
#: ends of the diagram: some row decides; none does
DECIDED, LEFT = 0, 1


@dataclass(frozen=True)
class Undecided:
    """``stretches`` are the first of ``whole``, which is None where they were not counted."""

    stretches: tuple[Stretch, ...]
    whole: int | None


class _TooMany(Exception):
    pass


def undecided(grid: Grid, rows: int, most: int) -> Undecided:
    """The inputs for which none of ``rows`` (bits of the grid) applies, as at most ``most`` stretches."""
    try:
        return _Diagram(grid, rows).broadest(most)
    except _TooMany:
        one = grid.left_by(rows)
        return Undecided(() if one is None else (one,), 0 if one is None else None)


class _Diagram:
    def __init__(self, grid: Grid, rows: int):
        self.grid = grid
        self.nodes: list[tuple[int, tuple[tuple[int, tuple[int, ...]], ...]]] = [(0, ()), (0, ())]
        self.places: dict[tuple[int, tuple[tuple[int, tuple[int, ...]], ...]], int] = {}
        self.known: dict[tuple[int, int], int] = {}
        self.branches = 0
        self.top = self._node(0, rows)
        self.ways, self.shortest = [0, 1], [10**6, 0]
        for _, branches in self.nodes[2:]:  # a node stands behind those it leads to
            self.ways.append(sum(self.ways[child] for child, _ in branches))
            self.shortest.append(1 + min(self.shortest[child] for child, _ in branches))

    def _node(self, at: int, alive: int) -> int:
        if not alive:
            return LEFT
        if at == len(self.grid.columns):
            return DECIDED
        found = self.known.get((at, alive))
        if found is None:
            found = self.known[at, alive] = self._made(at, alive)
        return found

    def _made(self, at: int, alive: int) -> int:
        groups = self.grid.columns[at]
        self.branches += len(groups)
        if self.branches > MAX_BRANCHES:
            raise _TooMany
        children: dict[int, list[int]] = {}
        for group in groups:
            children.setdefault(self._node(at + 1, alive & group.rows), []).extend(group.places)
        if len(children) == 1:
            return next(iter(children))
        node = at, tuple((child, tuple(sorted(places))) for child, places in children.items())
        if node not in self.places:
            self.places[node] = len(self.nodes)
            self.nodes.append(node)
        return self.places[node]

    def broadest(self, most: int) -> Undecided:
        found = []
        for path in self._paths():
            if len(found) == most:
                break
            every = [list(range(len(regions))) for regions in self.grid.regions]
            for at, places in path:
                every[at] = list(places)
            found.append(self.grid.stretch(every))
        return Undecided(tuple(found), self.ways[self.top])

    def _paths(self) -> Iterator[list[tuple[int, tuple[int, ...]]]]:
        """Every way to what is left over, those of fewest conditions first."""
        turn = count()
        heap: list[tuple[int, int, int, int, list[tuple[int, tuple[int, ...]]]]] = []

        def put(node: int, path: list[tuple[int, tuple[int, ...]]]) -> None:
            if self.ways[node]:
                heappush(heap, (len(path) + self.shortest[node], -len(path), next(turn), node, path))

        put(self.top, [])
        while heap:
            *_, node, path = heappop(heap)
            if node == LEFT:
                yield path
                continue
            at, branches = self.nodes[node]
            for child, places in branches:
                put(child, [*path, (at, places)])
