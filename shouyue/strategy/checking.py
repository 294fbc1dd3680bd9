"""Is a strategy fit for use? Everything that can be known before a loan is seen.

Names, types and units are settled in reading; here come what the whole must give, the texts, and for each table its
gaps, overlaps and rows that can never fire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files

from shouyue.strategy import deciding_only, faults, holding_out, telling
from shouyue.strategy.cells import Compare, Value
from shouyue.strategy.faults import Both, Finding, Findings, Place
from shouyue.strategy.model import Row, Strategy, Table
from shouyue.strategy.proof import Grid, Stretch, TooLarge
from shouyue.strategy.undecided import undecided
from shouyue.strategy.vocabulary import vocabulary

#: a further check, for example against a policy pack, by those who know it
Check = Callable[[Strategy], Iterable[Finding]]

Possible = dict[str, Sequence[Value | None]]
#: stretches of inputs that a finding names
CASES = 6


def check(strategy: Strategy, also: Iterable[Check] = ()) -> list[Finding]:
    """All findings, errors first. Without an error the strategy may be used; ``also`` adds checks of other kinds."""
    found = Findings(strategy.file, list(strategy.faults))
    _texts(strategy, found)
    _unused(strategy, found)
    possible: Possible = {}
    if not any(f.severity == "error" for f in strategy.faults):
        for table in strategy.tables:
            _table(strategy, table, possible, found)
    holding_out.check(strategy, found)
    deciding_only.check(strategy, found)
    for more in also:
        found.items.extend(more(strategy))
    rank = {"error": 0, "warning": 1, "note": 2}
    return sorted(found.items, key=lambda f: rank[f.severity])


def _texts(strategy: Strategy, found: Findings) -> None:
    for kind, labels in strategy.labels.items():
        for id_, label in labels.items():
            place = Place(strategy.file, kind, row_id=id_)
            for text in (label.zh, label.en):
                for word in harsh_words():
                    if word in text.lower():
                        found.add(faults.HARSH_WORD, place, word=word)


@cache
def harsh_words() -> tuple[str, ...]:
    lines = files("shouyue.strategy").joinpath("harsh_words.txt").read_text("utf-8").splitlines()
    return tuple(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))


def _unused(strategy: Strategy, found: Findings) -> None:
    results = {
        (column.name.id, str(result.value))
        for table in strategy.tables
        for row in table.rows
        for column, result in zip(table.outputs, row.results, strict=False)
        if result is not None
    }
    for output, kind in vocabulary().choices_from.items():
        for id_ in strategy.labels.get(kind, ()):
            if (output, id_) not in results:
                found.add(faults.UNUSED, Place(strategy.file, kind, row_id=id_), "note", name=id_)
    used = {name for t in strategy.tables for row in t.rows for name in _value_names(row)}
    for id_ in strategy.values:
        if id_ not in used:
            found.add(faults.UNUSED, Place(strategy.file, "values", row_id=id_), "note", name=id_)


def _value_names(row) -> Iterable[str]:
    for test in (t for cell in row.cells for t in cell.tests):
        literals = [test.to] if isinstance(test, Compare) else [getattr(test, "low", None), getattr(test, "high", None)]
        yield from (x.name for x in literals if x is not None and x.name)
    yield from (r.name for r in row.results if r is not None and r.name)


def _table(strategy: Strategy, table: Table, possible: Possible, found: Findings) -> None:
    grid = Grid(table, possible)
    place = table.place(strategy.file)
    many = table.counts_all
    gap: Stretch | None = ()
    try:
        if table.hit in ("first", "priority"):
            _dead_rows(strategy, table, grid, found)
        else:
            _impossible_rows(strategy, table, grid, found)
        if table.hit in ("unique", "any"):
            _overlaps(strategy, table, grid, found)
        if not many:
            gap = grid.gap()
            if gap is not None and not table.gaps and table.default is None:
                cases = _cases(strategy, grid, grid.all)
                where = dict(zip(("where_zh", "where_en"), cases[0], strict=True))
                found.add(faults.GAP, place, "warning", cases if len(cases) > 1 else (), **where)
            if gap is None and table.default is not None:
                found.add(faults.IDLE_DEFAULT, place, "note")
            _left_over(strategy, table, grid, found)
    except TooLarge:
        found.add(faults.TOO_LARGE, place, "warning")
    if not many:
        possible |= _given(table, undecided=gap is not None)


def _given(table: Table, undecided: bool) -> Possible:
    """The values later tables can meet in this table's outputs."""
    given: Possible = {}
    for i, column in enumerate(table.outputs):
        values = [r.value if (r := row.results[i]) else None for row in table.rows]
        if undecided:
            values.append(r.value if table.default and (r := table.default[i]) else None)
        given[column.name.id] = values
    return given


def _dead_rows(strategy: Strategy, table: Table, grid: Grid, found: Findings) -> None:
    for row in table.rows:
        dead = grid.dead(row)
        if dead is None:
            continue
        column, covering = dead
        place = table.place(strategy.file, row, column)
        if column:
            zh, en = _cannot(column)
        else:
            names = ", ".join(f"{r.number} {r.id}" for r in covering)
            if table.hit == "priority":
                zh, en = f"次序更高的行已全部覆盖：{names}", f"rows of higher rank cover all of it: {names}"
            else:
                zh, en = f"前面的行已全部覆盖：{names}", f"earlier rows cover all of it: {names}"
        found.add(faults.NEVER_FIRES, place, "error", why_zh=zh, why_en=en)


def _impossible_rows(strategy: Strategy, table: Table, grid: Grid, found: Findings) -> None:
    for row in table.rows:
        if column := grid.impossible(row):
            zh, en = _cannot(column)
            found.add(faults.NEVER_FIRES, table.place(strategy.file, row, column), why_zh=zh, why_en=en)


def _left_over(strategy: Strategy, table: Table, grid: Grid, found: Findings) -> None:
    """What only a last row without conditions, or the default, decides: no fault, but good to know."""
    last = next((row for row in grid.rows if all(cell.any for cell in row.cells)), None)
    if table.hit in ("first", "priority") and last and grid.before(last):
        if cases := _cases(strategy, grid, grid.before(last)):
            place = table.place(strategy.file, last)
            found.add(faults.CAUGHT, place, "note", cases, by_zh="这一行", by_en="this row")
    elif table.default is not None and table.rows and (cases := _cases(strategy, grid, grid.all)):
        place = table.place(strategy.file)
        found.add(faults.CAUGHT, place, "note", cases, by_zh="默认结果", by_en="the default")


def _cases(strategy: Strategy, grid: Grid, rows: int) -> list[Both]:
    """The inputs that none of the rows decides, in both languages, and how many more there are."""
    found = undecided(grid, rows, CASES)
    cases = [_said(strategy, grid.table, stretch) for stretch in found.stretches]
    if found.whole is None:
        return [*cases, ("还有别的情况，表太大，没有逐一列出", "and others; the table is too large to name them all")]
    if (more := found.whole - len(cases)) > 0:
        cases.append((f"另有 {more:,} 种", f"{more:,} more"))
    return cases


def _said(strategy: Strategy, table: Table, stretch: Stretch) -> Both:
    return telling.stretch(strategy, table, stretch, "zh"), telling.stretch(strategy, table, stretch, "en")


def _cannot(column: str) -> tuple[str, str]:
    return f"“{column}”不可能有这样的值", f"'{column}' can never have such a value"


def _overlaps(strategy: Strategy, table: Table, grid: Grid, found: Findings) -> None:
    """Rows of a ``unique`` table that can both apply; of an ``any`` table those whose results differ besides."""
    code = faults.OVERLAP if table.hit == "unique" else faults.OVERLAP_DIFFERS
    for i, row in enumerate(table.rows):
        others = [r for r in table.rows[:i] if table.hit == "unique" or not _same_results(r, row)]
        shared = [(r, _said(strategy, table, where)) for r in others if (where := grid.overlap(r, row)) is not None]
        if not shared:
            continue
        first, (zh, en) = shared[0]
        about = {"other": first.number, "other_id": first.id, "where_zh": zh, "where_en": en}
        cases = [(f"第 {r.number} 行“{r.id}”：{zh}", f"row {r.number} '{r.id}': {en}") for r, (zh, en) in shared[1:]]
        if (more := len(cases) - CASES) > 0:
            cases[CASES:] = [(f"另有 {more} 行", f"{more} more rows")]
        found.add(code, table.place(strategy.file, row), cases=cases, **about)


def _same_results(one: Row, other: Row) -> bool:
    return [r.value if r else None for r in one.results] == [r.value if r else None for r in other.results]
