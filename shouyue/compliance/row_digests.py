"""Digests of rows as they were written, for the audit chain: whoever alters a row afterwards is found by them.

Two for each row: of its terms, and of what it tells of a borrower, which erasure takes away by right. Both are keyed:
nobody can try out what a short text may have been. Each part of the desk says of its own rows what they cover, in a
module ``witnessed`` that its app reads when it is ready.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from uuid import UUID

from django.db.models import Model

from shouyue.compliance.identity import text_key
from shouyue.compliance.models import AttemptOutcome, Wish


@dataclass(frozen=True)
class Fields:
    """Names of columns; those of ``count`` are rows that belong to it, of which none may be added or taken away.

    ``later`` are terms, and ``told_later`` what is told, that came with a later version: where a row has none, it is as
    it was before. A row that ``moves`` is written more than once, and is as the newest entry about it says. ``key`` is
    what the chain names a row by, where that is not its primary key; as in a query, ``__`` leads to another row.
    """

    terms: tuple[str, ...]
    told: tuple[str, ...] = ()
    count: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    moves: bool = False
    told_later: tuple[str, ...] = ()
    key: tuple[str, ...] = ("pk",)


# fmt: off
FIELDS: dict[type[Model], Fields] = {
    Wish: Fields(
        ("key", "person_id", "number_key", "kind", "given", "channels", "purposes", "details", "at", "evidence",
         "evidence_ref", "staff_id"),
    ),
    AttemptOutcome: Fields(("attempt_id", "kind", "at", "staff_id")),
}
# fmt: on


def model(name: str) -> type[Model]:
    """The model by the name under which the chain speaks of it."""
    return next(one for one in FIELDS if one.__name__ == name)


def outcome(attempt_id: UUID) -> AttemptOutcome | None:
    """The newest row of what became of an attempt."""
    return AttemptOutcome.objects.filter(attempt=attempt_id).order_by("-id").first()


def digests(row: Model) -> dict[str, str]:
    """``terms`` and ``told`` of a row: 32 hex characters each."""
    fields = FIELDS[type(row)]
    counts = {name: getattr(row, name).count() for name in fields.count}
    terms = {name: getattr(row, name) for name in fields.terms} | _held(row, fields.later)
    told = {name: getattr(row, name) for name in fields.told} | _held(row, fields.told_later)
    return {"terms": _digest(terms | counts), "told": _digest(told)}


def _held(row: Model, later: Iterable[str]) -> dict[str, object]:
    return {name: value for name in later if (value := getattr(row, name)) not in (None, "")}


def key(row: Model) -> str:
    """What the chain names a row by: its primary key, or as its ``Fields`` say."""
    names = FIELDS[type(row)].key if type(row) in FIELDS else ("pk",)
    return " ".join(str(attrgetter(name.replace("__", "."))(row)) for name in names)


def named(*rows: Model | None) -> dict[str, list[list[str]]]:
    """The part of an audit entry's data that bears witness of these rows."""
    told = [(row, digests(row)) for row in rows if row is not None]
    return {"written": [[type(row).__name__, key(row), d["terms"], d["told"]] for row, d in told]}


def _digest(values: Mapping[str, object]) -> str:
    return text_key(json.dumps(values, default=_plain, ensure_ascii=False, sort_keys=True))[:32]


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
