"""A decision table as lines of text, so that a person can read, edit and compare it in any editor.

    row        | dpd (days) | overdue (CNY) | promise    => phase      | stage   # remark
    ---------- | ---------- | ------------- | ---------- => ---------- | -----
    golden     | [1..7]     | >= small      | -          => collection | golden  # the golden week
    otherwise  | -          | -             | -          => none       | -

One line is one row: its name, its conditions, ``=>``, its results, and a remark after ``#`` if there is one. Cells are
parted by ``|``; a ``|``, ``=>`` or ``#`` within double quotes is text. Empty lines, lines of dashes, and lines that
begin with ``#`` are not rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_RULE = re.compile(r"[\s|+=>:-]*-{3,}[\s|+=>:-]*")
_SPLIT = re.compile(r'"(?:[^"\\]|\\.)*"|“[^”]*”|=>|[|｜#]')


@dataclass(frozen=True)
class Line:
    """A line taken apart. ``offset`` counts lines from the top of the text, from 0; ``results`` None without =>."""

    offset: int
    left: tuple[str, ...]
    results: tuple[str, ...] | None
    remark: str = ""


def split(text: str) -> list[Line]:
    """The lines that say something, the heading first."""
    lines = []
    for offset, raw in enumerate(text.splitlines()):
        stripped = raw.strip()
        if stripped and not stripped.startswith("#") and not _RULE.fullmatch(stripped):
            lines.append(_line(offset, stripped))
    return lines


def _line(offset: int, text: str) -> Line:
    sides: list[list[str]] = [[]]
    start, remark, end = 0, "", len(text)
    for found in _SPLIT.finditer(text):
        mark = found[0]
        if mark == "#" and text[found.start() - 1].isspace():
            end, remark = found.start(), text[found.end() :].strip()
            break
        if mark in ("|", "｜"):
            sides[-1].append(text[start : found.start()].strip())
            start = found.end()
        elif mark == "=>" and len(sides) == 1:
            sides[-1].append(text[start : found.start()].strip())
            sides.append([])
            start = found.end()
    sides[-1].append(text[start:end].strip())
    return Line(offset, tuple(sides[0]), tuple(sides[1]) if len(sides) == 2 else None, remark)


def join(
    heading: tuple[Sequence[str], Sequence[str]],
    rows: Sequence[tuple[Sequence[str], Sequence[str], str]],
) -> str:
    """Lines with their columns aligned (a Chinese character is two wide); ``split`` reads them back."""
    left_size = len(heading[0])
    grid = [[*heading[0], *heading[1]], *([*left, *right] for left, right, _ in rows)]
    widths = [max(3, *(_width(row[i]) for row in grid)) for i in range(len(grid[0]))]
    remarks = ["", *(remark for _, _, remark in rows)]
    lines = []
    for cells, remark in zip(grid, remarks, strict=True):
        padded = [c + " " * (w - _width(c)) for c, w in zip(cells, widths, strict=True)]
        line = " | ".join(padded[:left_size]) + " => " + " | ".join(padded[left_size:])
        lines.append((line + (f" # {remark}" if remark else "")).rstrip())
    dashes = ["-" * w for w in widths]
    lines.insert(1, " | ".join(dashes[:left_size]) + " => " + " | ".join(dashes[left_size:]))
    return "\n".join(lines) + "\n"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
