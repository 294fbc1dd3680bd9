"""The audit trail, to be looked through."""

from __future__ import annotations

from datetime import datetime, time

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shouyue.compliance import audit
from shouyue.compliance.models import AuditEntry
from shouyue.people.permissions import require
from shouyue.web import audit_words, showing
from shouyue.web.forms import day_of, whole_number
from shouyue.web.frame import DeskRequest

ROWS = 50


@require_GET
def trail(request: DeskRequest) -> HttpResponse:
    """The newest entries that fit, and older ones from the one named on; never counts the whole trail."""
    require(request.user, "audit.view")
    asked = {key: request.GET.get(key, "").strip()[:128] for key in ("action", "actor", "subject", "since", "until")}
    entries = AuditEntry.objects.filter(**{key: asked[key] for key in ("action", "actor", "subject") if asked[key]})
    since, until = day_of(asked["since"]), day_of(asked["until"])
    if since:
        entries = entries.filter(at__gte=datetime.combine(since, time.min, showing.home_zone()))
    if until:
        entries = entries.filter(at__lte=datetime.combine(until, time.max, showing.home_zone()))
    before = whole_number(request.GET.get("before"))
    if before:
        entries = entries.filter(seq__lt=before)
    found = list(entries.order_by("-seq")[: ROWS + 1])
    shown = found[:ROWS]
    return render(
        request,
        "desk/audit.html",
        {
            "entries": [(one, audit_words.action(one.action), list(audit_words.data(one.data))) for one in shown],
            "older": shown[-1].seq if len(found) > ROWS else None,
            "paged": before > 0,
            "asked": asked,
            "actions": sorted((audit_words.action(name), name) for name in audit_words.ACTIONS),
            "root": audit.newest(),
        },
    )
