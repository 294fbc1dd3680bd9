"""Ending a case for good, and taking the work up again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import ending, queries
from shouyue.casework.models import Case
from shouyue.people.permissions import require
from shouyue.web import case_form, words
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def end(request: DeskRequest, case_id: int) -> HttpResponse:
    """An open case is ended here; of one that was ended, the work is taken up again."""
    user, sent = request.user, request.POST
    require(user, "case.end")
    found = queries.case(user, case_id)
    is_open = found.status == Case.Status.OPEN

    def save(_key: UUID) -> None:
        note, kept = sent.get("note", ""), sent.get("wording_reason", "")
        if is_open:
            ending.end(case_id, sent.get("reason", ""), note, user, kept)
        else:
            ending.take_up(case_id, note, user, kept)

    def context() -> dict[str, Any]:
        now, labels = ending.possible(found), {str(key): label for key, label in Case.CloseReason.choices}
        reasons = [
            (key, labels[key], key in now, words.matter(kind) if kind else "") for key, kind in ending.REASONS.items()
        ]
        return {"open": is_open, "ended": labels.get(found.customer.ended_because, ""), "reasons": reasons}

    return case_form.answered(request, found, "desk/end_case.html", save, _("Written down."), context)
