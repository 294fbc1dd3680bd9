"""Conventions, and what changes when another one is used: for head office and auditors."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue.base.errors import ShouyueError
from shouyue.compliance import audit
from shouyue.daily import business_day
from shouyue.people.permissions import can, require
from shouyue.web import export, moves, showing
from shouyue.web.forms import ComparisonForm
from shouyue.web.frame import DeskRequest, today

#: loans on a page
PAGE = 50


@require_http_methods(["GET", "POST"])
def index(request: DeskRequest) -> HttpResponse:
    """The conventions there are, a form to compare two of them, and what was compared before."""
    require(request.user, "convention.compare")
    from shouyue.ageing import convention as conventions  # the engine, which few pages need
    from shouyue.daily import histories
    from shouyue.reports import comparisons

    run = business_day.newest()
    form = ComparisonForm(request.POST or None, today(request), run.convention if run else "default")
    if request.method == "POST" and form.is_valid():
        return redirect("comparison", comparisons.ask(run or histories.newest(), **form.cleaned_data))
    language = showing.language()
    return render(
        request,
        "desk/conventions.html",
        {
            "form": form,
            "run": run,
            "rules": [_rule(conventions, name, language) for name in conventions.known()],
            "used": run.convention if run else "",
            "recent": [
                {
                    "key": one.key,
                    "asked": one.asked,
                    "at": showing.moment(comparisons.asked_at(one.key)),
                    "state": moves.STATES[one.state],
                    "tone": {"done": "good", "failed": "bad"}.get(one.state, "info"),
                }
                for one in comparisons.recent()
            ],
        },
        status=422 if form.errors else 200,
    )


def _rule(conventions: Any, name: str, language: str) -> dict[str, Any]:
    """A convention in words; what is wrong with it where its file has a slip."""
    try:
        found = conventions.load(name)
    except ShouyueError as error:
        return {"name": name, "words": error.text(language), "wrong": True, "source": "", "buckets": ""}
    return {
        "name": name,
        "words": found.zh if language == "zh" else found.en,
        "wrong": False,
        "source": found.source,
        "buckets": " · ".join(bucket.label for bucket in found.buckets),
    }


def _asked(request: DeskRequest, found: Any) -> dict[str, str]:
    """What of the comparison is asked for; what it does not have counts as not asked."""
    inputs = found.summary["inputs"]
    given = request.GET
    asked = {side: given.get(side, "") if given.get(side) in inputs[side]["buckets"] else "" for side in ("was", "now")}
    currencies = found.currencies()
    asked["currency"] = given["currency"] if given.get("currency") in currencies else currencies[0]
    usual = "all" if asked["was"] or asked["now"] else "moved"
    asked["which"] = given["which"] if given.get("which") in moves.WHICH else usual
    return asked


def _rows(found: Any, asked: dict[str, str]) -> Any:
    """The loans asked for: those of a cell are of one currency, as its amount is; the lists are of all."""
    of_a_cell = bool(asked["was"] or asked["now"])
    return found.rows(
        asked["was"] or None, asked["now"] or None, asked["which"], asked["currency"] if of_a_cell else None
    )


@require_GET
def comparison(request: DeskRequest, key: str) -> HttpResponse:
    """Who moves, as a matrix, and the loans behind one of its numbers; until it is done, how far it is."""
    require(request.user, "convention.compare")
    from shouyue.reports import comparisons

    one = comparisons.find(key)
    context: dict[str, Any] = {"one": one, "asked": one.asked}
    if one.moves is None:
        failure = one.failure or {}
        context |= {"why": failure.get(showing.language(), ""), "code": failure.get("code", "")}
        return render(request, "desk/_comparing.html" if request.htmx else "desk/comparing.html", context)
    if request.htmx:  # what was waited for is there
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    found = one.moves
    asked = _asked(request, found)
    page = _number(request.GET.get("page"))
    rows = found.page(_rows(found, asked), (page - 1) * PAGE, PAGE + 1)
    context |= {
        "inputs": found.summary["inputs"],
        "headline": moves.headline(found, asked),
        "matrix": moves.matrix(found, asked["currency"], asked),
        "currencies": moves.currencies(found, asked),
        "chosen": asked,
        "list": moves.WHICH[asked["which"]],
        "lines": moves.lines(rows.head(PAGE)),
        "page": page,
        "before": moves.query(asked, page=str(page - 1)) if page > 1 else "",
        "after": moves.query(asked, page=str(page + 1)) if rows.height > PAGE else "",
        "query": moves.query(asked),
        "may_export": can(request.user, "cases.export"),
    }
    return render(request, "desk/comparison.html", context)


def _number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1


@require_POST
def export_loans(request: DeskRequest, key: str, form: str) -> HttpResponse | FileResponse:
    """The loans of a list or a cell as a file, without names; that it was taken is written down."""
    user = request.user
    require(user, "convention.compare")
    require(user, "cases.export")
    from shouyue.reports import comparisons, moves_sheets

    found = comparisons.find(key).moves
    if found is None:
        raise comparisons.NO_COMPARISON.error()
    why, asked = export.reason(request), _asked(request, found)
    rows = islice(moves_sheets.lines(_rows(found, asked)), export.MOST)
    with transaction.atomic():
        file, count = export.as_file(form, moves_sheets.head(), rows)
        told = {"rows": count, "format": form, "comparison": key, **asked, "reason": why}
        audit.record("conventions.export", f"user:{user.pk}", told, user)
    return FileResponse(file, as_attachment=True, filename=f"conventions.{form}")
