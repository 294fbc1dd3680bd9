"""A decision table as lines of text, so that a person can read, edit and compare it in any editor.

    row        | dpd (days) | overdue (CNY) | promise    => phase      | stage   # remark
    ---------- | ---------- | ------------- | ---------- => ---------- | -----
    golden     | [1..7]     | >= small      | -          => collection | golden  # the golden week
    otherwise  | -          | -             | -          => none       | -

One line is one row: its name, its conditions, ``=>``, its results, and a remark after ``#`` if there is one. Cells are
parted by ``|``; a ``|``, ``=>`` or ``#`` within double quotes is text. Empty lines, lines of dashes, and lines that
begin with ``#`` are not rows; a comment belongs to the row below it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

_RULE = re.compile(r"[\s|+=>:-]*-{3,}[\s|+=>:-]*")
_SPLIT = re.compile(r'"(?:[^"\\]|\\.)*"|“[^”]*”|=>|[|｜#]')


@dataclass(frozen=True)
class Line:
    """A line taken apart. ``offset`` counts lines from the top of the text, from 0; ``results`` None without =>.

    ``above`` are the comment lines over it, as written.
    """

    offset: int
    left: tuple[str, ...]
    results: tuple[str, ...] | None
    remark: str = ""
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A line to be written: its cells, its results, its remark, and the comment lines over it."""

    left: Sequence[str]
    results: Sequence[str]
    remark: str = ""
    above: Sequence[str] = ()


def split(text: str) -> list[Line]:
    """The lines that say something, the heading first."""
    return parts(text)[0]


def parts(text: str) -> tuple[list[Line], tuple[str, ...]]:
    """The lines that say something, and the comments below the last of them."""
    lines: list[Line] = []
    comments: list[str] = []
    for offset, raw in enumerate(text.splitlines()):
        stripped = raw.strip()
        if stripped.startswith("#"):
            comments.append(stripped)
        elif stripped and not _RULE.fullmatch(stripped):
            lines.append(replace(_line(offset, stripped), above=tuple(comments)))
            comments = []
    return lines, tuple(comments)


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


def join(heading: Written, rows: Sequence[Written], below: Sequence[str] = ()) -> str:
    """Lines with their columns aligned (a Chinese character is two wide); ``parts`` reads them back."""
    left_size = len(heading.left)
    written = [heading, *rows]
    grid = [[*row.left, *row.results] for row in written]
    widths = [max(3, *(_width(row[i]) for row in grid)) for i in range(len(grid[0]))]
    dashes = ["-" * w for w in widths]
    lines = []
    for row, cells in zip(written, grid, strict=True):
        padded = [c + " " * (w - _width(c)) for c, w in zip(cells, widths, strict=True)]
        line = " | ".join(padded[:left_size]) + " => " + " | ".join(padded[left_size:])
        lines += [*row.above, (line + (f"  # {row.remark}" if row.remark else "")).rstrip()]
        if row is heading:
            lines.append(" | ".join(dashes[:left_size]) + " => " + " | ".join(dashes[left_size:]))
    return "\n".join([*lines, *below]) + "\n"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def is_one_cell(text: str) -> bool:
    """Written among others on a line, the text is read back as it is: no ``|``, ``=>``, ``#`` outside quotes."""
    if len(text.splitlines()) > 1:
        return False
    lines = split(f"x | {text} => y")
    return not text or (len(lines) == 1 and lines[0].left == ("x", text) and lines[0].results == ("y",))
