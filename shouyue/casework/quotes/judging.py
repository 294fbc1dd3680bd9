"""What the lender's files say of quotes: the money came, the loan ended, or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from shouyue.casework import queries
from shouyue.casework.models import Quote
from shouyue.casework.promises import REVIEW_DAYS
from shouyue.casework.quotes import quoting, states
from shouyue.casework.quotes.terms import rules


@dataclass(frozen=True)
class Loan:
    """What a version of the book says of a loan: (value date, net minor units) of all its payments; whether it is over,
    nothing being outstanding or the lender having closed it; None where it is not in the book any more."""

    payments: Sequence[tuple[date, int]]
    over: bool | None


@dataclass(frozen=True)
class Money:
    """What came for a quote, counting by its day, and the day on which it was enough."""

    minor: int
    enough_on: date | None


def watched(as_of: date) -> dict[UUID, str]:
    """Quotes whose money or end is looked for, with their contracts: live ones, and those that expired not long ago."""
    late = Q(state=states.EXPIRED, pay_by__gte=as_of - timedelta(days=REVIEW_DAYS + rules().booking_days))
    newer = Quote.objects.filter(loan_number=OuterRef("loan_number"), state__in=states.LIVE).exclude(pk=OuterRef("pk"))
    found = Quote.objects.filter(Q(state__in=states.LIVE) | (late & ~Exists(newer)))
    return dict(found.values_list("pk", "loan_number"))


def money(quote: Quote, loan: Loan) -> Money:
    """Everything that counts by the day, less what was known of it before."""
    came, enough_on = -quote.paid_before_minor, None
    for day, minor in sorted(loan.payments):
        if day > quote.pay_by:
            break
        came += minor
        if came >= quote.total_minor and enough_on is None:
            enough_on = max(day, quote.made_on)
    return Money(came, enough_on)


def judge(seen: Mapping[UUID, Loan], as_of: date, at: datetime) -> int:
    """Take the steps that the files call for, inside the caller's transaction; returns how many quotes changed."""
    changed = 0
    for quote in queries.lock_all(Quote.objects.filter(pk__in=list(seen)), "made_on"):
        changed += _judged(quote, seen[quote.pk], as_of, at)
    return changed


def _judged(quote: Quote, loan: Loan, as_of: date, at: datetime) -> bool:
    found = money(quote, loan)
    was = quote.paid_minor
    quote.paid_minor = max(0, found.minor)
    before = quote.state
    if found.enough_on is not None and states.after(quote.state, "pay"):
        if not _rival(quote):
            quote.paid_on = found.enough_on
            quoting.step(
                quote, "pay", None, at, on=as_of, paid_minor=quote.paid_minor, paid_on=found.enough_on.isoformat()
            )
    elif found.enough_on is None and states.after(quote.state, "unpay"):
        quote.paid_on = None
        quoting.step(quote, "unpay", None, at, on=as_of, paid_minor=quote.paid_minor)
    if loan.over or (loan.over is None and quote.state in (states.PAID, states.DIFFERS)):
        if states.after(quote.state, "find"):
            quoting.step(quote, "find", None, at, on=as_of, paid_minor=quote.paid_minor)
    elif quote.state == states.PAID and quote.paid_on and as_of > quote.paid_on + timedelta(days=rules().core_days):
        quoting.step(quote, "differ", None, at, on=as_of)
    elif quote.state in states.WAITING and as_of > quote.pay_by + timedelta(days=rules().booking_days):
        quoting.step(quote, "expire", None, at, on=as_of, paid_minor=quote.paid_minor)
    if quote.state == before and quote.paid_minor != was:
        quote.save(update_fields=["paid_minor"])
        return True
    return quote.state != before


def _rival(quote: Quote) -> bool:
    """Is a newer quote of the loan live, so that an expired one stays so?"""
    return Quote.objects.filter(loan_number=quote.loan_number, state__in=states.LIVE).exclude(pk=quote.pk).exists()
