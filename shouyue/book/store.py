"""A book on disk: versions that are written once, a pointer to the newest, and nothing half-done in sight.

A version is written aside (``tmp-…``), flushed, renamed into ``versions/`` and only then named in ``CURRENT``. Killed
at any moment the book is as before or as after; what a killed import left behind is swept away by the next one, under
a lock that dies with its process. Shards are plain Parquet (docs/adr/0002-book-storage.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shouyue.base import clock, files
from shouyue.base.errors import Code
from shouyue.book.schema import SCHEMA_VERSION, TABLES, Table, shard_of

NO_VERSION = Code("BOOK-001", zh="账册中没有版本 {version}", en="the book has no version {version}")
BUSY = Code("BOOK-002", zh="另一个导入正在写入该账册", en="another import is writing this book")
DAMAGED = Code(
    "BOOK-003",
    zh="账册版本 {version} 的文件 {file} 缺失或已损坏",
    en="file {file} of version {version} is missing or damaged",
)
NEWER_SCHEMA = Code(
    "BOOK-004",
    zh="账册版本 {version} 由更新的程序写成（格式 {schema}），请升级",
    en="version {version} was written by a newer program (format {schema}); upgrade",
)

#: a loan is found by reading one group of each table: smaller ones halve that and cost a whole reading nothing
ROW_GROUP = 32_768
_CHUNK = 1 << 20


class Version:
    """One version of a book, read-only. ``manifest`` is the parsed manifest.json; see ``VersionWriter.commit``."""

    def __init__(self, path: Path):
        self.path = path
        self.id = path.name
        try:
            self.manifest = understood(path.name, (path / "manifest.json").read_bytes())
        except FileNotFoundError:
            raise NO_VERSION.error(version=path.name) from None

    @property
    def shards(self) -> int:
        return self.manifest["shards"]

    @property
    def currency(self) -> str:
        return self.manifest["currency"]

    @property
    def book_name(self) -> str:
        """What the book is called that this is a version of."""
        return self.path.parent.parent.name

    def rows(self, table: str) -> int:
        return self.manifest["tables"].get(table, {}).get("rows", 0)

    def quarantine(self) -> Path | None:
        """The rows that this version's import refused; None where there are none, or they lie elsewhere."""
        path = self.path / "quarantine.csv"
        return path if path.is_file() else None

    @contextmanager
    def refused(self) -> Iterator[TextIO | None]:
        """The quarantine file to be read, wherever the version lies; None where there is none."""
        path = self.quarantine()
        if path is None:
            yield None
        else:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                yield lines

    def shard_file(self, table: str, shard_ix: int) -> Path:
        """Where a table's shard lies; a shard without rows has no file."""
        return self.path / shard_name(table, shard_ix)

    def shard_files(self, table: str) -> list[Path]:
        """Where a table's shards lie that have rows. Raises BOOK-003 where one is gone."""
        known = [file["path"] for file in self.manifest["tables"].get(table, {}).get("files", [])]
        for path in known:
            if not (self.path / path).is_file():
                raise DAMAGED.error(version=self.id, file=path)
        return [self.path / path for path in known]

    @cached_property
    def _named(self) -> dict[str, dict[str, Any]]:
        return {file["path"]: file for _, file in self.files()}

    def _opened(self, file: dict[str, Any]) -> Path | pa.BufferReader | None:
        """What pyarrow reads a file of the manifest from; None where it is gone."""
        path = self.path / file["path"]
        return path if path.exists() else None

    def _digest(self, file: dict[str, Any]) -> str | None:
        """SHA-256 of a file of the manifest as it lies there; None where it is gone."""
        path = self.path / file["path"]
        return file_digest(path) if path.is_file() else None

    def read(self, table: str, shard_ix: int, columns: Sequence[str] | None = None, filters: Any = None) -> pa.Table:
        """Rows of a table in a shard, in the table's order; no rows when the book has none.

        ``filters`` as in ``pyarrow.parquet.read_table`` (list of (column, operator, value), or an expression).
        Raises BOOK-003 when the manifest has a file that is gone or no longer whole: no rows where there were some
        would be a lie.
        """
        schema = TABLES[table].arrow_schema()
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        with self._source(table, shard_ix) as source:
            if source is None:
                return schema.empty_table()
            if filters is None:
                # shards are what is read side by side; threads within one only stand in each other's way
                with pq.ParquetFile(source, memory_map=True, pre_buffer=False) as file:
                    return file.read(columns=list(schema.names), use_threads=False).select(schema.names).cast(schema)
            return pq.read_table(source, columns=list(schema.names), filters=filters, memory_map=True).cast(schema)

    @contextmanager
    def opened(self, table: str, shard_ix: int) -> Iterator[pq.ParquetFile | None]:
        """A shard as a file, to read a part of it; None when the version has no rows there. Raises BOOK-003."""
        with self._source(table, shard_ix) as source:
            if source is None:
                yield None
            else:
                with pq.ParquetFile(source) as file:
                    yield file

    @contextmanager
    def _source(self, table: str, shard_ix: int) -> Iterator[Path | pa.BufferReader | None]:
        """What a shard is read from; None when the manifest has none. What is gone or unreadable is BOOK-003."""
        known = self._named.get(shard_name(table, shard_ix))
        if known is None:
            yield None
            return
        source = self._opened(known)
        if source is None:
            raise DAMAGED.error(version=self.id, file=known["path"])
        try:
            yield source
        except (pa.ArrowException, OSError) as error:
            raise DAMAGED.error(version=self.id, file=known["path"]) from error

    def locate(self, identity: str) -> int:
        """Shard of a loan (or, for customers and contacts, of a customer)."""
        return shard_of(identity, self.shards)

    def loan(self, loan_id: str, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A loan's rows in one of the tables; reads only the row groups that may hold it."""
        return self.read(table, self.locate(loan_id), columns, filters=pc.field("loan_id") == loan_id)

    def customer(self, customer_id: str, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A customer's rows in ``customers`` or ``contacts``."""
        return self.read(table, self.locate(customer_id), columns, filters=pc.field("customer_id") == customer_id)

    def files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, table in self.manifest["tables"].items():
            for file in table["files"]:
                yield name, file

    def verify(self) -> list[str]:
        """Files that are missing or differ from their checksum in the manifest; an empty list is good."""
        with ThreadPoolExecutor(thread_name_prefix="verify") as pool:
            files = list(self._named.values())
            found = pool.map(self._digest, files)
            return [file["path"] for file, digest in zip(files, found, strict=True) if digest != file["sha256"]]

    def check(self) -> None:
        """Raises BOOK-003 at the first damaged file."""
        if bad := self.verify():
            raise DAMAGED.error(version=self.id, file=bad[0])


class Book:
    """A folder with versions. Opening one that is not there yet is no error: it has no current version."""

    def __init__(self, path: str | Path):
        self.path = Path(path)

    @property
    def name(self) -> str:
        return self.path.name

    def current(self) -> Version | None:
        name = self._current_id()
        return Version(self.path / "versions" / name) if name else None

    def version(self, version_id: str) -> Version:
        """Raises BOOK-001 when there is none of that id."""
        if version_id not in self.versions():
            raise NO_VERSION.error(version=version_id[:40])
        return Version(self.path / "versions" / version_id)

    def versions(self) -> list[str]:
        """Ids, oldest first, up to the current one: what a killed import renamed but never named is not one."""
        current = self._current_id()
        if not current:
            return []
        return [name for name in self._folders() if number_of(name) <= number_of(current)]

    def _current_id(self) -> str | None:
        try:
            return (self.path / "CURRENT").read_text("ascii").strip() or None
        except FileNotFoundError:
            return None

    def _folders(self) -> list[str]:
        folder = self.path / "versions"
        return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Only one writer at a time; raises BOOK-002 when there is another. Sweeps away what a killed one left."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path / "lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BUSY.error() from None
            self._sweep()
            yield

    def _sweep(self) -> None:
        known = set(self.versions())
        for left in (*self.path.glob("tmp-*"), *self.path.glob(".CURRENT.*")):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        for name in self._folders():
            if name not in known:
                shutil.rmtree(self.path / "versions" / name)

    def admit(self, folder: Path, version_id: str) -> Version:
        """Make a folder written aside, all flushed, the book's newest version. Under ``lock()``."""
        versions = self.path / "versions"
        versions.mkdir(exist_ok=True)
        final = versions / version_id
        folder.rename(final)
        files.flush(versions)
        files.write_text(self.path / "CURRENT", version_id + "\n", private=True, flushed=True)
        return Version(final)

    def next_number(self) -> int:
        current = self._current_id()
        return number_of(current) + 1 if current else 1


def understood(version_id: str, manifest: bytes) -> dict[str, Any]:
    """A manifest as read. Raises BOOK-003 when it is damaged, BOOK-004 when it is of a newer program."""
    try:
        parsed = json.loads(manifest)
    except ValueError:
        raise DAMAGED.error(version=version_id, file="manifest.json") from None
    if parsed["schema"] > SCHEMA_VERSION:
        raise NEWER_SCHEMA.error(version=version_id, schema=parsed["schema"])
    return parsed


def shard_name(table: str, shard_ix: int) -> str:
    """What the manifest calls a table's shard."""
    return f"{table}/shard-{shard_ix:04d}.parquet"


def number_of(version_id: str) -> int:
    return int(version_id.split("-", 1)[0])


class VersionWriter:
    """Writes one version. Use under ``Book.lock()``; nothing is seen of it before ``commit``.

    ``shards`` and ``currency`` are the version's; ``parent`` the version it follows, from which unchanged shard files
    are linked instead of written again.
    """

    def __init__(self, book: Book, shards: int, currency: str, parent: Version | None = None):
        self.book, self.shards, self.currency, self.parent = book, shards, currency, parent
        self.path = book.path / f"tmp-{os.getpid()}-{os.urandom(4).hex()}"
        self.path.mkdir(parents=True)
        self._files: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}

    def __enter__(self) -> VersionWriter:
        return self

    def __exit__(self, *failure: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, table: str, shard_ix: int, rows: pa.Table) -> None:
        """Write a shard: rows with exactly the columns of ``Table.arrow_schema()``, already in the table's order."""
        if rows.num_rows == 0:
            return
        spec = TABLES[table]
        rows = without_missing(rows.cast(spec.arrow_schema()))
        relative = shard_name(table, shard_ix)
        path = self.path / relative
        path.parent.mkdir(exist_ok=True)
        pq.write_table(
            rows,
            path,
            compression="zstd",
            compression_level=1,
            row_group_size=ROW_GROUP,
            use_dictionary=[  # pyright: ignore[reportArgumentType]
                f.name for f in spec.fields if _repeats(spec, f.name, f.kind)
            ],
            write_statistics=True,
            store_schema=False,
        )
        files.flush(path)
        self._files[table].append(
            {
                "path": relative,
                "shard": shard_ix,
                "rows": rows.num_rows,
                "money": str(exact_sum(rows, spec.money)) if spec.money else None,
                "bytes": path.stat().st_size,
                "sha256": file_digest(path),
            }
        )

    def link(self, table: str, shard_ix: int) -> None:
        """Take a shard over from the parent as it is, by hard link (a copy where links are not possible)."""
        if self.parent is None:
            raise ValueError("a version without a parent has nothing to link")
        relative = shard_name(table, shard_ix)
        known = [f for f in self.parent.manifest["tables"].get(table, {}).get("files", []) if f["path"] == relative]
        if not known:
            return
        path = self.path / relative
        path.parent.mkdir(exist_ok=True)
        try:
            path.hardlink_to(self.parent.path / relative)
        except FileNotFoundError:
            raise DAMAGED.error(version=self.parent.id, file=relative) from None
        except OSError:
            shutil.copyfile(self.parent.path / relative, path)
            files.flush(path)
        self._files[table].append(known[0])

    def rows(self, table: str) -> int:
        return sum(f["rows"] for f in self._files[table])

    def money(self, table: str) -> int:
        return sum(int(f["money"]) for f in self._files[table] if f["money"] is not None)

    def content(self) -> str:
        """SHA-256 over what the shards hold, by their checksums."""
        lines = [f"{f['path']} {f['sha256']}" for files in self._files.values() for f in files]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def commit(self, **about: Any) -> Version:
        """Make the version the book's current one. ``about`` goes into the manifest (profile, sources, control …)."""
        content = self.content()
        number = self.book.next_number()
        version_id = f"{number:06d}-{content[:8]}"
        manifest = {
            "schema": SCHEMA_VERSION,
            "id": version_id,
            "parent": self.parent.id if self.parent else self.book._current_id(),
            "created_at": clock.now().isoformat(timespec="seconds"),
            "shards": self.shards,
            "currency": self.currency,
            "content": content,
            "tables": {
                name: {
                    "rows": self.rows(name),
                    "money_column": TABLES[name].money,
                    "money": str(self.money(name)) if TABLES[name].money else None,
                    "files": sorted(files, key=lambda f: f["shard"]),
                }
                for name, files in self._files.items()
            },
            **about,
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        files.write_text(self.path / "manifest.json", text, private=True, flushed=True)
        for folder in (*(p for p in self.path.iterdir() if p.is_dir()), self.path):
            files.flush(folder)
        return self.book.admit(self.path, version_id)


def _repeats(table: Table, name: str, kind: str) -> bool:
    """Is a column worth a dictionary: texts that come again, and a loan's number on its children."""
    if kind not in ("text", "choice"):
        return False
    unique_here = {"customers": {"customer_id", "id_number"}, "loans": {"loan_id"}, "payments": {"payment_id"}}
    return name not in unique_here.get(table.name, {"charge_id", "phone"})


def without_missing(rows: pa.Table) -> pa.Table:
    """The rows; columns in which nothing is missing say so, and are read a sixth faster for it."""
    return rows.cast(pa.schema(f.with_nullable(rows.column(n).null_count > 0) for n, f in enumerate(rows.schema)))


def exact_sum(rows: pa.Table, column: str) -> int:
    """Sum of an int64 column without overflow."""
    total = pc.sum(rows.column(column).cast(pa.decimal128(38, 0))).as_py()
    return int(total or 0)


def file_digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
