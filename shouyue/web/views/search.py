"""Search. What was looked for travels in the body, never in an address, so no log holds a name or a number."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from shouyue.base import clock
from shouyue.casework import queries
from shouyue.web.frame import DeskRequest, today
from shouyue.web.views.my_day import row


@require_http_methods(["GET", "POST"])
def search(request: DeskRequest) -> HttpResponse:
    if request.method == "GET":  # the page was reloaded: what was looked for is gone
        return redirect("start")
    text = request.POST.get("text", "").replace("\x00", "")[:100]
    few = bool(request.htmx)
    found = queries.search(request.user, text, 8 if few else 50)
    day, now = today(request), clock.now()
    context = {
        "text": text.strip(),
        "rows": [
            (row(case, day, now), case.status == "open", str(case.assignee or ""), case.customer_id) for case in found
        ],
    }
    return render(request, "desk/_found.html" if few else "desk/search.html", context)
