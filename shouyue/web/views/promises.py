"""Promises to pay, and what became of them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shouyue.casework import queries
from shouyue.casework.models import Promise
from shouyue.people.models import Role
from shouyue.web.frame import DeskRequest, today
from shouyue.web.tables import PromiseFilter, PromiseTable, paged


@require_GET
def promises(request: DeskRequest) -> HttpResponse:
    """A rep's own, a manager's store's, everybody's for head office; open ones where nothing is asked."""
    user = request.user
    seen = Promise.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        seen = seen.filter(staff=user) | seen.filter(case__assignee=user)
    asked = request.GET.copy()
    if not asked:
        asked["state"] = Promise.State.OPEN
    found = PromiseFilter(asked, seen.select_related("case__customer", "case__store", "staff"))
    hidden = ["store"] if user.role in (Role.REP, Role.STORE_MANAGER) else []
    table = paged(request, PromiseTable(found.qs, exclude=hidden))
    due = today(request)
    return render(request, "desk/promises.html", {"table": table, "filter": found, "today": due.isoformat()})
