"""Copy a version of a book to a store and back: every file checked by its hash, what is there already left alone.

Both ways may be broken off and run again. A version is seen at the other end only once all of it is there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shouyue.base import files
from shouyue.base.errors import Code
from shouyue.base.stores import UNREACHABLE
from shouyue.book.store import DAMAGED, Book, Version
from shouyue.book.stored import StoredBook, StoredVersion, manifest_name, object_name, one_history, quarantine_name

EMPTY = Code("BOOK-006", zh="账册 {book} 中没有版本", en="the book {book} has no version")
OLDER = Code(
    "BOOK-007",
    zh="本机账册已到版本 {have}，不能再取较早的 {version}",
    en="the local book is at version {have} already; the older {version} cannot be added to it",
)

#: files on their way at a time: bounds memory, and hides the store's latency
AT_A_TIME = 8

#: called after each file with (done, all)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Copied:
    """What a copy did. ``files`` and ``size`` (bytes) were carried over, ``kept`` files were there."""

    version: Version
    files: int
    size: int
    kept: int


def push(version: Version, to: StoredBook, verify: bool = False, progress: Progress | None = None) -> Copied:
    """Copy a version to a store.

    What is written is read back and its hash compared. Files that the store's newest version has are taken to be
    there; ``verify`` reads them too. Raises BOOK-003 for a damaged file at either end, BOOK-005 when the store holds
    another book.
    """
    there = to.versions()
    one_history(to.store, [version.id], there)
    newest = StoredVersion(to.store, there[-1]) if there and not verify else None
    known = {object_name(file) for _, file in newest.files()} if newest else set()

    def one(file: dict[str, Any]) -> int:
        name = object_name(file)
        if name in known or _is_there(to, name, file, verify):
            return 0
        data = (version.path / file["path"]).read_bytes() if (version.path / file["path"]).is_file() else b""
        if hashlib.sha256(data).hexdigest() != file["sha256"]:
            raise DAMAGED.error(version=version.id, file=file["path"])
        to.store.put(name, data)
        if hashlib.sha256(to.store.get(name) or b"").hexdigest() != file["sha256"]:
            raise UNREACHABLE.error(url=f"{to.store}/{name}", why="SHA-256")
        return len(data)

    sizes = [*_each(version, one, progress), *_push_refused(version, to)]
    manifest = (version.path / "manifest.json").read_bytes()
    if to.store.get(manifest_name(version.id)) != manifest:
        to.store.put(manifest_name(version.id), manifest)
    return _copied(StoredVersion(to.store, version.id), sizes)


def _push_refused(version: Version, to: StoredBook) -> list[int]:
    """The rows that the import refused go along, so that a reconciliation there can name them."""
    path, name = version.quarantine(), quarantine_name(version.id)
    if path is None:
        return []
    data = path.read_bytes()
    if to.store.size(name) == len(data) and to.store.get(name) == data:
        return [0]
    to.store.put(name, data)
    if to.store.get(name) != data:
        raise UNREACHABLE.error(url=f"{to.store}/{name}", why="SHA-256")
    return [len(data)]


def _is_there(to: StoredBook, name: str, file: dict[str, Any], verify: bool) -> bool:
    if verify:
        return hashlib.sha256(to.store.get(name) or b"").hexdigest() == file["sha256"]
    return to.store.size(name) == file["bytes"]


def pull(source: StoredBook, version_id: str | None, to: Book, progress: Progress | None = None) -> Copied:
    """Bring a version (the newest where no id is given) into a local book, as its newest.

    Files that the local book's newest version has are linked, not fetched. Raises BOOK-001 (no such version), -002
    (another writer), -003 (damaged on the store), -005 (another book), -006 (nothing there), -007 (older than the
    local book's newest).
    """
    version = source.version(version_id) if version_id else source.current()
    if version is None:
        raise EMPTY.error(book=source.store)
    with to.lock():
        one_history(source.store, to.versions(), source.versions())
        have = to.current()
        if version.id in to.versions():
            return Copied(to.version(version.id), 0, 0, sum(1 for _ in version.files()))
        if have is not None and have.id > version.id:
            raise OLDER.error(have=have.id, version=version.id)
        aside = to.path / f"tmp-{os.getpid()}-{os.urandom(4).hex()}"
        aside.mkdir()
        try:
            sizes = _fetch(version, have, aside, progress)
            return _copied(to.admit(aside, version.id), sizes)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _fetch(version: StoredVersion, have: Version | None, aside: Path, progress: Progress | None) -> list[int]:
    held = {(file["path"], file["sha256"]) for _, file in have.files()} if have else set()
    for folder in {Path(file["path"]).parent for _, file in version.files()}:
        (aside / folder).mkdir()

    def one(file: dict[str, Any]) -> int:
        path = aside / file["path"]
        if have is not None and (file["path"], file["sha256"]) in held and _linked(have.path / file["path"], path):
            return 0
        data = version.store.get(object_name(file)) or b""
        if hashlib.sha256(data).hexdigest() != file["sha256"]:
            raise DAMAGED.error(version=version.id, file=file["path"])
        path.write_bytes(data)
        files.flush(path)
        return len(data)

    sizes = _each(version, one, progress)
    if (refused := version.store.get(quarantine_name(version.id))) is not None:
        files.write_bytes(aside / "quarantine.csv", refused, private=True, flushed=True)
        sizes.append(len(refused))
    files.write_bytes(aside / "manifest.json", version.raw or b"", private=True, flushed=True)
    for path in (*(p for p in aside.iterdir() if p.is_dir()), aside):
        files.flush(path)
    return sizes


def _linked(source: Path, path: Path) -> bool:
    try:
        path.hardlink_to(source)
    except OSError:
        return False
    return True


def _each(version: Version, one: Callable[[dict[str, Any]], int], progress: Progress | None) -> list[int]:
    files = [file for _, file in version.files()]
    sizes = []
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="copy") as pool:
        try:
            for size in pool.map(one, files):
                sizes.append(size)
                if progress:
                    progress(len(sizes), len(files))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return sizes


def _copied(version: Version, sizes: list[int]) -> Copied:
    files = sum(1 for size in sizes if size)
    return Copied(version, files, sum(sizes), len(sizes) - files)
