"""Promises to pay, and what became of them."""

from __future__ import annotations

import django_tables2
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shouyue.casework import queries
from shouyue.casework.models import Promise
from shouyue.people.models import Role, User
from shouyue.web.frame import today
from shouyue.web.tables import PromiseFilter, PromiseTable


@require_GET
def promises(request: HttpRequest) -> HttpResponse:
    """A rep's own, a manager's store's, everybody's for head office; open ones where nothing is asked."""
    user: User = request.user  # type: ignore[assignment]
    seen = Promise.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        seen = seen.filter(staff=user) | seen.filter(case__assignee=user)
    asked = request.GET.copy()
    if not asked:
        asked["state"] = Promise.State.OPEN
    found = PromiseFilter(asked, seen.select_related("case__customer", "case__store", "staff"))
    hidden = ["store"] if user.role in (Role.REP, Role.STORE_MANAGER) else []
    table = PromiseTable(found.qs, exclude=hidden)
    django_tables2.RequestConfig(
        request, paginate={"per_page": 50, "paginator_class": django_tables2.LazyPaginator}
    ).configure(table)
    due = today(request)
    return render(request, "desk/promises.html", {"table": table, "filter": found, "today": due.isoformat()})
