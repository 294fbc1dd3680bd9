"""Does a delta come upon the version it was made for? Nights are missed, files come late or twice; none of it may pass
unnoticed, since a delta laid upon the wrong day gives a book that never was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from shouyue.book import faults
from shouyue.book.profile_model import Delta, Profile
from shouyue.book.store import Book, Version

_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


def day_of(given: date | None, delta: Delta, folder: Path | None, names: Iterable[str]) -> date | None:
    """The day that files are of: given by hand, or written in the folder's name or in all files' alike."""
    if given is not None or delta.day is None:
        return given
    texts = [folder.resolve().name] if delta.day == "folder" and folder else list(names)
    days = {day for text in texts if (day := _written(text))}
    return days.pop() if len(days) == 1 else None


def _written(name: str) -> date | None:
    match = _DAY.search(name)
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None


def book_day(version: Version | None) -> date | None:
    """The day a version is of, where its imports said so."""
    said = version.manifest.get("day") if version else None
    return date.fromisoformat(said) if said else None


def check(profile: Profile, current: Version, day: date | None, after: str | None) -> None:
    """Raises BOOK-218 (older than the book), -219 (days are missing), -220 (another version than expected), -231 (the
    day is wanted and nobody says it)."""
    held = book_day(current)
    if after is not None and after not in (current.id, held.isoformat() if held else None):
        raise faults.OTHER_PARENT.error(expected=after[:40], found=f"{current.id} ({held or '–'})")
    payments = profile.tables.get("payments")
    if day is None and payments and (payments.deleted or payments.corrections == "reverse"):
        raise faults.NO_DAY.error()
    if day is None or held is None:
        return
    if day < held:
        raise faults.OLDER.error(day=day, book=held)
    if (day - held).days > profile.delta.gap_days:
        raise faults.DAYS_MISSING.error(day=day, book=held, gap=profile.delta.gap_days)


def taken_before(book: Book, digest: str) -> Version | None:
    """The version that the very same delta made, as far back as the last whole import."""
    for version_id in reversed(book.versions()):
        version = book.version(version_id)
        if version.manifest.get("import_digest") == digest:
            return version
        if not version.manifest.get("appended"):
            return None
    return None


_MOMENT = re.compile(r"(?<![:\w]):(day|since)\b")


def filled(query: str, moments: dict[str, date | None]) -> str:
    """A query with ``:day`` and ``:since`` as quoted days. Raises BOOK-231 where one is asked for and not known."""

    def quoted(match: re.Match[str]) -> str:
        moment = moments[match[1]]
        if moment is None:
            raise faults.NO_DAY.error()
        return f"'{moment.isoformat()}'"

    return _MOMENT.sub(quoted, query)


def about(day: date | None, current: Version | None, append: bool) -> dict[str, Any]:
    """For the manifest: a delta that does not say its day leaves the book's."""
    known = day or (book_day(current) if append else None)
    return {"day": known.isoformat() if known else None}
