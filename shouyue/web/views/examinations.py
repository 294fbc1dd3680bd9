"""Examinations: who of those who contact borrowers has passed, until when it counts, and a form for the next."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.base import clock
from shouyue.casework import examining
from shouyue.casework.errors import Invalid
from shouyue.people.models import Examination, User
from shouyue.people.permissions import can, require
from shouyue.web import showing
from shouyue.web.forms import day_of
from shouyue.web.frame import DeskRequest

#: days before its end at which an examination is shown as ending soon
SOON = timedelta(days=30)


@require_http_methods(["GET", "POST"])
def examinations(request: DeskRequest) -> HttpResponse:
    """Who is listed, and, where a day was sent, what of it could not be taken."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "exam.view")
    if request.method == "POST":
        reference, withdrawn = sent.get("reference", "").strip(), "withdrawn" in sent
        try:
            made = examining.record(sent.get("user", ""), day_of(sent.get("passed_on")), reference, user, withdrawn)
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("Saved: %(name)s.") % {"name": made.user})
            return redirect("examinations")
    history = Prefetch("examinations", Examination.objects.order_by("-pk").select_related("by"))
    found = examining.staff(user).prefetch_related(history).order_by("store__name", "full_name", "username")
    counts, today = examining.lasts(), clock.today()
    context = {
        "rows": [_row(one, counts, today) for one in found],
        "counts": counts,
        "may_record": can(user, "exam.record"),
        "colleagues": [one for one in found if one.pk != user.pk],
        "today": today.isoformat(),
        "sent": sent,
        "wrong": wrong,
    }
    return render(request, "desk/examinations.html", context, status=422 if wrong else 200)


def _row(one: User, counts: int | None, today: date) -> dict[str, Any]:
    day = one.examined_on
    until = day + timedelta(days=counts) if day is not None and counts is not None else None
    if day is None:
        tone, state = "bad", _("none on record")
    elif until is not None and until < today:
        tone, state = "bad", _("counts no more")
    elif until is not None and until - today <= SOON:
        tone, state = "warn", _("ends soon")
    else:
        tone, state = "good", _("still counts")
    return {
        "who": one,
        "day": day.isoformat() if day else "–",
        "until": until.isoformat() if until else "–",
        "tone": tone,
        "state": state,
        "history": one.examinations.all(),
    }
