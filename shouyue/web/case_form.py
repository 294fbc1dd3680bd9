"""A form about a case: kept once by the key it carries, and what does not fit is said beside its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case
from shouyue.web import showing
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest


def answered(
    request: DeskRequest,
    case: Case,
    template: str,
    save: Callable[[UUID], object],
    done: str,
    context: Callable[[], Mapping[str, Any]],
) -> HttpResponse:
    """The form, or back to the case with ``done`` once ``save`` took what was sent.

    ``context`` is what the form shows besides the case, the customer's name, ``id`` (the key), ``sent`` and ``wrong``
    (by field what does not fit).
    """
    sent, wrong = request.POST, {}
    if request.method == "POST":
        try:
            save(uuid_of(sent.get("id")) or uuid4())
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, done)
            return redirect("case", case.pk)
    shown = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "id": sent.get("id") or uuid4(),
        "sent": sent,
        "wrong": wrong,
        **context(),
    }
    return render(request, template, shown, status=422 if wrong else 200)
