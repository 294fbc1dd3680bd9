"""Is the hold-out fair to customers? It may leave out a reminder call, and nothing that anybody needs.

A row that asks for ``held_out`` must itself say that it is the reminder phase and that none of the protected facts
holds (``[protected]`` of vocabulary.toml: paused, in dispute, in hardship, vulnerable, asked to be called back, a
promise open). Then whatever stands above or below it, it can take nothing from who needs it. Nor may a row give those
who are not held out something of their own: the arms differ in the call and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from shouyue.strategy import faults
from shouyue.strategy.cells import ANY, Cell, Value, matches
from shouyue.strategy.experiment import HOLD_OUT
from shouyue.strategy.faults import Findings
from shouyue.strategy.model import Row, Strategy, Table
from shouyue.strategy.vocabulary import vocabulary


def check(strategy: Strategy, found: Findings) -> None:
    rows = [(t, r) for t in strategy.tables for r in t.rows if asks(t, r)]
    held_out = any(e.id == HOLD_OUT for e in strategy.experiments)
    if held_out and not rows:
        found.add(faults.IDLE_HOLD_OUT, faults.Place(strategy.file, "hold_out"), "warning")
    for table, row in rows:
        place = table.place(strategy.file, row, "held_out")
        if not held_out:
            found.add(faults.NO_HOLD_OUT, place, "warning")
        for name in _takes(table, row):
            found.add(faults.HOLD_OUT_TAKES, place, name=name, needed=_needed(name))
        if not _leaves_alone(table, row):
            found.add(faults.HOLD_OUT_TAKES, place, name="hold", needed="=> hold = yes")


def asks(table: Table, row: Row) -> bool:
    """Does the row ask whether the customer is held out?"""
    return cell_of(table, row, "held_out") != ANY


def cell_of(table: Table, row: Row, name: str) -> Cell:
    """The row's condition on an input; any where the table does not ask for it."""
    return next((c for c, column in zip(row.cells, table.inputs, strict=True) if column.name.id == name), ANY)


def _takes(table: Table, row: Row) -> Iterator[str]:
    """Names of what the row must exclude and does not."""
    if matches(cell_of(table, row, "held_out"), False):
        yield "held_out"
    phase = cell_of(table, row, "phase")
    if any(matches(phase, other) for other in ("collection", "none", None)) or not matches(phase, "reminder"):
        yield "phase"
    for name, value in vocabulary().protected.items():
        if matches(cell_of(table, row, name), value):
            yield name


def _needed(name: str) -> str:
    value: Value | None = vocabulary().protected.get(name)
    if value is None:
        return {"held_out": "held_out = yes", "phase": "phase = reminder"}[name]
    return f"{name} = no" if value is True else f"{name} = not({value})"


def _leaves_alone(table: Table, row: Row) -> bool:
    """The row holds the case, where the table says anything about that."""
    given = {c.name.id: r.value if r else None for c, r in zip(table.outputs, row.results, strict=True)}
    return given.get("hold", True) is True
