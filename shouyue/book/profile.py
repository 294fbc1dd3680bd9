"""An import profile: how a lender's files become the tables of a book. docs/import.md explains every key.

A profile is a TOML file. Reading one checks it whole, so that a fault is found before any file is opened. Raises
BOOK-301, BOOK-302 and BOOK-303.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import list_currencies

from shouyue.base import settings
from shouyue.base.money import exponent
from shouyue.book import faults, profile_news
from shouyue.book.profile_model import Column, Profile, TableProfile
from shouyue.book.profile_news import NEWS
from shouyue.book.schema import TABLES, Field

SHIPPED = Path(__file__).parent / "profiles"

#: unit of a money column -> power of ten between it and the major unit
UNITS = {
    "major": 0, "元": 0, "thousand": 3, "千元": 3, "ten_thousand": 4, "万元": 4,
    "million": 6, "百万元": 6, "hundred_million": 8, "亿元": 8,
}  # fmt: skip
MINOR = ("minor", "分")
FORMATS = ("csv", "tsv", "xlsx", "parquet")
#: formats of days that are no strftime pattern
SERIALS = ("excel", "excel1904", "unix", "unix_ms")

READING = ("files", "format", "encoding", "delimiter", "quote", "header", "skip_lines", "ignore_lines", "sheet")
VALUES = ("decimal", "thousands", "dates", "zone", "nulls", "unit", "rounding", "trim", "absolute", "optional")
COLUMN = ("from", "join", "separator", "constant", "values", "default", "derive", *VALUES)
TABLE = (*READING, *VALUES, *NEWS, "query", "columns", "identity", "parts", "repeats")
DATABASE = ("address",)
TOP = ("name", "title_zh", "title_en", "currency", "database", "delta", "defaults", "tables")


def shipped() -> list[str]:
    return sorted(p.stem for p in SHIPPED.glob("*.toml"))


def load(name: str | Path) -> Profile:
    """A profile by path, or a shipped one by name."""
    path = find(name)
    return parse(_tree(path, ()), path.stem)


def find(name: str | Path, beside: Path | None = None) -> Path:
    """The file of a profile: a path, a path beside another profile, or a shipped name. Raises BOOK-301."""
    text = str(name)
    for path in (Path(text), *((beside / text,) if beside else ()), SHIPPED / f"{text}.toml"):
        if path.is_file():
            return path
    raise faults.NO_PROFILE.error(profile=text, shipped=", ".join(shipped()))


def _tree(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """The TOML of a profile, laid over the one it extends."""
    try:
        raw = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise faults.BAD_TOML.error(profile=path.name, why=why) from None
    base = raw.pop("extends", None)
    if base is None:
        return raw
    if path.resolve() in seen or not isinstance(base, str):
        raise faults.BAD_PROFILE.error(profile=path.name, place="extends", zh="循环引用", en="extends itself")
    return _over(_tree(find(base, path.parent), (*seen, path.resolve())), raw)


def _over(base: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for one, other in (("files", "query"), ("query", "files")):  # a table comes from one of them
        if one in upper:
            merged.pop(other, None)
    for key, value in upper.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        # a column is replaced whole: half of two ways to fill it would be neither
        nested = both and not {"from", "join", "constant", "derive"} & set(value)
        merged[key] = _over(base[key], value) if nested else value
    return merged


def parse(raw: dict[str, Any], name: str = "profile") -> Profile:
    return _Reader(name).profile(raw)


class _Reader:
    """Turns the TOML tree into a Profile, saying where it is wrong."""

    def __init__(self, name: str):
        self.name = name

    def wrong(self, place: str, zh: str, en: str) -> NoReturn:
        raise faults.BAD_PROFILE.error(profile=self.name, place=place, zh=zh, en=en)

    def known(self, place: str, given: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(given, dict):
            self.wrong(place, "应为一个表", "must be a table")
        for key in given:
            if key not in allowed:
                self.wrong(
                    f"{place}.{key}" if place else key,
                    f"未知的键；可用：{', '.join(allowed)}",
                    f"unknown key; known: {', '.join(allowed)}",
                )
        return given

    def typed(self, place: str, given: dict[str, Any], key: str, kind: type | tuple[type, ...], otherwise: Any) -> Any:
        value = given.get(key, otherwise)
        if key in given and (not isinstance(value, kind) or (isinstance(value, bool) and kind is int)):
            wanted = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            self.wrong(f"{place}.{key}", f"类型不对，应为 {wanted}", f"wrong type, must be {wanted}")
        return value

    def texts(self, place: str, value: Any) -> tuple[str, ...]:
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(v, str) for v in listed):
            self.wrong(place, "应为文本或文本列表", "must be a text or a list of texts")
        return tuple(listed)

    def profile(self, raw: dict[str, Any]) -> Profile:
        self.known("", raw, TOP)
        currency = str(raw.get("currency", settings.currency())).upper()
        if currency not in currencies():
            self.wrong("currency", f"未知币种 {currency}", f"unknown currency {currency}")
        defaults = self.known("defaults", raw.get("defaults", {}), (*READING, *VALUES))
        database = self.database(raw)
        given = self.known("tables", raw.get("tables", {}), tuple(TABLES))
        if not given:
            self.wrong("tables", "没有任何表", "names no table")
        tables = {name: self.table(name, given[name], defaults, currency) for name in TABLES if name in given}
        asking = [t.name for t in tables.values() if t.query is not None]
        if asking and database is None:
            self.wrong(f"tables.{asking[0]}.query", "query 需要 [database]", "a query needs [database]")
        return Profile(
            name=str(raw.get("name", self.name)),
            currency=currency,
            tables=tables,
            title_zh=str(raw.get("title_zh", "")),
            title_en=str(raw.get("title_en", "")),
            database=database,
            delta=profile_news.delta(self, raw),
        )

    def database(self, raw: dict[str, Any]) -> str | None:
        """The variable's name. An address itself is refused, and not repeated: it may hold a password."""
        if "database" not in raw:
            return None
        given = self.known("database", raw["database"], DATABASE)
        variable = self.typed("database", given, "address", str, "")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            self.wrong(
                "database.address",
                "须为存放连接地址的环境变量名，不能是地址本身",
                "must be the name of the environment variable that holds the address, never the address itself",
            )
        return variable

    def table(self, name: str, raw: Any, defaults: dict[str, Any], currency: str) -> TableProfile:
        place = f"tables.{name}"
        merged = {**defaults, **self.known(place, raw, TABLE)}
        query = self.query(place, raw)
        files = self.texts(f"{place}.files", merged.get("files", [f"{name}*.*"])) if query is None else ()
        if (not files and query is None) or any(Path(f).is_absolute() or ".." in Path(f).parts for f in files):
            self.wrong(f"{place}.files", "须为文件夹内的相对路径", "must be relative paths inside the folder")
        given = self.typed(place, merged, "columns", dict, {})
        if not given:
            self.wrong(f"{place}.columns", "没有任何列", "names no column")
        spec = TABLES[name]
        self.known(f"{place}.columns", given, tuple(f.name for f in spec.fields))
        columns = [
            self.column(f"{place}.columns.{f.name}", f, given[f.name], merged, currency)
            for f in spec.fields
            if f.name in given
        ]
        columns += self._implied(name, {c.target for c in columns}, currency)
        table = TableProfile(
            name=name,
            files=files,
            columns=tuple(columns),
            query=query,
            identity=self.texts(f"{place}.identity", merged.get("identity", list(spec.key))),
            **self._reading(place, merged),
            **profile_news.news(self, place, spec, raw),
        )
        self._whole(place, table)
        profile_news.check(self, place, table)
        return table

    def query(self, place: str, raw: dict[str, Any]) -> str | None:
        query = self.typed(place, raw, "query", str, None)
        if query is None:
            return None
        if "files" in raw:
            self.wrong(f"{place}.query", "files 与 query 只能有一个", "a table has files or a query, not both")
        query = query.strip().rstrip(";").rstrip()
        if not query:
            self.wrong(f"{place}.query", "查询为空", "the query is empty")
        return query

    def _implied(self, name: str, given: set[str], currency: str) -> list[Column]:
        """Columns that have a value even where a profile does not speak of them."""
        implied = []
        if name == "loans" and "currency" not in given:
            implied.append(Column("currency", constant=currency))
        if name == "instalments" and "version" not in given:
            implied.append(Column("version", constant="1"))
        if name == "contacts" and "relation" not in given:
            implied.append(Column("relation", constant="self"))
        return implied

    def _reading(self, place: str, merged: dict[str, Any]) -> dict[str, Any]:
        form = self.typed(place, merged, "format", str, None)
        if form is not None and form not in FORMATS:
            self.wrong(f"{place}.format", f"须为 {FORMATS} 之一", f"must be one of {FORMATS}")
        encoding = self.typed(place, merged, "encoding", str, "utf-8")
        try:
            codecs.lookup(encoding)
        except LookupError:
            self.wrong(f"{place}.encoding", f"未知编码 {encoding}", f"unknown encoding {encoding}")
        delimiter = self.typed(place, merged, "delimiter", str, None)
        quote = self.typed(place, merged, "quote", str, '"')
        if quote and (len(quote) != 1 or not quote.isascii()):
            self.wrong(f"{place}.quote", "须为一个 ASCII 字符或空", "must be one ASCII character, or empty")
        if delimiter is not None and (not delimiter or delimiter == quote or "\n" in delimiter):
            self.wrong(f"{place}.delimiter", "分隔符无效", "no valid delimiter")
        if delimiter is not None and (len(delimiter) > 1 or not delimiter.isascii()) and quote:
            self.wrong(
                f"{place}.quote",
                '多字符分隔符要求 quote = ""',
                'a delimiter of several characters needs quote = ""',
            )
        skip = self.typed(place, merged, "skip_lines", int, 0)
        if skip < 0:
            self.wrong(f"{place}.skip_lines", "不能为负", "must not be negative")
        ignore = self.typed(place, merged, "ignore_lines", str, None)
        try:
            re.compile(ignore or "")
        except re.error:
            self.wrong(f"{place}.ignore_lines", "不是合格的正则表达式", "no valid regular expression")
        parts = self.typed(place, merged, "parts", str, "check")
        if parts not in ("check", "ignore"):
            self.wrong(f"{place}.parts", "须为 check 或 ignore", "must be check or ignore")
        repeats = self.typed(place, merged, "repeats", str, "quarantine")
        if repeats not in ("quarantine", "ignore", "last"):
            self.wrong(f"{place}.repeats", "须为 quarantine、ignore 或 last", "must be quarantine, ignore or last")
        return {
            "format": form,
            "encoding": encoding,
            "delimiter": delimiter,
            "quote": quote,
            "header": self.typed(place, merged, "header", bool, True),
            "skip_lines": skip,
            "ignore_lines": ignore,
            "sheet": self.typed(place, merged, "sheet", (str, int), 0),
            "parts": parts,
            "repeats": repeats,
        }

    def column(self, place: str, spec: Field, raw: Any, merged: dict[str, Any], currency: str) -> Column:
        own = {"from": raw} if isinstance(raw, str) else self.known(place, raw, COLUMN)
        ways = [key for key in ("from", "join", "constant", "derive") if key in own]
        if len(ways) != 1:
            self.wrong(
                place,
                "须恰有 from、join、constant、derive 之一",
                "needs exactly one of from, join, constant, derive",
            )
        settings_ = {**merged, **own}
        mapped = self.typed(place, own, "values", dict, {})
        constant = own.get("constant")
        default = own.get("default")
        return Column(
            target=spec.name,
            sources=self.texts(place, own.get("from", own.get("join", []))),
            separator=self.typed(place, own, "separator", str, ""),
            constant=_plain(constant),
            derive=self._derive(place, spec, own.get("derive")),
            values=tuple((str(k), _plain(v) or "") for k, v in mapped.items()),
            default=_plain(default),
            **self._values(place, spec, settings_, currency),
        )

    def _derive(self, place: str, spec: Field, derive: Any) -> str | None:
        if derive is None:
            return None
        if spec.name not in ("payment_id", "charge_id") or derive not in ("content", "position"):
            self.wrong(
                f"{place}.derive",
                "只可用于 payment_id、charge_id，取值 content 或 position",
                "is for payment_id and charge_id only, and says content or position",
            )
        return derive

    def _values(self, place: str, spec: Field, given: dict[str, Any], currency: str) -> dict[str, Any]:
        decimal = self.typed(place, given, "decimal", str, ".")
        thousands = self.typed(place, given, "thousands", str, "")
        if decimal not in (".", ",", "'", "·", "٫") or thousands == decimal or len(thousands) > 1:
            self.wrong(f"{place}.decimal", "小数点或千位分隔符无效", "decimal or thousands separator is not valid")
        unit = self.typed(place, given, "unit", str, "major")
        if unit not in UNITS and unit not in MINOR:
            known = ", ".join([*MINOR, *UNITS])
            self.wrong(f"{place}.unit", f"须为 {known} 之一", f"must be one of {known}")
        rounding = self.typed(place, given, "rounding", str, "reject")
        if rounding not in ("reject", "half_even"):
            self.wrong(f"{place}.rounding", "须为 reject 或 half_even", "must be reject or half_even")
        dates = self.texts(f"{place}.dates", given.get("dates", ["%Y-%m-%d"]))
        for pattern in dates:
            if pattern not in SERIALS and not re.search(r"%[YyFDxj]", pattern):
                self.wrong(f"{place}.dates", f"日期格式“{pattern}”无效", f"'{pattern}' is no date format")
        return {
            "decimal": decimal,
            "thousands": thousands,
            "dates": dates,
            "zone": self._zone(place, given) if spec.kind == "date" else "",
            "nulls": tuple(dict.fromkeys(("", *self.texts(f"{place}.nulls", given.get("nulls", []))))),
            "scale": 0 if unit in MINOR or spec.kind != "money" else UNITS[unit] + exponent(currency),
            "rounding": rounding,
            "trim": self.typed(place, given, "trim", bool, True),
            "absolute": self.typed(place, given, "absolute", bool, False),
            "optional": self.typed(place, given, "optional", bool, False) and spec.need == "may",
        }

    def _zone(self, place: str, given: dict[str, Any]) -> str:
        zone = self.typed(place, given, "zone", str, settings.zone())
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(f"{place}.zone", f"未知时区 {zone}", f"unknown time zone {zone}")
        return zone

    def _whole(self, place: str, table: TableProfile) -> None:
        """Nothing that a row must have is left without a source."""
        spec = TABLES[table.name]
        targets = {c.target for c in table.columns}
        parts = {"principal_minor", "interest_minor", "fee_minor"} & targets
        for f in spec.fields:
            summed = table.name == "instalments" and f.name == "amount_minor" and parts
            kept = table.absent == "keep" and f.need == "must"  # the book has it, or the row is refused
            if f.need != "may" and f.name not in targets and not summed and not kept:
                self.wrong(
                    f"{place}.columns",
                    f"缺少必填列 {f.name}（{f.zh}）",
                    f"mandatory column {f.name} ({f.en}) has no source",
                )
        if not table.identity or any(name not in targets for name in table.identity):
            self.wrong(f"{place}.identity", "须为已映射的列", "must name mapped columns")


def _plain(value: Any) -> str | None:
    """TOML numbers, days and booleans in values and constants, as the text a file would hold."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


@cache
def currencies() -> frozenset[str]:
    return frozenset(list_currencies())


__all__ = ["Column", "Profile", "TableProfile", "currencies", "find", "load", "parse", "shipped"]
