"""A book on a store that many machines read: versions copied there by ``copying.push``, read where they lie.

    BOOK/shards/TABLE/shard-NNNN-DIGEST.parquet    written once, named by content, shared by the versions that have it
    BOOK/quarantine/NNNNNN-CCCCCCCC.csv            the rows that the version's import refused, where there are some
    BOOK/versions/NNNNNN-CCCCCCCC.json             the version's manifest, byte for byte; put last

A version is there from the moment its manifest is, so nothing is ever written over and the store needs no lock and no
conditional write (docs/adr/0012-books-on-stores.md).
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from shouyue.base import settings
from shouyue.base.errors import Code
from shouyue.base.stores import Ranged, Store, is_url
from shouyue.book.store import DAMAGED, NO_VERSION, Book, Version, number_of, shard_name, understood

FORKED = Code(
    "BOOK-005",
    zh="{book} 中的版本 {there} 与 {here} 编号相同而内容不同：不是同一账册的历史",
    en="{book} has a version {there} where the other book has {here}: they are not one book's history",
)

_MANIFEST = ".json"
#: bytes of a long text that are fetched at a time
_PART = 1 << 22


def object_name(file: dict[str, Any]) -> str:
    """Where a file of a manifest lies on a store."""
    return f"shards/{file['path'].removesuffix('.parquet')}-{file['sha256'][:32]}.parquet"


def manifest_name(version_id: str) -> str:
    return f"versions/{version_id}{_MANIFEST}"


def quarantine_name(version_id: str) -> str:
    return f"quarantine/{version_id}.csv"


class StoredVersion(Version):
    """A version on a store.

    A shard is fetched whole when it is read: one request, and its bytes in memory. One that is opened, to find a loan
    or to look at its bounds, gives its footer and the parts that are asked for.
    """

    def __init__(self, store: Store, version_id: str):
        self.store, self.id = store, version_id
        self.raw = store.get(manifest_name(version_id))
        if self.raw is None:
            raise NO_VERSION.error(version=version_id[:40])
        self.manifest = understood(version_id, self.raw)

    @property
    def book_name(self) -> str:
        return self.store.name

    def quarantine(self) -> None:
        """No file of this machine; ``refused`` reads it on the store."""
        return

    @contextmanager
    def refused(self) -> Iterator[TextIO | None]:
        name = quarantine_name(self.id)
        size = self.store.size(name)
        if size is None:
            yield None
        else:
            raw = io.BufferedReader(Ranged(self.store, name, size), _PART)
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as lines:
                yield lines

    def shard_file(self, table: str, shard_ix: int) -> Path:
        raise settings.NOT_HERE.error(url=self.store)

    @contextmanager
    def opened(self, table: str, shard_ix: int) -> Iterator[pq.ParquetFile | None]:
        known = self._named.get(shard_name(table, shard_ix))
        if known is None:
            yield None
            return
        source = Ranged(self.store, object_name(known), known["bytes"])
        try:
            with pq.ParquetFile(source, pre_buffer=True) as file:
                yield file
        except (pa.ArrowException, OSError) as error:
            raise DAMAGED.error(version=self.id, file=known["path"]) from error

    def _opened(self, file: dict[str, Any]) -> pa.BufferReader | None:
        data = self.store.get(object_name(file))
        return None if data is None else pa.BufferReader(data)

    def _digest(self, file: dict[str, Any]) -> str | None:
        data = self.store.get(object_name(file))
        return None if data is None else hashlib.sha256(data).hexdigest()


class StoredBook:
    """The versions of a book on a store, to be read; ``copying.push`` adds to them."""

    def __init__(self, url: str | os.PathLike[str]):
        self.store = Store(url)

    @property
    def name(self) -> str:
        return self.store.name

    def versions(self) -> list[str]:
        """Ids of the versions that are wholly there, oldest first."""
        return [name.removesuffix(_MANIFEST) for name in self.store.names("versions") if name.endswith(_MANIFEST)]

    def current(self) -> StoredVersion | None:
        """The newest. Raises BOOK-005 when two histories were mixed and there are two of the newest number."""
        ids = self.versions()
        if len(ids) > 1:
            one_history(self.store, ids[-1:], ids[:-1])
        return StoredVersion(self.store, ids[-1]) if ids else None

    def version(self, version_id: str) -> StoredVersion:
        """Raises BOOK-001 when there is none of that id."""
        if version_id not in self.versions():
            raise NO_VERSION.error(version=version_id[:40])
        return StoredVersion(self.store, version_id)


def one_history(book: Store, here: list[str], there: list[str]) -> None:
    """Raises BOOK-005 where the two lists have different versions of the same number."""
    numbers = {number_of(name): name for name in here}
    for name in there:
        if (own := numbers.get(number_of(name), name)) != name:
            raise FORKED.error(book=book, there=name, here=own)


def book_at(name: str) -> Book | StoredBook:
    """A book by what a person calls it: a name, a path, or the URL of a store."""
    return StoredBook(name) if is_url(name) else Book(settings.book_path(name))
