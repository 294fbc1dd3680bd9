"""Digests of rows as they were written, for the audit chain: whoever alters a row afterwards is found by them.

Two for each row: of its terms, and of what it tells of a borrower, which erasure takes away by right. Both are keyed:
nobody can try out what a short text may have been.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Model

from shouyue.casework.models import (
    Concession,
    ConcessionStep,
    Contact,
    Handover,
    Instruction,
    Interview,
    LostStep,
    Matter,
    MatterEvidence,
    MatterStep,
    OtherSpeaker,
    Placement,
    Plan,
    Promise,
    Quote,
    QuoteStep,
    TimelineEntry,
    ToldDetail,
    Visit,
)
from shouyue.compliance.identity import text_key
from shouyue.compliance.models import AttemptOutcome, Wish


@dataclass(frozen=True)
class Fields:
    """Names of columns; those of ``count`` are rows that belong to it, of which none may be added or taken away.

    ``later`` are terms that came with a later version: where a row has none, it is as it was before. A row that
    ``moves`` is written more than once, and is as the newest entry about it says.
    """

    terms: tuple[str, ...]
    told: tuple[str, ...]
    count: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    moves: bool = False


# fmt: off
FIELDS: dict[type[Model], Fields] = {
    Matter: Fields(
        ("case_id", "contact_id", "opened_by_id", "opened_at", "opened_on", "closed_on", "owner_role", "owner_id",
         "due_on", "paused_until"),
        ("kind",), ("steps", "evidence"),
    ),
    MatterStep: Fields(("matter_id", "seq", "action", "state", "by_id", "at", "until", "owner_id"), ("note",)),
    MatterEvidence: Fields(("matter_id", "by_id", "at", "sha256", "size"), ("note", "reference")),
    Concession: Fields(
        ("case_id", "loan_number", "currency", "proposed_by_id", "proposed_on", "expires_on", "approved_by_id",
         "instruction_id", "exported_on"),
        ("reason",), ("steps", "parts"),
    ),
    ConcessionStep: Fields(("concession_id", "seq", "action", "state", "by_id", "at"), ("note",)),
    Quote: Fields(
        ("case_id", "loan_number", "currency", "made_by_id", "made_on", "pay_by", "total_minor", "saved_minor",
         "paid_before_minor", "terms", "basis", "concession_id"),
        (), ("steps", "parts"), ("together",),
    ),
    QuoteStep: Fields(("quote_id", "seq", "action", "state", "by_id", "at", "on"), ("note",)),
    Plan: Fields(
        ("case_id", "staff_id", "currency", "total_minor", "every", "made_on", "grace_days", "tolerance_permille"),
        ("income_minor", "costs_minor", "room_minor"), ("instalments",),
    ),
    Contact: Fields(
        ("case_id", "attempt_id", "staff_id", "channel", "inbound", "purpose", "business_day", "started_at",
         "finished_at", "status", "script_id"),
        ("script_facts", "elements", "reached", "result", "why_late", "note"),
    ),
    Interview: Fields(
        ("customer_id", "seq", "form_id", "kind", "held_on", "by_id", "source", "at"), ("reason", "answers"),
    ),
    Promise: Fields(
        ("case_id", "contact_id", "staff_id", "amount_minor", "currency", "made_on", "due_on", "grace_days",
         "tolerance_permille"),
        (),
    ),
    ToldDetail: Fields(
        ("customer_id", "case_id", "contact_id", "what", "source", "letters", "by_id", "at"),
        ("value", "city", "reference"), (), ("zone",),
    ),
    TimelineEntry: Fields(("case_id", "at", "kind", "actor_id", "ref"), ("data",)),
    LostStep: Fields(("case_id", "step", "outcome", "by_id", "at"), ("note",), later=("attempt_id",)),
    Handover: Fields(("case_id", "giver_id", "taker_id", "by_id", "at", "reason"), ("note",)),
    Visit: Fields(
        ("case_id", "first_id", "second_id", "place", "why", "planned_for", "agreed", "state", "begun_at", "attempt_id",
         "contact_id"),
        ("reference", "note"), moves=True,
    ),
    OtherSpeaker: Fields(
        ("contact_id", "speaking", "turns", "may_say", "script_id"), ("elements", "relation", "note"),
    ),
    Placement: Fields(
        ("agency_id", "customer_id", "placed_by_id", "placed_at", "ended_by_id", "ended_at", "ends_on",
         "ended_because"),
        (), moves=True,
    ),
    Instruction: Fields(("kind", "number", "made_at", "by_id", "count", "totals", "sha256", "text"), ()),
    Wish: Fields(
        ("key", "person_id", "number_key", "kind", "given", "channels", "purposes", "details", "at", "evidence",
         "evidence_ref", "staff_id"),
        (),
    ),
    AttemptOutcome: Fields(("attempt_id", "kind", "at", "staff_id"), ()),
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
    counts = {name: len(getattr(row, name).all()) for name in fields.count}
    terms = {name: getattr(row, name) for name in fields.terms}
    terms |= {name: value for name in fields.later if (value := getattr(row, name)) not in (None, "")}
    return {"terms": _digest(terms | counts), "told": _digest({name: getattr(row, name) for name in fields.told})}


def key(row: Model) -> str:
    """What the chain names a row by; an entry of a timeline by its case and ref."""
    return f"{row.case_id} {row.ref}" if isinstance(row, TimelineEntry) else str(row.pk)


def named(*rows: Model | None) -> dict[str, list[list[str]]]:
    """The part of an audit entry's data that bears witness of these rows."""
    told = [(row, digests(row)) for row in rows if row is not None]
    return {"written": [[type(row).__name__, key(row), d["terms"], d["told"]] for row, d in told]}


def _digest(values: Mapping[str, object]) -> str:
    return text_key(json.dumps(values, default=_plain, ensure_ascii=False, sort_keys=True))[:32]


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
