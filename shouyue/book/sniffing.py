"""How values are written: days, amounts, whole numbers, yes and no, and codes; told from the values alone.

Whatever is proposed here has been read with the import's own parser, so that a format proposed is a format that
reads. Findings tell of formats and counts and never repeat a value, except codes that synonyms.toml knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from shouyue.base.money import exponent
from shouyue.book import faults
from shouyue.book.parsing import NO, YES, parsed, texts
from shouyue.book.profile import MINOR, UNITS, Column
from shouyue.book.recognising import null_words, value_words
from shouyue.book.schema import Field

DAYS = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y", "%d-%B-%Y",
    "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y年%m月%d日 %H:%M:%S", "%d.%m.%y",
)  # fmt: skip
#: the same digits may be day and month or month and day
TWO_WAYS = tuple(
    (f"%d{s}%m{s}{year}{clock}", f"%m{s}%d{s}{year}{clock}")
    for year in ("%Y", "%y")
    for s in ("/", "-", "")
    for clock in ("", " %H:%M:%S", " %H:%M")
    if s or year == "%Y"
)
SERIALS = ("excel", "unix", "unix_ms")
#: decimal and thousands mark, the likelier first
MARKS = ((".", ""), (".", ","), (",", ""), (",", "."), (".", "'"), (",", "'"))
#: distinct values by which formats are told
ENOUGH = 20_000
#: what may stand around the number of an instalment or a term
_AROUND = r"[第期个月天号日次\s.#共]{0,4}"
_NUMBER_IN = re.compile(rf"^{_AROUND}(\d{{1,6}}){_AROUND}$|^(\d{{1,5}})\s*/\s*\d{{1,5}}$")
#: where a code that nobody knows may go without losing the row
CATCH_ALL = {"relation": "other", "sex": "X"}

Said = tuple[str, str]  # zh, en


@dataclass
class Sniffed:
    """How a column is written. ``settings`` are the keys a profile needs beside ``from``; counts are of rows."""

    settings: dict[str, object] = field(default_factory=dict)
    rows: int = 0
    empty: int = 0
    unread: int = 0
    notes: list[Said] = field(default_factory=list)
    questions: list[Said] = field(default_factory=list)

    @property
    def fit(self) -> float:
        """Share of the values that can be read; of none, a little doubt."""
        return 1 - self.unread / self.rows if self.rows else 0.95


@dataclass
class Style:
    """What the columns of a file, or of a folder, have shown so far; None where nothing has."""

    day_first: bool | None = None
    marks: tuple[str, str] | None = None
    unit: str | None = None

    def otherwise(self, other: Style) -> Style:
        return Style(
            self.day_first if self.day_first is not None else other.day_first,
            self.marks or other.marks,
            self.unit or other.unit,
        )


@dataclass(frozen=True)
class Distinct:
    """A column's distinct values with their number of rows; no empty ones. ``empty`` counts those."""

    values: pl.Series
    rows: pl.Series
    empty: int = 0

    @classmethod
    def of(cls, column: pl.Series) -> Distinct:
        if column.dtype == pl.String:
            column = column.str.strip_chars(" \t\r\n\u00a0\u3000\ufeff")
            column = column.set(column == "", None)
        elif not (column.dtype.is_numeric() or column.dtype.is_temporal() or column.dtype == pl.Boolean):
            column = column.cast(pl.String)
        counted = column.drop_nulls().alias("0").value_counts(sort=True, name="rows")
        return cls(counted["0"], counted["rows"].cast(pl.Int64), column.null_count())

    @property
    def total(self) -> int:
        return int(self.rows.sum())

    def texts(self) -> list[str]:
        return self.values.cast(pl.String).to_list()

    def without(self, words: Sequence[str]) -> Distinct:
        if not words or self.values.dtype != pl.String:
            return self
        keep = ~self.values.is_in(list(words))
        gone = self.total - int(self.rows.filter(keep).sum())
        return Distinct(self.values.filter(keep), self.rows.filter(keep), self.empty + gone)

    def head(self) -> Distinct:
        return Distinct(self.values.head(ENOUGH), self.rows.head(ENOUGH), self.empty)


def reading(spec: Field, column: Column, given: Distinct, currency: str) -> pl.Series:
    """Number of the fault with which the import reads each distinct value; 0 where it reads it."""
    column = replace(column, target=spec.name, sources=("0",))
    frame = pl.DataFrame({"0": given.values}).with_columns(pl.lit(0, pl.Int64).alias("_line"))
    prepared = texts(frame, [column], {spec.name: spec}, {"0": 0})
    fault = parsed(spec, column, prepared.schema[f"={spec.name}"], currency).fault
    # an expression of one literal has one row
    return prepared.select(fault=pl.lit(0, pl.UInt8) + fault + pl.zeros(pl.len(), dtype=pl.UInt8)).to_series()


def sniff(
    spec: Field, column: pl.Series, unit: str | None = None, style: Style | None = None, currency: str = "CNY"
) -> Sniffed:
    """How ``column`` is written when it holds ``spec``; ``unit`` is what its header says, ``style`` its neighbours."""
    given = Distinct.of(column)
    certain = _nulls(given, null_words(surely=True))
    given = given.without(certain)
    found = Sniffed(rows=given.total, empty=given.empty)
    style = style or Style()
    if not given.total:
        found.empty = given.empty
        found.notes.append(("该列为空", "the column is empty"))
        if unit and spec.kind == "money":
            found.settings["unit"] = unit
    elif spec.kind == "date":
        _day(found, spec, given, style, currency)
    elif spec.kind == "money":
        _money(found, spec, given, unit, style, currency)
    elif spec.kind == "int":
        _whole(found, spec, given, currency)
    elif spec.kind in ("bool", "choice"):
        _code(found, spec, given, currency)
    else:
        _text(found, spec, given, currency)
    perhaps = found.settings.get("nulls", [])
    nulls = [*certain, *(perhaps if isinstance(perhaps, list) else [])]
    if nulls:
        found.settings["nulls"] = nulls
    return found


def _nulls(given: Distinct, words: Sequence[str]) -> list[str]:
    if given.values.dtype != pl.String:
        return []
    present = set(given.values.filter(given.values.is_in(list(words))).to_list())
    return [w for w in words if w in present]


def _apart(found: Sniffed, given: Distinct, fault: pl.Series) -> None:
    """Count what cannot be read; known words for nothing among it become ``nulls``."""
    bad = Distinct(given.values.filter(fault > 0), given.rows.filter(fault > 0))
    nulls = _nulls(bad, null_words(surely=False))
    if nulls and bad.total < given.total:
        found.settings["nulls"] = nulls
        gone = bad.total - bad.without(nulls).total
        found.rows -= gone
        found.empty += gone
        bad = bad.without(nulls)
    found.unread = bad.total


# --- days


def _day(found: Sniffed, spec: Field, given: Distinct, style: Style, currency: str) -> None:
    if given.values.dtype in (pl.Date, pl.Datetime):
        found.notes.append(("文件本身存的是日期", "the file itself holds days"))
        _apart(found, given, reading(spec, Column(spec.name), given, currency))
        return
    formats, two_ways = day_formats(spec, given, style.day_first, currency)
    if not formats:
        found.unread = found.rows
        return
    found.settings["dates"] = formats
    _apart(found, given, reading(spec, Column(spec.name, dates=tuple(formats)), given, currency))
    if two_ways and style.day_first is None:
        found.questions.append(
            (
                f"日和月无法从值判断：{two_ways[0]} 还是 {two_ways[1]}？暂按前者",
                f"the values do not tell whether {two_ways[0]} or {two_ways[1]}; taken as the first",
            )
        )
    elif two_ways:
        found.notes.append(("日月顺序取自其他列", "day or month first is taken from other columns"))


def day_formats(
    spec: Field, given: Distinct, day_first: bool | None, currency: str = "CNY"
) -> tuple[list[str], tuple[str, str] | None]:
    """The fewest formats that read the days, the most used first; and the pair that stayed undecided, if one did."""
    some = given.head()
    shapes = _shapes(some)
    reads: dict[str, pl.Series] = {}
    for pattern in (*DAYS, *(p for pair in TWO_WAYS for p in pair), *SERIALS):
        if _shape(pattern) not in shapes:
            continue
        fault = reading(spec, Column(spec.name, dates=(pattern,)), some, currency)
        if (fault == 0).any():
            reads[pattern] = fault == 0
    two_ways = None
    for first, second in TWO_WAYS:
        if first not in reads or second not in reads:
            continue
        rows = [int(some.rows.filter(reads[p]).sum()) for p in (first, second)]
        if rows[0] == rows[1]:
            two_ways = two_ways or (first, second)
        # one file does not write days both ways: the lesser one reads what the other cannot only by mistake
        wins_first = rows[0] > rows[1] if rows[0] != rows[1] else day_first is not False
        reads.pop(second if wins_first else first)
    for serial in SERIALS:
        # five digits are a serial only where nearly all of a column are, or beside plain days of a workbook
        if serial in reads and some.rows.filter(reads[serial]).sum() * 20 < some.rows.sum():
            reads.pop(serial)
    chosen = _cover(some, reads)
    undecided = two_ways if two_ways and set(two_ways) & set(chosen) else None
    return chosen, undecided


def _shapes(given: Distinct) -> set[str]:
    """Values with each run of digits as 9 and of letters as A: formats of another shape need not be tried."""
    text = given.values.cast(pl.String).str.replace_all(r"\d+", "9").str.replace_all(r"[A-Za-z]+", "A")
    found = set(text.str.replace_all(r"\s+", " ").unique().to_list())
    return found | ({"9"} if "9.9" in found else set())  # a serial with a fraction of zero


def _shape(pattern: str) -> str:
    """Shape of the days that a format reads."""
    if pattern in SERIALS:
        return "9"
    letters = ("%b", "%B")

    def one(piece: re.Match[str]) -> str:
        text = piece[0]
        return ".9" if text == "%.f" else "9" if text[0] == "%" and text not in letters else "A"

    return re.sub(r"9+", "9", re.sub(r"%\.f|%.|[A-Za-z]+", one, pattern))


def _cover(some: Distinct, reads: dict[str, pl.Series]) -> list[str]:
    left = pl.Series([True] * len(some.values))
    chosen: list[str] = []
    while reads:
        gains = {p: int(some.rows.filter(mask & left).sum()) for p, mask in reads.items()}
        best = max(gains, key=lambda p: gains[p])
        if gains[best] == 0:
            break
        chosen.append(best)
        left &= ~reads.pop(best)
    return chosen


def day_first(spec: Field, column: pl.Series) -> bool | None:
    """Which comes first, day or month, where the values tell."""
    given = Distinct.of(column)
    if given.values.dtype != pl.String or not given.total:
        return None
    formats, undecided = day_formats(spec, given.without(null_words(surely=True)), None)
    told = {p.startswith("%d") for pair in TWO_WAYS for p in pair if p in formats}
    return told.pop() if len(told) == 1 and undecided is None else None


# --- amounts


def scale_of(unit: str, currency: str) -> int:
    return 0 if unit in MINOR else UNITS[unit] + exponent(currency)


def marks_score(column: pl.Series, marks: tuple[str, str], currency: str = "CNY") -> float:
    """Rows of amounts that decimal and thousands mark read; too many decimals count half."""
    spec = Field("amount_minor", "money", negative=True)
    given = Distinct.of(column).without(null_words(surely=True)).head()
    plain = Column(spec.name, decimal=marks[0], thousands=marks[1], scale=exponent(currency))
    fault = reading(spec, plain, given, currency)
    read = ~fault.is_in([faults.NOT_A_NUMBER, faults.GROUPING, faults.TOO_FINE])
    return float(given.rows.filter(read).sum()) + float(given.rows.filter(fault == faults.TOO_FINE).sum()) / 2


def marks_of(columns: Sequence[pl.Series], currency: str = "CNY") -> tuple[str, str]:
    """Decimal and thousands mark under which most amounts of the columns can be read, of equals the likelier."""
    best, chosen = -1.0, MARKS[0]
    rows = sum(Distinct.of(c).without(null_words(surely=True)).head().total for c in columns)
    for marks in MARKS:
        score = sum(marks_score(c, marks, currency) for c in columns)
        if score > best:
            best, chosen = score, marks
        if best == rows:
            break
    return chosen


def has_fractions(column: pl.Series, marks: tuple[str, str]) -> bool:
    """Are the amounts written with decimals? Then they are no minor units."""
    if column.dtype.is_integer():
        return False
    if column.dtype.is_numeric():
        return bool(column.dtype.is_decimal() or column.is_finite().any())
    mark = re.escape(marks[0])
    return bool(column.cast(pl.String).str.contains(rf"\d{mark}\d{{1,2}}\D*$").any())


def _money(found: Sniffed, spec: Field, given: Distinct, unit: str | None, style: Style, currency: str) -> None:
    marks = style.marks or marks_of([given.values], currency)
    if style.marks and (read := marks_score(given.values, marks, currency)) < given.head().total:
        own = marks_of([given.values], currency)
        if marks_score(given.values, own, currency) > read:
            marks = own
    found.settings |= {"decimal": marks[0], "thousands": marks[1]}
    found.settings["unit"] = chosen = _unit(found, given, unit, style, marks)
    column = Column(spec.name, decimal=marks[0], thousands=marks[1], scale=scale_of(chosen, currency))
    fault = reading(spec, column, given, currency)
    fine = int(given.rows.filter(fault == faults.TOO_FINE).sum())
    if fine and fine < given.total:
        found.settings["rounding"] = "half_even"
        found.questions.append(
            (
                f"{fine} 行的小数位超过最小单位，暂按银行家舍入（half_even）；如须拒收，删去 rounding",
                f"{fine} rows have more decimals than minor units, rounded half to even; without rounding: refused",
            )
        )
        column = replace(column, rounding="half_even")
    below = int(given.rows.filter(fault == faults.NEGATIVE).sum())
    if below and below == given.total - _zeros(given):
        found.settings["absolute"] = True
        found.notes.append(("金额全部为负，取绝对值", "all amounts are below zero; taken without the sign"))
        column = replace(column, absolute=True)
    elif below:
        found.questions.append(
            (
                f"{below} 行金额为负：是冲正吗？冲正应在 reversal_of 写明原流水，否则将被隔离",
                f"{below} rows are below zero and would be quarantined: a reversal names its payment in reversal_of",
            )
        )
    _apart(found, given, reading(spec, column, given, currency))


def _zeros(given: Distinct) -> int:
    zero = given.values.cast(pl.String).str.contains(r"^\D*0*[.,]?0*\D*$")
    return int(given.rows.filter(zero).sum())


def _unit(found: Sniffed, given: Distinct, unit: str | None, style: Style, marks: tuple[str, str]) -> str:
    fractions = has_fractions(given.values, marks)
    if unit == "minor" and fractions:
        found.questions.append(
            (
                "表头写的是分，值却带小数：按元读取，请核对",
                "the header says minor units, the values have decimals: taken as major",
            )
        )
        return "major"
    if unit:
        found.notes.append(("单位取自表头", "the header gives the unit"))
        return unit
    if fractions:
        found.notes.append(("值带小数，故单位为元", "values have decimals, so the unit is major"))
        return "major"
    if style.unit:
        found.notes.append(("单位同其他金额列", "the unit is that of the other amounts"))
        return style.unit
    found.questions.append(
        (
            "金额都是整数：单位是元还是分？暂按元（major）；若为分，改为 minor",
            "all amounts are whole: major or minor units? Taken as major; write minor if they are",
        )
    )
    return "major"


# --- numbers, codes, texts


def _whole(found: Sniffed, spec: Field, given: Distinct, currency: str) -> None:
    fault = reading(spec, Column(spec.name), given, currency)
    mapped = {}
    odd = given.values.filter(fault > 0)
    if 0 < len(odd) <= 500 and odd.dtype == pl.String:
        for text in odd.to_list():
            if at := _NUMBER_IN.match(text):
                mapped[text] = str(int(at[1] or at[2]))
    if mapped:
        found.settings["values"] = dict(sorted(mapped.items(), key=lambda pair: int(pair[1])))
        fault = reading(spec, Column(spec.name, values=tuple(mapped.items())), given, currency)
    _apart(found, given, fault)


def _code(found: Sniffed, spec: Field, given: Distinct, currency: str) -> None:
    """Yes and no, and choices: known words get a value map; words nobody knows are counted, not shown."""
    words = value_words("bool" if spec.kind == "bool" else spec.name)
    plain = (*YES, *NO) if spec.kind == "bool" else tuple(c.lower() for c in spec.choices)
    written = [t for t in given.texts() if t is not None]
    mapped = {t: words[t.lower()] for t in written if t.lower() not in plain and t.lower() in words}
    if spec.name == "sex":
        _digits_of_sex(found, mapped)
    if mapped:
        found.settings["values"] = mapped
    column = Column(spec.name, values=tuple(mapped.items()))
    fault = reading(spec, column, given, currency)
    _apart(found, given, fault)
    if found.unread and found.unread < found.rows and spec.name in CATCH_ALL:
        kept = {t: words.get(t.lower(), t.lower()) for t in written if t.lower() in words or t.lower() in plain}
        found.settings["values"] = kept
        found.settings["default"] = CATCH_ALL[spec.name]
        found.questions.append(
            (
                f"{found.unread} 行的取值未能识别，暂归入 {CATCH_ALL[spec.name]}；请在 values 中补充",
                f"{found.unread} rows have values nobody knows, taken as {CATCH_ALL[spec.name]}; add them to values",
            )
        )
        found.unread = 0


def _digits_of_sex(found: Sniffed, mapped: dict[str, str]) -> None:
    if "2" in mapped and "0" in mapped:  # GB/T 2261.1: 0 unknown, 1 male, 2 female, 9 not stated
        mapped["0"] = "X"
    elif "0" in mapped:
        found.questions.append(("性别 0 和 1：暂按 0 女、1 男", "sex 0 and 1: taken as 0 female, 1 male"))


def _text(found: Sniffed, spec: Field, given: Distinct, currency: str) -> None:
    if spec.name == "currency":
        known = value_words("currency")
        mapped = {t: known[t.lower()] for t in given.texts() if t.lower() in known and t.upper() != known[t.lower()]}
        if mapped:
            found.settings["values"] = mapped
        column = Column(spec.name, values=tuple(mapped.items()))
        _apart(found, given, reading(spec, column, given, currency))
        return
    _apart(found, given, reading(spec, Column(spec.name), given, currency))
    looks = _LOOKS.get(spec.name)
    if looks:
        unlike = ~given.values.cast(pl.String).str.contains(looks)
        found.unread = max(found.unread, int(given.rows.filter(unlike).sum()))


#: what a text must look like to be what its header says
_LOOKS = {
    "phone": r"^[+(]?[\d\s\-()*.]{5,}(\s*(转|ext\.?|x)\s*\d+)?$",
    "id_number": r"[\dA-Za-z*]{4,}",
    "name": r"[^\d\s.,\-]",
    "address": r"[^\d\s.,\-]",
    "zone": r"^[A-Z][A-Za-z]+(/[A-Za-z_+\-0-9]+)*$",
    "language": r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$",
    "employer": r"[^\d\s.,\-]",
}
