"""What the desk knows that rules ask about: the facts of a question to the gate, by whom they are about.

docs/compliance.md lists them with where each comes from. A fact that nobody knows is left out or None: the pack decides
what that means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shouyue.base import settings
from shouyue.casework import examining
from shouyue.casework.matters.facts import Live, facts
from shouyue.casework.models import Agency, Case, ContactPoint, Customer
from shouyue.people.models import Line, User

Facts = dict[str, Any]


def of_borrower(customer: Customer, told_of: Iterable[Live], channel: str, purpose: str, relation: str) -> Facts:
    """What his matters stop and say, and that head office ended the work on him as deceased."""
    ended = {"borrower_dead": True} if customer.ended_because == Case.CloseReason.DECEASED else {}
    return {**facts(told_of, channel, purpose, relation), **ended}


def of_guarantor(point: ContactPoint) -> Facts:
    """Whether the contract binds him; nothing of anybody else, and of one whose contract nobody has looked at."""
    return {"guarantor_liable": point.liable} if point.relation == "guarantor" and point.liable is not None else {}


def of_staff(by: User | None, channel: str, at: datetime) -> Facts:
    """The day of his last examination by then, or that there was none, and what he calls from; nothing of nobody."""
    if by is None:
        return {}
    day, today = by.examined_on, _day(at)
    if day is not None and day > today:  # a contact of an earlier day
        day = examining.last(by, today)
    told: Facts = {examining.FACT: day.isoformat() if day else False}
    if channel == "call" and by.line:
        told |= {"recorded_line": by.line == Line.RECORDED, "private_account": by.line == Line.PRIVATE}
    elif channel in ("call", "voice") and (recorded := settings.recorded_line()) is not None:
        told["recorded_line"] = recorded
    return told


def of_agency(code: str, at: datetime) -> Facts:
    """The day of the agency's last evaluation, or that there was none; nothing of an agency that the desk knows not."""
    today = _day(at)
    for day in Agency.objects.filter(code=code).values_list("evaluated_on", flat=True) if code else ():
        return {"agency_evaluated_on": day.isoformat() if day is not None and day <= today else False}
    return {}


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(settings.zone())).date()
