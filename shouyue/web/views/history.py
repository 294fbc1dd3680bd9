"""The history of a loan: its days past due on every day, on both axes of time."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from shouyue.casework import errors, queries
from shouyue.casework.models import Contact, Loan
from shouyue.people.models import User
from shouyue.web import chart, past, showing
from shouyue.web.forms import HistoryForm
from shouyue.web.frame import DeskRequest, today


@require_GET
def loan(request: DeskRequest, case_id: int, loan_id: int) -> HttpResponse:
    """A loan of the case's customer. With ``call`` in the query, as it was known on the day of that contact."""
    from shouyue.daily import histories  # the engine, which few pages need

    user = request.user
    case = queries.case(user, case_id)
    loans = list(Loan.objects.filter(customer_id=case.customer_id).order_by("-dpd", "next_due", "loan_id"))
    shown = next((one for one in loans if one.pk == loan_id), None)
    if shown is None:
        raise errors.NO_CASE.error()
    form = HistoryForm(request.GET.dict(), today(request))
    form.is_valid()
    asked = form.cleaned_data
    call = _call(user, asked.get("call"), case.customer_id)
    newest = histories.newest()
    run = (call and histories.run_before(call)) or newest
    as_of: date = asked.get("as_of") or (call.business_day if call else today(request))
    known_at: date | None = asked.get("known_at")
    if call and "known_at" not in request.GET:
        known_at = call.business_day
    if not form.errors:  # the fields show what the page shows
        form.data |= {"as_of": as_of.isoformat(), "known_at": known_at.isoformat() if known_at else ""}
    reader = histories.Reader(shown.loan_id, asked.get("convention") or None)
    book = reader.open(run)
    start, end = book.span(max(today(request), as_of), asked.get("years") or 1)
    found = book.history(min(start, as_of), end, known_at)
    then = histories.run_before(call) if call and as_of == call.business_day else histories.run_of(as_of)
    looks = reader.looks(then, newest, as_of, known_at)
    query = {key: request.GET.get(key, "") for key in ("as_of", "known_at", "convention", "years", "call")}
    return render(
        request,
        "desk/history.html",
        {
            "case": case,
            "loan": shown.loan_id,
            "others": [
                (one.loan_id, reverse("loan-history", args=[case_id, one.pk]) + past.query(query), one.pk == loan_id)
                for one in loans
            ],
            "form": form,
            "address": request.path,
            "call": _told(call, run) if call else None,
            "as_of": as_of,
            "known_at": known_at,
            "version": book.version.id,
            "convention": past.convention(book.convention),
            "chart": chart.draw(found, past.marks(found, shown.currency), as_of),
            "legend": past.legend(found),
            "day": past.day(found, as_of),
            "looks": past.looks(looks),
            "figures": past.beside(looks, shown.currency),
            "stays": past.stays(found),
            "events": [past.line(event, shown.currency, query) for event in reversed(found.events)],
        },
    )


def _call(user: User, contact_id: UUID | None, customer_id: int) -> Contact | None:
    if contact_id is None:
        return None
    contacts = Contact.objects.select_related("staff").filter(case__in=queries.visible_cases(user))
    found = contacts.filter(pk=contact_id, case__customer_id=customer_id).first()
    if found is None:
        raise errors.NO_CONTACT.error()
    return found


def _told(call: Contact, run: Any) -> dict[str, Any]:
    return {
        "at": showing.moment(call.started_at),
        "staff": call.staff,
        "link": reverse("contact", args=[call.pk]),
        "published": showing.moment(run.published_at) if run else "",
        "same_day": run is not None and run.as_of == call.business_day,
    }


@require_GET
def known_then(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    """What was known on the day of the call: the history of the customer's most overdue loan, with that knowledge."""
    found = Contact.objects.filter(pk=contact_id, case__in=queries.visible_cases(request.user)).first()
    first = found and Loan.objects.filter(customer__cases=found.case_id).order_by("-dpd", "next_due", "loan_id").first()
    if found is None or first is None:
        raise errors.NO_CONTACT.error()
    return redirect(reverse("loan-history", args=[found.case_id, first.pk]) + f"?call={found.pk}")
