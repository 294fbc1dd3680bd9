"""Texts become typed values, a column at a time, and every value that does not is told by a fault number.

Each function gives expressions for a value and for its fault (UInt8, 0 where there is none); nothing here runs per
row. Money is parsed exactly, by digits, never through a float.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import polars as pl

from shouyue.base import settings
from shouyue.base.money import exponent
from shouyue.book import faults
from shouyue.book.profile import SERIALS, Column, currencies
from shouyue.book.schema import Field

#: largest amount taken in, in minor units; leaves room to add up thousands of rows of a loan in 64 bits
MAX_AMOUNT = 10**15
MAX_TEXT = {"key": 128, "must": 128, "may": 2000}
YEARS = {"born_on": (1880, 2200)}
PLAUSIBLE_YEARS = (1970, 2200)
INTS = {
    "seq": (0, 1_000_000),
    "version": (0, 1_000_000),
    "term": (0, 12_000),
    "rank": (0, 1_000_000),
    "salary_day": (1, 31),
    "lender_dpd": (0, 100_000),
    "dpd": (-100_000, 100_000),
}
YES = ("1", "true", "t", "y", "yes", "是", "有", "真", "√")
NO = ("0", "false", "f", "n", "no", "否", "无", "假", "×")
#: blanks that exports put around values and into amounts
_BLANKS = " \t\r\n\u00a0\u202f\u2009\u3000\ufeff"
_SIGNS = r"[¥￥$€£₹元圆\s\u00a0\u202f]"

_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]{1,2}")

OK = pl.lit(0, pl.UInt8)


@dataclass(frozen=True)
class Parsed:
    """Expressions over a frame that holds the column ``=target``: the value and its fault."""

    value: pl.Expr
    fault: pl.Expr


def texts(frame: pl.DataFrame, columns: Sequence[Column], specs: dict[str, Field], positions: dict[str, int]):
    """A frame with ``=target`` for each column: the text to parse, or a typed value that needs no parsing."""
    dtypes = dict(frame.schema)
    out = []
    for column in columns:
        name = f"={column.target}"
        typed = _typed_name(specs[column.target], column, positions, dtypes)
        if typed and specs[column.target].kind == "date":
            out.append(_local_day(column, typed, dtypes[typed]).alias(name))
        else:
            out.append(pl.col(typed).alias(name) if typed else text_of(column, positions, dtypes).alias(name))
    read = frame.select("_line", *out)
    mended = [
        _plain_money(read[f"={c.target}"], c)
        for c in columns
        if specs[c.target].kind == "money" and read.schema[f"={c.target}"] == pl.String
    ]
    return read.with_columns(m.alias(f"~{m.name[1:]}") for m in mended)


def text_of(column: Column, positions: dict[str, int], dtypes: dict[str, pl.DataType]) -> pl.Expr:
    """The source's value as a text, null markers and blanks taken away, values mapped."""
    if column.constant is not None:
        return pl.lit(column.constant, pl.String)
    parts = [_one_text(column, str(positions[s]), dtypes[str(positions[s])]) for s in column.sources]
    text = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator=column.separator)
    if column.values:
        mapped = dict(column.values)
        if column.default is not None:
            text = text.replace_strict(mapped, default=column.default, return_dtype=pl.String)
        else:
            text = text.replace(mapped)
    elif column.default is not None:
        text = text.fill_null(column.default)
    return text


def _one_text(column: Column, name: str, dtype: pl.DataType) -> pl.Expr:
    raw = pl.col(name)
    if dtype == pl.Boolean:
        text = pl.when(raw).then(pl.lit("true")).when(~raw).then(pl.lit("false"))
    elif dtype in (pl.Date, pl.Datetime):
        text = _local_day(column, name, dtype).dt.strftime("%Y-%m-%d")
    elif isinstance(dtype, pl.Categorical | pl.Enum):
        text = raw.cast(pl.String)
    else:
        text = raw if dtype == pl.String else raw.cast(pl.String)
    if column.trim:
        text = text.str.strip_chars(_BLANKS)
    nulls = list(column.nulls)
    return pl.when(~text.is_in(nulls)).then(text) if len(nulls) > 1 else pl.when(text != nulls[0]).then(text)


def _local_day(column: Column, name: str, dtype: pl.DataType) -> pl.Expr:
    """The day of a date or a moment; of a moment with a zone, the day it was in the column's zone."""
    raw = pl.col(name)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        raw = raw.dt.convert_time_zone(column.zone or settings.zone()).dt.replace_time_zone(None)
    return raw.cast(pl.Date)


def parsed(spec: Field, column: Column, dtype: pl.DataType, currency: str) -> Parsed:
    """Expressions of one target column, over what ``texts`` gives."""
    text = pl.col(f"={column.target}")
    kind = spec.kind
    if dtype != pl.String:
        value, fault = _typed(spec, column, dtype, text)
    elif kind == "money":
        value, fault = money(pl.col(f"~{column.target}"), column, spec)
    elif kind == "date":
        value, fault = day(text, column.dates, spec)
    elif kind == "int":
        value, fault = whole(text, spec)
    elif kind == "bool":
        value, fault = yes_no(text)
    elif kind == "choice":
        value, fault = choice(text, spec)
    elif spec.name == "currency":
        value, fault = money_code(text, currency)
    else:
        value = text
        nul = text.str.contains("\0", literal=True)
        fault = _first((text.str.len_chars() > MAX_TEXT[spec.need], faults.TOO_LONG), (nul, faults.NUL))
    return Parsed(value, fault)


def _typed_name(spec: Field, column: Column, positions: dict[str, int], dtypes: dict[str, pl.DataType]) -> str | None:
    """The source column, where a Parquet file holds the values in the target's own type already."""
    if len(column.sources) != 1 or column.values or column.default is not None or column.absolute:
        return None
    name = str(positions[column.sources[0]])
    dtype = dtypes[name]
    fits = {
        "money": dtype.is_integer(),
        "int": dtype.is_integer(),
        "date": dtype in (pl.Date, pl.Datetime),
        "bool": dtype == pl.Boolean,
    }
    return name if fits.get(spec.kind, False) else None


def _typed(spec: Field, column: Column, dtype: pl.DataType, raw: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Values that have the target's type already need no text, only their bounds."""
    if spec.kind == "money":
        limit = MAX_AMOUNT // 10**column.scale
        value = pl.when(raw.is_between(-limit, limit)).then(raw.cast(pl.Int64, strict=False) * 10**column.scale)
        fault = _first((raw.is_not_null() & value.is_null(), faults.TOO_LARGE), *_sign(value, spec))
    elif spec.kind == "date":
        value = raw.cast(pl.Date)
        fault = _first((~_plausible(value, spec), faults.DATE_RANGE))
    elif spec.kind == "int":
        low, high = INTS[spec.name]
        value = pl.when(raw.is_between(low, high)).then(raw.cast(pl.Int32, strict=False))
        fault = _first((raw.is_not_null() & value.is_null(), faults.INT_RANGE))
    else:
        value, fault = raw, OK
    return value, fault


def _plain_money(text: pl.Series, column: Column) -> pl.Series:
    """Currency signs, blanks, brackets and exponents taken out of the few amounts that have them."""
    marks = "".join("\\" + m for m in {column.decimal, column.thousands} if m)
    exotic = text.str.contains(rf"[^0-9\-{marks}]|.-").fill_null(False)
    if not exotic.any():
        return text
    places = exotic.arg_true()
    bare = text.gather(places).str.replace_all(_SIGNS, "")
    bare = bare.str.replace(r"^(.*[0-9.,])-$", "-$1").str.replace(r"^\((.*)\)$", "-$1")
    plain = [_from_exponent(value) for value in bare]
    return text.clone().scatter(places, pl.Series(plain, dtype=pl.String))


def _from_exponent(text: str) -> str:
    """``1.5E+02``, as programs write that keep floats, in plain digits."""
    return format(Decimal(text), "f") if _EXPONENT.fullmatch(text) else text


def money(text: pl.Expr, column: Column, spec: Field) -> tuple[pl.Expr, pl.Expr]:
    """Minor units (Int64) of texts in the column's unit; null with a fault where not exact, readable or bearable."""
    plain = text
    grouping = pl.lit(False)
    if column.thousands:
        mark = column.thousands
        point = column.decimal
        grouped = rf"^[-+]?[0-9]{{1,3}}({_escaped(mark)}[0-9]{{3}})+({_escaped(point)}[0-9]*)?$"
        has = plain.str.contains(mark, literal=True)
        grouping = has & ~plain.str.contains(grouped)
        plain = pl.when(has).then(plain.str.replace_all(mark, "", literal=True)).otherwise(plain)
    if column.decimal != ".":
        # a point here is a foreign separator, unless it was a thousands mark and is gone already
        grouping = grouping | plain.str.contains(".", literal=True)
        plain = plain.str.replace(column.decimal, ".", literal=True)
    number = plain.str.contains(r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)$")
    negative = plain.str.starts_with("-")
    split = plain.str.strip_chars_start("+-").str.split_exact(".", 1)
    major = split.struct.field("field_0")
    fraction = split.struct.field("field_1").fill_null("")
    scale = column.scale
    kept = fraction.str.slice(0, scale).str.pad_end(scale, "0") if scale else pl.lit("")
    beyond = fraction.str.slice(scale).str.strip_chars_end("0")
    digits = pl.concat_str(major.str.strip_chars_start("0"), kept)
    fits = digits.str.len_bytes() <= 17
    size = (
        pl.when(number & fits)
        .then(pl.when(digits == "").then(pl.lit("0")).otherwise(digits))
        .cast(pl.Int64, strict=False)
    )
    fine = beyond == ""
    if column.rounding == "half_even":
        half = "5"
        up = (beyond > half) | ((beyond == half) & (size % 2 == 1))
        size = size + up.cast(pl.Int64)
        fine = pl.lit(True)
    bearable = size <= MAX_AMOUNT
    signed = size if column.absolute else pl.when(negative).then(-size).otherwise(size)
    value = pl.when(number & ~grouping & fine & bearable).then(signed)
    fault = _first(
        (grouping, faults.GROUPING),
        (~number, faults.NOT_A_NUMBER),
        (~fits | ~bearable, faults.TOO_LARGE),
        (~fine, faults.TOO_FINE),
        (text.is_not_null() & value.is_null(), faults.NOT_A_NUMBER),
        *_sign(value, spec),
    )
    return value, fault


def _escaped(mark: str) -> str:
    return "\\" + mark if mark in ".'" else mark


def _sign(value: pl.Expr, spec: Field) -> list[tuple[pl.Expr, int]]:
    return [] if spec.negative else [(value < 0, faults.NEGATIVE)]


def day(text: pl.Expr, formats: tuple[str, ...], spec: Field) -> tuple[pl.Expr, pl.Expr]:
    """A day by the first format that reads it."""
    tries = []
    bare = text.str.strip_suffix(" 00:00:00")  # what workbooks and databases put behind a day
    for pattern in formats:
        if pattern in SERIALS:
            tries.append(_serial(text, pattern))
        elif any(mark in pattern for mark in ("%H", "%I", "%T", "%R", "%S")):
            tries.append(text.str.to_datetime(pattern, strict=False, time_unit="us").dt.date())
        else:
            tries.append(bare.str.to_date(pattern, strict=False, exact=True))
    value = tries[0] if len(tries) == 1 else pl.coalesce(tries)
    plausible = _plausible(value, spec)
    return value, _first((text.is_not_null() & value.is_null(), faults.NOT_A_DATE), (~plausible, faults.DATE_RANGE))


def _serial(text: pl.Expr, kind: str) -> pl.Expr:
    number = text.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
    if kind in ("unix", "unix_ms"):
        days = number // (86_400 if kind == "unix" else 86_400_000)
    else:
        number = pl.when(text.str.len_chars() <= 8).then(number)
        days = number - (25_569 if kind == "excel" else 24_107)
    return pl.when(days.is_between(-50_000, 120_000)).then(days).cast(pl.Int32).cast(pl.Date)


def _plausible(value: pl.Expr, spec: Field) -> pl.Expr:
    low, high = YEARS.get(spec.name, PLAUSIBLE_YEARS)
    return value.is_between(pl.date(low, 1, 1), pl.date(high, 12, 31))


#: what a text that is no date must look like to be called a day that does not exist
DAY_LIKE = r"^\d{1,4}[-/. 年]?\d{1,2}[-/. 月]?\d{1,4}日?([ T].*)?$"


def whole(text: pl.Expr, spec: Field) -> tuple[pl.Expr, pl.Expr]:
    low, high = INTS[spec.name]
    number = text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    value = pl.when(number.is_between(low, high)).then(number).cast(pl.Int32)
    digits = text.str.contains(r"^[-+]?[0-9]+(\.0+)?$")
    return value, _first(
        (text.is_not_null() & ~digits, faults.NOT_WHOLE), (text.is_not_null() & value.is_null(), faults.INT_RANGE)
    )


def yes_no(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    words = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
    value = text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
    return value, _first((text.is_not_null() & value.is_null(), faults.NOT_A_BOOL))


def choice(text: pl.Expr, spec: Field) -> tuple[pl.Expr, pl.Expr]:
    words = {c.lower(): c for c in spec.choices}
    value = text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)
    return value, _first((text.is_not_null() & value.is_null(), faults.UNKNOWN_VALUE))


def money_code(text: pl.Expr, currency: str) -> tuple[pl.Expr, pl.Expr]:
    """ISO 4217. All money of a book is in minor units of one size, so the number of decimals must be the same."""
    code = text.str.to_uppercase()
    known = code.is_in(sorted(currencies()))
    alike = code.is_in(_alike(currency))
    value = pl.when(known & alike).then(code)
    return value, _first((~known, faults.CURRENCY), (~alike, faults.OTHER_CURRENCY))


@cache
def _alike(currency: str) -> list[str]:
    return sorted(c for c in currencies() if exponent(c) == exponent(currency))


def _first(*faulty: tuple[pl.Expr, int]) -> pl.Expr:
    """Number of the first fault whose condition holds; null conditions do not."""
    if not faulty:
        return OK
    chain = pl.when(faulty[0][0]).then(pl.lit(faulty[0][1], pl.UInt8))
    for condition, number in faulty[1:]:
        chain = chain.when(condition).then(pl.lit(number, pl.UInt8))
    return chain.otherwise(OK)
