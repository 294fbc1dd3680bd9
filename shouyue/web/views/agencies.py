"""Agencies: which there are, the tokens of their systems, and which customers are placed with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.contrib import messages
from django.db.models import Count, Min, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework.agencies import managing, terms
from shouyue.casework.house import house
from shouyue.casework.models import Agency
from shouyue.people.permissions import NotPermitted, can, require
from shouyue.web import showing
from shouyue.web.forms import day_of
from shouyue.web.frame import DeskRequest

#: customers that are placed, or come back, at once
MOST = 500


@require_GET
def agencies(request: DeskRequest) -> HttpResponse:
    require(request.user, "agency.view")
    return _page(request)


def _page(request: DeskRequest, secret: str = "", of: str = "", status: int = 200) -> HttpResponse:
    today = clock.today()
    soon = Q(placements__ended_at=None, placements__ends_on__lte=today + timedelta(days=house().placement_warn_days))
    shown = Agency.objects.order_by("code").annotate(
        placed=Count("placements", filter=Q(placements__ended_at=None)),
        ending=Count("placements", filter=soon),
        next_end=Min("placements__ends_on", filter=soon),
    )
    context = {
        "rows": [
            (one, [_due(*found) for found in terms.warnings(one, today)])
            for one in shown.prefetch_related("tokens__made_by", "tokens__withdrawn_by")
        ],
        "secret": secret,
        "of": of,
        "may_manage": can(request.user, "agency.manage"),
        "may_place": can(request.user, "agency.place"),
        "first": (today + timedelta(days=1)).isoformat(),
        "usual": (today + timedelta(days=house().placement_days)).isoformat(),
    }
    return render(request, "desk/agencies.html", context, status=status)


def _due(what: str, day: date | None) -> str:
    text = {
        terms.NEVER: _("never evaluated"),
        terms.YEARLY: _("to be evaluated by %(day)s"),
        terms.BEFORE_END: _("to be evaluated before its contract ends on %(day)s"),
        terms.OVER: _("its contract ended on %(day)s"),
    }[what]
    return text % {"day": day}


@require_POST
def save(request: DeskRequest) -> HttpResponse:
    """A further agency, or another name and evaluation of one."""
    require(request.user, "agency.manage")
    given = request.POST
    days = [day_of(given.get(field)) for field in ("evaluated_on", "contract_ends_on")]
    if any(given.get(field) and not day for field, day in zip(("evaluated_on", "contract_ends_on"), days, strict=True)):
        messages.error(request, _("Write the day as 2026-11-24."))
        return redirect("agencies")
    code, name = given.get("code", "").strip(), given.get("name", "").strip()
    return _told(request, lambda: _("Saved: %(name)s.") % {"name": managing.add(code, name, request.user, *days)})


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
    until, done = day_of(request.POST.get("until")), 0
    for customer in asked:
        try:
            placed = (
                managing.place(code, customer, request.user, until)
                if code
                else managing.take_back(customer, request.user)
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
