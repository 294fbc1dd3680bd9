"""The case page: who it is, what happened, what to say, what became of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue.base import clock
from shouyue.casework import calls, notes, number_marks, queries, reveal
from shouyue.casework.errors import NEEDS_REASON, Invalid
from shouyue.casework.models import Case, ContactPoint
from shouyue.casework.queries import CasePage
from shouyue.casework.third_persons import is_third
from shouyue.compliance import gate
from shouyue.compliance.wishes import BORROWERS
from shouyue.people.models import User
from shouyue.people.permissions import can, require
from shouyue.web import guide, interview_words, showing, telling, whom, words
from shouyue.web.forms import OutcomeForm, uuid_of
from shouyue.web.frame import DeskRequest, today


@require_GET
def case(request: DeskRequest, case_id: int) -> HttpResponse:
    return show(request, case_id)


def show(
    request: DeskRequest,
    case_id: int,
    form: OutcomeForm | None = None,
    status: int = 200,
    refused: Invalid | None = None,
) -> HttpResponse:
    """The page, with the errors of ``form`` beside its fields where the outcome was sent and could not be saved, or
    with the note that was ``refused``, as it was typed."""
    user = request.user
    page = queries.case_page(case_id, user)
    found, day = page.case, today(request)
    point = page.call.contact_point if page.call else chosen(page.contact_points, request.GET.get("point"))
    if page.call is not None and is_third(page.call):
        return redirect("third-person", page.call.pk)
    marks = number_marks.of(found.customer.person_id, page.contact_points)
    context: dict[str, Any] = {
        "case": found,
        "who": whom.borrower(page, day),
        "points": [whom.number(p, marks[p.pk]) for p in page.contact_points],
        "may_work": can(user, "case.work"),
        "may_reveal": can(user, "personal.reveal"),
        "may_say_liable": can(user, "guarantor.say"),
        "may_hand_over": can(user, "case.hand_over_any") or found.assignee_id == user.pk,
        "open": found.status == Case.Status.OPEN,
        "note_id": uuid4(),
        **_note_fields(request, refused),
        "loans": [whom.loan(one, found) for one in page.loans],
        "owed": showing.amount(page.owed_minor, found.currency),
        "days": telling.tell(page.timeline, found.strategy),
        "promises": [whom.promise(p, day) for p in page.promises[:6]],
        "head": whom.head(found, day),
        "late_because": whom.late_because(page, user),
        "talking": whom.talking(page),
        **panel(page, point, user, form),
    }
    return render(request, "desk/case.html", context, status=status)


def chosen(points: list[ContactPoint], asked: str | None) -> ContactPoint | None:
    """The number that was asked for; else the borrower's first; else the first."""
    by_id = {str(p.pk): p for p in points}
    if asked in by_id:
        return by_id[asked]
    return next((p for p in points if p.relation in BORROWERS), points[0] if points else None)


def panel(page: CasePage, point: ContactPoint | None, user: User, form: OutcomeForm | None = None) -> dict[str, Any]:
    """The right side: the gate's answer and the script before a call, the script and the outcome during it."""
    found = page.case
    context: dict[str, Any] = {"call": page.call, "other_call": page.other_call, "point": point}
    context["placed"] = whom.placed(page.placement)
    context["script"] = guide.script_for(page, point, user)
    if page.call is not None:
        return context | guide.outcome_fields(page, form)
    if found.status == Case.Status.OPEN and point is not None:
        context["answer"] = answered(found, point, user)
        context["contact_id"] = uuid4()
    return context


def answered(found: Case, point: ContactPoint, user: User) -> dict[str, Any]:
    """The gate's answer about a number as the page shows it."""
    answer = gate.preview(calls.question(found, point, user, clock.now()))
    return {"allowed": answer.allowed, "words": answer.words(showing.language()), "pack": answer.pack}


@require_GET
def line(request: DeskRequest, case_id: int) -> HttpResponse:
    """The part above the call button and the script, for another of the customer's numbers."""
    user = request.user
    if not request.htmx:
        return show(request, case_id)
    page = queries.case_page(case_id, user, entries=0)
    context = panel(page, chosen(page.contact_points, request.GET.get("point")), user)
    return render(
        request,
        "desk/_line.html",
        context
        | {
            "case": page.case,
            "points": [whom.number(p) for p in page.contact_points],
            "may_work": can(user, "case.work"),
            "open": page.case.status == Case.Status.OPEN,
        },
    )


@require_http_methods(["GET", "POST"])
def show_in_full(request: DeskRequest, case_id: int, what: str, point_id: int = 0) -> HttpResponse:
    """A masked value in full, once a reason is given."""
    user = request.user
    require(user, "personal.reveal")
    context: dict[str, Any] = {
        "what": what,
        "point_id": point_id,
        "value": None,
        "error": "",
        "field": interview_words.field(what),
        "reasons": [(key, words.word(words.REVEAL_REASONS, key)) for key in reveal.REASONS],
    }
    context["case"] = queries.case(user, case_id)
    status = 200
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            context["value"] = _in_full(case_id, what, point_id, reason, user)
        except Invalid as error:
            if error.code != NEEDS_REASON.id:
                raise
            context["error"], status = error.text(showing.language()), 422
    name = "desk/_reveal.html" if request.htmx else "desk/reveal.html"
    response = render(request, name, context, status=status)
    if status == 422 and request.htmx:
        response["HX-Retarget"] = "#asked"
    return response


def _in_full(case_id: int, what: str, point_id: int, reason: str, user: User) -> str:
    if what == "phone":
        return reveal.phone(case_id, point_id, reason, user)
    if what.startswith(interview_words.ANSWER):
        told = reveal.answer(case_id, what.removeprefix(interview_words.ANSWER), reason, user)
        return interview_words.in_full(*told, showing.language())
    return reveal.customer_field(case_id, what, reason, user)


def _note_fields(request: DeskRequest, refused: Invalid | None) -> dict[str, str]:
    if refused is None:
        return {"note_text": "", "note_error": "", "wording_error": "", "wording_reason": ""}
    said, reason = refused.text(showing.language()), refused.field == "wording_reason"
    return {
        "note_text": request.POST.get("text", ""),
        "note_error": "" if reason else said,
        "wording_error": said if reason else "",
        "wording_reason": request.POST.get("wording_reason", ""),
    }


@require_POST
def note(request: DeskRequest, case_id: int) -> HttpResponse:
    sent = request.POST
    try:
        notes.add(
            case_id,
            sent.get("text", ""),
            request.user,
            uuid_of(sent.get("id")) or uuid4(),
            sent.get("wording_reason", ""),
        )
    except Invalid as error:
        return show(request, case_id, status=422, refused=error)
    messages.success(request, _("The note is saved."))
    return redirect("case", case_id)
