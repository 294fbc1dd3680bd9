"""A call that came in, written down with what was said."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouyue.base import clock
from shouyue.casework import inbound, queries
from shouyue.casework.errors import Invalid
from shouyue.people.permissions import require
from shouyue.web import guide, showing, whom
from shouyue.web.forms import InboundForm, uuid_of
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """The form; what does not fit is refused beside its field, and nothing that was typed is lost."""
    user = request.user
    require(user, "case.work")
    page = queries.case_page(case_id, user, entries=0)
    queries.must_be_open(page.case)
    form = InboundForm(request.POST, page.case.currency) if request.method == "POST" else None
    if form is not None and form.is_valid():
        given = form.cleaned_data
        key = uuid_of(request.POST.get("id")) or uuid4()
        try:
            inbound.write(case_id, given["point"], given["at"], given["identified"], form.outcome(), user, key)
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("The call is written down."))
            return redirect("case", case_id)
    sent = request.POST
    fields = guide.outcome_fields(page, form)
    return render(
        request,
        "desk/inbound.html",
        {
            "case": page.case,
            "call": None,
            "name": page.case.customer.name or page.case.customer.customer_id,
            "points": [whom.number(p) for p in page.contact_points],
            "sent": sent,
            "at": sent.get("at") or f"{clock.now().astimezone(showing.home_zone()):%Y-%m-%dT%H:%M}",
            "id": sent.get("id") or uuid4(),
            **fields,
            "reached": [one for one in fields["reached"] if one[0] in inbound.CALLERS],
        },
        status=422 if form is not None else 200,
    )
