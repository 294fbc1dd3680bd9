"""A decision table in words: what a row asks for and what it gives, as one would say it to a colleague.

``[1..30]`` of days past due is ``1–30天``, ``>= small`` is ``≥ ¥20.00 (small)``, ``not(open)`` is ``不是 已承诺``.
Where the cells themselves are shown, ``hint`` says what may be written into them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shouyue.base import money
from shouyue.strategy.cells import Between, Cell, Compare, Literal, Null, Test, Type, Value, show_value
from shouyue.strategy.model import Column, Name, Row, Strategy, Table
from shouyue.strategy.vocabulary import vocabulary

#: longest English label that heads a column; where it is longer, the name's id does
_SHORT = 40
#: values of one condition that a stretch names
_VALUES = 8
_SIGNS = {"=": "", "!=": "≠ ", "<": "< ", "<=": "≤ ", ">": "> ", ">=": "≥ "}
_HITS = {
    "first": ("从上到下，第一条满足的行生效", "the first row that is met counts"),
    "unique": ("只能有一行满足", "exactly one row may be met"),
    "any": ("满足的各行结果必须相同", "all rows that are met must agree"),
    "priority": ("满足的行中，结果次序最高的生效", "of the rows that are met the one of the highest rank counts"),
    "collect": ("满足的行全部生效", "every row that is met counts"),
    "rule order": ("满足的行全部生效，按行的次序", "every row that is met counts, in their order"),
    "output order": ("满足的行全部生效，按结果的次序", "every row that is met counts, in the order of ranks"),
}


def hit(table: Table, lang: str) -> str:
    """Which rows of the table count, in words."""
    return _HITS[table.hit][0 if lang == "zh" else 1]


_GATHERS = {
    "join": ("", ""),
    "sum": ("，结果求和", ", results are summed"),
    "min": ("，取最小结果", ", the least result"),
    "max": ("，取最大结果", ", the greatest result"),
    "count": ("，数出行数", ", counted"),
}


def hits(table: Table, lang: str) -> list[tuple[str, str, bool]]:
    """Every way for rows to count: as ``editing_columns.set_hit`` takes it, in words, and whether the table has it."""
    n = 0 if lang == "zh" else 1
    found = []
    for hit_, words in _HITS.items():
        for gather, more in _GATHERS.items() if hit_ == "collect" else [("", ("", ""))]:
            mine = table.hit == hit_ and gather in ("", table.gather)
            found.append((f"{hit_} {gather}".strip(), f"{words[n]}{more[n]} · {hit_} {gather}".strip(), mine))
    return found


def kind(name: Name, lang: str) -> str:
    """The type of a name with its unit: 整数（天）, ``a whole number, days``."""
    if name.type.kind == "choice":
        return "选项" if lang == "zh" else "one of a list"
    words, in_ = name.type.words(lang), unit(name.type, lang)
    return words if not in_ else f"{words}（{in_}）" if lang == "zh" else f"{words}, {in_}"


def label(name: Name, lang: str) -> str:
    """What a name is called: short enough to head a column."""
    if lang == "zh":
        return name.zh or name.id
    short = re.split(r"[;:,(]", name.en)[0].strip()
    return short if short and len(short) <= _SHORT else name.id.replace("_", " ")


def conditions(strategy: Strategy, table: Table, row: Row, lang: str) -> Iterator[tuple[str, str]]:
    """What the row asks for: names and what they must be. Nothing where it always applies."""
    for column, cell in zip(table.inputs, row.cells, strict=True):
        if not cell.any:
            yield label(column.name, lang), condition(strategy, column, cell, lang)


def results(strategy: Strategy, table: Table, row: Row, lang: str) -> Iterator[tuple[str, str]]:
    """What the row gives: names and values. Nothing where it gives none."""
    for column, literal in zip(table.outputs, row.results, strict=True):
        if literal is not None:
            yield label(column.name, lang), _literal(strategy, column, literal, lang)


def condition(strategy: Strategy, column: Column, cell: Cell, lang: str) -> str:
    """A condition in words, without the name of what it asks about."""
    if cell.any:
        return "任意" if lang == "zh" else "anything"
    if cell.negated and cell.tests == (Null(),):
        return "有数据" if lang == "zh" else "known"
    tests = [_test(strategy, column, t, lang) for t in cell.tests]
    if not cell.negated:
        return ("、" if lang == "zh" else " or ").join(tests)
    several = "none of " + ", ".join(tests) if len(tests) > 1 else f"not {tests[0]}"
    negated = f"不是 {'、'.join(tests)}" if lang == "zh" else several
    return _or_missing(negated, lang) if cell.or_missing else negated


def stretch(strategy: Strategy, table: Table, cells: Sequence[Cell], lang: str) -> str:
    """A stretch of the table's inputs, a cell for each of its conditions: ``逾期天数：31–60天；需特别关怀：否``."""
    said = [
        f"{label(c.name, lang)}{'：' if lang == 'zh' else ': '}{_briefly(strategy, c, cell, lang)}"
        for c, cell in zip(table.inputs, cells, strict=True)
        if not cell.any
    ]
    return ("；" if lang == "zh" else "; ").join(said) or ("任何情况" if lang == "zh" else "whatever comes")


def _briefly(strategy: Strategy, column: Column, cell: Cell, lang: str) -> str:
    """A condition of which a long list of values is not told to its end."""
    more = len(cell.tests) - _VALUES
    if more <= 1:
        return condition(strategy, column, cell, lang)
    some = condition(strategy, column, replace(cell, tests=cell.tests[:_VALUES]), lang)
    return f"{some} 等 {len(cell.tests)} 个" if lang == "zh" else f"{some} and {more} more"


def result(strategy: Strategy, column: Column, literal: Literal | None, lang: str) -> str:
    """A result in words; ``–`` for none."""
    return "–" if literal is None else _literal(strategy, column, literal, lang)


def _or_missing(text: str, lang: str) -> str:
    return f"没有数据，或{text}" if lang == "zh" else f"not known, or {text}"


def _test(strategy: Strategy, column: Column, test: Test, lang: str) -> str:
    if isinstance(test, Null):
        return "没有数据" if lang == "zh" else "not known"
    if isinstance(test, Compare):
        return _SIGNS[test.op] + _literal(strategy, column, test.to, lang)
    assert isinstance(test, Between)
    high = _literal(strategy, column, test.high, lang)
    if test.low_in and test.high_in:
        low = _bare(column.name.type, test.low.value) + (f" ({test.low.name})" if test.low.name else "")
        return f"{low}–{high}"
    low = ("≥ " if test.low_in else "> ") + _literal(strategy, column, test.low, lang)
    return f"{low}{' 且 ' if lang == 'zh' else ' and '}{'≤ ' if test.high_in else '< '}{high}"


def _literal(strategy: Strategy, column: Column, literal: Literal, lang: str) -> str:
    text = _value(strategy, column.name, literal.value, lang)
    return f"{text} ({literal.name})" if literal.name else text


def _value(strategy: Strategy, name: Name, value: Value, lang: str) -> str:
    """A value with its unit, or what the strategy or the vocabulary calls it."""
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if name.type.kind == "money" and isinstance(value, int):
        return money.show(value, name.type.currency, lang)
    if name.type.kind == "choice":
        return _choice(strategy, name.id, str(value), lang)
    unit = vocabulary().units.get(name.type.unit)
    if unit is None:
        return _bare(name.type, value)
    return f"{value}{unit.zh}" if lang == "zh" else f"{value} {unit.one if abs(value) == 1 else unit.many}"  # type: ignore[arg-type]


def value(strategy: Strategy, type_: Type, given: Value, lang: str) -> str:
    """A value of a type with its unit: a number from ``[values]``."""
    return _value(strategy, Name("", type_), given, lang)


def named(strategy: Strategy, name: Name, given: Value, lang: str) -> str:
    """A value that a column gives, as one calls it."""
    return _value(strategy, name, given, lang)


def _choice(strategy: Strategy, name: str, value: str, lang: str) -> str:
    own = strategy.labels.get(vocabulary().choices_from.get(name, ""), {})
    known = own.get(value) or vocabulary().choice_words.get(name, {}).get(value)
    return (known.zh if lang == "zh" else known.en) if known else value


def _bare(type_: Type, value: Value) -> str:
    return value if isinstance(value, str) else show_value(value, type_)


# ---------------------------------------------------------------- what may be written into a cell
_EXAMPLES = {
    "int": "3, > 3, [1..30]",
    "money": "20.00, >= 20.00, [0.01..500.00]",
    "number": "0.5, > 0.5, [0..1]",
    "date": "2026-11-24, < 2026-12-01",
    "bool": "yes, no",
    "text": '"…"',
}


def unit(type_: Type, lang: str) -> str:
    """The unit of a column as it is called: 天, days, CNY; empty where it has none."""
    if type_.kind == "money":
        return type_.currency
    found = vocabulary().units.get(type_.unit)
    return "" if found is None else found.zh if lang == "zh" else found.many


def hint(strategy: Strategy, column: Column, lang: str, result: bool = False) -> str:
    """What a cell of the column may hold: its type and unit, its bounds, how it is written, named numbers."""
    type_ = column.name.type
    zh = lang == "zh"
    if type_.kind == "choice":
        said = ("选项：" if zh else "one of: ") + ", ".join(type_.choices)
        return said if result else said + ("；或 not(…)、null、-" if zh else "; or not(…), null, -")
    kind = type_.words(lang)
    parts = [f"{kind}（{unit(type_, lang)}）" if zh and unit(type_, lang) else kind]
    if not zh and unit(type_, lang):
        parts = [f"{kind}, in {unit(type_, lang)}"]
    if column.name.id == "best_time":
        return "时段，如 13:00-15:00；- 表示不给出" if zh else "a span like 13:00-15:00; - for none"
    if type_.low is not None or type_.high is not None:
        parts.append(_bounds(type_, zh))
    if result:
        parts.append("- 表示不给出" if zh else "- for none")
    else:
        parts.append(("如 " if zh else "as ") + _EXAMPLES[type_.kind])
        parts.append("没有数据写 null，任意写 -" if zh else "null for not known, - for anything")
    named = [n for n, (t, _) in strategy.values.items() if (t.kind, t.unit) == (type_.kind, type_.unit)]
    if named:
        parts.append(("可用数值：" if zh else "named numbers: ") + ", ".join(named))
    return ("；" if zh else "; ").join(parts)


def suggestions(strategy: Strategy, column: Column, lang: str) -> list[tuple[str, str]]:
    """Values that a cell of the column may be given, with what they are called: choices, yes and no, named numbers."""
    type_ = column.name.type
    if type_.kind == "choice":
        return [(show_value(c, type_), _choice(strategy, column.name.id, c, lang)) for c in type_.choices]
    if type_.kind == "bool":
        return [(show_value(v, type_), _value(strategy, column.name, v, lang)) for v in (True, False)]
    like = [(n, v) for n, (t, v) in strategy.values.items() if (t.kind, t.unit) == (type_.kind, type_.unit)]
    return [(n, _value(strategy, column.name, v, lang)) for n, v in like]


def _bounds(type_: Type, zh: bool) -> str:
    low, high = (None if b is None else show_value(b, type_) for b in (type_.low, type_.high))
    if low is None:
        return f"不超过 {high}" if zh else f"at most {high}"
    if high is None:
        return f"不小于 {low}" if zh else f"at least {low}"
    return f"{low} 至 {high}" if zh else f"{low} to {high}"
