"""What the desk knows that rules ask about: the facts of a question to the gate, by whom they are about.

docs/compliance.md lists them with where each comes from. A fact that nobody knows is left out or None: the pack decides
what that means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from shouyue.base import clock, settings
from shouyue.casework import examining
from shouyue.casework.matters.facts import Live, facts
from shouyue.casework.models import Agency, Case, ContactPoint, Customer, Placement
from shouyue.compliance import pack
from shouyue.people.models import Line, User

Facts = dict[str, Any]
RECORDED = "recorded_line"


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
    day, today = by.examined_on, clock.day_of(at)
    if day is not None and day > today:  # a contact of an earlier day
        day = examining.last(by, today)
    told: Facts = {examining.FACT: day.isoformat() if day else False}
    if channel == "call" and by.line:
        told |= {RECORDED: by.line == Line.RECORDED, "private_account": by.line == Line.PRIVATE}
    elif channel in ("call", "voice") and (recorded := settings.recorded_line()) is not None:
        told[RECORDED] = recorded
    return told


def says_recorded(by: User | None, at: datetime) -> bool:
    """Is it to be said that a call is recorded: the line is, or nobody said so and the rules in force demand it.

    Under a pack that lets calls be made from recorded lines only, a line of which nobody said anything is lawful only
    as a recorded one, and to record somebody untold is the worse mistake. Where no rule demands it nothing is claimed.
    """
    recorded = of_staff(by, "call", at).get(RECORDED, settings.recorded_line() if by is None else None)
    return _demanded(clock.day_of(at)) if recorded is None else bool(recorded)


def _demanded(day: date) -> bool:
    values = (rule.value_on(day) for rule in pack.active().rules if rule.concerns("call", "", "self"))
    return any(RECORDED in value.params.get("any_of", ()) for value in values if value is not None)


def of_desk(case: Case) -> Facts:
    """That an agency works the case, to whoever of the desk asks."""
    return {"with_agency": True} if case.placed else {}


def of_agency(code: str, customer: int, at: datetime) -> Facts:
    """The day of the agency's last evaluation by then, or that there was none; nothing of an agency that is not known.

    And whether the customer was with it then, where he was ever placed with it.
    """
    today, told = clock.day_of(at), {}
    for day in Agency.objects.filter(code=code).values_list("evaluated_on", flat=True) if code else ():
        told["agency_evaluated_on"] = day.isoformat() if day is not None and day <= today else False
    placements = Placement.objects.filter(agency__code=code, customer=customer) if told else ()
    if terms := [_had(one, at, today) for one in placements]:
        told["placed"] = any(terms)
    return told


def _had(one: Placement, at: datetime, day: date) -> bool:
    within = one.placed_at <= at and (one.ended_at is None or at < one.ended_at)
    return within and (one.ends_on is None or day <= one.ends_on)
