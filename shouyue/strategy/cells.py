"""The language of a cell: what a value must be for a row to apply, in the spirit of DMN's unary tests.

    -                any value, missing or not
    3   "a"   yes    exactly this value
    > 3   <= 20.00   compared with a value; also = and !=
    [1..30]          between, ends included; ( and ) leave an end out, as do ] and [ turned outward
    1, 2, > 10       any of these
    not(1, [5..7])   a known value that is none of these
    null             the value is missing
    null, not(1, 2)  missing, or none of these

A missing value meets only ``-`` and ``null``: ``not("a")`` asks for a known value. A word without quotes is one of
the choices of the column, or a name from ``[values]``. Chinese full-width punctuation reads like its plain form.
Amounts are written in major units (20.00) and held in minor units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal as OneOf

from shouyue.base.errors import ShouyueError
from shouyue.base.money import from_minor, to_minor
from shouyue.strategy import faults
from shouyue.strategy.faults import CellFault

Value = int | Decimal | str | bool | date
Op = OneOf["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Type:
    """The values a column may hold.

    ``unit`` is days, count, currency …; ``low`` and ``high`` bound whole numbers and amounts (minor units);
    ``nullable`` says whether a value may be missing; ``currency`` gives an amount its decimals.
    """

    kind: OneOf["int", "money", "number", "date", "bool", "choice", "text"]
    unit: str = ""
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    nullable: bool = False
    currency: str = "CNY"

    @property
    def ordered(self) -> bool:
        return self.kind in ("int", "money", "number", "date")

    def words(self, lang: str) -> str:
        """The type as a person calls it."""
        if self.kind == "choice":
            return ("选项 " if lang == "zh" else "one of ") + ", ".join(self.choices)
        zh, en = _KIND_WORDS[self.kind]
        return zh if lang == "zh" else en


_KIND_WORDS = {
    "int": ("整数", "a whole number"),
    "money": ("金额", "an amount"),
    "number": ("数", "a number"),
    "date": ("日期", "a date"),
    "bool": ("是/否", "yes or no"),
    "text": ("带引号的文字", "a text in quotes"),
}


@dataclass(frozen=True)
class Literal:
    """A value; ``name`` when it was given as a name from ``[values]``."""

    value: Value
    name: str = ""


@dataclass(frozen=True)
class Null:
    pass


@dataclass(frozen=True)
class Compare:
    op: Op
    to: Literal


@dataclass(frozen=True)
class Between:
    low: Literal
    high: Literal
    low_in: bool = True
    high_in: bool = True


Test = Null | Compare | Between


@dataclass(frozen=True)
class Cell:
    """A cell as read: any of ``tests``, or none of them when ``negated``; no tests at all is ``-``.

    ``or_missing`` lets a negated cell be met by a missing value too: ``null, not(1)``.
    """

    tests: tuple[Test, ...] = ()
    negated: bool = False
    or_missing: bool = False

    @property
    def any(self) -> bool:
        return not self.tests


ANY = Cell()

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|“[^”]*”)
    | (?P<date>\d{4}-\d{2}-\d{2})
    | (?P<number>[-－]?(?:\d[\d_]*(?:\.\d+)?|\.\d+))
    | (?P<dots>\.\.|…)
    | (?P<op><=|>=|!=|<|>|=|≤|≥|≠|＜|＞|＝)
    | (?P<mark>[\[\](),，、（）【】\-－—])
    | (?P<word>[^\W\d]\w*)
    )""",
    re.VERBOSE,
)
_PLAIN = str.maketrans("，、（）【】－—≤≥≠＜＞＝", ",,()[]--\0\1\2<>=")
_OPS = {"\0": "<=", "\1": ">=", "\2": "!="}
_NULL_NOT = [("word", "null"), ("mark", ","), ("word", "not"), ("mark", "(")]
_OPENING = {("mark", "["), ("mark", "("), ("mark", "]")}
_YES = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}


def parse(text: str, type_: Type, values: Mapping[str, tuple[Type, Value]] | None = None) -> Cell:
    """Read a condition for a column of ``type_``; ``values`` are the names it may use. Raises CellFault."""
    return _Reader(text, type_, values or {}).cell()


class _Reader:
    def __init__(self, text: str, type_: Type, values: Mapping[str, tuple[Type, Value]]):
        self.text, self.type, self.values = text.strip(), type_, values
        self.tokens = _tokens(self.text)
        self.at = 0

    def cell(self) -> Cell:
        if not self.text:
            raise CellFault(faults.BLANK_CELL)
        if [t for _, t in self.tokens] == ["-"]:
            return ANY
        missing = [self._peek(i) for i in range(4)] == _NULL_NOT
        self.at += 2 * missing
        if self._peek() == ("word", "not") and self._peek(1) == ("mark", "("):
            self.at += 2
            tests = self._tests()
            self._expect(")")
            cell = Cell(tests, negated=True, or_missing=missing)
        else:
            cell = Cell(self._tests())
        if self.at < len(self.tokens):
            raise self._unreadable()
        return cell

    def _tests(self) -> tuple[Test, ...]:
        tests = [self._test()]
        while self._peek() == ("mark", ","):
            self.at += 1
            tests.append(self._test())
        return tuple(tests)

    def _test(self) -> Test:
        kind, token = self._peek()
        if (kind, token) == ("mark", "-"):
            raise CellFault(faults.BARE_DASH)
        if (kind, token) == ("word", "null"):
            self.at += 1
            return Null()
        if kind == "op":
            self.at += 1
            if token not in ("=", "!="):
                self._needs_order(token)
            return Compare(token, self._literal())  # pyright: ignore[reportArgumentType]
        if (kind, token) in _OPENING:
            return self._between()
        return Compare("=", self._literal())

    def _between(self) -> Between:
        start = self.at
        opening = self._take()
        self._needs_order("..")
        low = self._literal()
        if self._peek()[0] != "dots":
            raise self._unreadable()
        self.at += 1
        high = self._literal()
        closing = self._take()
        if closing not in ("]", ")", "["):
            self.at -= 1
            raise self._unreadable()
        between = Between(low, high, opening == "[", closing == "]")
        if _is_empty(between, self.type):
            raise CellFault(faults.EMPTY_RANGE, cell="".join(t for _, t in self.tokens[start : self.at]))
        return between

    def _literal(self) -> Literal:
        kind, token = self._peek()
        if kind not in ("string", "date", "number", "word"):
            raise self._unreadable()
        self.at += 1
        if kind == "word" and token in self.values and token not in self.type.choices:
            other, value = self.values[token]
            if (other.kind, other.unit) != (self.type.kind, self.type.unit):
                raise _wrong(token, self.type)
            return Literal(value, token)
        return Literal(_value(kind, token, self.type))

    def _needs_order(self, op: str) -> None:
        if not self.type.ordered:
            raise CellFault(
                faults.NO_ORDER,
                cell=self.text,
                op=op,
                wanted_zh=self.type.words("zh"),
                wanted_en=self.type.words("en"),
            )

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ("end", "")

    def _take(self) -> str:
        token = self._peek()[1]
        self.at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._peek()[1] != token:
            raise self._unreadable()
        self.at += 1

    def _unreadable(self) -> CellFault:
        return CellFault(faults.BAD_CELL, cell=self.text, at=self._peek()[1] or "…")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match or not match.lastgroup:
            raise CellFault(faults.BAD_CELL, cell=text, at=text[at : at + 12].strip())
        kind, token = match.lastgroup, match[match.lastgroup]
        if kind in ("mark", "op", "number"):
            token = token.translate(_PLAIN)
            token = _OPS.get(token, token)
        tokens.append((kind, token))
        at = match.end()
    return tokens


def _wrong(token: str, type_: Type) -> CellFault:
    return CellFault(faults.WRONG_TYPE, value=token, wanted_zh=type_.words("zh"), wanted_en=type_.words("en"))


def _value(kind: str, token: str, type_: Type) -> Value:
    """The value a token stands for in a column of ``type_``."""
    wrong = _wrong(token, type_)
    if type_.kind in ("int", "money", "number"):
        if kind != "number":
            raise wrong
        return _number(token.replace("_", ""), type_, wrong)
    if type_.kind == "date":
        if kind != "date":
            raise wrong
        try:
            return date.fromisoformat(token)
        except ValueError:
            raise wrong from None
    if type_.kind == "bool":
        if kind != "word" or token.lower() not in _YES:
            raise wrong
        return _YES[token.lower()]
    if kind == "string":
        token = re.sub(r"\\(.)", r"\1", token[1:-1]) if token[0] == '"' else token[1:-1]
    elif type_.kind == "text":
        raise wrong
    if type_.kind == "choice" and token not in type_.choices:
        raise _wrong(token, type_)
    return token


def _number(token: str, type_: Type, wrong: CellFault) -> int | Decimal:
    if type_.kind == "money":
        try:
            return to_minor(token, type_.currency)
        except ShouyueError:
            raise wrong from None
    if type_.kind == "number":
        return Decimal(token)
    if "." in token or not -(2**63) <= int(token) < 2**63:
        raise wrong
    return int(token)


def parse_value(text: str, type_: Type, values: Mapping[str, tuple[Type, Value]] | None = None) -> Literal | None:
    """Read one result cell: a single value, ``-`` for none, plain words for a text. Raises CellFault."""
    stripped = text.strip()
    if not stripped:
        raise CellFault(faults.BLANK_CELL)
    if stripped == "-":
        return None
    if type_.kind == "text" and stripped[0] not in '"“':
        return Literal(stripped)
    reader = _Reader(stripped, type_, values or {})
    literal = reader._literal()
    if reader.at < len(reader.tokens):
        raise reader._unreadable()
    return literal


def show(cell: Cell, type_: Type) -> str:
    """The cell as text; ``parse`` reads it back to the same."""
    if cell.any:
        return "-"
    inner = ", ".join(_show_test(t, type_) for t in cell.tests)
    return f"{'null, ' if cell.or_missing else ''}not({inner})" if cell.negated else inner


def _show_test(test: Test, type_: Type) -> str:
    if isinstance(test, Null):
        return "null"
    if isinstance(test, Compare):
        return ("" if test.op == "=" else test.op + " ") + show_literal(test.to, type_)
    low, high = show_literal(test.low, type_), show_literal(test.high, type_)
    return f"{'[' if test.low_in else '('}{low}..{high}{']' if test.high_in else ')'}"


def show_literal(literal: Literal | None, type_: Type) -> str:
    if literal is None:
        return "-"
    return literal.name or show_value(literal.value, type_)


def show_value(value: Value, type_: Type) -> str:
    """A value as it is written in a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if type_.kind == "money" and isinstance(value, int):
        return f"{from_minor(value, type_.currency):f}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if type_.kind == "text" or (type_.kind == "choice" and not re.fullmatch(r"[^\W\d]\w*", str(value))):
        return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def matches(cell: Cell, value: Value | None) -> bool:
    """Does the value meet the cell? The plain meaning of the language; the compiler must agree with it."""
    if cell.any:
        return True
    if value is None:
        return cell.or_missing if cell.negated else any(isinstance(t, Null) for t in cell.tests)
    return any(_meets(t, value) for t in cell.tests) != cell.negated


def _meets(test: Test, value: Value) -> bool:
    if isinstance(test, Null):
        return False
    if isinstance(test, Compare):
        return _compare(value, test.op, test.to.value)
    return _compare(value, ">=" if test.low_in else ">", test.low.value) and _compare(
        value, "<=" if test.high_in else "<", test.high.value
    )


def _compare(value, op: Op, other) -> bool:
    match op:
        case "=":
            return value == other
        case "!=":
            return value != other
        case "<":
            return value < other
        case "<=":
            return value <= other
        case ">":
            return value > other
        case ">=":
            return value >= other


def _is_empty(test: Between, type_: Type) -> bool:
    low, high = test.low.value, test.high.value
    if type_.kind in ("int", "money") and isinstance(low, int) and isinstance(high, int):
        return (low if test.low_in else low + 1) > (high if test.high_in else high - 1)
    if low == high:
        return not (test.low_in and test.high_in)
    return low > high  # pyright: ignore[reportOperatorIssue]
