"""What a file is like, from a look at its beginning: encoding, delimiter, place of the headers, how values are written.

Nothing here decides an import; it only proposes what a person then reads in a profile.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.book.profile import TableProfile
from shouyue.book.sources import open_source
from shouyue.book.sources.lines import unpacked
from shouyue.book.sources.opening import format_of

LOOK = 256 << 10
ROWS = 50_000
DELIMITERS = ("|@|", "@|@", "||", "^|^", ",", "\t", ";", "|", "^", "\x01", "~")
DATES = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y.%m.%d", "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M",
    "%d %b %Y", "%d-%b-%Y", "%b %d, %Y",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """A file (or sheet) with its headers and first rows, all as text; ``reading`` are the profile's keys for it."""

    path: Path
    name: str
    headers: tuple[str, ...]
    sample: pl.DataFrame = field(compare=False)
    reading: dict[str, str | int] = field(compare=False)

    def values(self, header: str) -> list[str]:
        """Distinct values of a column, blanks left out."""
        column = self.sample[str(self.headers.index(header))].cast(pl.String).str.strip_chars()
        return column.drop_nulls().filter(column.drop_nulls() != "").unique().to_list()


def look(folder: Path) -> list[Look]:
    """Every readable table in the folder; files that cannot be read are left out."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        form = format_of(path)
        if form is None:
            continue
        try:
            found += _sheets(path, folder) if form == "xlsx" else [_look(path, folder, form)]
        except (ShouyueError, OSError):
            continue
    return found


def _look(path: Path, folder: Path, form: str) -> Look:
    reading: dict[str, str | int] = {}
    if form in ("csv", "tsv"):
        reading = _text(path, form)
    return _opened(path, folder, reading)


def _sheets(path: Path, folder: Path) -> list[Look]:
    import fastexcel

    found = []
    for sheet in fastexcel.read_excel(path).sheet_names:
        try:
            whole = TableProfile("loans", ("*",), (), (), sheet=sheet, header=False)
            head = next(iter(open_source(path, whole).chunks()))
        except ShouyueError:
            continue
        rows = [[v for v in row if v] for row in head.frame.head(20).rows()]
        width = max((len(r) for r in rows), default=0)
        at = next((n for n, r in enumerate(rows) if len(r) * 2 >= width and not any(_numeric(v) for v in r)), 0)
        skip = int(head.lines[at]) - 1 if rows else 0
        reading: dict[str, str | int] = {"sheet": sheet}
        if skip:
            reading["skip_lines"] = skip
        found.append(_opened(path, folder, reading))
    if len(found) == 1:
        found[0].reading.pop("sheet")
    return found


def _opened(path: Path, folder: Path, reading: dict[str, str | int]) -> Look:
    table = replace(TableProfile("loans", ("*",), (), ()), **reading)  # pyright: ignore[reportArgumentType]
    source = open_source(path, table)
    sample = next((chunk.frame.head(ROWS) for chunk in source.chunks()), None)
    if sample is None:
        sample = pl.DataFrame(schema={str(n): pl.String for n in range(len(source.headers))})
    return Look(path, path.relative_to(folder).as_posix(), tuple(source.headers), sample, dict(reading))


def _numeric(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.,]+", text))


def _text(path: Path, form: str) -> dict[str, str | int]:
    with unpacked(path) as handle:
        data = handle.read(LOOK)
    if len(data) == LOOK:
        data = data[: data.rfind(b"\n") + 1]
    encoding = encoding_of(data)
    reading: dict[str, str | int] = {"encoding": encoding} if encoding != "utf-8" else {}
    lines = data.decode(encoding, "replace").lstrip("\ufeff").splitlines()[:60]
    delimiter = delimiter_of(lines)
    if delimiter != ("\t" if form == "tsv" else ","):
        reading["delimiter"] = delimiter
    if len(delimiter) > 1:
        reading["quote"] = ""
    if skip := _title_lines(lines, delimiter):
        reading["skip_lines"] = skip
    return reading


def encoding_of(data: bytes) -> str:
    """The likely encoding; GB 18030 when the characters it gives are everyday Chinese."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as why:
        if why.start > len(data) - 4:
            return "utf-8"
    text = data.decode("gb18030", "replace")
    foreign = [c for c in text if ord(c) > 127]
    if foreign and sum(_everyday(c) for c in foreign) / len(foreign) > 0.6:
        return "gb18030"
    from charset_normalizer import from_bytes

    best = from_bytes(data[:65536]).best()
    return best.encoding if best else "gb18030"


def _everyday(char: str) -> bool:
    """One of the 3,755 common characters, or punctuation, of GB 2312."""
    try:
        code = char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or code[0] in (0xA1, 0xA3))


def delimiter_of(lines: Sequence[str]) -> str:
    """The delimiter that splits most lines into the same number of fields."""
    best, delimiter = (0.0, 0), ","
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines if line.strip()]
    for candidate in DELIMITERS:
        counts = Counter(line.count(candidate) for line in bare)
        counts.pop(0, None)
        if not counts:
            continue
        number, lines_alike = counts.most_common(1)[0]
        score = (lines_alike / len(bare), number)
        if score > best or (len(candidate) > 1 and score[0] >= best[0]):
            best, delimiter = score, candidate
        if len(candidate) > 1 and score[0] > 0.8:
            break
    return delimiter


def _title_lines(lines: Sequence[str], delimiter: str) -> int:
    """Lines above the headers: those with another number of fields than most."""
    counts = [re.sub(r'"[^"]*"', "", line).count(delimiter) for line in lines]
    usual = Counter(counts).most_common(1)[0][0] if counts else 0
    return next((n for n, count in enumerate(counts) if count == usual), 0) if usual else 0


def date_formats(values: Sequence[str]) -> list[str]:
    """Formats that together read the values, the one that reads most first; empty when they are no days."""
    left = list(values)[:5000]
    whole = len(left)
    chosen: list[str] = []
    while left and len(chosen) < 4:
        hits = {pattern: [v for v in left if reads(v, pattern)] for pattern in DATES}
        best = max(DATES, key=lambda p: len(hits[p]))
        if not hits[best]:
            break
        chosen.append(best)
        read = set(hits[best])
        left = [v for v in left if v not in read]
    serials = [v for v in left if re.fullmatch(r"\d{5}(\.0+)?", v) and 20_000 <= float(v) <= 75_000]
    if serials and len(serials) * 2 > len(left):
        chosen.append("excel")
        left = [v for v in left if v not in set(serials)]
    return chosen if whole and len(left) <= whole * 0.2 else []


def reads(value: str, pattern: str) -> bool:
    """Does the pattern read the value as a plausible day, digit for digit."""
    if pattern == "%Y%m%d" and not re.fullmatch(r"\d{8}", value):
        return False
    try:
        day = datetime.strptime(value, pattern.replace("%.f", ".%f")).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        return False
    return date(1900, 1, 1) <= day <= clock.now().date() + timedelta(days=365 * 60)


def separators(values: Sequence[str]) -> tuple[str, str]:
    """Decimal and thousands separators of amounts: (".", ""), (".", ","), (",", "."), (",", "") …"""
    votes: Counter[tuple[str, str]] = Counter()
    for value in values[:5000]:
        digits = re.sub(r"[^0-9.,' ]", "", value).strip()
        if re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+", digits) or re.fullmatch(r"\d{1,3}(,\d{3}){2,}", digits):
            votes[(".", ",")] += 1
        elif re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", digits) or re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", digits):
            votes[(",", ".")] += 1
        elif re.fullmatch(r"\d{1,3}('\d{3})+(\.\d+)?", digits):
            votes[(".", "'")] += 1
        elif re.fullmatch(r"\d{1,3}( \d{3})+,\d+", digits):
            votes[(",", " ")] += 1
        elif re.fullmatch(r"\d+,\d{1,2}", digits):
            votes[(",", "")] += 1
    if not votes:
        plain = [v for v in values if re.fullmatch(r"\d{1,3},\d{3}", v)]
        return (".", ",") if plain else (".", "")
    decimal = Counter({d: sum(n for (e, _), n in votes.items() if e == d) for d, _ in votes}).most_common(1)[0][0]
    marks = [t for (d, t), _ in votes.most_common() if d == decimal and t]
    return decimal, marks[0] if marks else ""
