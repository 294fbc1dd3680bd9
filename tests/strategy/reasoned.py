"""The standard strategy with what docs/strategy.md adds by the reason for being late, so that the example works."""

from __future__ import annotations

from pathlib import Path

from shouyue.strategy import editing, editing_columns, load
from shouyue.strategy.editing import At

TOLD = Path(__file__).parents[2] / "docs" / "strategy.md"


def text() -> str:
    """The treatment, the columns and the rows put where the document says."""
    told = TOLD.read_text(encoding="utf-8").split("**A treatment by the reason.**")[1].split("\n## ")[0]
    lines = [line.strip() for line in told.splitlines() if line.startswith("    ")]
    made = load("standard").text.replace("[treatments]\n", "\n".join(lines[:2]) + "\n", 1)
    head, *rows = (_cells(line) for line in lines[2:])
    for heading in reversed([name for name in head if name.startswith("why_late")]):
        columns = _work(made).columns
        at = At("work", columns.index("promise_days") + 1, "promise_days")
        made = editing_columns.add_column(made, at, heading)
    above = "lost_old"
    for row in rows:
        ids = [line.id for line in _work(made).rows]
        made = editing.add_row(made, At("work", ids.index(above) + 1, above))
        place = ids.index(above) + 2
        for name, value in reversed(list(zip(head, row, strict=True))):  # the row's own name last
            here = _work(made).rows[place - 1].id
            made = editing.set_cell(made, At("work", place, here), editing.bare(name), value)
        above = row[0]
    return made


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(" #")[0].replace("=>", "|").split("|")]


def _work(made: str) -> editing.Sheet:
    return next(sheet for sheet in editing.sheets(made) if sheet.id == "work")
