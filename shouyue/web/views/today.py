"""The manager's Today: the day at a glance, per rep or per store, live; each number opens its rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shouyue.base import clock
from shouyue.casework import queries
from shouyue.people.models import Store, User
from shouyue.people.permissions import can, require
from shouyue.reports.metrics import METRICS
from shouyue.reports.rows import Figure, Row
from shouyue.reports.today import today as numbers
from shouyue.web import frame, showing
from shouyue.web.drill import FIGURES
from shouyue.web.forms import whole_number
from shouyue.web.frame import DeskRequest
from shouyue.web.tables import CaseTable, paged

#: columns of the league: attribute, heading, figure that opens; in the order of a day's work
COLUMNS = ("due", "done", "calls", "reached", "reminded", "promised", "kept", "broken", "inflow")
HEADLINE = ("due", "reminded", "reached", "promised", "paid", "inflow")
SECOND = ("done", "calls", "kept", "part_kept", "broken", "held", "unassigned")


def scope_of(request: DeskRequest) -> Store | None:
    """The manager's own store; for head office the one asked for, or all."""
    user = request.user
    require(user, "today.view")
    if not can(user, "today.all_stores"):
        return user.store
    return Store.objects.filter(pk=whole_number(request.GET.get("store"))).first()


@require_GET
def today(request: DeskRequest) -> HttpResponse:
    user = request.user
    scope = scope_of(request)
    asked = request.GET.get("currency", "")
    found = numbers(scope, frame.today(request), asked if len(asked) == 3 and asked.isalpha() else None)
    store = scope.pk if scope else None
    by_store = scope is None
    lines = found.stores if by_store else found.reps
    sort = request.GET.get("sort", "")
    if sort in COLUMNS:
        lines = sorted(lines, key=lambda row: -_size(row, sort))
    context = {
        "scope": scope,
        "stores": Store.objects.order_by("name", "code") if can(user, "today.all_stores") else [],
        "headline": [_tile(found.total, name, store) for name in HEADLINE],
        "second": [_tile(found.total, name, store) for name in SECOND],
        "share": showing.percent(found.total.done_share),
        "share_number": int((found.total.done_share or 0) * 100),
        "by_store": by_store,
        "columns": [(name, FIGURES[name][0], _sorted_by(request, name), name == sort) for name in COLUMNS],
        "lines": [_line(row, store, by_store) for row in lines],
        "currency": found.currency,
        "currencies": found.currencies if len(found.currencies) > 1 else [],
        "now": showing.moment(clock.now()),
        "published": showing.moment(found.published_at),
        "address": _address(request),
    }
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, "desk/_today.html" if part else "desk/today.html", context)


def _address(request: DeskRequest, **more: str) -> str:
    kept = {key: value for key, value in request.GET.items() if key in ("store", "currency", "sort") and value}
    return f"{reverse('today')}?{urlencode(kept | more)}"


def _sorted_by(request: DeskRequest, name: str) -> str:
    return _address(request, sort=name)


def _size(row: Row, name: str) -> int:
    value = getattr(row, name)
    return value.count if isinstance(value, Figure) else value


def _rows_of(name: str, store: int | None, rep: int | None = None) -> str:
    asked = {key: value for key, value in (("store", store), ("rep", rep)) if value}
    return reverse("today-rows", args=[name]) + (f"?{urlencode(asked)}" if asked else "")


def _tile(row: Row, name: str, store: int | None) -> dict[str, Any]:
    """One number of the head: how many, how much, what it means, where its rows are."""
    value = getattr(row, name)
    metric = METRICS[FIGURES[name][1]]
    return {
        "name": FIGURES[name][0],
        "count": f"{_size(row, name):,}",
        "amount": showing.amount(value.minor, value.currency) if isinstance(value, Figure) and value.count else "",
        "means": metric.definition(showing.language()),
        "address": _rows_of(name, store),
        "tone": {"broken": "bad", "kept": "good"}.get(name, "") if _size(row, name) else "",
    }


def _line(row: Row, store: int | None, by_store: bool) -> dict[str, Any]:
    """A rep or a store of the league."""
    of_store, of_rep = (row.id, None) if by_store else (store, row.id)
    name = row.name or (_("Nobody") if row.id is None else "–")
    return {
        "name": name,
        "address": f"{reverse('today')}?store={row.id}" if by_store else "",
        "cells": [
            (
                f"{_size(row, column):,}",
                _rows_of(column, of_store, of_rep) if _size(row, column) and (by_store or row.id) else "",
            )
            for column in COLUMNS
        ],
        "done": showing.percent(row.done_share),
        "done_number": int((row.done_share or 0) * 100),
        "rpc": showing.percent(row.rpc_per_attempt),
        "promise_rate": showing.percent(row.promise_rate),
        "kept_rate": showing.percent(row.kept_rate),
        "promised": showing.amount(row.promised.minor, row.currency) if row.promised.count else "",
        "load": showing.percent(row.load_share),
        "over": row.load_share is not None and row.load_share > 1,
    }


@require_GET
def rows(request: DeskRequest, figure: str) -> HttpResponse:
    """The cases a number was counted from."""
    user = request.user
    scope = scope_of(request)
    if figure not in FIGURES:
        raise Http404
    name, metric_id, find = FIGURES[figure]
    cases = queries.visible_cases(user)
    if scope is not None:
        cases = cases.filter(store=scope)
    rep = whole_number(request.GET.get("rep")) or None
    found = find(cases, frame.today(request), rep).select_related("customer", "assignee", "store")
    hidden = ["choose"] if can(user, "today.all_stores") else ["choose", "store"]
    table = paged(request, CaseTable(found, exclude=hidden))
    metric = METRICS[metric_id]
    language = showing.language()
    return render(
        request,
        "desk/today_rows.html",
        {
            "name": name,
            "metric": metric.zh if language == "zh" else metric.en,
            "means": metric.definition(language),
            "version": metric.version,
            "metric_id": metric.id,
            "table": table,
            "scope": scope,
            "rep": User.objects.filter(pk=rep).first() if rep else None,
        },
    )
