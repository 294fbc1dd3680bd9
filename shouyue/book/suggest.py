"""A proposed import profile for a folder of files: ``shouyue profile suggest``.

From headers (zh, en) and values: which file is which table, which column which field, and how values are written. Every
choice keeps its reason and how sure it is; what could not be decided is a question for the person who reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path
from typing import Any

import polars as pl

from shouyue.base import settings
from shouyue.base.errors import Code
from shouyue.book import faults, profile, relations
from shouyue.book.identifying import column_as, identity_of
from shouyue.book.matching import PARTS, Candidate, elsewhere, overlap, tables
from shouyue.book.recognising import KNOWN, known, name_of, value_words
from shouyue.book.sampling import LeftOut, Sample, date_free, samples
from shouyue.book.schema import TABLES, Field, Table
from shouyue.book.sniffing import (
    Distinct,
    Said,
    Sniffed,
    Style,
    day_first,
    has_fractions,
    marks_of,
    sniff,
)

NOTHING_KNOWN = Code(
    "BOOK-311",
    zh="{folder} 中没有认得的表",
    en="nothing in {folder} looks like a table of a lender's export",
    kind=faults.ImportFault,
)

#: settings that a table may say once for all its columns, and what holds where nothing is said
SHARED: dict[str, Any] = {"dates": ["%Y-%m-%d"], "decimal": ".", "thousands": "", "unit": "major"}


@dataclass
class Proposed:
    """A column of the profile. ``given`` is its TOML: from, derive or constant, and settings."""

    spec: Field
    given: dict[str, object]
    #: from 0 to 1
    confidence: float
    why: list[Said] = field(default_factory=list)
    questions: list[Said] = field(default_factory=list)
    rows: int = 0
    unread: int = 0


@dataclass
class ProposedTable:
    table: Table
    files: list[str]
    samples: list[Sample]
    #: TOML keys of the table: encoding, delimiter, dates …
    keys: dict[str, object]
    columns: list[Proposed]
    identity: list[str]
    identity_why: Said
    missing: list[Field]
    #: headers without a field, and what they may be instead
    unmapped: list[tuple[str, Said]]
    why: list[Said] = field(default_factory=list)
    questions: list[Said] = field(default_factory=list)

    @property
    def query(self) -> str | None:
        """For a table of a database: a query for the columns that were recognised, and no others."""
        relation = self.samples[0].relation
        return relation.query([str(c.given["from"]) for c in self.columns if "from" in c.given]) if relation else None

    def raw(self) -> dict[str, Any]:
        """What the profile's TOML holds for the table."""
        return {
            **({"files": self.files} if self.query is None else {"query": self.query}),
            **self.keys,
            "identity": self.identity,
            "columns": {c.spec.name: c.given for c in self.columns},
        }


@dataclass
class Suggestion:
    name: str
    currency: str
    currency_why: Said
    tables: list[ProposedTable]
    left_out: list[LeftOut]
    #: the environment variable with the address of the database, where its tables are proposed
    database: str | None = None

    @property
    def missing_tables(self) -> list[Table]:
        found = {t.table.name for t in self.tables}
        return [t for t in TABLES.values() if t.mandatory and t.name not in found]

    @property
    def complete(self) -> bool:
        return not self.missing_tables and not any(t.missing for t in self.tables)

    @property
    def exit_code(self) -> int:
        return 0 if self.complete else 3

    @property
    def questions(self) -> list[tuple[str, Said]]:
        """What a person must decide, each with the table or column it is about."""
        asked = []
        for t in self.tables:
            asked += [(t.table.name, q) for q in t.questions]
            asked += [(f"{t.table.name}.{c.spec.name}", q) for c in t.columns for q in c.questions]
        return asked

    def raw(self) -> dict[str, Any]:
        place = {"database": {"address": self.database}} if self.database else {}
        tables = {t.table.name: t.raw() for t in self.tables}
        return {"name": self.name, "currency": self.currency, **place, "tables": tables}


def suggest(folder: Path) -> Suggestion:
    """Propose a profile for the files of a folder. Raises BOOK-201, and BOOK-311 when no file is recognised.

    A complete suggestion has been read by the profile's own reader before it is given out.
    """
    found, unreadable = samples(folder, known)
    return _suggestion(found, unreadable, _name(folder), folder)


def suggest_database(variable: str, schema: str | None = None) -> Suggestion:
    """The same for the tables and views of the PostgreSQL database whose address the environment variable holds; of one
    schema, where it is named. Raises BOOK-221, -222, -224, -225, -310, and BOOK-311 when no table is recognised."""
    found, left = relations.samples(variable, schema, known)
    return _suggestion(found, left, schema or "database", schema or variable, variable)


def _suggestion(
    found: list[Sample], unreadable: list[LeftOut], name: str, place: object, database: str | None = None
) -> Suggestion:
    currency, why = _currency(found)
    chosen, left, _ = tables(found, currency)
    if not chosen:
        raise NOTHING_KNOWN.error(folder=place)
    _one_encoding(chosen)
    style = _folder_style(chosen, currency)
    proposed = [_table(chosen[name], chosen, found, style, currency) for name in TABLES if name in chosen]
    out = sorted(unreadable + left, key=lambda x: x.name)
    suggestion = Suggestion(name, currency, why, proposed, out, database)
    if suggestion.complete:
        profile.parse(suggestion.raw(), suggestion.name)
    return suggestion


def _name(folder: Path) -> str:
    return folder.resolve().name or "export"


def _currency(found: Sequence[Sample]) -> tuple[str, Said]:
    """Of a currency column, or of the signs beside amounts; else the lender's own."""
    words = value_words("currency") | {c.lower(): c for c in profile.currencies()}
    seen: Counter[str] = Counter()
    for sample in found:
        for header in sample.once():
            if name_of(header).joined in ("currency", "currencycode", "ccy", "币种", "币别", "货币"):
                given = Distinct.of(sample.column(header))
                for text, rows in zip(given.texts(), given.rows, strict=True):
                    if text.lower() in words:
                        seen[words[text.lower()]] += rows
    if seen:
        return seen.most_common(1)[0][0], ("取自币种列", "told by the currency column")
    return settings.currency(), (
        "文件未说明币种，取本机构默认（SHOUYUE_CURRENCY）",
        "no file tells it; the lender's own (SHOUYUE_CURRENCY)",
    )


def _one_encoding(chosen: dict[str, list[Candidate]]) -> None:
    """Files that are ASCII so far share the encoding of their neighbours: tomorrow's may have names in them."""
    told = {c.sample.reading.encoding for cs in chosen.values() for c in cs if c.sample.encoding_why[1] != "ASCII only"}
    text = [c.sample for cs in chosen.values() for c in cs if c.sample.encoding_why[1]]
    foreign = {e for e in told if e != "utf-8"}
    if len(foreign) != 1 or any(s.reading.encoding == "utf-8" and s.encoding_why[1] != "ASCII only" for s in text):
        return
    encoding = foreign.pop()
    if encoding.startswith("utf"):  # utf-16 does not read ASCII
        return
    for sample in text:
        if sample.encoding_why[1] == "ASCII only":
            sample.reading = replace(sample.reading, encoding=encoding)
            sample.encoding_why = ("目前只有 ASCII 字符，编码随其他文件", "ASCII only so far; as the other files")


# --- style of files and of the folder


def _style(candidate: Candidate, currency: str) -> Style:
    columns = {k: [] for k in ("date", "money")}
    for name, pick in candidate.picks.items():
        kind = candidate.table.field(name).kind
        if kind in columns:
            columns[kind].append((pick, candidate.sample.column(pick.header)))
    style = Style()
    told = [d for p, c in columns["date"] if (d := day_first(p.spec, c)) is not None]
    if told and len(set(told)) == 1:
        style.day_first = told[0]
    if columns["money"]:
        series = [c for _, c in columns["money"]]
        style.marks = marks_of(series, currency)
        units = {name_of(p.header).unit for p, _ in columns["money"]}
        if any(has_fractions(c, style.marks) for c in series):
            style.unit = "major"
        elif units == {"minor"}:
            style.unit = "minor"
    return style


def _folder_style(chosen: dict[str, list[Candidate]], currency: str) -> Style:
    """Votes of all files; where they differ, nothing."""
    styles = [_style(c[0], currency) for c in chosen.values()]
    firsts = {s.day_first for s in styles if s.day_first is not None}
    units = {s.unit for s in styles if s.unit}
    return Style(firsts.pop() if len(firsts) == 1 else None, None, units.pop() if len(units) == 1 else None)


# --- a table


def _table(
    held: list[Candidate], chosen: dict[str, list[Candidate]], found: Sequence[Sample], folder: Style, currency: str
) -> ProposedTable:
    first = held[0]
    style = _style(first, currency).otherwise(folder)
    columns = [_column(first, f, held, style, currency) for f in first.table.fields]
    given = [c for c in columns if c is not None]
    identity, why, asked = identity_of(
        first.table,
        {c.spec.name: str(c.given["from"]) for c in given if "from" in c.given},
        [c.spec.name for c in given if "derive" in c.given],
        held,
    )
    proposed = ProposedTable(
        table=first.table,
        files=_patterns(held, found),
        samples=[c.sample for c in held],
        keys=_reading_keys(held),
        columns=given,
        identity=identity,
        identity_why=why,
        missing=first.missing,
        unmapped=_unmapped(first, given),
        why=_why_table(first),
        questions=asked + _joined(first, chosen),
    )
    _say_once(proposed)
    return proposed


def _why_table(c: Candidate) -> list[Said]:
    columns = len(c.sample.once())
    zh = f"{columns} 列中认得 {len(c.picks)} 列"
    en = f"{len(c.picks)} of {columns} columns known"
    if c.sample.relation and c.named:
        return [(f"表名与列名：{zh}", f"by the table's name and its columns: {en}")]
    if c.named:
        return [(f"文件名与表头：{zh}", f"by the file's name and its headers: {en}")]
    return [(f"表头：{zh}（文件名未说明）", f"by its headers: {en} (the file's name does not tell)")]


def _column(c: Candidate, spec: Field, held: list[Candidate], style: Style, currency: str) -> Proposed | None:
    pick = c.picks.get(spec.name)
    if pick is None:
        return _made_up(c, spec, held)
    parts = [h.sample.column(pick.header) for h in held]
    column = parts[0] if len(parts) == 1 else pl.concat([p.cast(pl.String) for p in parts])
    unit = name_of(pick.header).unit
    seen = sniff(spec, column, unit, style, currency)
    # rows that cannot be read in a column that is only nice to have would cost the whole row
    if spec.need == "may" and seen.rows and seen.fit < 0.98:
        return None
    why: list[Said] = [_why_name(pick.name), *seen.notes]
    questions = list(seen.questions)
    if seen.unread:
        questions.append(
            (f"{seen.unread} 行无法读出，将进入隔离区", f"{seen.unread} rows cannot be read and would be quarantined")
        )
    if spec.need != "may" and seen.empty:
        questions.append(
            (f"必填，但 {seen.empty} 行为空，将进入隔离区", f"mandatory, but empty in {seen.empty} rows: quarantined")
        )
    confidence = pick.name * (seen.fit if seen.rows else 0.7) - (0.2 if seen.questions else 0)
    return Proposed(spec, {"from": pick.header, **seen.settings}, confidence, why, questions, seen.rows, seen.unread)


def _why_name(score: float) -> Said:
    if score == 1:
        return ("表头即字段名", "the header is the field's own name")
    if score >= KNOWN - 0.1:
        return ("表头是已知叫法", "the header is a known name")
    return ("表头以已知叫法结尾", "the header ends in a known name")


def _made_up(c: Candidate, spec: Field, held: list[Candidate]) -> Proposed | None:
    """Numbers and kinds that a file does not give but an import can do without."""
    if spec.name == "kind" and (kind := c.constant_kind):
        return Proposed(spec, {"constant": kind}, 0.7, [("取自文件名", "told by the file's name")])
    if c.missing and spec in c.missing:
        return None
    if spec.name in ("payment_id", "charge_id"):
        headers = [p.header for p in c.picks.values()]
        rows = pl.concat([h.sample.frame.select([column_as(h, x) for x in headers]) for h in held], how="vertical")
        derive = "content" if not rows.is_duplicated().any() else "position"
        why = (
            ("文件无编号，按内容生成", "the file numbers no rows: made from what a row says")
            if derive == "content"
            else (
                "文件无编号且有内容相同的行，按行号生成；同一文件重复导入才得同号",
                "the file numbers no rows and some are alike: made from a row's place, the same only for the same file",
            )
        )
        return Proposed(spec, {"derive": derive}, 0.6, [why])
    if spec.name == "seq":
        question = (
            "文件没有期次，以还款日区分各期，请核对",
            "the file has no numbers of instalments; due dates tell them apart",
        )
        return Proposed(spec, {"constant": "1"}, 0.4, [("无期次列", "no column for it")], [question])
    return None


def _joined(c: Candidate, chosen: dict[str, list[Candidate]]) -> list[Said]:
    """Do the table's rows find their parents?"""
    asked: list[Said] = []
    for parent, key in (("loans", "loan_id"), ("customers", "customer_id")):
        if parent not in chosen or c.table.name == parent or key not in c.picks or key not in chosen[parent][0].picks:
            continue
        above = chosen[parent]
        if not all(h.sample.whole for h in above):
            continue
        header = c.picks[key].header
        share = sum(overlap(c, header, p, p.picks[key].header) for p in above if key in p.picks)
        if share < 0.95:
            asked.append(
                (
                    f"只有 {min(share, 1):.0%} 的 {key} 能在 {parent} 中找到：列选对了吗？",
                    f"only {min(share, 1):.0%} of {key} are found in {parent}: is it the right column?",
                )
            )
    return asked


def _patterns(held: list[Candidate], found: Sequence[Sample]) -> list[str]:
    """File names, a day in them left open where that takes in no file of another table."""
    if held[0].sample.relation:
        return []
    mine = {c.sample.path for c in held}
    folder = held[0].sample.path.parents[held[0].sample.name.count("/")]
    patterns: list[str] = []
    for c in held:
        open_name = date_free(c.sample.name)
        taken = set(folder.glob(open_name))
        others = {s.path for s in found} - mine
        patterns.append(open_name if not taken & others else escape(c.sample.name))
    return list(dict.fromkeys(patterns))


def _reading_keys(held: list[Candidate]) -> dict[str, object]:
    reading = held[0].sample.reading
    encoding = next((c.sample.reading.encoding for c in held if c.sample.reading.encoding != "utf-8"), "utf-8")
    ignore = next((c.sample.reading.ignore_lines for c in held if c.sample.reading.ignore_lines), None)
    keys: dict[str, object] = {}
    if held[0].sample.encoding_why[1]:
        keys["encoding"] = encoding
    if reading.delimiter is not None:
        keys["delimiter"] = reading.delimiter
    if reading.quote != '"':
        keys["quote"] = reading.quote
    if reading.sheet != 0:
        keys["sheet"] = reading.sheet
    if reading.skip_lines:
        keys["skip_lines"] = reading.skip_lines
    if ignore:
        keys["ignore_lines"] = ignore
    return keys


def _unmapped(c: Candidate, columns: Sequence[Proposed]) -> list[tuple[str, Said]]:
    used = {str(p.given.get("from")) for p in columns}
    named = {p.header: p.spec for p in c.picks.values()}
    left: list[tuple[str, Said]] = []
    for header in dict.fromkeys(h for h in c.sample.headers if h):
        if header in used:
            continue
        if c.sample.headers.count(header) > 1:
            said = ("表头重复，无法指名", "the header stands there twice and cannot be named")
        elif header in named:
            f = named[header]
            said = (
                f"叫法像 {f.name}，但超过 2% 的行无法读出，映射后这些行会进入隔离区",
                f"called like {f.name}, but more than 2% of the rows cannot be read: mapped, they would be quarantined",
            )
        elif other := elsewhere(header, c.table.name):
            said = (f"像 {other[0]}.{other[1]}", f"like {other[0]}.{other[1]}")
        else:
            said = ("账册中没有对应的字段", "a book has no field for it")
        left.append((header, said))
    return left


def _say_once(t: ProposedTable) -> None:
    """Settings that a table's columns share are said at the table; those that hold anyway are not said."""
    for key, otherwise in SHARED.items():
        having = [c for c in t.columns if key in c.given and "from" in c.given]
        if not having:
            continue
        counted = Counter(str(c.given[key]) for c in having)
        most = next(c.given[key] for c in having if str(c.given[key]) == counted.most_common(1)[0][0])
        for c in t.columns:
            if c.given.get(key) == most:
                del c.given[key]
        if most != otherwise or key == "unit":
            t.keys[key] = most


def parts_of(t: ProposedTable) -> list[str]:
    """The parts that an instalment's amount is summed from, where it is not given."""
    mapped = {c.spec.name for c in t.columns}
    if t.table.name != "instalments" or "amount_minor" in mapped:
        return []
    return [p for p in PARTS if p in mapped]


__all__ = ["NOTHING_KNOWN", "Proposed", "ProposedTable", "Sniffed", "Suggestion", "parts_of", "suggest"]
