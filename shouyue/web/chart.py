"""The line of a loan's days past due as a picture: shapes in the units of one SVG (``desk/_history_chart.html``).

Colours come from the page's style sheet, so the picture follows light and dark, and no script is needed to draw it
(docs/adr/0013-pictures.md). The tables beneath say the same to who does not see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shouyue.ageing.history import History

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 70, 14, 26
#: fewest days on the upright axis, so that two days late do not look like a disaster
LEAST = 20
#: room for the words of a band, and between two months
LINE_HEIGHT, MONTH_WIDTH = 14, 64


@dataclass(frozen=True)
class Band:
    """A bucket: its number from the best one, where it lies, and its words where there is room."""

    number: int
    label: str
    y: float
    height: float
    named: bool


@dataclass(frozen=True)
class Mark:
    """An event at its place on the line, and the words shown there."""

    kind: str
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Chart:
    line: str
    area: str
    #: where it was seen otherwise on the day itself
    seen: tuple[str, ...]
    bands: tuple[Band, ...]
    months: tuple[tuple[float, str], ...]
    steps: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    as_of: float | None
    #: from here on nothing is known
    known: float | None

    width, height, left, right, top, bottom = WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM


def draw(found: History, marked: Iterable[tuple[date, str, str]], as_of: date) -> Chart:
    """``marked``: day, kind and words of the events that are drawn, all within the span."""
    most = max(LEAST, int(found.dpd.max()), int(found.seen.max()))
    size = found.dpd.size

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * found.place(day) / max(1, size - 1), 1)

    def y(days: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * days / (most * 1.06), 1)

    def points(values: np.ndarray, first: int = 0) -> str:
        days = (found.start + timedelta(days=first + n) for n in corners(values))
        return " ".join(f"{x(day)},{y(values[found.place(day) - first])}" for day in days)

    line = points(found.dpd)
    ground = HEIGHT - BOTTOM
    inside = found.known_at is not None and found.start <= found.known_at < found.end
    return Chart(
        line=line,
        area=f"{LEFT},{ground} {line} {x(found.end)},{ground}",
        seen=tuple(points(found.seen[a:b], a) for a, b in _differing(found)),
        bands=tuple(_bands(found, most, y)),
        months=tuple((x(day), text) for day, text in _months(found)),
        steps=tuple((y(days), f"{days}") for days in _steps(most)),
        marks=tuple(Mark(kind, x(day), y(found.dpd[found.place(day)]), title) for day, kind, title in marked),
        as_of=x(as_of) if found.start <= as_of <= found.end else None,
        known=x(found.known_at) if inside and found.known_at else None,
    )


def corners(values: np.ndarray) -> list[int]:
    """Places at which a line through the values turns, and its two ends: all that a picture of it needs."""
    if values.size < 3:
        return list(range(values.size))
    bends = np.diff(values.astype(np.int64), n=2) != 0
    return [0, *(np.flatnonzero(bends) + 1).tolist(), values.size - 1]


def _differing(found: History) -> list[tuple[int, int]]:
    """Stretches of days that were seen otherwise, each with the day before and after, where the lines meet."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], found.dpd != found.seen, [False])))).reshape(-1, 2)
    return [(max(0, int(a) - 1), min(found.dpd.size, int(b) + 1)) for a, b in edges]


def _bands(found: History, most: int, y: Callable[[float], float]) -> list[Band]:
    bands, below = [], 0.0
    for number, bucket in enumerate(found.convention.buckets):
        above = most * 1.06 if bucket.to is None else min(bucket.to + 0.5, most * 1.06)
        if above <= below:
            break
        top, height = y(above), round(y(below) - y(above), 1)
        bands.append(Band(number, bucket.label, top, height, height >= LINE_HEIGHT))
        below = above
    return bands


def _steps(most: int) -> range:
    """Round numbers of days for the upright axis: at most seven."""
    for step in (5, 10, 15, 30, 60, 90, 180, 360, 720):
        if most / step <= 7:
            return range(0, most + 1, step)
    return range(0, most + 1, -(-most // 7))


def _months(found: History) -> list[tuple[date, str]]:
    """First days of months, as many as there is room for; a January says its year."""
    firsts = []
    year, month = found.start.year, found.start.month
    while (day := date(year, month, 1)) <= found.end:
        if day >= found.start:
            firsts.append(day)
        year, month = year + month // 12, month % 12 + 1
    room = max(1, (WIDTH - LEFT - RIGHT) // MONTH_WIDTH)
    step = next((n for n in (1, 2, 3, 6, 12) if len(firsts) <= n * room), 24)
    return [(day, f"{day:%Y-%m}") for day in firsts if (day.year * 12 + day.month - 1) % step == 0]
