"""Whether the contract binds a guarantor: a form for who decides it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import guarantors, queries
from shouyue.people.permissions import require
from shouyue.web import case_form, showing, whom
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def guarantor(request: DeskRequest, case_id: int, point_id: int) -> HttpResponse:
    """The number, what is known, and what the archive holds."""
    user, sent = request.user, request.POST
    require(user, "guarantor.say")
    case = queries.case(user, case_id)
    point = queries.number(case.customer, point_id)

    def save(key: UUID) -> None:
        liable = {"yes": True, "no": False}.get(sent.get("liable", ""))
        if liable is None:
            raise guarantors.NO_ANSWER.error(field="liable")
        guarantors.say(case_id, point_id, liable, sent.get("reference", ""), user, key)

    return case_form.answered(
        request,
        case,
        "desk/guarantor.html",
        save,
        _("Written down. The rules heed it from now on."),
        lambda: {
            "point": whom.number(point),
            "name": showing.hidden_name(case.customer.name) or case.customer.customer_id,
        },
    )
