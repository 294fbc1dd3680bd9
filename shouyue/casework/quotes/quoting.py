"""Making an early settlement quote, and what the desk says of it afterwards.

Nobody chooses the sum: it follows from the contract's terms and the book. So one person makes a quote; what is waived
beyond the terms is a concession, with two persons, that the quote takes off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import override

from shouyue.ageing.settling import PARTS, Payoff, Terms
from shouyue.base import clock
from shouyue.casework import errors, notes, queries, timeline, wordings
from shouyue.casework.concessions import proposing
from shouyue.casework.concessions import states as waivers
from shouyue.casework.models import Case, Concession, Loan, Quote, QuotePart, QuoteStep, TimelineEntry
from shouyue.casework.quotes import states
from shouyue.casework.quotes.terms import rules
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import can, require

#: the terms' own fee, beside the parts of the plan
FEE = "settlement_fee"
COMPONENTS = (*PARTS, FEE)


@dataclass(frozen=True)
class Basis:
    """What a quote was worked out from, so that it can be worked out again."""

    book: str
    book_version: str
    convention: str
    as_of: date
    known_at: date | None

    def said(self) -> dict[str, str]:
        return {key: str(value) if value else "" for key, value in asdict(self).items()}


#: (loan, terms, day) -> what the engine says of the published book
Engine = Callable[[Loan, Terms, date], tuple[Payoff, Basis]]


@dataclass(frozen=True)
class Line:
    component: str
    contract_minor: int
    waived_minor: int
    amount_minor: int


@dataclass(frozen=True)
class Offer:
    """What would be offered; nothing is saved."""

    terms: Terms
    payoff: Payoff
    basis: Basis
    lines: tuple[Line, ...]
    concession: Concession | None

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def saved_minor(self) -> int:
        """What the borrower pays less than by the plan; below zero where a fee is higher."""
        return sum(line.contract_minor for line in self.lines) - self.total_minor

    @property
    def digest(self) -> str:
        """Of what the page shows, so that nothing else is saved."""
        told = [self.payoff.day.isoformat(), *([*asdict(line).values()] for line in self.lines)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Offers:
    """What would be offered for loans of one currency in one act; nothing is saved."""

    each: tuple[tuple[Loan, Offer], ...]

    @property
    def currency(self) -> str:
        return self.each[0][0].currency

    @property
    def total_minor(self) -> int:
        return sum(offer.total_minor for _, offer in self.each)

    @property
    def saved_minor(self) -> int:
        return sum(offer.saved_minor for _, offer in self.each)

    @property
    def digest(self) -> str:
        """Of what the page shows, so that nothing else is saved."""
        if len(self.each) == 1:
            return self.each[0][1].digest
        told = [(loan.loan_id, offer.digest) for loan, offer in self.each]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def days(case: Case) -> tuple[date, date]:
    """The first and the last day that a loan of the case may be settled on."""
    return case.as_of + timedelta(days=rules().notice_days), case.as_of + timedelta(days=rules().latest_days)


def loans(case: Case) -> list[Loan]:
    """Those with something left to settle."""
    found = Loan.objects.filter(customer_id=case.customer_id, outstanding_minor__gt=0)
    return list(found.order_by("next_due", "loan_id"))


def bound(among: Collection[Loan]) -> list[str]:
    """Contracts of which an early settlement is on its way, so that no other is offered."""
    numbers = [loan.loan_id for loan in among]
    on_way = [state for state in states.LIVE if states.after(state, "replace") is None]
    return list(Quote.objects.filter(loan_number__in=numbers, state__in=on_way).values_list("loan_number", flat=True))


def offer(case: Case, loan: Loan | None, day: date | None, engine: Engine) -> Offer:
    """What would be offered for the day. Raises SETL-002 to -006 naming the field to mend, AGE-036."""
    if case.customer.ended_because:
        raise errors.QUOTE_ENDED.error(field="loan")
    if loan is None or loan.customer_id != case.customer_id:
        raise errors.QUOTE_NO_LOAN.error(field="loan")
    first, last = days(case)
    if day is None or not first <= day <= last:
        raise errors.QUOTE_DAY.error(field="day", first=first, last=last)
    terms = rules().terms(loan.product, loan.opened_on, loan.currency)
    if terms is None:
        raise errors.QUOTE_NO_TERMS.error(field="loan", product=loan.product or "–")
    payoff, basis = engine(loan, terms, day)
    concession = _waiver(loan, day)
    waived = proposing.amounts(concession) if concession else {}
    lines = [
        Line(name, payoff.contract[name], off, payoff.asked[name] - off)
        for name in PARTS
        for off in [min(waived.get(name, 0), payoff.asked[name])]
    ]
    lines.append(Line(FEE, 0, 0, payoff.fee_minor))
    made = Offer(terms, payoff, basis, tuple(lines), concession)
    if made.total_minor <= 0:
        raise errors.QUOTE_NOTHING.error(field="loan")
    return made


def offers(case: Case, chosen: Sequence[Loan], day: date | None, engine: Engine) -> Offers:
    """What would be offered for each of the loans. Raises SETL-004 where there is none, SETL-016 where they are of
    several currencies, and what ``offer`` raises; of several loans SETL-017 names the one that has no offer.
    """
    if not chosen:
        raise errors.QUOTE_NO_LOAN.error(field="loan")
    if len(currencies := {loan.currency for loan in chosen}) > 1:
        raise errors.QUOTE_CURRENCIES.error(field="loan", currencies=", ".join(sorted(currencies)))
    made = []
    for loan in chosen:
        with _named(loan, len(chosen)):
            made.append((loan, offer(case, loan, day, engine)))
    return Offers(tuple(made))


@contextmanager
def _named(loan: Loan, count: int) -> Iterator[None]:
    """Where what is wrong is wrong with one of several loans, say with which."""
    try:
        yield
    except errors.Invalid as error:
        if count == 1 or error.field != "loan":
            raise
        raise errors.QUOTE_OF_LOAN.error(field="loan", loan=loan.loan_id, zh=error.zh, en=error.en) from None


def _waiver(loan: Loan, day: date) -> Concession | None:
    """A waiver that stands until the day and is not in the lender's figures yet."""
    found = Concession.objects.filter(loan_number=loan.loan_id)
    told = found.filter(state=waivers.EXPORTED)
    return (found.filter(state=waivers.APPROVED, expires_on__gte=day) | told).first()


@transaction.atomic
def make(
    case_id: int, loan_number: str, day: date | None, shown: str, engine: Engine, by: User, quote_id: UUID
) -> Quote:
    """Offer what was ``shown`` (the digest of the offer); the same ``quote_id`` again returns the first.

    An offer that nobody accepted yet gives way to it. Raises CASE-001, SETL-002 to -006, SETL-007 when it came out
    otherwise than it was shown, SETL-008 while an accepted or paid one of the loan is on its way.
    """
    return make_together(case_id, [loan_number], day, shown, engine, by, quote_id)[0]


@transaction.atomic
def make_together(
    case_id: int, loan_numbers: Collection[str], day: date | None, shown: str, engine: Engine, by: User, key: UUID
) -> list[Quote]:
    """A quote for each of the loans, all or none: ``shown`` is the digest of the offers. The same ``key`` again returns
    the first; a quote alone has it as its id.

    Each is a quote like any other from then on. Raises what ``offers`` and ``make`` raise.
    """
    require(by, "quote.make")
    case = queries.case(by, case_id, lock=True)
    if before := list(Quote.objects.filter(Q(pk=key) | Q(together=key), case=case).order_by("pay_by", "loan_number")):
        return before
    wanted = set(loan_numbers)
    found = Loan.objects.filter(customer_id=case.customer_id, loan_id__in=wanted)
    chosen = list(found.order_by("next_due", "loan_id"))
    if len(chosen) < len(wanted):
        raise errors.QUOTE_NO_LOAN.error(field="loan")
    made = offers(case, chosen, day, engine)
    if shown != made.digest:
        raise errors.QUOTE_CHANGED.error(field="shown")
    at, several = clock.now(), len(chosen) > 1
    for loan in chosen:
        with _named(loan, len(chosen)):
            _replace(case, loan, by, at)
    return [
        _save(case, loan, one, by, at, uuid5(key, loan.loan_id) if several else key, key if several else None)
        for loan, one in made.each
    ]


def _replace(case: Case, loan: Loan, by: User, at: datetime) -> None:
    """An offer that nobody accepted yet gives way. Raises SETL-008 for another that is live."""
    if live := Quote.objects.filter(loan_number=loan.loan_id, state__in=states.LIVE).first():
        if states.after(live.state, "replace") is None:
            raise errors.QUOTE_LIVE.error(field="loan")
        live.case = case
        step(live, "replace", by, at)


def _save(case: Case, loan: Loan, made: Offer, by: User, at: datetime, quote_id: UUID, together: UUID | None) -> Quote:
    quote = Quote.objects.create(
        pk=quote_id,
        case=case,
        together=together,
        loan_number=loan.loan_id,
        currency=loan.currency,
        made_by=by,
        made_on=case.as_of,
        pay_by=made.payoff.day,
        total_minor=made.total_minor,
        saved_minor=made.saved_minor,
        paid_before_minor=made.payoff.paid_minor,
        terms=asdict(made.terms),
        basis=made.basis.said(),
        concession=made.concession,
    )
    QuotePart.objects.bulk_create(QuotePart(quote=quote, **asdict(line)) for line in made.lines)
    step(quote, "offer", by, at)
    return quote


@transaction.atomic
def decide(quote_id: UUID, action: str, note: str, by: User, wording_reason: str = "") -> Quote:
    """The customer accepts; taken back; or what the core does not show is closed. The same again changes nothing.

    Withdrawn, with words, by who made it or one who may close; closed, with words, by another one who may. Raises
    SETL-009 to -014, PEOPLE-001, WORD-001, -002.
    """
    assert action in states.DECISIONS
    require(by, "quote.close" if action == "close" else "quote.make")
    found = queries.locked(Quote, quote_id, by, errors.NO_QUOTE)
    last = found.steps.latest("seq")
    if last.action == action and last.by_id == by.pk:
        return found
    if states.after(found.state, action) is None:
        raise errors.QUOTE_NOT_POSSIBLE.error(field="action", **_state(found))
    own = found.made_by_id == by.pk
    if action == "withdraw" and not own and not can(by, "quote.close"):
        raise errors.QUOTE_NOT_YOURS.error(field="action")
    if action == "close" and own:
        raise errors.QUOTE_OWN_WORD.error(field="action")
    if action == "accept" and found.pay_by < found.case.as_of:
        raise errors.QUOTE_OVER.error(field="action", day=found.pay_by)
    note = notes.clean(note)
    if action != "accept" and not note:
        raise errors.QUOTE_NEEDS_NOTE.error(field="note")
    kept = wordings.passed(note, "note", reason=wording_reason)
    step(found, action, by, clock.now(), note, kept)
    return found


def made_together(key: UUID, user: User) -> list[Quote]:
    """The quotes of one act. Raises SETL-009, the same for absent and for another store's."""
    seen = Quote.objects.filter(together=key, case__in=queries.visible_cases(user))
    found = list(seen.select_related("case__customer", "made_by").order_by("loan_number"))
    if not found:
        raise errors.NO_QUOTE.error()
    return found


@transaction.atomic
def decide_together(key: UUID, action: str, note: str, by: User, wording_reason: str = "") -> list[Quote]:
    """The same word on every quote of an act on which it can be said: the customer accepts, or they are taken back.

    The others are left as they are. The same again changes nothing. Raises SETL-010 where it can be said of none, and
    what ``decide`` raises.
    """
    assert action in states.TOGETHER
    require(by, "quote.make")
    queries.case(by, made_together(key, by)[0].case_id, lock=True)
    found = made_together(key, by)  # as they are now that the case is locked
    able = [one for one in found if states.after(one.state, action)]
    if not able:
        last = QuoteStep.objects.filter(quote__in=found).order_by("quote_id", "-seq").distinct("quote_id")
        if not any(one.action == action and one.by_id == by.pk for one in last):
            raise errors.QUOTE_NOT_POSSIBLE.error(field="action", **_state(found[0]))
    for one in able:
        decide(one.pk, action, note, by, wording_reason)
    return made_together(key, by)


def _state(found: Quote) -> dict[str, str]:
    said = {}
    for key, language in (("state_zh", "zh-hans"), ("state_en", "en")):
        with override(language):
            said[key] = str(found.get_state_display())  # type: ignore[attr-defined]
    return said


def call_off(case: Case, by: User, at: datetime) -> None:
    """Take back what is only offered or accepted, as the work on the customer ends. The case is locked."""
    for found in Quote.objects.select_for_update(no_key=True).filter(case=case, state__in=states.WAITING):
        found.case = case
        step(found, "withdraw", by, at)


def standing(case: Case) -> QuerySet[Quote]:
    """Quotes of the case that the borrower can still pay, the nearest day first."""
    found = Quote.objects.filter(case=case, state__in=states.WAITING, pay_by__gte=case.as_of)
    return found.order_by("pay_by", "loan_number")


def amounts(found: Quote) -> dict[str, int]:
    return dict(found.parts.values_list("component", "amount_minor"))


def step(
    found: Quote,
    action: str,
    by: User | None,
    at: datetime,
    note: str = "",
    kept: Mapping[str, Any] | None = None,
    on: date | None = None,
    **more: object,
) -> None:
    """The next step in its life, told to the timeline and the audit chain. The case is locked, the action possible.

    ``kept`` is what ``wordings.passed`` gave for the note; ``on`` the business day, else the one of the case.
    """
    state = states.after("" if action == "offer" else found.state, action)
    assert state is not None, (found.state, action)
    found.state = state
    tell(found, action, by, at, note, kept, on, **more)


def tell(
    found: Quote,
    action: str,
    by: User | None,
    at: datetime,
    note: str = "",
    kept: Mapping[str, Any] | None = None,
    on: date | None = None,
    **more: object,
) -> None:
    """Something happened to it, whether its state moved or not: saved, numbered, told."""
    found.save(update_fields=["state", "instruction", "paid_minor", "paid_on"])
    made = QuoteStep.objects.create(
        quote=found,
        seq=found.steps.count() + 1,
        action=action,
        state=found.state,
        by=by,
        at=at,
        on=on or found.case.as_of,
        note=note,
    )
    told = {"quote": str(found.pk), "action": action, "state": found.state, "loan": found.loan_number}
    told |= {"together": str(found.together)} if found.together else {}
    told |= {"amount_minor": found.total_minor, "currency": found.currency, "pay_by": found.pay_by.isoformat(), **more}
    ref = f"quote:{found.pk}:{made.seq}"
    line = timeline.write(found.case, TimelineEntry.Kind.QUOTE, ref, at, by, note=note, **told, **(kept or {}))
    parts = found.parts.all() if action == "offer" else ()
    told |= {"parts": amounts(found), **wordings.named(dict(kept or {}))}
    told |= row_digests.named(found, made, line, *parts)
    audit.record(f"quote.{action}", f"case:{found.case_id}", told, by, at)
