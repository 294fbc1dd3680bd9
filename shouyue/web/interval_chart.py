"""The course of a difference over the days as a picture: the estimate as a line, its interval as a band around it.

Drawn as plain SVG with the desk's colours by class, so that it follows light and dark; the same numbers stand in a
table beneath. The interval holds at all looks together, so one may read the picture on any day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from typing import Any

#: the picture's size and the margins of the plot within it, in its own units
WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 84, 14, 12, 28
#: lines across, at most
_LINES = 5


@dataclass(frozen=True)
class Chart:
    """What the template draws: paths, the line of no difference, marks of both axes."""

    band: str
    line: str
    zero: float
    across: tuple[tuple[float, str], ...]
    days: tuple[tuple[float, str], ...]
    last: tuple[float, float]


def chart(course: Sequence[dict[str, Any]], show: Callable[[float], str]) -> Chart | None:
    """The picture of a course (``reports.experiments.arms.compared``); None with fewer than two days."""
    if len(course) < 2:
        return None
    days = [date.fromisoformat(c["day"]).toordinal() for c in course]
    lows, highs = [c["always"][0] for c in course], [c["always"][1] for c in course]
    # the first intervals are wide; what lies beyond twice the later ones is cut off at the border
    reach = 2 * max(abs(v) for v in (*lows[len(lows) // 2 :], *highs[len(highs) // 2 :])) or 1.0
    bottom, top = max(min(lows), -reach), min(max(highs), reach)
    bottom, top = min(bottom, 0.0), max(top, 0.0)
    if bottom == top:
        bottom, top = bottom - 1, top + 1

    def x(day: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - days[0]) / (days[-1] - days[0]), 1)

    def y(value: float) -> float:
        inside = min(max(value, bottom), top)
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (top - inside) / (top - bottom), 1)

    there = [f"{x(d)},{y(v)}" for d, v in zip(days, highs, strict=True)]
    back = [f"{x(d)},{y(v)}" for d, v in zip(reversed(days), reversed(lows), strict=True)]
    estimates = [f"{x(d)},{y(c['estimate'])}" for d, c in zip(days, course, strict=True)]
    return Chart(
        band="M" + " L".join([*there, *back]) + " Z",
        line="M" + " L".join(estimates),
        zero=y(0.0),
        across=tuple((y(v), show(v)) for v in _ticks(bottom, top)),
        days=tuple((x(d), date.fromordinal(d).isoformat()) for d in _spread(days)),
        last=(x(days[-1]), y(course[-1]["estimate"])),
    )


def _ticks(bottom: float, top: float) -> list[float]:
    """Round numbers between the two, zero among them."""
    rough = (top - bottom) / _LINES
    power = 10.0 ** floor(log10(rough))
    step = next((power * m for m in (1, 2, 5) if power * m >= rough), power * 10)
    return [step * n for n in range(ceil(bottom / step), floor(top / step) + 1)]


def _spread(days: Sequence[int]) -> list[int]:
    """The first day, the last, and some between them that do not touch."""
    count = min(5, len(days))
    return sorted({days[round(n * (len(days) - 1) / max(1, count - 1))] for n in range(count)})
