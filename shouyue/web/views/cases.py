"""All cases as a list: filter, sort, page, take along as a file, hand over in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shouyue.base import money
from shouyue.casework import handover, queries
from shouyue.casework.models import Case
from shouyue.compliance import audit
from shouyue.people.models import Role, User
from shouyue.people.permissions import can, require
from shouyue.web import export, showing, words
from shouyue.web.frame import DeskRequest
from shouyue.web.tables import CaseFilter, CaseTable, asked, paged


def _asked(request: DeskRequest) -> QueryDict:
    """The filters of the address; open cases where it names none, a rep's own."""
    own = {"assignee": str(request.user.pk)} if request.user.role == Role.REP else {}
    return asked(request, status=Case.Status.OPEN, **own)


def _found(request: DeskRequest) -> CaseFilter:
    user = request.user
    cases = queries.visible_cases(user).select_related("customer", "assignee", "store")
    newest = Case.objects.order_by("-id").values_list("strategy", flat=True).first()
    return CaseFilter(_asked(request), cases, user, newest or "standard@1")


@require_GET
def cases(request: DeskRequest) -> HttpResponse:
    user = request.user
    found = _found(request)
    may_assign = can(user, "case.hand_over_any")
    hidden = [] if may_assign else ["choose"]
    if user.role in (Role.REP, Role.STORE_MANAGER):
        hidden.append("store")
    table = paged(request, CaseTable(found.qs, exclude=hidden))
    return render(
        request,
        "desk/cases.html",
        {
            "table": table,
            "filter": found,
            "may_export": can(user, "cases.export"),
            "may_assign": may_assign,
            "takers": User.objects.filter(
                store_id=user.store_id, is_active=True, role__in=[Role.REP, Role.STORE_MANAGER]
            ).order_by("full_name", "username")
            if may_assign
            else [],
            "reasons": [(key, words.word(words.HANDOVER_REASONS, key)) for key in handover.REASONS],
            "form_id": uuid4(),
            "query": request.GET.urlencode(),
        },
    )


def _head() -> list[str]:
    return [
        *(_("Case"), _("Customer no."), _("Name"), _("Phase"), _("Segment"), _("Bucket"), _("Days late")),
        *(_("Overdue"), _("Due amount"), _("Currency"), _("Due date"), _("Works on it"), _("Store")),
        *(_("Last contact"), _("Status")),
    ]


def _lines(found: QuerySet[Case]) -> Iterator[list[Any]]:
    language = get_language() or "zh-hans"
    for case in found[: export.MOST].iterator(chunk_size=2000):
        yield [
            case.pk,
            case.customer.customer_id,
            showing.hidden_name(case.customer.name),
            str(case.get_phase_display()),
            words.strategy_label(case.strategy, "segments", case.segment, language),
            case.bucket,
            case.dpd,
            money.from_minor(case.overdue_minor, case.currency),
            money.from_minor(case.due_minor, case.currency),
            case.currency,
            case.next_due,
            str(case.assignee or ""),
            str(case.store),
            showing.moment(case.last_contact_at),
            str(case.get_status_display()),
        ]


@require_POST
def export_cases(request: DeskRequest, form: str) -> HttpResponse | FileResponse:
    """The filtered list as a file. Names stay masked; that it was taken is written down."""
    user = request.user
    require(user, "cases.export")
    why, found = export.reason(request), _found(request)
    if not found.is_valid():
        return redirect(reverse("cases"))
    with transaction.atomic():
        file, rows = export.as_file(form, _head(), _lines(found.qs.order_by("-priority", "id")))
        by = {key: value for key, value in found.form.cleaned_data.items() if value not in (None, "")}
        audit.record(
            "cases.export",
            f"user:{user.pk}",
            {
                "rows": rows,
                "format": form,
                "filters": {key: str(getattr(v, "pk", v)) for key, v in by.items()},
                "reason": why,
            },
            user,
        )
    return FileResponse(file, as_attachment=True, filename=f"cases.{form}")
