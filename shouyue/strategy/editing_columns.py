"""A strategy's text changed by its columns: one added, put in another place, given another name, taken away; and which
rows of a table count.

A column is known by its place and its name, like a row, so that a change still finds it when others stand before it
meanwhile. What a table says of a column elsewhere (``allowed``, ``default``, ``ranks``) goes with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args

from shouyue.strategy import editing, grid, rewriting
from shouyue.strategy.editing import At
from shouyue.strategy.model import Gather, Hit, Name, Strategy
from shouyue.strategy.vocabulary import vocabulary

#: keys of a table that say something of its columns by name
_BY_NAME = ("allowed", "default", "ranks")
#: which rows count, and how their results join: ``collect sum``
HITS = tuple(
    way for hit in get_args(Hit) for way in ([f"collect {g}" for g in get_args(Gather)] if hit == "collect" else [hit])
)


@dataclass(frozen=True)
class Upright:
    """A column as text: its heading as written, ``dpd (days)``, and a cell for each row."""

    heading: str
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        return editing.bare(self.heading)


@dataclass
class _Sides:
    """The columns of a table while they are changed: conditions, results."""

    conditions: list[Upright]
    results: list[Upright]

    def find(self, at: At) -> tuple[list[Upright], int]:
        """The side on which the column stands, and its place there. Raises STRAT-112."""
        every = [(side, n) for side in (self.conditions, self.results) for n in range(len(side))]
        if 0 < at.number <= len(every):
            side, n = every[at.number - 1]
            if side[n].name == at.id:
                return side, n
        for side, n in every:
            if side[n].name == at.id:
                return side, n
        raise editing.NO_COLUMN.error(table=at.table, column=at.id[:60])


# ---------------------------------------------------------------- changes
def add_column(text: str, at: At, heading: str) -> str:
    """A column of that heading after another, on its side; its cells ask nothing, or give nothing, yet.

    ``at`` named ``ROW`` is before the first condition. Raises STRAT-119 for a heading that cannot be one, STRAT-120
    for a name the side has already.
    """

    def change(sides: _Sides, rows: int, _raw: dict[str, Any]) -> None:
        side, n = (sides.conditions, -1) if at.id == editing.ROW else sides.find(at)
        side.insert(n + 1, Upright(_heading(at, side, heading), ("-",) * rows))

    return _change(text, at, change)


def move_column(text: str, at: At, by: int) -> str:
    """Left (negative) or right by so many places, among the conditions or among the results; at the end it stays."""

    def change(sides: _Sides, _rows: int, _raw: dict[str, Any]) -> None:
        side, n = sides.find(at)
        column = side.pop(n)
        side.insert(max(0, min(len(side), n + by)), column)

    return _change(text, at, change)


def rename_column(text: str, at: At, heading: str) -> str:
    """The column asks for, or gives, another name; its cells stay as they are."""

    def change(sides: _Sides, _rows: int, raw: dict[str, Any]) -> None:
        side, n = sides.find(at)
        others = [*side[:n], *side[n + 1 :]]
        was, side[n] = side[n], replace(side[n], heading=_heading(at, others, heading))
        _elsewhere(raw, was.name, side is sides.results, side[n].name)

    return _change(text, at, change)


def remove_column(text: str, at: At) -> str:
    """Raises STRAT-121 for the last condition or the last result."""

    def change(sides: _Sides, _rows: int, raw: dict[str, Any]) -> None:
        side, n = sides.find(at)
        if len(side) == 1:
            raise editing.LAST_COLUMN.error(table=at.table)
        _elsewhere(raw, side.pop(n).name, side is sides.results, None)

    return _change(text, at, change)


def set_hit(text: str, table: str, way: str) -> str:
    """Which rows count: one of ``HITS``. Ranks stay for who comes back to them. Raises STRAT-122 for another."""
    if way not in HITS:
        raise editing.BAD_HIT.error(hit=way[:60])
    hit, _, gather = way.partition(" ") if way.startswith("collect") else (way, "", "")

    def change(_sides: _Sides, _rows: int, raw: dict[str, Any]) -> None:
        said = raw.pop("gather", None)
        kept = {"hit": hit} | raw
        raw.clear()
        for key, value in kept.items():
            raw[key] = hit if key == "hit" else value
            if key == "hit" and hit == "collect" and (said or gather != "join"):
                raw["gather"] = gather

    return _change(text, At(table, 0, ""), change)


def _change(text: str, at: At, change: Callable[[_Sides, int, dict[str, Any]], None]) -> str:
    content = rewriting.content(text)
    raw, lines, below = editing.opened(content, at.table)
    head, rows = lines[0], lines[1:]
    left = [Upright(h, tuple(r.left[n] for r in rows)) for n, h in enumerate(head.left)]
    right = [Upright(h, tuple((r.results or ())[n] for r in rows)) for n, h in enumerate(head.results or ())]
    sides = _Sides(left[1:], right)
    change(sides, len(rows), raw)
    written = []
    for n, line in enumerate(lines):
        cells = [[c.heading if n == 0 else c.cells[n - 1] for c in side] for side in (sides.conditions, sides.results)]
        written.append(grid.Written([line.left[0], *cells[0]], cells[1], line.remark, line.above))
    raw["rows"] = grid.join(written[0], written[1:], below)
    return rewriting.rewritten(text, content)


def _heading(at: At, side: list[Upright], heading: str) -> str:
    heading = heading.strip()
    name = editing.bare(heading)
    if not re.fullmatch(r"\w{1,60}", name) or name == editing.ROW or not grid.is_one_cell(heading):
        raise editing.BAD_HEADING.error(name=heading[:60], field="value")
    if any(_same(c.name) == _same(name) for c in side):
        raise editing.COLUMN_TWICE.error(table=at.table, column=name, field="value")
    return heading


def _same(name: str) -> str:
    """The name's id, whether it was written in Chinese or not."""
    known = vocabulary()
    return next((n.id for n in (*known.inputs.values(), *known.outputs.values()) if name in (n.id, n.zh)), name)


def _elsewhere(raw: dict[str, Any], was: str, result: bool, now: str | None) -> None:
    """What the table says of a column besides its rows goes by its new name, or away with it."""
    for key in _BY_NAME[1:] if result else _BY_NAME[:1]:
        said = raw.get(key)
        if not isinstance(said, dict) or not any(_same(n) == _same(was) for n in said):
            continue
        kept = {now if _same(n) == _same(was) else n: v for n, v in said.items() if now or _same(n) != _same(was)}
        if kept:
            raw[key] = kept
        else:
            del raw[key]


# ---------------------------------------------------------------- what may be asked for and given
def askable(strategy: Strategy, table: str) -> Iterator[Name]:
    """What a condition of the table may ask for: every input, and the results of the tables before it."""
    for id_ in vocabulary().inputs:
        yield strategy.names[id_]
    for before in strategy.tables:
        if before.id == table:
            return
        yield from (c.name for c in before.outputs)


def givable(strategy: Strategy, table: str) -> Iterator[Name]:
    """What the table may give beside what it gives: results that no table gives yet.

    Sentences stand alone in a table of their own, so a table of them may have no further result, and no other may
    have them.
    """
    given = {c.name.id for t in strategy.tables for c in t.outputs}
    if any(t.id == table and any(c.name.id == "because" for c in t.outputs) for t in strategy.tables):
        return
    names = vocabulary().names(strategy.currency, {kind: tuple(own) for kind, own in strategy.labels.items()})
    yield from (names[id_] for id_ in vocabulary().outputs if id_ not in given and id_ != "because")


def heading(name: Name) -> str:
    """A name with its unit, as it heads a column."""
    return f"{name.id} ({name.type.unit})" if name.type.unit else name.id
