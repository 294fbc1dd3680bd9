"""Ending a case for good, and taking the work up again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import ending, queries
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case
from shouyue.people.permissions import require
from shouyue.web import showing, words
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def end(request: DeskRequest, case_id: int) -> HttpResponse:
    """An open case is ended here; of one that was ended, the work is taken up again."""
    user, wrong, sent = request.user, {}, request.POST
    require(user, "case.end")
    found = queries.case(user, case_id)
    is_open = found.status == Case.Status.OPEN
    if request.method == "POST":
        note, kept = sent.get("note", ""), sent.get("wording_reason", "")
        try:
            if is_open:
                ending.end(case_id, sent.get("reason", ""), note, user, kept)
            else:
                ending.take_up(case_id, note, user, kept)
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("Written down."))
            return redirect("case", case_id)
    now, labels = ending.possible(found), {str(key): label for key, label in Case.CloseReason.choices}
    reasons = [
        (key, labels[key], key in now, words.matter(kind) if kind else "") for key, kind in ending.REASONS.items()
    ]
    context = {
        "case": found,
        "name": found.customer.name or found.customer.customer_id,
        "open": is_open,
        "ended": labels.get(found.customer.ended_because, ""),
        "reasons": reasons,
        "sent": sent,
        "errors": wrong,
    }
    return render(request, "desk/end_case.html", context, status=422 if wrong else 200)
