"""What somebody said about being contacted, written down by hand, and its end."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.base.errors import ShouyueError
from shouyue.casework import customers, wishing
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Customer
from shouyue.compliance.errors import BAD_WISH
from shouyue.compliance.models import Wish
from shouyue.compliance.rule import CHANNELS
from shouyue.compliance.wishes import PLACES, VISITED
from shouyue.people.permissions import require
from shouyue.web import customer_file, showing, whom, words
from shouyue.web.forms import local_moment, uuid_of, whole_number
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, customer_id: int) -> HttpResponse:
    """A form for what was said; what does not fit is refused beside its field."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "case.work")
    found = customers.customer(user, customer_id)
    if request.method == "POST":
        try:
            _say(request, customer_id)
        except ShouyueError as error:
            wrong = _beside(error)
        else:
            messages.success(request, _("Written down. The rules heed it from now on."))
            return redirect("customer", customer_id)
    context = {
        "kinds": [
            (kind, words.wish(kind))
            for kind in (wishing.CALL_BACK, *wishing.HIS, *wishing.OF_NUMBER, *wishing.AT_PLACE)
        ],
        "channels": [(channel, words.word(words.CHANNELS, channel)) for channel in CHANNELS],
        "weekdays": list(words.WEEKDAYS.items()),
        "places": [(place, words.word(words.PLACES, place)) for place in dict.fromkeys([*PLACES, *VISITED])],
        "points": [whom.number(point) for point in wishing.points(found, user)],
        "chosen": {name: sent.getlist(name) for name in ("channels", "weekdays")},
    }
    return _page(request, found, wrong, context)


def _say(request: DeskRequest, customer_id: int) -> None:
    sent, user = request.POST, request.user
    kind, key = sent.get("kind", ""), uuid_of(sent.get("id")) or uuid4()
    known = {"evidence": sent.get("evidence", ""), "evidence_ref": sent.get("evidence_ref", "").strip()}
    if kind == wishing.CALL_BACK:
        wishing.call_back(customer_id, local_moment(sent.get("call_at")), user, key, **known)
        return
    wishing.say(
        customer_id,
        kind,
        user,
        key,
        **known,
        point_id=whole_number(sent.get("point")),
        channels=sent.getlist("channels") if kind in wishing.HIS else (),
        details=_details(request, kind),
    )


@require_http_methods(["GET", "POST"])
def end(request: DeskRequest, customer_id: int, wish_id: int) -> HttpResponse:
    """How one knows that a wish is over, and then that it is."""
    user, sent, wrong = request.user, request.POST, {}
    require(user, "case.work")
    found = customers.customer(user, customer_id)
    if request.method == "POST":
        key, evidence, reference = (
            uuid_of(sent.get("id")) or uuid4(),
            sent.get("evidence", ""),
            sent.get("evidence_ref", ""),
        )
        try:
            wishing.end(customer_id, wish_id, user, key, evidence=evidence, evidence_ref=reference.strip())
        except ShouyueError as error:
            wrong = _beside(error)
        else:
            messages.success(request, _("Ended. The rules heed it from now on."))
            return redirect("customer", customer_id)
    return _page(request, found, wrong, {"ends": customer_file.wish(wishing.in_force(found, wish_id, user))})


def _page(request: DeskRequest, found: Customer, wrong: dict[str, str], context: dict[str, Any]) -> HttpResponse:
    sent = request.POST
    common = {
        "customer": found,
        "name": found.name or found.customer_id,
        "evidence": [(one.value, one.label) for one in wishing.EVIDENCE],
        "sent": sent,
        "errors": wrong,
        "id": sent.get("id") or uuid4(),
        "ends": None,
    }
    return render(request, "desk/wish.html", common | context, status=422 if wrong else 200)


def _beside(error: ShouyueError) -> dict[str, str]:
    """The field that is wrong and why; what is not about a field is not for the form."""
    if not isinstance(error, Invalid) and error.code != BAD_WISH.id:
        raise error
    return {str(error.values.get("field", "")): error.text(showing.language())}


def _details(request: DeskRequest, kind: str) -> dict[str, Any]:
    sent = request.POST
    if kind in (Wish.Kind.INCONVENIENT_PLACE, *wishing.AT_PLACE):
        return {"place": sent.get("place", "")}
    if kind == Wish.Kind.INCONVENIENT_TIME:
        days = sorted({int(day) for day in sent.getlist("weekdays") if day in {"1", "2", "3", "4", "5", "6", "7"}})
        return {"begins": sent.get("begins", ""), "ends": sent.get("ends", ""), "weekdays": days}
    return {}
