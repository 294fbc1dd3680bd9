"""The bytes of a text file as UTF-8 lines: unpacked, decoded, line ends made one, undecodable lines remembered."""

from __future__ import annotations

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from shouyue.book import faults

BLOCK = 32 << 20
#: an archive may unpack to so many times its size before it counts as a bomb, once past SMALL
MAX_RATIO = 200
SMALL = 256 << 20
#: encodings in which the byte 0x0A may be part of a character
_WIDE = ("utf-16", "utf-32", "utf-7", "iso2022", "iso-2022", "hz")


@dataclass
class Lines:
    """Whole lines of a file as UTF-8, each ending in a line feed; ``bad`` are line numbers (from 1) that held bytes
    that are no text (those read with the bytes shown as escapes)."""

    data: bytes
    first_line: int
    bad: set[int] = field(default_factory=set)
    done: float = 1.0


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes; of ``.gz`` the content, of ``.zip`` the only member."""
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as handle:
                yield handle  # pyright: ignore[reportReturnType]
        elif path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                members = [m for m in archive.infolist() if not m.is_dir()]
                if len(members) != 1:
                    raise faults.BROKEN_FILE.error(file=path.name, format="zip (1)")
                with archive.open(members[0]) as handle:
                    yield handle
        else:
            with path.open("rb") as handle:
                yield handle
    except (gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError):
        raise faults.BROKEN_FILE.error(file=path.name, format=path.suffix.lstrip(".")) from None


def read_lines(path: Path, encoding: str, block: int = BLOCK) -> Iterator[Lines]:
    """Blocks of whole lines, of about ``block`` bytes. Raises BOOK-206, -208, -209."""
    codec = codecs.lookup(encoding).name
    size = max(path.stat().st_size, 1)
    packed = path.suffix.lower() in (".gz", ".zip")
    with unpacked(path) as handle:
        blocks = _bounded(handle, path.name, size, packed, block)
        if codec.replace("_", "-").startswith(_WIDE):
            blocks, codec = _transcoded(blocks, codec, path.name, encoding), "utf-8"
        line, read, first = 1, 0, True
        for data in _whole_lines(blocks):
            read += len(data)
            if first:
                data, first = data.removeprefix(codecs.BOM_UTF8), False
            done = min(read / size, 1.0) if not packed else 0.5
            lines = _decoded(data, codec, line, done)
            line += lines.data.count(b"\n")
            yield lines


def _bounded(handle: IO[bytes], name: str, size: int, packed: bool, length: int) -> Iterator[bytes]:
    total = 0
    while block := handle.read(length):
        total += len(block)
        if packed and total > max(SMALL, size * MAX_RATIO):
            raise faults.TOO_BIG.error(file=name, size=total)
        yield block


def _transcoded(blocks: Iterator[bytes], codec: str, name: str, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        raise faults.UNDECODABLE.error(file=name, encoding=encoding) from None


def _whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut at line ends; CR LF and the lone CR of files that know no LF become LF."""
    parts: list[bytes] = []
    lone: bool | None = None
    for block in blocks:
        if lone is None:
            lone = b"\n" not in block and b"\r" in block
        if lone:
            block = block.replace(b"\r", b"\n")
        cut = block.rfind(b"\n") + 1
        if not cut:
            parts.append(block)
            continue
        parts.append(block[:cut])
        data = b"".join(parts)
        parts = [block[cut:]]
        yield data.replace(b"\r\n", b"\n")
    if rest := b"".join(parts):
        yield (rest + b"\n").replace(b"\r\n", b"\n")


def _decoded(data: bytes, codec: str, first_line: int, done: float) -> Lines:
    try:
        text = data.decode(codec)
        return Lines(data if codec == "utf-8" else text.encode(), first_line, set(), done)
    except UnicodeError:
        pass
    bad: set[int] = set()
    out = []
    for number, line in enumerate(data.split(b"\n")[:-1], first_line):
        try:
            out.append(line.decode(codec))
        except UnicodeError:
            bad.add(number)
            out.append(line.decode(codec, "backslashreplace"))
    return Lines(("\n".join(out) + "\n").encode("utf-8", "backslashreplace"), first_line, bad, done)
