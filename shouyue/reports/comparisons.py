"""Comparisons of two conventions that the desk asked for: worked out at once or by the worker, kept, read again.

Each lies in ``SHOUYUE_HOME/comparisons`` under the fingerprint of its inputs, so the same question is worked out once.
The newest ``KEPT`` stay.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from shouyue.ageing import convention as conventions
from shouyue.ageing import moving
from shouyue.ageing.moving import Moves, Question
from shouyue.base import files, settings
from shouyue.base.errors import Code, ShouyueError
from shouyue.book.store import Book
from shouyue.casework.errors import Missing
from shouyue.daily.models import DailyRun

#: loans up to which a question is answered while the person waits
AT_ONCE = 100_000
KEPT = 30
#: seconds between two notes of how far a comparison is
NOTE_EVERY = 0.5

NO_COMPARISON = Code(
    "RPT-001", zh="没有这次口径对比，请重新发起", en="there is no such comparison; ask again", kind=Missing
)
CHANGED = Code(
    "RPT-002",
    zh="账册或口径在计算前已变更，请重新发起对比",
    en="the book or a convention changed before it was worked out; ask again",
)

State = Literal["waiting", "working", "failed", "done"]


@dataclass(frozen=True)
class Comparison:
    """A question that was asked, and how far it is. ``moves`` once it is done."""

    key: str
    asked: dict[str, Any]
    state: State
    done: int = 0
    whole: int = 0
    failure: dict[str, str] | None = None
    moves: Moves | None = None


def shelf() -> Path:
    return settings.home() / "comparisons"


def place(key: str) -> Path:
    """Raises RPT-001 for what cannot be a key."""
    if not re.fullmatch("[0-9a-f]{24}", key):
        raise NO_COMPARISON.error()
    return shelf() / key


def ask(run: DailyRun, was: str, now: str, as_of: date, known_at: date | None) -> str:
    """Ask what changes in the book of a publication when one convention is left for another; the key of the answer.

    A small book is compared at once, a large one by the worker. Raises AGE-001, -002 for a convention, BOOK-001 for the
    book.
    """
    asked = {
        "book": run.book,
        "version": run.book_version,
        "was": was,
        "now": now,
        "as_of": as_of.isoformat(),
        "known_at": known_at.isoformat() if known_at else None,
    }
    question = _question(asked)
    key = question.key()
    folder = place(key)
    if moving.read(folder / "rows"):
        os.utime(folder / "asked.json")
        return key
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "failure.json").unlink(missing_ok=True)
    files.write_json(folder / "asked.json", asked)
    if question.version.rows("loans") <= AT_ONCE:
        work(key)
    else:
        from shouyue.reports import jobs

        jobs.enqueue_comparison(key)
    _sweep()
    return key


def work(key: str) -> None:
    """Work a question out; what goes wrong is kept beside it, for the page to say."""
    folder = place(key)
    noted = 0.0

    def note(done: int, whole: int) -> None:
        nonlocal noted
        if time.monotonic() - noted > NOTE_EVERY:
            files.write_json(folder / "progress.json", {"done": done, "whole": whole})
            noted = time.monotonic()

    try:
        question = _question(_read(folder / "asked.json"))
        if question.key() != key:
            raise CHANGED.error()
        moving.work_out(question, folder / "rows", progress=note)
    except ShouyueError as error:
        files.write_json(folder / "failure.json", {"code": error.code, "zh": error.zh, "en": error.en})
    finally:
        (folder / "progress.json").unlink(missing_ok=True)


def find(key: str) -> Comparison:
    """Raises RPT-001 where nothing was asked under the key."""
    folder = place(key)
    asked = _read(folder / "asked.json")
    if moves := moving.read(folder / "rows"):
        return Comparison(key, asked, "done", moves=moves)
    if (folder / "failure.json").exists():
        return Comparison(key, asked, "failed", failure=_read(folder / "failure.json"))
    try:
        said = _read(folder / "progress.json")
    except ShouyueError:
        return Comparison(key, asked, "waiting")
    return Comparison(key, asked, "working", said["done"], said["whole"])


def recent() -> Iterator[Comparison]:
    """What was asked, newest first."""
    for folder in _newest_first():
        yield find(folder.name)


def asked_at(key: str) -> datetime:
    return datetime.fromtimestamp((place(key) / "asked.json").stat().st_mtime, UTC)


def _question(asked: dict[str, Any]) -> Question:
    version = Book(settings.book_path(asked["book"])).version(asked["version"])
    known_at = asked["known_at"]
    return Question(
        version,
        date.fromisoformat(asked["as_of"]),
        date.fromisoformat(known_at) if known_at else None,
        conventions.load(asked["was"]),
        conventions.load(asked["now"]),
    )


def _newest_first() -> list[Path]:
    asked = {path.parent: path.stat().st_mtime for path in shelf().glob("*/asked.json")}
    return sorted(asked, key=lambda folder: -asked[folder])


def _sweep() -> None:
    for folder in _newest_first()[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NO_COMPARISON.error() from None
