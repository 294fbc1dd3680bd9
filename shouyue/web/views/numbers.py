"""A number that the lender's file does not have, what was found out of one, what is corrected of it: a form each."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import number_corrections, numbers, queries
from shouyue.casework.errors import Invalid
from shouyue.casework.models import ContactPoint
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
        "relations": [one for one in _relations() if one[0] != "guarantor"],
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


@require_http_methods(["GET", "POST"])
def correct(request: DeskRequest, case_id: int, point_id: int) -> HttpResponse:
    """Whose number it is by now, of which kind, and who told it; what does not fit is said beside its field."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "case.work")
    case = queries.case(user, case_id)
    point = queries.number(case.customer, point_id)
    if request.method == "POST":
        said = number_corrections.Correction(**{field: str(sent.get(field, "")) for field in number_corrections.FIELDS})
        try:
            number_corrections.correct(case_id, point_id, said, user, uuid_of(sent.get("id")) or uuid4())
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("The number is corrected."))
            return redirect("case", case_id)
    context = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "point": whom.number(point),
        "relations": [one for one in _relations() if one[0] != "guarantor" or _guarantors(point)],
        "places": [(key, words.word(words.PLACES, key)) for key in numbers.PLACES],
        "sources": [(key, words.word(words.CORRECTION_SOURCES, key)) for key in numbers.SOURCES],
        "id": sent.get("id") or uuid4(),
        "sent": sent or {"relation": point.relation, "place": point.place},
        "wrong": wrong,
    }
    return render(request, "desk/correct_number.html", context, status=422 if wrong else 200)


def _guarantors(point: ContactPoint) -> bool:
    """Is it a guarantor's now, or by the lender's file?"""
    return "guarantor" in (point.relation, (point.filed or {}).get("relation"))


def _relations() -> list[tuple[str, str]]:
    return [(key, words.word(words.RELATIONS, key)) for key in numbers.RELATIONS]
