"""A number that the lender's file does not have, what was found out of one, what is corrected of it: a form each."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import number_corrections, numbers, queries
from shouyue.casework.models import ContactPoint
from shouyue.people.permissions import require
from shouyue.web import case_form, whom, words
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """Whose number, of which kind, and whence it is known."""
    user = request.user
    require(user, "case.work")
    told = numbers.Told(**{field: request.POST.get(field, "") for field in numbers.FIELDS})
    return case_form.answered(
        request,
        queries.case(user, case_id),
        "desk/new_number.html",
        lambda key: numbers.add(case_id, told, user, key),
        _("The number is on the list."),
        lambda: {
            "relations": [one for one in _relations() if one[0] != "guarantor"],
            "places": [(key, words.word(words.PLACES, key)) for key in numbers.PLACES],
            "sources": [(key, words.word(words.NUMBER_SOURCES, key)) for key in numbers.SOURCES],
        },
    )


@require_http_methods(["GET", "POST"])
def mark(request: DeskRequest, case_id: int, point_id: int) -> HttpResponse:
    """What a contact showed of a number."""
    user, sent = request.user, request.POST
    require(user, "case.work")
    case = queries.case(user, case_id)
    point = queries.number(case.customer, point_id)
    return case_form.answered(
        request,
        case,
        "desk/mark_number.html",
        lambda key: numbers.mark(case_id, point_id, sent.get("mark", ""), sent.get("teller", ""), user, key),
        _("The number is marked."),
        lambda: {
            "point": whom.number(point),
            "marks": [(key, words.word(words.NUMBER_MARKS, key)) for key in numbers.MARKS],
            "tellers": [(key, words.word(words.NUMBER_TELLERS, key)) for key in numbers.TELLERS],
        },
    )


@require_http_methods(["GET", "POST"])
def correct(request: DeskRequest, case_id: int, point_id: int) -> HttpResponse:
    """Whose number it is by now, of which kind, and who told it."""
    user, sent = request.user, request.POST
    require(user, "case.work")
    case = queries.case(user, case_id)
    point = queries.number(case.customer, point_id)
    said = number_corrections.Correction(**{field: sent.get(field, "") for field in number_corrections.FIELDS})
    return case_form.answered(
        request,
        case,
        "desk/correct_number.html",
        lambda key: number_corrections.correct(case_id, point_id, said, user, key),
        _("The number is corrected."),
        lambda: {
            "point": whom.number(point),
            "relations": [one for one in _relations() if one[0] != "guarantor" or _guarantors(point)],
            "places": [(key, words.word(words.PLACES, key)) for key in numbers.PLACES],
            "sources": [(key, words.word(words.CORRECTION_SOURCES, key)) for key in numbers.SOURCES],
            "sent": sent or {"relation": point.relation, "place": point.place},
        },
    )


def _guarantors(point: ContactPoint) -> bool:
    """Is it a guarantor's now, or by the lender's file?"""
    return "guarantor" in (point.relation, (point.filed or {}).get("relation"))


def _relations() -> list[tuple[str, str]]:
    return [(key, words.word(words.RELATIONS, key)) for key in numbers.RELATIONS]
