"""Folders that several machines reach: HDFS, S3 and their like, or a shared folder, by one URL through fsspec.

A store is asked for little: give a whole file, take a whole file or a part, tell what is there, remove. ``put`` makes a
file appear whole or not at all, and on that the rest is built (docs/scale.md says what a store must offer).
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from shouyue.base.errors import Code
from shouyue.base.files import write_bytes

NO_DRIVER = Code(
    "BASE-020",
    zh="无法访问 {url}：没有“{protocol}”的驱动（{why}）",
    en="cannot reach {url}: there is no driver for '{protocol}' ({why})",
)
UNREACHABLE = Code("BASE-021", zh="无法读写 {url}：{why}", en="cannot read or write {url}: {why}")

#: stores on which an upload is seen whole or not at all; elsewhere a file is written aside and renamed
WHOLE_UPLOADS = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci", "memory"}
_ASIDE = ".part"


def is_url(place: str | os.PathLike[str]) -> bool:
    return "://" in str(place)


def shown(url: str) -> str:
    """The URL without a user's name, password or query in it, for messages."""
    return re.sub(r"(?<=://)[^/@]*@", "", url).split("?", 1)[0]


class Store:
    """A folder by its URL (``s3://bucket/books/main``, ``hdfs://…``, ``file:///…``) or path.

    Only the URL travels when a store is sent to another process. Raises BASE-020 where fsspec has no driver for it,
    BASE-021 where it cannot be reached or refuses.
    """

    def __init__(self, url: str | os.PathLike[str]):
        self.url = str(url).rstrip("/") if is_url(url) else Path(url).resolve().as_uri()

    def __reduce__(self) -> tuple[Any, ...]:
        return Store, (self.url,)

    def __str__(self) -> str:
        return shown(self.url)

    @property
    def name(self) -> str:
        return shown(self.url).rsplit("/", 1)[-1]

    @property
    def protocol(self) -> str:
        return self.url.split("://", 1)[0]

    def folder(self, name: str) -> Store:
        return Store(f"{self.url}/{name}")

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        import fsspec

        try:
            return fsspec.url_to_fs(self.url)
        except (ImportError, ValueError) as why:
            raise NO_DRIVER.error(url=self, protocol=self.protocol, why=why) from None
        except Exception as why:
            raise UNREACHABLE.error(url=self, why=_said(why)) from why

    @contextmanager
    def _at(self, name: str) -> Iterator[tuple[Any, str]]:
        files, root = self._opened
        try:
            yield files, f"{root}/{name}" if name else root
        except FileNotFoundError:
            raise
        except Exception as why:  # drivers have errors of their own kinds
            raise UNREACHABLE.error(url=f"{self}/{name}", why=_said(why)) from why

    def get(self, name: str) -> bytes | None:
        """All of a file, or None where there is none of that name."""
        try:
            with self._at(name) as (files, path):
                return files.cat_file(path)
        except FileNotFoundError:
            return None

    def part(self, name: str, start: int, end: int) -> bytes:
        """Bytes ``start`` up to ``end`` of a file. Raises FileNotFoundError where there is none of that name."""
        with self._at(name) as (files, path):
            return files.cat_file(path, start=start, end=end)

    def size(self, name: str) -> int | None:
        """Bytes of a file, or None where there is none of that name."""
        try:
            with self._at(name) as (files, path):
                files.invalidate_cache(path)
                return files.info(path)["size"]
        except FileNotFoundError:
            return None

    def names(self, folder: str = "") -> list[str]:
        """Finished files that lie directly in a folder, sorted; none where there is no such folder."""
        try:
            with self._at(folder) as (files, path):
                files.invalidate_cache(path)
                found = files.ls(path, detail=True)
        except FileNotFoundError:
            return []
        names = (item["name"].rstrip("/").rsplit("/", 1)[-1] for item in found if item["type"] == "file")
        return sorted(name for name in names if not name.endswith(_ASIDE))

    def put(self, name: str, data: bytes) -> None:
        """Make a file, whole or not at all; one of that name is replaced."""
        with self._at(name) as (files, path):
            if self.protocol in WHOLE_UPLOADS:
                files.pipe_file(path, data)
                return
            parent, _, last = path.rpartition("/")
            files.makedirs(parent, exist_ok=True)
            if self.protocol in ("file", "local"):
                write_bytes(Path(path), data, flushed=True)
                return
            aside = f"{parent}/.{last}.{os.urandom(6).hex()}{_ASIDE}"
            try:
                files.pipe_file(aside, data)
                self._rename(files, aside, path, data)
            finally:
                if files.exists(aside):
                    files.rm_file(aside)

    @staticmethod
    def _rename(files: Any, aside: str, path: str, data: bytes) -> None:
        """Where a rename does not replace: a file that says the same stays, so that no reader ever misses it."""
        if files.exists(path):
            if files.info(path)["size"] == len(data) and files.cat_file(path) == data:
                return
            files.rm_file(path)
        try:
            files.mv(aside, path)
        except OSError:
            if not files.exists(path):
                raise

    def remove(self, name: str) -> None:
        """Remove a file; none of that name is as good."""
        try:
            with self._at(name) as (files, path):
                files.rm_file(path)
        except FileNotFoundError:
            return

    def remove_all(self) -> None:
        """Remove the folder and all in it."""
        try:
            with self._at("") as (files, path):
                files.rm(path, recursive=True)
        except FileNotFoundError:
            return


class Ranged(io.RawIOBase):
    """A file on a store of which only the parts that are asked for are fetched; ``size`` in bytes is known before."""

    def __init__(self, store: Store, name: str, size: int):
        self._store, self._name, self._size, self._at = store, name, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._at + size, self._size)
        data = self._store.part(self._name, self._at, end) if end > self._at else b""
        self._at += len(data)
        return data

    def readinto(self, into: Any) -> int:
        data = self.read(len(into))
        into[: len(data)] = data
        return len(data)


def _said(why: Exception) -> str:
    """The reason without a path or URL, which may hold secrets."""
    reason = getattr(why, "strerror", None)
    return f"{type(why).__name__}: {reason}" if reason else type(why).__name__
