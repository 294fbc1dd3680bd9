"""A contact that the gate refused, kept: on the timeline, in the audit chain, and for the day's list."""

from __future__ import annotations

from datetime import datetime

from shouyue.casework import barring, timeline
from shouyue.casework.models import Case, TimelineEntry
from shouyue.compliance import audit, gate
from shouyue.people.models import User


def keep(case: Case, reservation: gate.Reservation, relation: str, by: User | None, at: datetime) -> None:
    """Within the transaction that stored the decision. ``relation`` is whom the contact was for."""
    barring.refresh([case.customer.person_id], at)
    decision, answer = reservation.decision, reservation.answer
    timeline.write(
        case,
        TimelineEntry.Kind.REFUSED,
        f"refused:{decision.pk}",
        at,
        by,
        decision=str(decision.pk),
        relation=relation,
        zh=answer.words("zh"),
        en=answer.words("en"),
    )
    audit.record("contact.refused", f"case:{case.pk}", gate.named(decision), by, at)
