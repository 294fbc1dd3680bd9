"""Whether the contract binds a guarantor: a form for who decides it."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import guarantors, queries
from shouyue.casework.errors import Invalid
from shouyue.people.permissions import require
from shouyue.web import showing, whom
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def guarantor(request: DeskRequest, case_id: int, point_id: int) -> HttpResponse:
    """The number, what is known, and what the archive holds; what does not fit is said beside its field."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "guarantor.say")
    case = queries.case(user, case_id)
    point = queries.number(case.customer, point_id)
    if request.method == "POST":
        liable = {"yes": True, "no": False}.get(sent.get("liable", ""))
        key = uuid_of(sent.get("id")) or uuid4()
        try:
            if liable is None:
                raise guarantors.NO_ANSWER.error(field="liable")
            guarantors.say(case_id, point_id, liable, sent.get("reference", ""), user, key)
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("Written down. The rules heed it from now on."))
            return redirect("case", case_id)
    context = {
        "case": case,
        "point": whom.number(point),
        "name": showing.hidden_name(case.customer.name) or case.customer.customer_id,
        "id": uuid4(),
        "sent": sent,
        "wrong": wrong,
    }
    return render(request, "desk/guarantor.html", context, status=422 if wrong else 200)
