"""What a column can hold, cut where its conditions change: the ground on which tables are proved whole.

All conditions of a column divide its values into a few regions within which every condition says the same: for
``[1..7]`` and ``> 180`` over whole days these are 0, 1..7, 8..180, 181 and up. A table over several columns is then a
finite grid, and gaps, overlaps and dead rows can be found exactly. ``condition`` says some of the regions as a cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shouyue.strategy.cells import ANY, Between, Cell, Compare, Literal, Null, Test, Type, Value

MISSING = Cell((Null(),))
KNOWN = Cell((Null(),), negated=True)


@dataclass(frozen=True)
class Region:
    """Values that no condition of the column tells apart; ``sample`` is one of them, None the missing value.

    A region of an ordered type reaches from ``low`` to ``high`` (None: to the end), its ends included where ``closed``;
    ``span`` says that it is such a one. ``rest`` stands for all texts that are not named.
    """

    sample: Value | None
    low: Value | None = None
    high: Value | None = None
    closed: bool = True
    span: bool = False
    rest: bool = False


def regions(type_: Type, cells: Iterable[Cell], possible: Sequence[Value | None] | None = None) -> list[Region]:
    """The regions of a column, in order. ``possible`` lists the only values it can have, where they are known."""
    if possible is not None:
        return [Region(value) for value in dict.fromkeys(possible)]
    found = _known(type_, _values(cells))
    return [*found, Region(None)] if type_.nullable else found


def condition(all_: Sequence[Region], chosen: Collection[int]) -> Cell:
    """A cell met in the chosen regions, by their places among all, and in no other of them; as short as can be."""
    if len(chosen) == len(all_):
        return ANY
    known = [at for at, region in enumerate(all_) if region.sample is not None]
    missing = any(all_[at].sample is None for at in chosen)
    mine = [at for at in known if at in chosen]
    others = [at for at in known if at not in chosen]
    if not mine:
        return MISSING
    if not others:
        return KNOWN
    said, left_out = _tests(all_, mine), _tests(all_, others)
    if any(all_[at].rest for at in mine) or len(left_out) < len(said):
        return Cell(tuple(left_out), negated=True, or_missing=missing)
    return Cell((*said, Null()) if missing else tuple(said))


def _tests(all_: Sequence[Region], places: Sequence[int]) -> list[Test]:
    """The regions one by one, and those that follow each other in one."""
    runs: list[list[int]] = []
    for at in places:
        if runs and runs[-1][-1] == at - 1 and all_[at].span and all_[at - 1].span:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [_run(all_[run[0]], all_[run[-1]]) for run in runs]


def _run(first: Region, last: Region) -> Test:
    if not first.span:
        assert first.sample is not None
        return Compare("=", Literal(first.sample))
    low, high = first.low, last.high
    if low is None:
        assert high is not None
        return Compare("<=" if last.closed else "<", Literal(high))
    if high is None:
        return Compare(">=" if first.closed else ">", Literal(low))
    if low == high:
        return Compare("=", Literal(low))
    return Between(Literal(low), Literal(high), first.closed, last.closed)


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
            return [Region(v) for v in (True, False)]
        case "choice":
            return [Region(v) for v in type_.choices]
        case "text":
            named = sorted({str(v) for v in values})
            return [*(Region(v) for v in named), Region("".join(named) + "…", rest=True)]
        case "number":
            return _continuous(sorted({v for v in values if isinstance(v, (int, Decimal))}))
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
        begins = None if type_.kind != "int" and first == low else first
        ends = None if following is None else last
        begin, end = (None if edge is None else back(edge) for edge in (begins, ends))
        found.append(Region(back(sample), begin, end, span=True))
    return found


def _continuous(points: Sequence[int | Decimal]) -> list[Region]:
    """Each point, and the open spans between and beyond."""
    decimals = [Decimal(p) for p in points]
    if not decimals:
        return [Region(Decimal(0), span=True)]
    found = [Region(decimals[0] - 1, None, decimals[0], closed=False, span=True)]
    for here, following in zip(decimals, [*decimals[1:], None], strict=True):
        found.append(Region(here, here, here, span=True))
        sample = here + 1 if following is None else (here + following) / 2
        found.append(Region(sample, here, following, closed=False, span=True))
    return found
