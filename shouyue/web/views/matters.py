"""Matters: the queue with its deadlines, one of them with evidence and history, and what a case has arranged."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouyue.casework import errors, queries
from shouyue.casework.errors import Invalid
from shouyue.casework.matters import states, working
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.matters.working import LARGEST_MB, Evidence
from shouyue.casework.models import Case, Matter
from shouyue.people.models import Role, User
from shouyue.people.permissions import can, require
from shouyue.web import showing, words
from shouyue.web.forms import day_of, uuid_of, whole_number
from shouyue.web.frame import DeskRequest, today
from shouyue.web.matter_tables import MatterFilter, MatterTable
from shouyue.web.tables import asked, paged
from shouyue.web.views import quotes
from shouyue.web.views.concessions import line as waiver
from shouyue.web.views.plans import plan_line


@require_GET
def matters(request: DeskRequest) -> HttpResponse:
    """Live matters, the nearest deadline first: a rep's own cases', a store's, everybody's for head office."""
    user = request.user
    seen = Matter.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        seen = seen.filter(Q(case__assignee=user) | Q(opened_by=user))
    asked_for = asked(request, which="live")
    found = MatterFilter(asked_for, seen.select_related("case__customer", "case__store", "owner"), user, today(request))
    hidden = ["store"] if user.role in (Role.REP, Role.STORE_MANAGER) else []
    table = paged(request, MatterTable(found.qs, exclude=hidden, day=today(request)))
    return render(request, "desk/matters.html", {"table": table, "filter": found})


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """Open a matter on a case: what it is, what shows it, and what stops from here."""
    user = request.user
    require(user, "matter.open")
    case, error = queries.case(user, case_id), None
    if request.method == "POST":
        key = uuid_of(request.POST.get("id")) or uuid4()
        try:
            kind, kept = request.POST.get("kind", ""), request.POST.get("wording_reason", "")
            made = working.open_matter(case_id, kind, _evidence(request), user, key, kept)
        except Invalid as wrong:
            error = wrong
        else:
            messages.success(request, _("The matter is open. What it stops has stopped."))
            return redirect("matter", made.pk)
    language = showing.language()
    return render(
        request,
        "desk/new_matter.html",
        {
            "case": case,
            "name": case.customer.name or case.customer.customer_id,
            "kinds": [(k.id, k.text(language), k.advice(language), _stops(k.id)) for k in kinds().values()],
            "sent": request.POST,
            "errors": _errors(error),
            "id": request.POST.get("id") or uuid4(),
            "largest": LARGEST_MB,
        },
        status=422 if error else 200,
    )


@require_http_methods(["GET", "POST"])
def matter(request: DeskRequest, matter_id: UUID) -> HttpResponse:
    """One matter; a POST takes the step named by its button."""
    user = request.user
    found = _seen(user, matter_id)
    error: Invalid | None = None
    if request.method == "POST":
        try:
            _act(request, matter_id)
        except Invalid as wrong:
            error = wrong
        else:
            messages.success(request, _("Saved."))
            return redirect("matter", matter_id)
    return render(request, "desk/matter.html", _page(request, found, error), status=422 if error else 200)


def _act(request: DeskRequest, matter_id: UUID) -> None:
    sent, user = request.POST, request.user
    action, key, note = sent.get("action", ""), uuid_of(sent.get("id")) or uuid4(), sent.get("note", "")
    kept = sent.get("wording_reason", "")
    if action == "add":
        working.add_evidence(matter_id, _evidence(request), user, key, kept)
    elif action == "assign":
        working.assign(matter_id, whole_number(sent.get("owner")), user, key)
    elif action == "extend":
        working.extend(matter_id, day_of(sent.get("until")), note, user, key, kept)
    elif action == "reopen":
        working.reopen(matter_id, note, user, key, kept)
    elif action in states.DECISIONS:
        working.decide(matter_id, action, note, user, key, day_of(sent.get("until")), kept)
    else:
        raise errors.UNKNOWN_CHOICE.error(field="action", value=action[:40])


def _seen(user: User, matter_id: UUID) -> Matter:
    seen = Matter.objects.filter(pk=matter_id, case__in=queries.visible_cases(user))
    found = seen.select_related("case__customer", "case__store", "owner", "opened_by").first()
    if found is None:
        raise errors.NO_MATTER.error()
    return found


def _page(request: DeskRequest, found: Matter, error: Invalid | None) -> dict[str, Any]:
    user, day, kind = request.user, today(request), kinds().get(found.kind)
    customer, language = found.case.customer, showing.language()
    decides = kind is not None and user.role in kind.decides
    possible = {action for action in states.ACTIONS if states.after(found.state, action)}
    may = {
        "add": "add" in possible and can(user, "matter.open"),
        "assign": "assign" in possible and can(user, "matter.work"),
        "reopen": "reopen" in possible and can(user, "matter.open"),
        "extend": "extend" in possible and decides,
    }
    own = found.opened_by_id == user.pk
    decisions = [a for a in states.DECISIONS if a in possible and decides and not own]
    if kind is not None and not kind.pause:
        decisions = [a for a in decisions if a != "pause"]
    return {
        "matter": found,
        "name": customer.name or customer.customer_id,
        "kind": words.matter(found.kind),
        "advice": kind.advice(language) if kind else "",
        "stops": _stops(found.kind) if found.state in states.LIVE else "",
        "live": found.state in states.LIVE,
        "late": found.state == states.OPEN and found.due_on < day,
        "evidence": list(found.evidence.select_related("by").order_by("at")),
        "steps": [
            (showing.moment(s.at), words.word(words.MATTER_ACTIONS, s.action), s.by, s.until, s.note)
            for s in found.steps.select_related("by").order_by("-seq")
        ],
        "may": may,
        "decisions": [(a, words.word(words.MATTER_DECISIONS, a)) for a in decisions],
        "decision_keys": decisions,
        "own_word": own and decides and found.state in states.LIVE,
        "owners": working.owners(found) if may["assign"] and kind else [],
        "sent": request.POST,
        "errors": _errors(error),
        "id": request.POST.get("id") or uuid4(),
        "day": day.isoformat(),
        "largest": LARGEST_MB,
    }


def _errors(error: Invalid | None) -> dict[str, str]:
    return {error.field: error.text(showing.language())} if error else {}


def _stops(kind_id: str) -> str:
    """What a kind stops, in words."""
    kind = kinds().get(kind_id)
    if kind is None:
        return ""
    if not kind.stops:
        return _("stops nothing")
    what = showing.listed(words.word(words.CHANNELS, c) for c in kind.stops)
    what = what if "reminder" in kind.purposes else _("%(what)s (collection)") % {"what": what}
    if not kind.whom:
        return what
    whom = showing.listed(words.word(words.RELATIONS, relation) for relation in kind.whom)
    return _("%(what)s; only with: %(whom)s") % {"what": what, "whom": whom}


def _evidence(request: DeskRequest) -> Evidence:
    """What was typed; of a file its hash and size are taken, and the file is let go."""
    sent = request.POST
    file = request.FILES.get("file")
    sha256, size = sent.get("sha256", ""), None
    if isinstance(file, UploadedFile):
        size = file.size or 0
        sha256 = _hash(file) if size <= LARGEST_MB * 2**20 else ""
    return Evidence(sent.get("note", ""), sent.get("reference", ""), sha256, size)


def _hash(file: UploadedFile) -> str:
    whole = hashlib.sha256()
    for chunk in file.chunks():
        whole.update(chunk)
    return whole.hexdigest()


@require_GET
def arrangements(request: DeskRequest, case_id: int) -> HttpResponse:
    """What is arranged with the customer, beside the case: loaded after the page, or a page of its own."""
    user = request.user
    case = queries.case(user, case_id)
    context = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "open": case.status == Case.Status.OPEN,
        "may_open": can(user, "matter.open"),
        "concessions": [waiver(one) for one in case.concessions.order_by("-proposed_on").prefetch_related("parts")],
        "may_propose": can(user, "concession.propose"),
        "quotes": quotes.of_case(case),
        "may_quote": can(user, "quote.make") and not case.customer.ended_because,
        "plans": [plan_line(one) for one in case.plans.order_by("-made_on", "-id")],
        "may_work": can(user, "case.work"),
        "may_end": can(user, "case.end") and (case.status == Case.Status.OPEN or case.customer.ended_because),
        "matters": [_line(one, today(request)) for one in case.matters.order_by("-opened_at")],
    }
    return render(request, "desk/_arrangements.html" if request.htmx else "desk/arrangements.html", context)


def _line(one: Matter, day: date) -> dict[str, Any]:
    return {
        "id": one.pk,
        "kind": words.matter(one.kind),
        "state": str(one.get_state_display()),  # type: ignore[attr-defined]
        "tone": {"open": "bad" if one.due_on < day else "warn", "confirmed": "bad", "paused": "info"}.get(
            one.state, ""
        ),
        "until": one.paused_until or (one.due_on if one.state == states.OPEN else None),
    }
