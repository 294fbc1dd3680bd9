"""What lies in a folder: each file and sheet with its encoding, delimiter, header and first rows.

Files are read by the very readers an import uses, so that what is found here is what an import will find.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import charset_normalizer
import polars as pl

from shouyue.base.errors import ShouyueError
from shouyue.book import faults
from shouyue.book.profile import TableProfile
from shouyue.book.sources import open_source
from shouyue.book.sources.lines import unpacked
from shouyue.book.sources.opening import format_of

if TYPE_CHECKING:
    from shouyue.book.relations import Relation

#: rows of a file that are looked at
ROWS = 200_000
#: bytes by which a text file's encoding, and by which its delimiter and header are told
ENCODING_BYTES, HEAD_BYTES = 16 << 20, 256 << 10
#: how far down a header may stand
HEADER_LINES = 15
DELIMITERS = (",", "\t", ";", "|", "^", "\x01", "\x1e", "|@|", "||", "@@", "~|~")
#: closing lines of hand-made exports
TOTALS = r"^\W*(合\s*计|总\s*计|小\s*计|共\s*计|(?i:total|subtotal|grand total|sum))(\W|$)"
#: asked in this order when a file is no UTF-8 and not plainly Chinese
OTHER_ENCODINGS = ("gb18030", "big5", "cp1252", "cp1250", "cp1251", "shift_jis", "euc_kr")


@dataclass
class Sample:
    """A file, or a sheet of one. ``frame`` has its first rows, columns named by position as in a RawChunk."""

    path: Path
    name: str
    reading: TableProfile
    headers: list[str] = field(default_factory=list)
    frame: pl.DataFrame = field(default_factory=pl.DataFrame)
    #: is every row of the file in ``frame``
    whole: bool = True
    #: lines that could not be split into fields, or held bytes that are no text
    damaged: int = 0
    encoding_why: tuple[str, str] = ("", "")
    #: where it is a table of a database and no file
    relation: Relation | None = None

    @property
    def label(self) -> str:
        return f"{self.name} [{self.reading.sheet}]" if isinstance(self.reading.sheet, str) else self.name

    def column(self, header: str) -> pl.Series:
        return self.frame[str(self.headers.index(header))]

    def once(self) -> list[str]:
        """Headers that can be named in a profile: not empty and not repeated."""
        return [h for h in self.headers if h and self.headers.count(h) == 1]


@dataclass(frozen=True)
class LeftOut:
    """A file that is not in the profile, and why. Says nothing of what is in it."""

    name: str
    zh: str
    en: str


def samples(folder: Path, known: Callable[[str], bool]) -> tuple[list[Sample], list[LeftOut]]:
    """Every file of the folder that can be read as rows; ``known`` tells whether a text is a header one knows.

    Looks into subfolders only when the folder itself has no files to offer. Raises BOOK-201.
    """
    if not folder.is_dir():
        raise faults.NO_FOLDER.error(folder=folder)
    found: list[Sample] = []
    left: list[LeftOut] = []
    paths = sorted(p for p in folder.iterdir() if p.is_file())
    if not any(format_of(p) for p in paths):
        paths += sorted(p for p in folder.rglob("*") if p.is_file() and p.parent != folder)
    for path in paths:
        if path.name.startswith((".", "~$")):
            continue
        name = path.relative_to(folder).as_posix()
        form = format_of(path)
        if form is None:
            left.append(LeftOut(name, "不是可读的格式（CSV、TSV、XLSX、Parquet）", "no CSV, TSV, XLSX or Parquet file"))
            continue
        try:
            found += [_read(s) for s in _places(path, name, form, known)]
        except ShouyueError as why:
            left.append(LeftOut(name, f"{why.code} {why.zh}", f"{why.code} {why.en}"))
    return found, left


def _places(path: Path, name: str, form: str, known: Callable[[str], bool]) -> list[Sample]:
    blank = TableProfile("", (name,), (), (), format=None)
    if form == "parquet":
        return [Sample(path, name, blank)]
    if form == "xlsx":
        return [Sample(path, name, p) for p in _sheets(path, blank, known)]
    return [_text(path, name, blank, known)]


def _read(sample: Sample) -> Sample:
    source = open_source(sample.path, sample.reading)
    parts: list[pl.DataFrame] = []
    rows = 0
    for chunk in source.chunks():
        if rows >= ROWS:
            sample.whole = False
            break
        parts.append(chunk.frame)
        rows += chunk.frame.height
        sample.damaged += len(chunk.bad)
    frame = pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame()
    sample.headers = list(source.headers)
    sample.whole = sample.whole and rows <= ROWS
    sample.frame = frame.head(ROWS)
    return _without_totals(sample)


def _without_totals(sample: Sample) -> Sample:
    """Set the totals under a table aside, as ``ignore_lines`` will."""
    if sample.frame.is_empty() or sample.frame.schema["0"] != pl.String:
        return sample
    total = sample.frame["0"].str.contains(TOTALS).fill_null(False)
    # a table with many of them is about totals
    if 0 < total.sum() <= max(3, sample.frame.height // 10):
        sample.frame = sample.frame.filter(~total)
        sample.reading = replace(sample.reading, ignore_lines=TOTALS)
    return sample


# --- workbooks


def _sheets(path: Path, blank: TableProfile, known: Callable[[str], bool]) -> list[TableProfile]:
    import fastexcel

    try:
        names = fastexcel.read_excel(path).sheet_names
    except fastexcel.FastExcelError:
        raise faults.BROKEN_FILE.error(file=path.name, format="XLSX") from None
    places = []
    for sheet in names:
        place = replace(blank, sheet=sheet if len(names) > 1 else 0)
        try:
            source = open_source(path, replace(place, header=False))
            top = next(iter(source.chunks())).frame.head(HEADER_LINES).rows()
        except ShouyueError as why:
            if why.code == faults.EMPTY_FILE.id and len(names) > 1:
                continue
            raise
        first = getattr(source, "first_row", 1)
        at = header_line([[str(v or "") for v in row] for row in top], known)
        places.append(replace(place, skip_lines=first - 1 + at if at else 0))
    return places


# --- text files


def _text(path: Path, name: str, blank: TableProfile, known: Callable[[str], bool]) -> Sample:
    with unpacked(path) as handle:
        data = handle.read(ENCODING_BYTES)
        cut = bool(handle.read(1))
    if not data.strip():
        raise faults.EMPTY_FILE.error(file=path.name)
    encoding, zh, en = encoding_of(data, cut)
    lines = data[:HEAD_BYTES].decode(encoding, "replace").removeprefix("\ufeff").splitlines()
    if len(data) > HEAD_BYTES:
        lines = lines[:-1]
    usual = "\t" if format_of(path) == "tsv" else ","
    delimiter, at = shape(lines, usual, known)
    reading = replace(
        blank,
        encoding=encoding,
        delimiter=None if delimiter == usual else delimiter,
        quote='"' if len(delimiter) == 1 else "",
        skip_lines=at,
    )
    return Sample(path, name, reading, encoding_why=(zh, en))


def encoding_of(data: bytes, cut: bool = False) -> tuple[str, str, str]:
    """Encoding of a file's first bytes, and why in zh and en. ``cut`` when the file goes on."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return (
                ("utf-8" if encoding == "utf-8-sig" else encoding),
                "文件带字节序标记（BOM）",
                "the file has a byte order mark",
            )
    if data.isascii():
        return "utf-8", "只有 ASCII 字符", "ASCII only"
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    if cut and len(lines) > 1:
        lines = lines[:-1]
    telling = lines[:20_000]
    failed = {name: _undecodable(telling, name) for name in ("utf-8", "gb18030")}
    # a damaged line or two do not make a file another encoding; other encodings fail on nearly every line
    if failed["utf-8"] <= len(telling) * 0.05:
        damage = f"，{failed['utf-8']} 行除外" if failed["utf-8"] else ""
        but = f" but {failed['utf-8']} lines" if failed["utf-8"] else ""
        return "utf-8", f"全部字节是合格的 UTF-8{damage}", f"all bytes are valid UTF-8{but}"
    if failed["gb18030"] <= len(telling) * 0.05 and _everyday_chinese(telling) >= 0.9:
        return "gb18030", "不是 UTF-8；按 gb18030 读出的是常用汉字", "no UTF-8; read as gb18030 it is everyday Chinese"
    best = charset_normalizer.from_bytes(b"\n".join(telling[:2000]), cp_isolation=list(OTHER_ENCODINGS)).best()
    if best is None:
        return "gb18030", "无法确定，请核对", "could not be told, please check"
    return (
        best.encoding,
        "不是 UTF-8；按文字特征推断，请核对",
        "no UTF-8; told by what the text looks like, please check",
    )


def _undecodable(lines: Sequence[bytes], encoding: str) -> int:
    failed = 0
    for line in lines:
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            failed += 1
    return failed


def _everyday_chinese(lines: Sequence[bytes]) -> float:
    """Share of the foreign characters that GB 2312 has: other encodings read as GB 18030 give rare ones."""
    text = [c for line in lines[:2000] for c in line.decode("gb18030", "ignore") if not c.isascii()]
    everyday = "".join(text).encode("gb2312", "ignore")
    return len(everyday) / 2 / max(len(text), 1)


def shape(lines: Sequence[str], usual: str, known: Callable[[str], bool]) -> tuple[str, int]:
    """Delimiter and line (from 0) of the header: where most header cells are known, then most lines are alike."""
    best, chosen = (-1.0, -1.0, -1.0, -1.0), (usual, 0)
    for delimiter in (usual, *(d for d in DELIMITERS if d != usual)):
        if not any(delimiter in line for line in lines):
            continue
        rows = _split(lines[:200], delimiter)
        at = header_line(rows[:HEADER_LINES], known)
        width = len(rows[at]) if at < len(rows) else 0
        if width < 2:
            continue
        alike = sum(len(row) == width for row in rows[at:]) / max(len(rows) - at, 1)
        names = sum(known(cell) for cell in rows[at])
        # of | and |@| the one that leaves no crumbs between the names
        score = (float(names), alike, names / width, float(width))
        if score > best:
            best, chosen = score, (delimiter, at)
    return chosen


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Lines as rows; one row per line, so that a row's place is its line."""
    if len(delimiter) > 1:
        return [line.split(delimiter) for line in lines]
    rows = []
    for line in lines:
        try:
            rows.append(next(csv.reader(io.StringIO(line), delimiter=delimiter), []))
        except csv.Error:
            rows.append(line.split(delimiter))
    return rows


def header_line(rows: Sequence[Sequence[str]], known: Callable[[str], bool]) -> int:
    """Place of the row with the most cells that are known headers; the first row when none has two."""
    counts = [sum(known(str(cell)) for cell in row if cell) for row in rows]
    best = max(counts, default=0)
    return counts.index(best) if best >= 2 else 0


def date_free(name: str) -> str:
    """A file's name as a pattern: a day in it becomes ``*``."""
    day = r"(?<!\d)(19|20)\d{2}([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])([-_T]?\d{4,6})?(?!\d)"
    pieces, last = [], 0
    for found in re.finditer(day, name):
        pieces += [_literal(name[last : found.start()]), "*"]
        last = found.end()
    return "".join([*pieces, _literal(name[last:])])


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
