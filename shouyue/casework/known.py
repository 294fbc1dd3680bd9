"""What the desk knows that rules ask about: the facts of a question to the gate, by whom they are about.

docs/compliance.md lists them with where each comes from. A fact that nobody knows is left out or None: the pack decides
what that means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shouyue.base import settings
from shouyue.casework.matters.facts import Live, facts
from shouyue.casework.models import Agency, Case, Customer

Facts = dict[str, Any]


def of_borrower(customer: Customer, told_of: Iterable[Live], channel: str, purpose: str, relation: str) -> Facts:
    """What his matters stop and say, and that head office ended the work on him as deceased."""
    ended = {"borrower_dead": True} if customer.ended_because == Case.CloseReason.DECEASED else {}
    return {**facts(told_of, channel, purpose, relation), **ended}


def of_agency(code: str, at: datetime) -> Facts:
    """The day of the agency's last evaluation, or that there was none; nothing of an agency that the desk knows not."""
    today = at.astimezone(ZoneInfo(settings.zone())).date()
    for day in Agency.objects.filter(code=code).values_list("evaluated_on", flat=True) if code else ():
        return {"agency_evaluated_on": day.isoformat() if day is not None and day <= today else False}
    return {}
