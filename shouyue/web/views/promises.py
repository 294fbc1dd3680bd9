"""Promises to pay: the list, and what the desk does with one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue.casework import errors, promising, queries
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Promise
from shouyue.people.models import Role
from shouyue.people.permissions import require
from shouyue.web import showing, whom, words
from shouyue.web.frame import DeskRequest, today
from shouyue.web.tables import PromiseFilter, PromiseTable, asked, paged


@require_GET
def promises(request: DeskRequest) -> HttpResponse:
    """A rep's own, a manager's store's, everybody's for head office; open ones where nothing is asked."""
    user = request.user
    seen = Promise.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        seen = seen.filter(staff=user) | seen.filter(case__assignee=user)
    to_confirm = "to_confirm" in request.GET
    if to_confirm:
        seen = promising.to_confirm(seen, today(request))
    seen = seen.select_related("case__customer", "case__store", "staff")
    found = PromiseFilter(asked(request, state=Promise.State.OPEN), seen)
    hidden = ["store"] if user.role in (Role.REP, Role.STORE_MANAGER) else []
    table = paged(request, PromiseTable(found.qs, exclude=hidden))
    due = today(request)
    return render(
        request,
        "desk/promises.html",
        {"table": table, "filter": found, "today": due.isoformat(), "to_confirm": to_confirm},
    )


def _seen(request: DeskRequest, promise_id: UUID) -> Promise:
    seen = Promise.objects.filter(pk=promise_id, case__in=queries.visible_cases(request.user))
    found = seen.select_related("case__customer").first()
    if found is None:
        raise errors.NO_PROMISE.error()
    return found


@require_POST
def confirm(request: DeskRequest, promise_id: UUID) -> HttpResponse:
    promise = promising.confirm(promise_id, request.user)
    messages.success(request, _("The promise is confirmed."))
    return redirect("case", promise.case_id)


@require_http_methods(["GET", "POST"])
def cancel(request: DeskRequest, promise_id: UUID) -> HttpResponse:
    """Why an open promise is taken back, and then that it was."""
    require(request.user, "case.work")
    found, error = _seen(request, promise_id), ""
    if request.method == "POST":
        try:
            promising.cancel(promise_id, request.POST.get("reason", ""), request.user)
        except Invalid as wrong:
            error = wrong.text(showing.language())
        else:
            messages.success(request, _("The promise is cancelled."))
            return redirect("case", found.case_id)
    return render(
        request,
        "desk/cancel_promise.html",
        {
            "case": found.case,
            "name": found.case.customer.name or found.case.customer.customer_id,
            "promise": whom.promise(found, today(request)),
            "reasons": [(key, words.word(words.PROMISE_ENDS, key)) for key in promising.REASONS],
            "error": error,
        },
        status=422 if error else 200,
    )
