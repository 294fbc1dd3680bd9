"""The numbered files by which the lender's core is told things, read as an outside core reads them.

Nothing is known of them here but what their documentation says (docs/concessions.md, docs/early-settlement.md,
docs/contact-changes.md): columns, totals, numbers without gaps. A file is taken whole or not at all.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NoReturn

from shouyue.base import money
from shouyue.base.errors import Code, ShouyueError

DAMAGED = Code(
    "SIM-006",
    zh="指令文件 {file} 第 {line} 行有误：{zh}；文件未入账",
    en="instruction file {file}, line {line}: {en}; nothing of it was booked",
)
GAP = Code(
    "SIM-007",
    zh="缺少 {kind} 第 {number} 号指令文件，其后的文件不能入账",
    en="{kind} file {number} is missing; those after it cannot be booked",
)
CHANGED = Code(
    "SIM-008",
    zh="{kind} 第 {number} 号指令文件已入账，现在的内容与当时不同",
    en="{kind} file {number} was booked before, with other content",
)

CONCESSIONS, SETTLEMENTS, CONTACTS = "concessions", "settlements", "contacts"
#: the order in which a night takes them: a waiver lowers what settles the loan
KINDS = (CONCESSIONS, SETTLEMENTS, CONTACTS)
_HEADS = {
    CONCESSIONS: "record instruction line concession contract component currency amount proposed_by approved_by"
    " approved_on",
    SETTLEMENTS: "record instruction line quote contract component currency contract_amount waived amount pay_by"
    " accepted_on",
    CONTACTS: "record instruction line change customer phone relation place name mark value city zone letters source"
    " reference told_at",
}
HEADS = {kind: tuple(head.split()) for kind, head in _HEADS.items()}
#: records of a kind beside total and end
RECORDS = {CONCESSIONS: ("waive",), SETTLEMENTS: ("part", "settle"), CONTACTS: ("change", "changed", "gone")}
#: columns of contact data that say which line it is, and of whom
_FRAME = ("record", "instruction", "line", "change", "customer")
CHANGES = ("number_added", "number_corrected", "number_marked", "address", "employer")
_NAME = re.compile(r"(concessions|settlements|contacts)-(\d{6,})\.csv")


@dataclass(frozen=True)
class Waive:
    """``minor`` of the charges of a component are no longer asked for."""

    line: int
    contract: str
    component: str
    currency: str
    minor: int


@dataclass(frozen=True)
class Settle:
    """``minor`` by the day ``pay_by`` settle the contract; ``parts`` by component."""

    line: int
    contract: str
    currency: str
    minor: int
    pay_by: date
    parts: Mapping[str, int]


@dataclass(frozen=True)
class Change:
    """Contact data of a customer; ``cells`` by the columns of the file, those that say nothing left out."""

    line: int
    customer: str
    change: str
    cells: Mapping[str, str]


Line = Waive | Settle | Change


@dataclass(frozen=True)
class File:
    kind: str
    number: int
    text: str
    lines: Sequence[Line] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.number:06}.csv"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def new(folder: Path, taken: Mapping[tuple[str, int], str]) -> list[File]:
    """The files of the folder that were not taken yet, checked, in the order to take them.

    ``taken`` has the SHA-256 of what was taken by kind and number. Raises SIM-006 for a damaged file, SIM-007 where a
    number is missing, SIM-008 where one that was taken says something else now: then none is taken.
    """
    found = []
    for kind in KINDS:
        due = 1 + max((number for of, number in taken if of == kind), default=0)
        for number, path in _numbered(folder, kind):
            if number < due:
                _must_be_the_same(kind, number, path, taken)
                continue
            if number != due:
                raise GAP.error(kind=kind, number=due)
            found.append(read(path))
            due += 1
    return found


def _numbered(folder: Path, kind: str) -> list[tuple[int, Path]]:
    names = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(name[2]), path) for name, path in names if name and name[1] == kind)


def _must_be_the_same(kind: str, number: int, path: Path, taken: Mapping[tuple[str, int], str]) -> None:
    """Contact data may be made again without what was erased since; money says the same for ever."""
    known = taken.get((kind, number))
    if kind != CONTACTS and known != hashlib.sha256(path.read_bytes()).hexdigest():
        raise CHANGED.error(kind=kind, number=number)


def read(path: Path) -> File:
    """The file, checked against its own totals. Raises SIM-006 naming the line."""
    named = _NAME.fullmatch(path.name)
    assert named is not None, path.name
    kind, number = named[1], int(named[2])
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise DAMAGED.error(file=path.name, line=1, zh="不是 UTF-8 文本", en="it is no text in UTF-8") from None
    return File(kind, number, text, _Reading(path.name, kind, number).lines(text))


class _Reading:
    """One file being read: its lines, and what its totals must be."""

    def __init__(self, name: str, kind: str, number: int):
        self.name, self.kind, self.number = name, kind, number
        self.at = 1  # line of the text
        self.found: list[Line] = []
        self.numbers: list[int] = []
        self.parts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        #: (component or change, currency) -> count and minor units, as counted and as said
        self.counted: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.said: dict[tuple[str, str], list[int]] = {}

    def wrong(self, zh: str, en: str) -> NoReturn:
        raise DAMAGED.error(file=self.name, line=self.at, zh=zh, en=en)

    def lines(self, text: str) -> list[Line]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        ended = False
        try:
            if tuple(next(reader, ())) != HEADS[self.kind]:
                self.wrong("表头不符", "its head is another")
            for cells in reader:
                self.at = reader.line_num
                if ended:
                    self.wrong("结尾之后还有内容", "something follows its end")
                ended = self._record(cells)
        except csv.Error:
            self.at = reader.line_num
            self.wrong("引号有误", "its quotes are broken")
        if not ended:
            self.wrong("没有结尾行", "it has no end")
        return self.found

    def _record(self, cells: list[str]) -> bool:
        """Take one record; is it the end?"""
        head = HEADS[self.kind]
        if len(cells) != len(head):
            self.wrong(f"应有 {len(head)} 列", f"{len(head)} columns are needed")
        row = dict(zip(head, cells, strict=True))
        if row["instruction"] != str(self.number):
            self.wrong("编号与文件名不符", "its number is not that of the file")
        if row["record"] == "end":
            self._end(row)
            return True
        if row["record"] == "total":
            key = self._component(row), row.get("currency", "")
            if key in self.said:
                self.wrong("合计重复", "a total stands twice")
            self.said[key] = [self._count(row["line"]), self._amount(row) if row.get("currency") else 0]
            return False
        if row["record"] not in RECORDS[self.kind]:
            self.wrong("记录类型未知", "its record is unknown")
        if self.said:
            self.wrong("合计之后还有明细", "a line follows the totals")
        self.numbers.append(self._count(row["line"]))
        self._line(row)
        return False

    def _line(self, row: dict[str, str]) -> None:
        line, minor = self.numbers[-1], 0
        if row["record"] == "gone":
            return
        if self.kind == CONTACTS:
            if row["change"] not in CHANGES:
                self.wrong("变更类型未知", "its change is unknown")
            cells = {name: text for name, text in row.items() if text and name not in _FRAME}
            self.found.append(Change(line, row["customer"], row["change"], cells))
        else:
            minor = self._amount(row)
            if row["record"] == "part":
                self.parts[row["quote"]][row["component"]] = minor
                return
            if row["record"] == "settle":
                parts = self.parts.pop(row["quote"], {})
                if sum(parts.values()) != minor:
                    self.wrong("各部分之和与结清金额不符", "the parts are not the sum that settles")
                day = self._day(row["pay_by"])
                self.found.append(Settle(line, row["contract"], row["currency"], minor, day, parts))
            else:
                self.found.append(Waive(line, row["contract"], row["component"], row["currency"], minor))
        total = self.counted[self._component(row), row.get("currency", "")]
        total[0] += 1
        total[1] += minor

    def _component(self, row: dict[str, str]) -> str:
        if self.kind == CONTACTS:
            return row["change"]
        return row["component"] or "settle"

    def _end(self, row: dict[str, str]) -> None:
        if self.parts:
            self.wrong("有的部分没有结清金额", "parts have no sum that settles")
        if sorted(self.numbers) != list(range(1, len(self.numbers) + 1)) or self._count(row["line"]) != len(
            self.numbers
        ):
            self.wrong("行数或行号不符", "lines are missing or stand twice")
        if self.said != dict(self.counted):
            self.wrong("控制合计不符", "its control totals are not those of its lines")

    def _count(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.wrong("行号不是整数", "its line is no whole number")
        return int(text)

    def _amount(self, row: dict[str, str]) -> int:
        try:
            minor = money.to_minor(row["amount"], row["currency"])
        except ShouyueError:
            self.wrong("金额有误", "an amount is wrong")
        if minor < 0:
            self.wrong("金额为负", "an amount is below zero")
        return minor

    def _day(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong("日期有误", "it has no such day")
