"""Early settlement: worked out before it is offered, followed until the lender's file shows the end of the loan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouyue.base.errors import ShouyueError
from shouyue.casework import errors, queries
from shouyue.casework.errors import Invalid, Missing
from shouyue.casework.models import Case, Loan, Quote
from shouyue.casework.quotes import quoting, states
from shouyue.people.models import Role
from shouyue.people.permissions import can, require
from shouyue.web import deciding, showing, words
from shouyue.web.forms import day_of, uuid_of
from shouyue.web.frame import DeskRequest
from shouyue.web.tables import QuoteFilter, QuoteTable, asked, paged


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """The form; what it would take, before it is offered; and the offer."""
    user, sent, wrong, shown = request.user, request.POST, {}, None
    require(user, "quote.make")
    case = queries.case(user, case_id)
    loans = quoting.loans(case)
    first, last = quoting.days(case)
    bound = set(quoting.bound(loans))
    if request.method == "POST":
        chosen = [one for one in loans if one.loan_id in sent.getlist("loan")]
    elif given := request.GET.get("loan"):
        chosen = [one for one in loans if one.loan_id == given]
    else:
        chosen = [one for one in loans if one.currency == case.currency and one.loan_id not in bound]
    day = day_of(sent.get("day")) if request.method == "POST" else first
    if request.method == "POST":
        try:
            if sent.get("action") == "save":
                return _made(request, _make(request, case_id))
        except Missing:
            raise
        except ShouyueError as error:
            wrong = _beside(error)
        try:
            shown = _offers(quoting.offers(case, chosen, day, _engine()))
        except ShouyueError as error:
            wrong |= _beside(error)
    return render(
        request,
        "desk/new_quote.html",
        {
            "case": case,
            "name": case.customer.name or case.customer.customer_id,
            "loans": [_loan(one, one in chosen, one.loan_id in bound) for one in loans],
            "day": day.isoformat() if day else "",
            "first": first.isoformat(),
            "last": last.isoformat(),
            "errors": wrong,
            "shown": shown,
            "id": sent.get("id") or uuid4(),
        },
        status=422 if wrong else 200,
    )


def _engine() -> quoting.Engine:
    from shouyue.daily.settling import worked_out  # the engine, which few pages need

    return worked_out


def _make(request: DeskRequest, case_id: int) -> list[Quote]:
    sent = request.POST
    return quoting.make_together(
        case_id,
        sent.getlist("loan"),
        day_of(sent.get("day")),
        sent.get("shown", ""),
        _engine(),
        request.user,
        uuid_of(sent.get("id")) or uuid4(),
    )


def _made(request: DeskRequest, made: list[Quote]) -> HttpResponse:
    if made[0].together:
        messages.success(request, _("The quotes are made: tell the customer their sum and day, or send a letter."))
        return redirect("quotes-together", made[0].together)
    messages.success(request, _("The quote is made: tell the customer its sum and day, or send a letter."))
    return redirect("quote", made[0].pk)


def _beside(error: ShouyueError) -> dict[str, str]:
    return {(error.field if isinstance(error, Invalid) else "") or "all": error.text(showing.language())}


def _loan(one: Loan, chosen: bool, bound: bool) -> dict[str, Any]:
    return {
        "id": one.loan_id,
        "chosen": chosen,
        "bound": bound,
        "product": " ".join(filter(None, (one.product, one.goods))),
        "owed": showing.amount(one.outstanding_minor, one.currency),
        "next": one.next_due,
    }


def _offers(made: quoting.Offers) -> dict[str, Any]:
    each = [_offer(offer, loan) for loan, offer in made.each]
    return {
        "each": each,
        "digest": made.digest,
        "total": showing.amount(made.total_minor, made.currency),
        "contract": showing.amount(made.total_minor + made.saved_minor, made.currency),
        "saved": showing.amount(made.saved_minor, made.currency),
    }


def _offer(offer: quoting.Offer, loan: Loan) -> dict[str, Any]:
    currency = loan.currency
    chinese = showing.language() == "zh"
    ahead = [
        {
            "due": part.due,
            "principal": showing.amount(part.principal_minor, currency),
            "interest": showing.amount(part.interest_minor, currency),
            "kept": showing.amount(part.interest_kept_minor, currency),
            "fee": showing.amount(part.fee_minor, currency),
            "fee_kept": showing.amount(part.fee_kept_minor, currency),
            "days": f"{part.days}/{part.of_days}" if part.of_days else "–",
        }
        for part in offer.payoff.ahead
    ]
    return {
        "loan": loan.loan_id,
        "product": " ".join(filter(None, (loan.product, loan.goods))),
        "lines": [
            _line(line.component, line.contract_minor, line.waived_minor, line.amount_minor, currency)
            for line in offer.lines
            if line.contract_minor or line.amount_minor
        ],
        "total": showing.amount(offer.total_minor, currency),
        "saved": showing.amount(offer.saved_minor, currency),
        "contract": showing.amount(offer.total_minor + offer.saved_minor, currency),
        "terms": offer.terms.zh if chinese else offer.terms.en,
        "source": offer.terms.source,
        "as_of": offer.basis.as_of,
        "added": showing.amount(offer.payoff.penalty_added_minor, currency) if offer.payoff.penalty_added_minor else "",
        "ahead": ahead,
        "concession": offer.concession,
    }


def _line(component: str, contract: int, waived: int, amount: int, currency: str) -> tuple[str, ...]:
    """Component, by the contract, not asked for, waived, to pay."""
    relieved = max(0, contract - waived - amount)
    money = (showing.amount(minor, currency) if minor else "–" for minor in (contract, relieved, waived))
    return (words.word(words.QUOTE_PARTS, component), *money, showing.amount(amount, currency))


@require_http_methods(["GET", "POST"])
def quote(request: DeskRequest, quote_id: UUID) -> HttpResponse:
    """One quote; a POST is somebody's word on it."""
    user, wrong = request.user, {}
    seen = Quote.objects.filter(pk=quote_id, case__in=queries.visible_cases(user))
    found = seen.select_related("case__customer", "made_by", "instruction", "concession").first()
    if found is None:
        raise errors.NO_QUOTE.error()
    if request.method == "POST":
        wrong = deciding.wrong(request, quote_id, states.DECISIONS, quoting.decide)
        if not wrong:
            return redirect("quote", quote_id)
    own, closes = found.made_by_id == user.pk, can(user, "quote.close")
    may = {
        "accept": can(user, "quote.make") and found.pay_by >= found.case.as_of,
        "withdraw": can(user, "quote.make") and (own or closes),
        "close": closes and not own,
    }
    actions = [a for a in states.DECISIONS if may[a] and states.after(found.state, a)]
    return render(
        request,
        "desk/quote.html",
        {
            "quote": found,
            "case": found.case,
            "name": found.case.customer.name or found.case.customer.customer_id,
            "line": line(found),
            "parts": [
                _line(one.component, one.contract_minor, one.waived_minor, one.amount_minor, found.currency)
                for one in sorted(found.parts.all(), key=lambda part: quoting.COMPONENTS.index(part.component))
                if one.contract_minor or one.amount_minor
            ],
            "others": Quote.objects.filter(together=found.together).count() - 1 if found.together else 0,
            "saved": showing.amount(found.saved_minor, found.currency),
            "paid": showing.amount(found.paid_minor, found.currency),
            "terms": found.terms["zh" if showing.language() == "zh" else "en"],
            "source": found.terms["source"],
            "steps": [
                (showing.moment(s.at), words.word(words.QUOTE_ACTIONS, s.action), s.by, s.note)
                for s in found.steps.select_related("by").order_by("-seq")
            ],
            "actions": [(key, words.word(words.QUOTE_DECISIONS, key)) for key in actions],
            "may_write": found.state in states.WAITING and can(user, "letter.make"),
            "spoken": found.case.customer.language or "zh",
            "letter_id": uuid4(),
            "errors": wrong,
            "sent": request.POST,
        },
        status=422 if wrong else 200,
    )


@require_http_methods(["GET", "POST"])
def together(request: DeskRequest, act_id: UUID) -> HttpResponse:
    """The quotes of one act: each, and what they come to; a POST is somebody's word on all of them."""
    user, wrong = request.user, {}
    found = quoting.made_together(act_id, user)
    if request.method == "POST":
        wrong = deciding.wrong(request, act_id, states.TOGETHER, quoting.decide_together)
        if not wrong:
            return redirect("quotes-together", act_id)
    first = found[0]
    may = {
        "accept": first.pay_by >= first.case.as_of,
        "withdraw": first.made_by_id == user.pk or can(user, "quote.close"),
    }
    possible = [a for a in states.TOGETHER if may[a] and any(states.after(one.state, a) for one in found)]
    standing = [one for one in found if one.state in states.LIVE or one.state == states.SETTLED]
    return render(
        request,
        "desk/quotes_together.html",
        {
            "case": first.case,
            "name": first.case.customer.name or first.case.customer.customer_id,
            "pay_by": first.pay_by,
            "made_by": first.made_by,
            "made_on": first.made_on,
            "lines": [_of_act(one) for one in found],
            "whole": _sums(found),
            "standing": _sums(standing) if 0 < len(standing) < len(found) else None,
            "actions": [(key, words.word(words.QUOTE_DECISIONS, key)) for key in possible if can(user, "quote.make")],
            "may_write": any(one.state in states.WAITING for one in found) and can(user, "letter.make"),
            "spoken": first.case.customer.language or "zh",
            "letter_id": uuid4(),
            "errors": wrong,
            "sent": request.POST,
        },
        status=422 if wrong else 200,
    )


def _of_act(one: Quote) -> dict[str, Any]:
    return line(one) | _sums([one]) | {"paid_on": one.paid_on}


def _sums(found: Sequence[Quote]) -> dict[str, str]:
    """Of quotes of one currency: by the plan, less than by it, to pay, come in."""
    total, saved = sum(one.total_minor for one in found), sum(one.saved_minor for one in found)
    of = {"contract": total + saved, "saved": saved, "amount": total, "paid": sum(one.paid_minor for one in found)}
    return {key: showing.amount(minor, found[0].currency) for key, minor in of.items()}


TONES = {
    **dict.fromkeys((states.OFFERED,), "info"),
    **dict.fromkeys((states.ACCEPTED, states.EXPIRED), "warn"),
    **dict.fromkeys((states.PAID, states.SETTLED), "good"),
    **dict.fromkeys((states.DIFFERS,), "bad"),
}


def line(one: Quote) -> dict[str, Any]:
    return {
        "id": one.pk,
        "loan": one.loan_number,
        "amount": showing.amount(one.total_minor, one.currency),
        "state": str(one.get_state_display()),  # type: ignore[attr-defined]
        "tone": TONES.get(one.state, ""),
        "pay_by": one.pay_by,
    }


@require_GET
def quotes(request: DeskRequest) -> HttpResponse:
    """A rep's own and those of his cases, a store's, everybody's for head office; live ones where nothing is asked."""
    user = request.user
    seen = Quote.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        seen = seen.filter(made_by=user) | seen.filter(case__assignee=user)
    found = QuoteFilter(asked(request, which="live"), seen.select_related("case__customer", "made_by", "instruction"))
    return render(request, "desk/quotes.html", {"table": paged(request, QuoteTable(found.qs)), "filter": found})


def of_case(case: Case) -> list[dict[str, Any]]:
    """What the case page says of its quotes, the newest first."""
    return [line(one) for one in case.quotes.order_by("-made_on", "-pk")]
