"""Versions of a book on disk: written aside, renamed into place, never changed afterwards.

A version is whole or absent. ``CURRENT`` is replaced after the rename, so a reader sees the version before or the one
after. One writer at a time holds a file lock that dies with its process; what a killed writer left is swept by the
next.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.book.schema import TABLES, shard_of

SCHEMA_VERSION = 1
#: rows of a row group; rows are sorted by loan, so one loan's rows lie in one or two groups
ROW_GROUP = 65_536

NO_BOOK = Code("BOOK-001", zh="没有账册 {book}，请先导入", en="there is no book {book}; import first")
NO_VERSION = Code("BOOK-002", zh="账册没有版本 {version}", en="the book has no version {version}")
DAMAGED = Code("BOOK-003", zh="版本 {version} 的文件 {file} 已损坏", en="file {file} of version {version} is damaged")
BUSY = Code("BOOK-004", zh="另一个导入正在写入此账册", en="another import is writing to this book")


class Version:
    """One immutable version of a book."""

    def __init__(self, path: Path):
        self.path = path
        self.id = path.name
        self.manifest: dict[str, Any] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))

    @property
    def shards(self) -> int:
        return self.manifest["shards"]

    def shard_file(self, table: str, shard_ix: int) -> Path:
        return self.path / table / f"shard-{shard_ix:04d}.parquet"

    def read(
        self, table: str, shard_ix: int, columns: list[str] | None = None, filters: pc.Expression | None = None
    ) -> pa.Table:
        """Rows of a shard in their stored order; an empty table of the right schema where the export had none."""
        path = self.shard_file(table, shard_ix)
        if not path.exists():
            empty = TABLES[table].arrow_schema().empty_table()
            return empty.select(columns) if columns is not None else empty
        return pq.read_table(path, columns=columns, filters=filters, partitioning=None, memory_map=True)

    def locate(self, loan_or_customer_id: str) -> int:
        """The shard in which a loan or a customer lies, if the version holds it."""
        return shard_of(loan_or_customer_id, self.shards)

    def verify(self) -> None:
        """Raises BOOK-003 for the first file whose checksum is not the manifest's."""
        for name, digest in self.manifest["files"].items():
            path = self.path / name
            if not path.exists() or sha256(path) != digest:
                raise DAMAGED.error(version=self.id, file=name)


class Book:
    """A folder of versions."""

    def __init__(self, path: Path | str):
        self.path = Path(path)

    def current(self) -> Version | None:
        try:
            name = (self.path / "CURRENT").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return self.version(name)

    def need(self) -> Version:
        """The current version; raises BOOK-001 where nothing has been imported."""
        version = self.current()
        if version is None:
            raise NO_BOOK.error(book=self.path.name)
        return version

    def version(self, version_id: str) -> Version:
        path = self.path / "versions" / version_id
        if "/" in version_id or not (path / "manifest.json").exists():
            raise NO_VERSION.error(version=version_id)
        return Version(path)

    def versions(self) -> list[str]:
        """Ids of all versions, oldest first."""
        folder = self.path / "versions"
        return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the book's one writer's lock and sweep what a killed writer left. Raises BOOK-004."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BUSY.error() from None
            for left in self.path.glob("tmp-*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield


class VersionWriter:
    """Writes a version aside. Use inside ``Book.writing()``; nothing is seen until ``commit``."""

    def __init__(self, book: Book, shards: int):
        self.book = book
        self.shards = shards
        self.folder = book.path / f"tmp-{uuid.uuid4().hex}"
        self.files: dict[str, str] = {}
        self.folder.mkdir(parents=True)

    def write(self, table: str, shard_ix: int, rows: pa.Table) -> None:
        """Write one shard of a table; ``rows`` are sorted and have the table's ``arrow_schema``."""
        name = f"{table}/shard-{shard_ix:04d}.parquet"
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        pq.write_table(
            rows.cast(TABLES[table].arrow_schema()),
            path,
            row_group_size=ROW_GROUP,
            compression="zstd",
            compression_level=1,
            use_dictionary=[f.name for f in TABLES[table].fields if f.kind in ("text", "choice")],
        )
        self.files[name] = sha256(path)

    def link(self, parent: Version, table: str, shard_ix: int) -> None:
        """Share an unchanged shard with the parent version instead of writing it again."""
        source = parent.shard_file(table, shard_ix)
        if not source.exists():
            return
        name = f"{table}/shard-{shard_ix:04d}.parquet"
        (self.folder / table).mkdir(exist_ok=True)
        os.link(source, self.folder / name)
        self.files[name] = parent.manifest["files"][name]

    def commit(self, manifest: dict[str, Any]) -> Version:
        """Make the version the book's current one, atomically, and durable on disk."""
        digest = hashlib.sha256("".join(f"{k}={v}\n" for k, v in sorted(self.files.items())).encode()).hexdigest()
        number = int(versions[-1].split("-")[0]) + 1 if (versions := self.book.versions()) else 1
        version_id = f"{number:06d}-{digest[:8]}"
        whole = {
            "version": version_id,
            "schema": SCHEMA_VERSION,
            "created_at": clock.now().isoformat(),
            "shards": self.shards,
            "content": digest,
            "files": dict(sorted(self.files.items())),
            **manifest,
        }
        (self.folder / "manifest.json").write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
        for path in self.folder.rglob("*"):
            _sync(path)
        _sync(self.folder)
        target = self.book.path / "versions" / version_id
        target.parent.mkdir(exist_ok=True)
        self.folder.rename(target)
        _sync(target.parent)
        pointer = self.book.path / f"tmp-current-{uuid.uuid4().hex}"
        pointer.write_text(version_id, encoding="utf-8")
        _sync(pointer)
        pointer.replace(self.book.path / "CURRENT")
        _sync(self.book.path)
        return Version(target)

    def abandon(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
