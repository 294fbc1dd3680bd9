"""What a column can hold, cut where its conditions change: the ground on which tables are proved whole.

All conditions of a column divide its values into a few regions within which every condition says the same: for
``[1..7]`` and ``> 180`` over whole days these are 0, 1..7, 8..180, 181 and up. A table over several columns is then a
finite grid, and gaps, overlaps and dead rows can be found exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shouyue.strategy.cells import Between, Cell, Compare, Null, Type, Value, show_value


@dataclass(frozen=True)
class Region:
    """Values that no condition of the column tells apart; ``sample`` is one of them, None the missing value."""

    sample: Value | None
    text: str


def regions(type_: Type, cells: Iterable[Cell], possible: Sequence[Value | None] | None = None) -> list[Region]:
    """The regions of a column, in order. ``possible`` lists the only values it can have, where they are known."""
    if possible is not None:
        return [_one(value, type_) for value in dict.fromkeys(possible)]
    found = _known(type_, _values(cells))
    return [*found, Region(None, "null")] if type_.nullable else found


def _one(value: Value | None, type_: Type) -> Region:
    return Region(None, "null") if value is None else Region(value, show_value(value, type_))


def _values(cells: Iterable[Cell]) -> list[Value]:
    values: list[Value] = []
    for cell in cells:
        for test in cell.tests:
            if isinstance(test, Compare):
                values.append(test.to.value)
            elif isinstance(test, Between):
                values += [test.low.value, test.high.value]
            else:
                assert isinstance(test, Null)
    return values


def _known(type_: Type, values: list[Value]) -> list[Region]:
    match type_.kind:
        case "bool":
            return [_one(v, type_) for v in (True, False)]
        case "choice":
            return [_one(v, type_) for v in type_.choices]
        case "text":
            named = sorted({str(v) for v in values})
            rest = "".join(named) + "…"
            texts = ", ".join(show_value(v, type_) for v in named)
            return [*(_one(v, type_) for v in named), Region(rest, f"not({texts})" if named else "-")]
        case "number":
            return _continuous(sorted({v for v in values if isinstance(v, (int, Decimal))}), type_)
        case "date":
            return _steps(sorted({v.toordinal() for v in values if isinstance(v, date)}), type_, date.fromordinal)
        case _:
            return _steps(sorted({v for v in values if isinstance(v, int)}), type_, int)


def _steps(points: list[int], type_: Type, back) -> list[Region]:
    """Whole steps: each point alone, and the spans between, within the type's bounds."""
    low, high = type_.low, type_.high
    if type_.kind == "date":
        low, high = 1, date.max.toordinal()
    starts = sorted({s for p in points for s in (p, p + 1)})
    edges = [s for s in starts if (low is None or s > low) and (high is None or s <= high)]
    found = []
    for first, following in zip([low, *edges], [*edges, None], strict=True):
        last = high if following is None else following - 1
        sample = first if first is not None else (last if last is not None else 0)
        found.append(Region(back(sample), _span(first, last, low, high, type_, back)))
    return found


def _span(first: int | None, last: int | None, low: int | None, high: int | None, type_: Type, back) -> str:
    def text(value: int) -> str:
        return show_value(back(value), type_)

    if first is not None and first == last:
        return text(first)
    if last is None or last == high:
        return "-" if first is None or first == low else f">= {text(first)}"
    if first is None or (first == low and type_.kind == "date"):
        return f"<= {text(last)}"
    return f"[{text(first)}..{text(last)}]"


def _continuous(points: Sequence[int | Decimal], type_: Type) -> list[Region]:
    """Each point, and the open spans between and beyond."""
    if not points:
        return [Region(Decimal(0), "-")]
    decimals = [Decimal(p) for p in points]
    found = [Region(decimals[0] - 1, f"< {decimals[0]}")]
    for here, following in zip(decimals, [*decimals[1:], None], strict=True):
        found.append(_one(here, type_))
        if following is None:
            found.append(Region(here + 1, f"> {here}"))
        else:
            found.append(Region((here + following) / 2, f"({here}..{following})"))
    return found
