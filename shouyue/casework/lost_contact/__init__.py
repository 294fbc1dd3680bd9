"""Lost contact (失联): a queue of its own, lawful steps only, and a record of what was tried.

Who is lost follows from what happened (``unreachable``), not from a mark that somebody sets. What may be tried is data
(steps.toml). Hunting by ID number, village heads, hotlines, neighbours and telling others of the debt are no steps, and
no file can make them so lawful: the gate stands before every call.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from shouyue.base import clock
from shouyue.casework import errors, notes, queries, row_digests, timeline, unreachable, wordings
from shouyue.casework.house import house_file
from shouyue.casework.models import Case, LostStep, TimelineEntry
from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.people.permissions import require

FOUND, NOTHING, NOT_POSSIBLE = "found", "nothing", "not_possible"
OUTCOMES = (FOUND, NOTHING, NOT_POSSIBLE)


@dataclass(frozen=True)
class Step:
    """A lawful step; the keys are explained at the top of steps.toml."""

    id: str
    zh: str
    en: str
    again_days: int
    goes_through: str

    def text(self, lang: str) -> str:
        return self.zh if lang.startswith("zh") else self.en


@cache
def steps() -> Mapping[str, Step]:
    path = house_file("lost_contact.toml", Path(__file__).with_name("steps.toml"))
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return {id_: Step(id=id_, **values) for id_, values in raw.items()}


def queue(user: User) -> QuerySet[Case]:
    """Open cases of borrowers who cannot be reached, that the user may see; the newest late first."""
    lost = queries.visible_cases(user).filter(customer_id__in=unreachable.at_work())
    cases = lost.filter(status=Case.Status.OPEN, left_alone=False, placed=False)
    return cases.select_related("customer", "store", "assignee").order_by("dpd", "-overdue_minor", "pk")


def open_steps(case: Case) -> list[tuple[Step, LostStep | None]]:
    """Each step with its last record, those that may be taken now first."""
    last: dict[str, LostStep] = {}
    for record in case.lost_steps.select_related("by").order_by("at"):
        last[record.step] = record
    told = [(step, last.get(id_)) for id_, step in steps().items()]
    return sorted(told, key=lambda one: not _may(*one))


def _may(step: Step, last: LostStep | None) -> bool:
    return last is None or (step.again_days > 0 and clock.now() >= last.at + timedelta(days=step.again_days))


@transaction.atomic
def tried(
    case_id: int, step_id: str, outcome: str, note: str, by: User, key: UUID, wording_reason: str = ""
) -> LostStep:
    """Write down a step that was tried; the same ``key`` again returns the first.

    Raises CASE-001, CASE-002, CASE-021 for what is no step or outcome, CASE-023 without words on what was found,
    WORD-001, WORD-002.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if before := LostStep.objects.filter(pk=key, case=case).first():
        return before
    queries.must_be_open(case)
    if step_id not in steps():
        raise errors.UNKNOWN_CHOICE.error(field="step", value=step_id[:40])
    if outcome not in OUTCOMES:
        raise errors.UNKNOWN_CHOICE.error(field="outcome", value=outcome[:40])
    note = notes.clean(note)
    if outcome == FOUND and not note:
        raise errors.NOTE_EMPTY.error(field="note")
    kept = wordings.passed(note, "note", reason=wording_reason)
    at = clock.now()
    made = LostStep.objects.create(pk=key, case=case, step=step_id, outcome=outcome, note=note, by=by, at=at)
    told = {"step": step_id, "outcome": outcome}
    line = timeline.write(case, TimelineEntry.Kind.LOST, f"lost:{made.pk}", at, by, note=note, **told, **kept)
    told |= wordings.named(kept) | row_digests.named(made, line)
    audit.record("lost_contact.step", f"case:{case.pk}", told, by, at)
    return made
