"""A number that the lender's file does not have, and what was found out of one: a form each."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import numbers, queries
from shouyue.casework.errors import Invalid
from shouyue.people.permissions import require
from shouyue.web import showing, whom, words
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """Whose number, of which kind, and whence it is known; what does not fit is said beside its field."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "case.work")
    case = queries.case(user, case_id)
    if request.method == "POST":
        told = numbers.Told(**{field: str(sent.get(field, "")) for field in numbers.FIELDS})
        try:
            numbers.add(case_id, told, user, uuid_of(sent.get("id")) or uuid4())
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("The number is on the list."))
            return redirect("case", case_id)
    context = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "relations": [(key, words.word(words.RELATIONS, key)) for key in numbers.RELATIONS],
        "places": [(key, words.word(words.PLACES, key)) for key in numbers.PLACES],
        "sources": [(key, words.word(words.NUMBER_SOURCES, key)) for key in numbers.SOURCES],
        "id": sent.get("id") or uuid4(),
        "sent": sent,
        "wrong": wrong,
    }
    return render(request, "desk/new_number.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
def mark(request: DeskRequest, case_id: int, point_id: int) -> HttpResponse:
    """What a contact showed of a number; what does not fit is said beside its field."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "case.work")
    case = queries.case(user, case_id)
    point = queries.number(case.customer, point_id)
    if request.method == "POST":
        key = uuid_of(sent.get("id")) or uuid4()
        try:
            numbers.mark(case_id, point_id, sent.get("mark", ""), sent.get("teller", ""), user, key)
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("The number is marked."))
            return redirect("case", case_id)
    context = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "point": whom.number(point),
        "marks": [(key, words.word(words.NUMBER_MARKS, key)) for key in numbers.MARKS],
        "tellers": [(key, words.word(words.NUMBER_TELLERS, key)) for key in numbers.TELLERS],
        "id": sent.get("id") or uuid4(),
        "sent": sent,
        "wrong": wrong,
    }
    return render(request, "desk/mark_number.html", context, status=422 if wrong else 200)
