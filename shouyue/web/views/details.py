"""An address or an employer that the desk was told: a form, and all that was told before."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.casework import numbers, queries
from shouyue.casework.details import keeping, reading
from shouyue.casework.masking import mask_text
from shouyue.casework.models import ToldDetail
from shouyue.people.permissions import require
from shouyue.web import case_form, showing, words
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """What was told, whence, and whether letters go there."""
    user, sent = request.user, request.POST
    require(user, "case.work")
    case = queries.case(user, case_id)
    texts = {field: sent.get(field, "") for field in ("what", "value", "source", "city", "zone", "reference")}
    said = keeping.Said(**texts, letters=bool(sent.get("letters")))
    return case_form.answered(
        request,
        case,
        "desk/new_detail.html",
        lambda key: keeping.say(case_id, said, user, key),
        _("Written down, beside what the lender's file says."),
        lambda: {
            "whats": ToldDetail.What.choices,
            "sources": [(key, words.word(words.DETAIL_SOURCES, key)) for key in numbers.SOURCES],
            "filed_zone": keeping.filed_zone(case.customer),
            "zone": sent.get("zone", case.customer.told_zone),
            "zones": keeping.zones(),
            "told": [_line(one) for one in reading.history(case.customer_id)],
        },
    )


def _line(one: ToldDetail) -> dict[str, Any]:
    return {
        "what": one.get_what_display(),  # type: ignore[attr-defined]
        "value": mask_text(one.value),
        "source": words.word(words.DETAIL_SOURCES, one.source),
        "zone": one.zone,
        "letters": one.letters,
        "settled": one.settled,
        "at": showing.moment(one.at),
        "by": str(one.by),
    }
