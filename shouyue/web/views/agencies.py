"""Agencies: which there are, the tokens of their systems, and which customers are placed with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from shouyue.base.errors import ShouyueError
from shouyue.casework.agencies import managing
from shouyue.casework.models import Agency
from shouyue.people.permissions import NotPermitted, can, require
from shouyue.web import showing
from shouyue.web.frame import DeskRequest

#: customers that are placed, or come back, at once
MOST = 500


@require_GET
def agencies(request: DeskRequest) -> HttpResponse:
    require(request.user, "agency.view")
    return _page(request)


def _page(request: DeskRequest, secret: str = "", of: str = "", status: int = 200) -> HttpResponse:
    placed = Count("placements", filter=Q(placements__ended_at=None))
    shown = Agency.objects.order_by("code").annotate(placed=placed)
    context = {
        "agencies": shown.prefetch_related("tokens__made_by", "tokens__withdrawn_by"),
        "secret": secret,
        "of": of,
        "may_manage": can(request.user, "agency.manage"),
        "may_place": can(request.user, "agency.place"),
    }
    return render(request, "desk/agencies.html", context, status=status)


@require_POST
def save(request: DeskRequest) -> HttpResponse:
    """A further agency, or another name and evaluation of one."""
    require(request.user, "agency.manage")
    given = request.POST
    try:
        evaluated = date.fromisoformat(given["evaluated_on"]) if given.get("evaluated_on") else None
    except ValueError:
        messages.error(request, _("Write the day as 2026-11-24."))
        return redirect("agencies")
    code, name = given.get("code", "").strip(), given.get("name", "").strip()
    return _told(request, lambda: _("Saved: %(name)s.") % {"name": managing.add(code, name, request.user, evaluated)})


@require_POST
def token(request: DeskRequest, agency_id: int) -> HttpResponse:
    """A new token: its secret stands on the answer to this request, and nowhere else."""
    require(request.user, "agency.manage")
    agency = Agency.objects.filter(pk=agency_id).first()
    if agency is None:
        messages.error(request, _("There is no such agency."))
        return redirect("agencies")
    _made, secret = managing.new_token(agency.code, request.user)
    return _page(request, secret, agency.code)


@require_POST
def withdraw(request: DeskRequest, agency_id: int, number: int) -> HttpResponse:
    require(request.user, "agency.manage")
    code = Agency.objects.filter(pk=agency_id).values_list("code", flat=True).first() or ""
    return _told(
        request,
        lambda: (
            _("Token %(number)s counts no more.") % {"number": managing.withdraw_token(code, number, request.user).pk}
        ),
    )


@require_POST
def place(request: DeskRequest) -> HttpResponse:
    """Customers by their numbers go to an agency, or, with none chosen, come back; those that cannot are named."""
    require(request.user, "agency.place")
    code = request.POST.get("agency", "")
    asked = list(dict.fromkeys(request.POST.get("customers", "").replace(",", " ").split()))[:MOST]
    done = 0
    for customer in asked:
        try:
            placed = (
                managing.place(code, customer, request.user) if code else managing.take_back(customer, request.user)
            )
        except ShouyueError as error:
            messages.error(request, f"{error.text(showing.language())} ({error.code})")
        else:
            done += placed is not None
    if code:
        text = ngettext("%(n)s customer is with %(agency)s.", "%(n)s customers are with %(agency)s.", done)
    else:
        text = ngettext("%(n)s customer came back.", "%(n)s customers came back.", done)
    messages.success(request, text % {"n": done, "agency": code})
    return redirect("agencies")


def _told(request: DeskRequest, do: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, do())
    except NotPermitted:
        raise
    except ShouyueError as error:
        messages.error(request, f"{error.text(showing.language())} ({error.code})")
    return redirect("agencies")
