"""What the gate is asked about a case: by whom, whom, how, on which number, to say what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shouyue.base import settings
from shouyue.casework import known, unreachable
from shouyue.casework.matters.facts import live
from shouyue.casework.models import Case, Contact, ContactPoint, Customer, Promise
from shouyue.compliance import gate, pack
from shouyue.compliance.said import Asked
from shouyue.compliance.wishes import BORROWERS, PLACES
from shouyue.people.models import User

#: a call back at the person's own wish is one for so long after the time he named
ASKED_FOR = timedelta(hours=24)


def zone_of(case: Case) -> ZoneInfo:
    """The borrower's time zone; the lender's where the file gave none, or none that exists."""
    try:
        return ZoneInfo(case.customer.zone or settings.zone())
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.zone())


def question(case: Case, point: ContactPoint, by: User | None, at: datetime, channel: str = "call") -> gate.Question:
    """What the gate is asked before this number, or the person behind it, is contacted about this case.

    A zone that does not exist is passed on as it is: the gate refuses where it cannot tell the person's time. From
    somebody other than the borrower nothing is collected: he may be asked for a way to reach the borrower. Nobody in
    particular (``by`` None) asks as the one the case is assigned to, whose examination and line say nothing of others.
    """
    return questions(case, [(point, channel)], by, at)[0]


def questions(
    case: Case, asked: Sequence[tuple[ContactPoint, str]], by: User | None, at: datetime
) -> list[gate.Question]:
    """``question`` for several numbers and channels; what they have in common is read once."""
    told_of = live(case.customer.person_id)
    lost = any(point.relation not in BORROWERS for point, _ in asked) and unreachable.is_lost(case)
    promised = [p.due_on for p in case.promises.all() if p.state == Promise.State.OPEN]
    promise_due = min(promised, default=None)
    call_back = case.next_action_at if case.last_result == Contact.Result.CALL_BACK else None
    asked_call = (
        Asked(case.call_asked_at, call_back, call_back + ASKED_FOR) if call_back and case.call_asked_at else None
    )
    own = own_numbers(case.customer)
    loans = tuple(sorted(loan.loan_id for loan in case.customer.loans.all()))
    common = {
        "promise_due": promise_due.isoformat() if promise_due else None,
        "call_back_at": call_back.isoformat() if call_back else None,
    }
    made = []
    for point, channel in asked:
        borrower = point.relation in BORROWERS
        facts = {
            **known.of_borrower(case.customer, told_of, channel, case.phase, point.relation),
            "knows_of_loan": point.knows,
            "consent": point.agreed,
            **known.of_guarantor(point),
            "borrower_unreachable": not borrower and lost,
            **common,
            **(known.of_desk(case) | known.of_staff(by, channel, at) if by else {}),
        }
        made.append(
            gate.Question(
                person=case.customer.person_id,
                channel=channel,
                purpose=case.phase if borrower else "trace",
                at=at,
                zone=case.customer.zone or settings.zone(),
                told_zones=case.customer.told_zones if borrower else (),
                other_numbers=own if point.relation == "self" else (),
                staff_id=by.pk if by else case.assignee_id,
                number=point.phone,
                relation=point.relation,
                loans=loans,
                facts=facts,
                place=point.place if point.place in PLACES else "",
                content="debt" if borrower else "locate",
                asked=asked_call if point.relation == "self" and channel == "call" else None,
            )
        )
    return made


def own_numbers(customer: Customer) -> tuple[str, ...]:
    """The borrower's own numbers, where the pack in force heeds the clocks of their areas."""
    if not pack.active().heeds_every_place:
        return ()
    return tuple(point.phone for point in customer.contact_points.all() if point.relation == "self")


def without_number(q: gate.Question) -> gate.Question:
    """The question as it is put where it leads to a place, and no number is used."""
    return replace(q, number="") if q.channel in ("letter", "visit") else q
