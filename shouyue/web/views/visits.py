"""A visit: planned with the gate's answer for its time, begun through the gate, reported or cancelled."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.base import clock
from shouyue.casework import errors, queries, visits
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Visit
from shouyue.compliance import gate
from shouyue.people.permissions import can, require
from shouyue.web import guide, showing, whom, words
from shouyue.web.forms import VisitForm, local_moment, uuid_of, whole_number
from shouyue.web.frame import DeskRequest, today


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """Where, when, why and with whom; a visit that is still open is shown instead of a second one."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "case.work")
    case = queries.case(user, case_id)
    queries.must_be_open(case)
    opened = Visit.objects.filter(case=case, state__in=(Visit.State.PLANNED, Visit.State.BEGUN)).first()
    if opened is not None and request.method == "GET":
        return redirect("visit", opened.pk)
    if request.method == "POST":
        place, why, second = sent.get("place", ""), sent.get("why", ""), whole_number(sent.get("second"))
        key, at = uuid_of(sent.get("id")) or uuid4(), local_moment(sent.get("planned_for"))
        try:
            made = visits.plan(case_id, place, why, at, second, user, key, sent.get("agreed") == "1")
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("The visit is planned. The gate is asked again when it begins."))
            return redirect("visit", made.pk)
    answer = gate.preview(visits.asked(case, "home", user, clock.now()))
    return render(
        request,
        "desk/new_visit.html",
        {
            "case": case,
            "name": case.customer.name or case.customer.customer_id,
            "answer": {"allowed": answer.allowed, "words": answer.words(showing.language())},
            "places": Visit.Place.choices,
            "whys": Visit.Why.choices,
            "companions": visits.companions(case, user),
            "refused": [words.refused_at(wish) for wish in visits.refusals(case)],
            "sent": sent,
            "errors": wrong,
            "id": sent.get("id") or uuid4(),
        },
        status=422 if wrong else 200,
    )


@require_http_methods(["GET", "POST"])
def visit(request: DeskRequest, visit_id: UUID) -> HttpResponse:
    """The visit; a POST takes the step named by its button."""
    user, sent = request.user, request.POST
    found = visits.seen(visit_id, user)
    form, wrong = None, {}
    if request.method == "POST":
        require(user, "case.work")
        if sent.get("action") == "report":
            form = VisitForm(sent, found.case.currency)
        try:
            if form is None or form.is_valid():
                _act(request, visit_id, form)
                return redirect("visit", visit_id)
        except Invalid as error:
            if form is not None and error.field:
                form.refuse(error)
            else:
                wrong = {error.field: error.text(showing.language())}
    page = queries.case_page(found.case_id, user, entries=0)
    fields = guide.outcome_fields(page, form)
    return render(
        request,
        "desk/visit.html",
        {
            "visit": found,
            "case": page.case,
            "call": None,
            "name": page.case.customer.name or page.case.customer.customer_id,
            "points": [whom.number(p) for p in page.contact_points],
            "planned_for": showing.moment(found.planned_for),
            "where": whom.where(page, today(request), found.place),
            "may_reveal": can(user, "personal.reveal"),
            "begun_at": showing.moment(found.begun_at),
            "mine": user.pk in (found.first_id, found.second_id),
            "refused": [words.refused_at(wish) for wish in visits.refusals(page.case, (found.place,))],
            "sent": sent,
            "wrong": wrong,
            "id": uuid4(),
            **fields,
            "reached": [one for one in fields["reached"] if one[0] in visits.MET],
        },
        status=422 if wrong or form is not None else 200,
    )


def _act(request: DeskRequest, visit_id: UUID, form: VisitForm | None) -> None:
    sent, user = request.POST, request.user
    action = sent.get("action", "")
    if form is not None:
        given = form.cleaned_data
        more = {"point_id": given["point"], "untold": given["untold"], "reference": given["reference"].strip()}
        visits.report(visit_id, form.outcome(), user, **more)
        messages.success(request, _("The visit is reported."))
    elif action == "begin":
        answer = visits.begin(visit_id, user, uuid_of(sent.get("id")) or uuid4())
        said = _("Begun. Report it when it is over.") if answer.allowed else answer.words(showing.language())
        (messages.success if answer.allowed else messages.warning)(request, said)
    elif action == "cancel":
        visits.cancel(visit_id, sent.get("why_not", ""), user, sent.get("wording_reason", ""))
        messages.success(request, _("The visit is cancelled."))
    else:
        raise errors.UNKNOWN_CHOICE.error(field="", value=action[:40])
