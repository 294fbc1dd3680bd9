"""Files that stand at their place whole or not at all, however many write them and wherever a writer dies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole(path: Path, *, private: bool = False, flushed: bool = False) -> Iterator[Path]:
    """Where to write what shall stand at ``path``: it takes that place at the end, unless an error comes first.

    ``private``: its owner alone may read it. ``flushed``: it is on the disk before it has its name, so that what is
    written elsewhere of it stays true when the machine stops. What a killed writer leaves ends in ``.part``.
    """
    aside = path.with_name(f".{path.name}.{os.urandom(6).hex()}.part")  # other machines may share the folder
    try:
        if private:
            aside.touch(mode=0o600, exist_ok=False)
        yield aside
        if flushed:
            flush(aside)
        aside.replace(path)
        if flushed:
            flush(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, private: bool = False, flushed: bool = False) -> None:
    with whole(path, private=private, flushed=flushed) as aside:
        aside.write_bytes(content)


def write_text(path: Path, text: str, *, private: bool = False, flushed: bool = False) -> None:
    """In UTF-8, its line ends as they are."""
    write_bytes(path, text.encode(), private=private, flushed=flushed)


def write_json(path: Path, value: Any, *, indent: int = 1, default: Callable[[Any], Any] | None = None) -> None:
    """In UTF-8, readable, with a newline at the end. ``default`` gives what JSON has no form for another form."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=indent, default=default) + "\n")


def flush(path: Path) -> None:
    """Wait until a file or a folder's list of names is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
