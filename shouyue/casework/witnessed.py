"""What of the desk's rows the audit chain bears witness of: terms, and what they tell of a borrower."""

from __future__ import annotations

from shouyue.casework.models import (
    Agency,
    AgencyToken,
    Concession,
    ConcessionPart,
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
    QuotePart,
    QuoteStep,
    TimelineEntry,
    ToldDetail,
    ToldLine,
    Visit,
)
from shouyue.compliance.row_digests import FIELDS, Fields
from shouyue.people.models import Examination

# fmt: off
FIELDS.update({
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
    ConcessionPart: Fields(("concession_id", "component", "amount_minor", "owed_minor")),
    ConcessionStep: Fields(("concession_id", "seq", "action", "state", "by_id", "at"), ("note",)),
    Quote: Fields(
        ("case_id", "loan_number", "currency", "made_by_id", "made_on", "pay_by", "total_minor", "saved_minor",
         "paid_before_minor", "terms", "basis", "concession_id"),
        count=("steps", "parts"), later=("together",),
    ),
    QuotePart: Fields(("quote_id", "component", "contract_minor", "waived_minor", "amount_minor")),
    QuoteStep: Fields(("quote_id", "seq", "action", "state", "by_id", "at", "on"), ("note",)),
    Plan: Fields(
        ("case_id", "staff_id", "currency", "total_minor", "every", "made_on", "grace_days", "tolerance_permille"),
        ("income_minor", "costs_minor", "room_minor"), ("instalments",),
    ),
    Contact: Fields(
        ("case_id", "attempt_id", "staff_id", "channel", "inbound", "purpose", "business_day", "started_at",
         "finished_at", "status", "script_id"),
        ("script_facts", "elements", "reached", "result", "why_late", "note"), told_later=("manner",),
    ),
    Interview: Fields(
        ("customer_id", "seq", "form_id", "kind", "held_on", "by_id", "source", "at"), ("reason", "answers"),
    ),
    Promise: Fields(
        ("case_id", "contact_id", "staff_id", "amount_minor", "currency", "made_on", "due_on", "grace_days",
         "tolerance_permille"),
    ),
    ToldDetail: Fields(
        ("customer_id", "case_id", "contact_id", "what", "source", "letters", "by_id", "at"),
        ("value", "city", "reference"), later=("zone",),
    ),
    TimelineEntry: Fields(("case_id", "at", "kind", "actor_id", "ref"), ("data",), key=("case_id", "ref")),
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
        moves=True,
    ),
    Agency: Fields(("code", "name", "evaluated_on", "contract_ends_on"), count=("tokens",), moves=True),
    AgencyToken: Fields(
        ("agency_id", "digest", "made_by_id", "made_at", "withdrawn_by_id", "withdrawn_at"), moves=True,
    ),
    Examination: Fields(("user_id", "passed_on", "reference", "withdrawn", "by_id", "at")),
    ToldLine: Fields(
        ("line", "change", "row", "customer_id", "number", "fields", "digest"), later=("but_name",),
        key=("instruction__number", "line"),
    ),
    Instruction: Fields(("kind", "number", "made_at", "by_id", "count", "totals", "sha256", "text")),
})
# fmt: on
