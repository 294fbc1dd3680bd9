"""An address or an employer that the desk was told: a form, and all that was told before."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import numbers, queries
from shouyue.casework.details import keeping, reading
from shouyue.casework.errors import Invalid
from shouyue.casework.masking import mask_text
from shouyue.casework.models import ToldDetail
from shouyue.people.permissions import require
from shouyue.web import showing, words
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """What was told, whence, and whether letters go there; what does not fit is said beside its field."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "case.work")
    case = queries.case(user, case_id)
    if request.method == "POST":
        texts = {field: str(sent.get(field, "")) for field in ("what", "value", "source", "city", "reference")}
        said = keeping.Said(**texts, letters=bool(sent.get("letters")))
        try:
            keeping.say(case_id, said, user, uuid_of(sent.get("id")) or uuid4())
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("Written down, beside what the lender's file says."))
            return redirect("case", case_id)
    context = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "whats": ToldDetail.What.choices,
        "sources": [(key, words.word(words.DETAIL_SOURCES, key)) for key in numbers.SOURCES],
        "told": [_line(one) for one in reading.history(case.customer_id)],
        "id": sent.get("id") or uuid4(),
        "sent": sent,
        "wrong": wrong,
    }
    return render(request, "desk/new_detail.html", context, status=422 if wrong else 200)


def _line(one: ToldDetail) -> dict[str, Any]:
    return {
        "what": one.get_what_display(),  # type: ignore[attr-defined]
        "value": mask_text(one.value),
        "source": words.word(words.DETAIL_SOURCES, one.source),
        "letters": one.letters,
        "settled": one.settled,
        "at": showing.moment(one.at),
        "by": str(one.by),
    }
