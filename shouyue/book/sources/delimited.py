"""CSV and TSV as they really come: quoted line breaks, stray quotes, missing fields, NUL bytes, foreign encodings.

A damaged line must cost that line only. So lines are first weighed whole blocks at a time (how many fields, are the
quotes in place, by numpy over the bytes); the few that do not fit are looked at one by one; what remains is
well-formed and goes through polars' fast reader.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from shouyue.book import faults
from shouyue.book.profile import TableProfile
from shouyue.book.sources.lines import BLOCK, Lines, read_lines
from shouyue.book.sources.raw import BadLine, RawChunk, drop_empty

#: a quoted field may span so many lines or bytes before its quote counts as never closed
MAX_LINES, MAX_BYTES = 500, 1 << 20
#: bytes looked at for the headers
HEAD = 1 << 20
#: stands for a delimiter of several characters while splitting
_UNIT = "\x1f"


class Delimited:
    """A CSV or TSV file under a table's profile. Raises BOOK-206, -207, -208, -209."""

    #: bytes read at a time
    block = BLOCK

    def __init__(self, path: Path, table: TableProfile, delimiter: str):
        self.path, self.table = path, table
        self.given = table.delimiter or delimiter
        self.delimiter = self.given if len(self.given) == 1 and self.given.isascii() else _UNIT
        self.quote = table.quote
        self.headers = self._head()

    def chunks(self) -> Iterator[RawChunk]:
        skip = self.first_data_line - 1
        rest, rest_line = b"", 0
        bad: set[int] = set()
        blocks = self._blocks(self.block)
        block = next(blocks, None)
        while block is not None:
            following = next(blocks, None)
            data, line = block.data, block.first_line
            if rest:
                data, line = rest + data, rest_line
            if line <= skip:
                dropped = min(skip - line + 1, data.count(b"\n"))
                data, line = _after_lines(data, dropped), line + dropped
            bad |= block.bad
            chunk, used, used_lines = self._split(data, line, bad, last=following is None)
            rest, rest_line = data[used:], line + used_lines
            bad = {n for n in bad if n >= rest_line}
            chunk.done = block.done
            yield drop_empty(chunk, self.table.ignore_lines)
            block = following

    def _blocks(self, length: int) -> Iterator[Lines]:
        for block in read_lines(self.path, self.table.encoding, length):
            if self.delimiter != self.given:
                block.data = block.data.replace(self.given.encode(), _UNIT.encode())
            yield block

    def _head(self) -> list[str]:
        """The headers; also finds the first line of data."""
        block = next(self._blocks(HEAD), None)
        if block is None or not block.data.strip():
            raise faults.EMPTY_FILE.error(file=self.path.name)
        lines = block.data.split(b"\n", self.table.skip_lines + MAX_LINES)
        at = self.table.skip_lines
        while at < len(lines) and not lines[at].strip():
            at += 1
        if at >= len(lines):
            raise faults.EMPTY_FILE.error(file=self.path.name)
        sample = range(at + 1, min(at + 1 + len(lines), block.first_line + block.data.count(b"\n") + 1))
        if at + 1 in block.bad or len(block.bad) * 2 > max(len(sample), 1):
            raise faults.UNDECODABLE.error(file=self.path.name, encoding=self.table.encoding)
        if not self.table.header:
            self.first_data_line = at + 1
            fields, _ = self._record(lines, at)
            return [str(n) for n in range(1, len(fields or [b""]) + 1)]
        fields, taken = self._record(lines, at)
        if fields is None:
            raise faults.BROKEN_FILE.error(file=self.path.name, format="CSV")
        self.first_data_line = at + taken + 1
        return [f.strip().strip("\ufeff") for f in fields]

    def _record(self, lines: Sequence[bytes], at: int) -> tuple[list[str] | None, int]:
        """Strictly read the record that begins on a line: its fields and the lines it takes; None when it is none.

        Lines taken is 0 when the record is still open at the end of ``lines``.
        """
        if not self.quote:
            return lines[at].decode().split(self.delimiter), 1
        text = lines[at].decode()
        taken, size = 1, len(lines[at])
        while True:
            try:
                rows = list(csv.reader([text], delimiter=self.delimiter, quotechar=self.quote, strict=True))
                return (rows[0] if len(rows) == 1 else None), taken
            except csv.Error as why:
                if "unexpected end" not in str(why) or taken >= MAX_LINES or size > MAX_BYTES:
                    return None, 1
            if at + taken >= len(lines):
                return None, 0
            text += "\n" + lines[at + taken].decode()
            size += len(lines[at + taken])
            taken += 1

    # --- a block of lines -------------------------------------------------------------------------------------------

    def _split(self, data: bytes, first_line: int, bad: set[int], last: bool) -> tuple[RawChunk, int, int]:
        """Rows of whole lines; also the bytes and lines used (a record still open at the end waits for more)."""
        columns = len(self.headers)
        array = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(array == 10)
        starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
        fine = self._weigh(data, array, starts, ends, columns)
        blank = starts == ends
        for number in bad:
            fine[number - first_line] = False
        keep = fine & ~blank
        odd = np.flatnonzero(~fine & ~blank)
        mended: dict[int, tuple[bytes, int]] = {}
        lines_bad, ignored, used_lines = self._mend(
            data, starts, ends, odd, keep, mended, first_line, bad, last, columns
        )
        keep[used_lines:] = False
        used = int(ends[used_lines - 1]) + 1 if used_lines else 0
        rows = np.flatnonzero(keep)
        whole = data if rows.size == ends.size and not mended else _assemble(data, starts, ends, rows, mended)
        spans_end = ends.copy()
        for row, (_, taken) in mended.items():
            spans_end[row] = ends[row + taken - 1]

        def raw(places: Sequence[int]) -> list[str]:
            texts = (data[starts[rows[p]] : spans_end[rows[p]]] for p in places)
            return [self._shown(t) for t in texts]

        frame = self._parsed(whole, columns, rows.size)
        return RawChunk(frame, rows + first_line, raw, lines_bad, ignored), used, used_lines

    def _weigh(self, data: bytes, array: np.ndarray, starts: np.ndarray, ends: np.ndarray, columns: int) -> np.ndarray:
        """Which lines are records by themselves: the right number of fields, quotes in place, no NUL."""
        if not ends.size:
            return np.zeros(0, bool)
        delimiter = self.delimiter.encode()[0]
        quotes = np.flatnonzero(array == self.quote.encode()[0]) if self.quote else np.zeros(0, np.int64)
        if quotes.size == 0:
            fields = np.add.reduceat((array == delimiter).view(np.uint8), starts, dtype=np.int32) + 1
            fine = fields == columns
        else:
            fine = _quoted_lines(array, starts, ends, quotes, delimiter, columns)
        if b"\0" in data:
            fine[np.searchsorted(ends, np.flatnonzero(array == 0))] = False
        return fine

    def _mend(
        self,
        data: bytes,
        starts: np.ndarray,
        ends: np.ndarray,
        odd: np.ndarray,
        keep: np.ndarray,
        mended: dict[int, tuple[bytes, int]],
        first_line: int,
        bad: set[int],
        last: bool,
        columns: int,
    ) -> tuple[list[BadLine], int, int]:
        """Look at the lines that do not fit, one by one: several lines of one record, or a fault of this line."""
        found: list[BadLine] = []
        ignored = 0
        upto = 0
        pattern = re.compile(self.table.ignore_lines) if self.table.ignore_lines else None
        for ix in odd:
            if ix < upto:
                continue
            line = data[starts[ix] : ends[ix]]
            number = int(ix) + first_line
            if number in bad:
                found.append(BadLine(number, faults.ENCODING, self._shown(line)))
                continue
            if b"\0" in line:
                found.append(BadLine(number, faults.NUL, self._shown(line)))
                continue
            window = [data[starts[k] : ends[k]] for k in range(ix, min(ix + 2, len(ends)))]
            fields, taken = self._record(window, 0)
            if taken == 0:  # goes on over more lines
                window = [data[starts[k] : ends[k]] for k in range(ix, min(ix + MAX_LINES, len(ends)))]
                fields, taken = self._record(window, 0)
                if taken == 0 and not last and len(window) < MAX_LINES and sum(map(len, window)) < MAX_BYTES:
                    return found, ignored, int(ix)
            clean = fields is not None and len(fields) == columns and not any("\0" in f for f in fields)
            if clean and not any(number + k in bad for k in range(taken)):
                keep[ix : ix + taken] = False
                keep[ix] = True
                mended[int(ix)] = (self._written(fields or []), taken)
                upto = int(ix) + taken
            elif pattern and pattern.search(line.decode()):
                ignored += 1
            else:
                fault = faults.QUOTE if fields is None or taken > 1 else faults.FIELD_COUNT
                found.append(BadLine(number, fault, self._shown(line)))
        return found, ignored, len(ends)

    def _written(self, fields: Sequence[str]) -> bytes:
        if not self.quote:
            return self.delimiter.join(fields).encode() + b"\n"
        q = self.quote
        return (self.delimiter.join(q + f.replace(q, q + q) + q for f in fields) + "\n").encode()

    def _shown(self, line: bytes) -> str:
        return line.decode("utf-8", "backslashreplace").replace("\0", "\\x00").replace(_UNIT, self.given)

    def _parsed(self, data: bytes, columns: int, rows: int) -> pl.DataFrame:
        names = [str(n) for n in range(columns)]
        if rows == 0:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        frame = pl.read_csv(
            data,
            has_header=False,
            infer_schema=False,
            separator=self.delimiter,
            quote_char=self.quote or None,
            eol_char="\n",
        )
        if frame.shape != (rows, columns):  # never seen; the plain reader settles it
            text = data.decode().splitlines(keepends=True)
            reader = csv.reader(
                text,
                delimiter=self.delimiter,
                quotechar=self.quote or None,
                quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            )
            frame = pl.DataFrame(list(reader), schema=dict.fromkeys(names, pl.String), orient="row")
        frame.columns = names
        return frame


def _quoted_lines(
    array: np.ndarray, starts: np.ndarray, ends: np.ndarray, quotes: np.ndarray, delimiter: int, columns: int
) -> np.ndarray:
    """Which lines are well-formed records by themselves, in a block that has quotes (RFC 4180 over the bytes)."""
    upto = np.searchsorted(quotes, ends)
    before = np.searchsorted(quotes, starts)
    fine = (upto - before) % 2 == 0
    line_of = np.repeat(np.arange(ends.size), upto - before)
    opening = (np.arange(quotes.size) - before[line_of]) % 2 == 0
    left = np.where(quotes > starts[line_of], array[np.maximum(quotes - 1, 0)], delimiter)
    right = np.where(quotes + 1 < ends[line_of], array[np.minimum(quotes + 1, array.size - 1)], delimiter)
    mark = array[quotes[0]]
    in_place = np.where(opening, left, right)
    inner = np.zeros(quotes.size, bool)  # a doubled quote: closes here, opens again on the next byte
    touching = np.flatnonzero((np.diff(quotes) == 1) & (line_of[1:] == line_of[:-1]))
    touching = touching[~opening[touching]]
    inner[touching] = inner[touching + 1] = True
    stray = (in_place != delimiter) & ~((in_place == mark) & inner)
    fine[line_of[stray]] = False
    marks = np.flatnonzero(array == delimiter)
    line = np.searchsorted(ends, marks)
    outside = (np.searchsorted(quotes, marks) - before[line]) % 2 == 0
    fields = np.bincount(line[outside], minlength=ends.size) + 1
    return fine & (fields == columns)


def _assemble(
    data: bytes, starts: np.ndarray, ends: np.ndarray, rows: np.ndarray, mended: dict[int, tuple[bytes, int]]
) -> bytes:
    """The kept lines in one piece, mended records in place of their lines."""
    if rows.size == 0:
        return b""
    view = memoryview(data)
    pieces: list[bytes | memoryview] = []
    plain = np.array([row not in mended for row in rows]) if mended else np.ones(rows.size, bool)
    breaks = np.flatnonzero((np.diff(rows) != 1) | ~plain[1:] | ~plain[:-1]) + 1
    for run in np.split(rows, breaks):
        if int(run[0]) in mended:
            pieces.append(mended[int(run[0])][0])
        else:
            pieces.append(view[starts[run[0]] : ends[run[-1]] + 1])
    return b"".join(pieces)


def _after_lines(data: bytes, lines: int) -> bytes:
    at = 0
    for _ in range(lines):
        at = data.index(b"\n", at) + 1
    return data[at:]
