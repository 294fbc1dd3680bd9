"""The outcome of a call: what may be said together, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shouyue.base import money
from shouyue.casework import errors
from shouyue.casework.house import house
from shouyue.casework.models import Contact
from shouyue.casework.models import Promise as Promised
from shouyue.casework.models.speaking import RELATIONS
from shouyue.casework.notes import clean
from shouyue.compliance.models import AttemptOutcome

Reached, Result, WhyLate, Manner = Contact.Reached, Contact.Result, Contact.WhyLate, Contact.Manner

#: results by what the call is for and who has the line, in the order in which they are offered
OFFERED = {
    "reminder": (
        *("will_deposit", "promise", "confirmed", "paid", "call_back", "message_left"),
        *("refused", "dispute", "hardship", "no_result"),
    ),
    "collection": (
        *("promise", "confirmed", "paid", "call_back", "message_left"),
        *("refused", "dispute", "hardship", "no_result"),
    ),
    "third_person": ("message_left", "call_back", "stop", "no_result"),
    # who took the line, and may be asked nothing
    "apology": ("stop", "no_result"),
}

NEXT_ACTIONS = ("call", "confirm_promise", "confirm_deposit", "check_payment", "other")

#: what an answer (or none) means for the budget of contacts
ATTEMPT_KIND: dict[str, AttemptOutcome.Kind] = {
    Reached.SELF: AttemptOutcome.Kind.CONVERSATION,
    Reached.GUARANTOR: AttemptOutcome.Kind.CONVERSATION,
    Reached.OTHER: AttemptOutcome.Kind.ANSWERED,
    Reached.NOBODY: AttemptOutcome.Kind.UNANSWERED,
    Reached.OFF: AttemptOutcome.Kind.UNANSWERED,
    Reached.INVALID: AttemptOutcome.Kind.NOT_CONNECTED,
    Reached.WRONG: AttemptOutcome.Kind.WRONG_NUMBER,
}
#: results that only the borrower or a guarantor can give
BY_BORROWER = frozenset(Result.values) - {Result.MESSAGE_LEFT, Result.CALL_BACK, Result.STOP, Result.NO_RESULT}


#: a further part of a promise: minor units, day
Part = tuple[int | None, date | None]


@dataclass(frozen=True)
class Outcome:
    """What the rep logs. Amounts in minor units of the case's currency; moments carry a zone.

    A promise in parts has the first in ``promise_minor`` and ``promise_due``, the others in ``promise_more``. It takes
    the place of open ones unless it stands ``promise_beside`` them.
    """

    reached: str
    result: str = ""
    why_late: str = ""
    note: str = ""
    promise_minor: int | None = None
    promise_due: date | None = None
    promise_more: tuple[Part, ...] = ()
    promise_beside: bool = False
    next_action: str = ""
    next_action_at: datetime | None = None
    #: why words that the pack warns of are kept in the note
    wording_reason: str = ""
    #: what somebody who is none of the customer's contacts says he is to him
    who: str = ""
    #: how the borrower came across
    manner: str = ""


def check(
    outcome: Outcome, today: date, owed_minor: int, currency: str, now: datetime, standing: Sequence[Promised] = ()
) -> Outcome:
    """The outcome, cleaned. ``standing`` are the case's open promises. Raises a CASE-01x or CASE-02x error, or a
    PROM-00x, that names the field to mend."""
    for field, value, choices in (
        ("reached", outcome.reached, Reached.values),
        ("result", outcome.result, ["", *Result.values]),
        ("why_late", outcome.why_late, ["", *WhyLate.values]),
        ("manner", outcome.manner, ["", *Manner.values]),
        ("next_action", outcome.next_action, ["", *NEXT_ACTIONS]),
        ("who", outcome.who, ["", *RELATIONS]),
    ):
        if value and value not in choices:
            raise errors.UNKNOWN_CHOICE.error(field=field, value=value[:40])
    if not outcome.reached:
        raise errors.NEEDS_REACHED.error(field="reached")
    spoke_to_borrower = outcome.reached in (Reached.SELF, Reached.GUARANTOR)
    if spoke_to_borrower and not outcome.result:
        raise errors.NEEDS_RESULT.error(field="result")
    if not spoke_to_borrower and outcome.result in BY_BORROWER:
        raise errors.RESULT_NEEDS_BORROWER.error(field="result")
    if outcome.result == Result.CONFIRMED and not standing:
        raise errors.NOTHING_TO_CONFIRM.error(field="result")
    if outcome.result == Result.PROMISE:
        _check_promise(outcome, today, owed_minor, currency, standing)
    else:
        outcome = replace(outcome, promise_minor=None, promise_due=None, promise_more=(), promise_beside=False)
    if not spoke_to_borrower:  # nobody told a reason; the fields are hidden
        outcome = replace(outcome, why_late="")
    if outcome.reached != Reached.SELF:
        outcome = replace(outcome, manner="")
    if outcome.next_action_at is not None and outcome.next_action_at < now:
        raise errors.NEXT_IN_PAST.error(field="next_action_at")
    return replace(outcome, note=clean(outcome.note))


def _check_promise(outcome: Outcome, today: date, owed_minor: int, currency: str, standing: Iterable[Promised]) -> None:
    parts = ((outcome.promise_minor, outcome.promise_due), *outcome.promise_more)
    if len(parts) > house().most_parts:
        raise errors.PROMISE_PARTS.error(field="promise_amount", most=house().most_parts)
    for n, (minor, due) in enumerate(parts, 1):
        _check_part(minor, due, today, "" if n == 1 else f"_{n}")
    kept = list(standing) if outcome.promise_beside else []
    if any(before.due_on == due for before in kept for _, due in parts):
        raise errors.PROMISE_SAME_DAY.error(field="promise_due")
    if len({due for _, due in parts}) < len(parts):
        raise errors.PROMISE_SAME_DAY.error(field=f"promise_due_{len(parts)}")
    promised = sum(minor or 0 for minor, _ in parts)
    if promised > owed_minor:
        raise errors.PROMISE_TOO_HIGH.error(field="promise_amount", owed=money.show(owed_minor, currency))
    if promised + (other := sum(p.amount_minor - p.paid_minor for p in kept)) > owed_minor:
        raise errors.PROMISES_TOO_HIGH.error(
            field="promise_amount", owed=money.show(owed_minor, currency), other=money.show(other, currency)
        )


def _check_part(minor: int | None, due: date | None, today: date, n: str) -> None:
    if not minor or minor <= 0:
        raise errors.PROMISE_NEEDS_AMOUNT.error(field=f"promise_amount{n}")
    if due is None:
        raise errors.PROMISE_NEEDS_DAY.error(field=f"promise_due{n}")
    if due < today:
        raise errors.PROMISE_IN_PAST.error(field=f"promise_due{n}", today=today)
    latest = today + timedelta(days=house().latest_days)
    if due > latest:
        raise errors.PROMISE_TOO_FAR.error(field=f"promise_due{n}", latest=latest)


@dataclass(frozen=True)
class Next:
    """What happens to the case: the next action, when, and whether today's work on it is finished."""

    action: str
    at: datetime | None
    done_today: bool


def what_next(outcome: Outcome, now: datetime, zone: ZoneInfo) -> Next:
    """The rep's own next action where he gave one; else the house's habit.

    Nobody reached in the morning: again after lunch. Nobody reached later: the next day. Somebody else or a number that
    does not work: the case stays on today's list, another number may be tried.
    """
    local = now.astimezone(zone)
    if outcome.next_action_at is not None:
        same_day = outcome.next_action_at.astimezone(zone).date() == local.date()
        return Next(outcome.next_action or "call", outcome.next_action_at, done_today=not same_day)
    if outcome.reached in (Reached.NOBODY, Reached.OFF):
        again = datetime.combine(local.date(), house().retry_at, zone)
        if local.time() < house().morning_ends:
            return Next("call", again, done_today=False)
        return Next("call", None, done_today=True)
    not_him = outcome.reached == Reached.OTHER and outcome.result in ("", Result.STOP)
    if outcome.reached in (Reached.INVALID, Reached.WRONG) or not_him:
        return Next("call", None, done_today=False)
    if outcome.result == Result.PROMISE:
        return Next("confirm_promise", None, done_today=True)
    return Next(outcome.next_action, None, done_today=True)
