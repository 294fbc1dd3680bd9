"""Contact data for the lender's core: what waits to be told, the files, and what the core still says otherwise."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shouyue.casework.contact_changes import drawing, exporting, standing
from shouyue.casework.house import house
from shouyue.casework.models import Case, Instruction, ToldLine
from shouyue.people.permissions import can, require
from shouyue.web import showing, words
from shouyue.web.forms import whole_number
from shouyue.web.frame import DeskRequest, today

#: files and lines on the page, the newest
MOST = 60


@require_http_methods(["GET", "POST"])
def core(request: DeskRequest) -> HttpResponse:
    """What there is to tell, and was told. A POST puts what is new into the next file."""
    user = request.user
    require(user, "core.view")
    if request.method == "POST":
        written = exporting.export(user, request.POST.get("reason", ""))
        if written is None:
            messages.info(request, _("There is nothing new to tell."))
        else:
            messages.success(request, _("File %(number)s is made.") % {"number": written.made.number})
        return redirect("core")
    untold = sorted(drawing.counts().items())
    late = standing.overdue(today(request))
    shown = list(late[:MOST])
    return render(
        request,
        "desk/core.html",
        {
            "untold": [(str(ToldLine.Change(change).label), count) for change, count in untold],
            "waiting": standing.waiting().count(),
            "files": [_file(made) for made in _files()],
            "late": _late(shown),
            "how_many_late": late.count(),
            "days": house().contact_days,
            "may_export": can(user, "core.export"),
            "reasons": [(key, words.word(words.CORE_REASONS, key)) for key in exporting.REASONS],
        },
    )


def _files() -> list[Instruction]:
    found = Instruction.objects.filter(kind=exporting.KIND).select_related("by").order_by("-number")
    return list(found.annotate(waits=Count("lines", filter=Q(lines__settled_on=None)))[:MOST])


def _file(made: Instruction) -> dict[str, Any]:
    return {
        "number": made.number,
        "at": showing.moment(made.made_at),
        "by": made.by,
        "totals": [(str(ToldLine.Change(change).label), count) for _, change, count, _ in made.totals],
        "count": made.count,
        "waits": made.waits,  # type: ignore[attr-defined]
        "sha256": made.sha256,
    }


def _late(shown: list[ToldLine]) -> list[dict[str, Any]]:
    """Lines without what was told: that stands on the customer's case."""
    worked = Case.objects.filter(customer__in={one.customer_id for one in shown}, status=Case.Status.OPEN)
    case_of = dict(worked.values_list("customer_id", "pk"))
    return [
        {
            "number": one.instruction.number,
            "line": one.line,
            "on": showing.moment(one.instruction.made_at)[:10],
            "change": str(ToldLine.Change(one.change).label),
            "case": case_of[one.customer_id],
            "name": showing.hidden_name(one.customer.name),
            "customer": one.customer.customer_id,
        }
        for one in shown
    ]


@require_POST
def file(request: DeskRequest) -> HttpResponse:
    """One of the files, drawn from its rows again; that it was taken, and why, is kept."""
    require(request.user, "core.export")
    number = whole_number(request.POST.get("number", ""))
    written = exporting.again(number, request.user, request.POST.get("reason", ""))
    told = {"Content-Disposition": f'attachment; filename="{written.name}"'}
    return HttpResponse(written.text, content_type="text/csv; charset=utf-8", headers=told)
