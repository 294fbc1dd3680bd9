"""FEEL as far as the cell language holds it: unary tests and constants, into cells and back.

    -    3    "a"    true    null    date("2026-11-24")    @"2026-11-24"
    > 3    [1..30]    (0..1)    ]0..1[    "a", "b"    not("a", "b")    >= small

A name stands for a constant of the file. In FEEL a missing value is unequal to every value, so that ``not("a")``
holds for it, while no comparison does; ``read_cell`` keeps that meaning where the column may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shouyue.strategy.cells import ANY, Between, Cell, Compare, Literal, Null, Test, Type, Value, show_value

#: a constant of a file: its value as FEEL knows it, Decimal, str, bool or date
Constants = Mapping[str, Value]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<at>@"(?:[^"\\]|\\.)*")
    | (?P<number>-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<dots>\.\.)
    | (?P<op><=|>=|!=|<|>|=)
    | (?P<mark>[\[\](),\-])
    | (?P<word>[^\W\d][\w ]*\w|[^\W\d])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}
#: what each kind of column may be compared with
_KINDS = {"number": Decimal, "text": str, "bool": bool, "date": date}


class FeelFault(Exception):
    """Something FEEL may say and a cell may not; in Chinese and in English."""

    def __init__(self, zh: str, en: str):
        self.zh, self.en = zh, en
        super().__init__(en)


@dataclass
class _Reader:
    text: str
    constants: Constants
    at: int = 0

    def __post_init__(self) -> None:
        self.tokens = _tokens(self.text)

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        sign = self.peek()
        self.at += 1
        return sign

    def expect(self, mark: str) -> None:
        if self.take()[1] != mark:
            raise _unreadable(self.text)

    def end(self) -> None:
        if self.peek()[0] != "end":
            raise _unreadable(self.text)

    def literal(self) -> Literal | None:
        """A constant, or None for ``null``."""
        kind, sign = self.take()
        if kind == "number":
            return Literal(Decimal(sign))
        if kind == "string":
            return Literal(_string(sign))
        if kind == "at":
            return Literal(_date(_string(sign[1:])))
        if kind != "word":
            raise _unreadable(self.text)
        if sign in ("true", "false"):
            return Literal(sign == "true")
        if sign == "null":
            return None
        if sign == "date" and self.peek() == ("mark", "("):
            self.at += 1
            kind, inner = self.take()
            self.expect(")")
            if kind != "string":
                raise _unreadable(self.text)
            return Literal(_date(_string(inner)))
        if sign in self.constants:
            return Literal(self.constants[sign], sign)
        raise FeelFault(f"不认识“{sign}”", f"'{sign}' is not known")

    def tests(self) -> tuple[Test, ...]:
        tests = [self.test()]
        while self.peek() == ("mark", ","):
            self.at += 1
            tests.append(self.test())
        return tuple(tests)

    def test(self) -> Test:
        kind, sign = self.peek()
        if kind == "op":
            self.at += 1
            literal = self.literal()
            if literal is None or sign == "!=":
                raise _unreadable(self.text)
            return Compare(sign, literal)  # pyright: ignore[reportArgumentType]
        if kind == "mark" and sign in "[(]":
            return self.between()
        literal = self.literal()
        return Null() if literal is None else Compare("=", literal)

    def between(self) -> Between:
        opening = self.take()[1]
        low = self.literal()
        if self.take()[0] != "dots":
            raise _unreadable(self.text)
        high = self.literal()
        closing = self.take()[1]
        if low is None or high is None or closing not in ("]", ")", "["):
            raise _unreadable(self.text)
        return Between(low, high, opening == "[", closing == "]")


def read_cell(text: str, type_: Type, constants: Constants, missing: bool = True) -> Cell:
    """A cell from FEEL's unary tests, for a column of ``type_``. Raises FeelFault.

    ``missing`` says whether the column may be missing: then ``not("a")`` holds for a missing value, as FEEL has it.
    """
    if text.strip() in ("-", ""):
        return ANY
    reader = _Reader(text, constants)
    negated = reader.peek() == ("word", "not") and reader.peek(1) == ("mark", "(")
    if negated:
        reader.at += 2
    tests = reader.tests()
    if negated:
        reader.expect(")")
    reader.end()
    for test in tests:
        _fits(test, type_)
    if not negated:
        return Cell(tests)
    known = tuple(t for t in tests if not isinstance(t, Null))
    null = len(known) < len(tests)
    equal = all(isinstance(t, Compare) and t.op == "=" for t in known)
    return Cell(known or tests, negated=True, or_missing=missing and equal and not null and bool(known))


def read_constant(text: str, constants: Constants | None = None) -> Literal | None:
    """One constant; None for ``null``. Raises FeelFault for an expression."""
    if text.strip() == "":
        return None
    reader = _Reader(text, constants or {})
    literal = reader.literal()
    reader.end()
    return literal


def kind_of(value: Value) -> str:
    """The kind of a constant: number, text, bool or date."""
    return next(k for k, t in _KINDS.items() if type(value) is t)


def _fits(test: Test, type_: Type) -> None:
    literals = () if isinstance(test, Null) else (test.to,) if isinstance(test, Compare) else (test.low, test.high)
    for literal in literals:
        if type(literal.value) is not _KINDS[type_.kind]:
            shown = write_value(literal.value)
            raise FeelFault(f"{shown} 不是{type_.words('zh')}", f"{shown} is not {type_.words('en')}")
    ordering = isinstance(test, Between) or (isinstance(test, Compare) and test.op != "=")
    if ordering and not type_.ordered:
        raise FeelFault(f"{type_.words('zh')}没有大小", f"{type_.words('en')} has no order")
    if isinstance(test, Between) and (test.low.value > test.high.value):  # pyright: ignore[reportOperatorIssue]
        raise FeelFault("范围里没有任何值", "the range holds no value")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match or not match.lastgroup:
            raise _unreadable(text, text[at : at + 12].strip())
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _unreadable(text: str, at: str = "") -> FeelFault:
    what = at or text.strip()
    return FeelFault(f"单元格语言里没有“{what}”这样的写法", f"the cell language has nothing like '{what}'")


def _string(sign: str) -> str:
    def plain(match: re.Match) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _ESCAPES:
            raise _unreadable(sign, match[0])
        return _ESCAPES[match[2]]

    value = re.sub(r"\\(?:u([0-9A-Fa-f]{4})|(.))", plain, sign[1:-1])
    if len(value.splitlines()) > 1 or value.splitlines() not in ([value], []):
        raise FeelFault("文字里有换行", "the text has a line break in it")
    return value


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else _no_date(text)
    except ValueError:
        return _no_date(text)


def _no_date(text: str) -> date:
    raise FeelFault(f"“{text}”不是日期", f"'{text}' is not a date")


# ---- the other way
def write_cell(cell: Cell, type_: Type) -> str:
    """The cell in FEEL, meaning the same for every value and for a missing one. Raises FeelFault where it cannot."""
    if cell.any:
        return "-"
    if not cell.negated:
        if len(cell.tests) == 1 and isinstance(cell.tests[0], Compare) and cell.tests[0].op == "!=":
            return f"not({_null_if(type_)}{_literal(cell.tests[0].to, type_)})"
        return ", ".join(_test(t, type_) for t in cell.tests)
    known = [t for t in cell.tests if not isinstance(t, Null)]
    equal = all(isinstance(t, Compare) and t.op == "=" for t in known)
    if cell.or_missing and not (known and equal):
        raise FeelFault(
            "FEEL 的 not(...) 里只有相等条件才包括“没有数据”",
            "in FEEL, not(...) takes in a missing value only where it is about equality",
        )
    inner = ", ".join(_test(t, type_) for t in known)
    if not known:
        return "not(null)"
    return f"not({inner})" if cell.or_missing else f"not({_null_if(type_)}{inner})"


def _null_if(type_: Type) -> str:
    return "null, " if type_.nullable else ""


def _test(test: Test, type_: Type) -> str:
    if isinstance(test, Null):
        return "null"
    if isinstance(test, Compare):
        if test.op == "!=":
            raise FeelFault("FEEL 的单元格里没有与其他条件并列的 !=", "FEEL has no != beside other conditions")
        return ("" if test.op == "=" else f"{test.op} ") + _literal(test.to, type_)
    low, high = _literal(test.low, type_), _literal(test.high, type_)
    return f"{'[' if test.low_in else '('}{low}..{high}{']' if test.high_in else ')'}"


def _literal(literal: Literal, type_: Type) -> str:
    return literal.name or write_value(literal.value, type_)


def write_value(value: Value | None, type_: Type | None = None) -> str:
    """A constant in FEEL."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f'date("{value.isoformat()}")'
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        return f'"{escaped}"'
    return show_value(value, type_ or Type("number"))
