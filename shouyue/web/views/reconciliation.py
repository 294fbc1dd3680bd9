"""Reconciliation: what the lender's own system says against what the book comes to, for head office and the auditor."""

from __future__ import annotations

from typing import Any

import polars as pl
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from shouyue.ageing.reconciling import terms
from shouyue.ageing.reconciling.terms import AMOUNTS, DIFFERENCES, NAMES
from shouyue.base import money
from shouyue.casework.models import Case
from shouyue.compliance import audit
from shouyue.daily import reconciliations
from shouyue.daily.models import Reconciled
from shouyue.people.permissions import can, require
from shouyue.web import export, showing
from shouyue.web.frame import DeskRequest

PER_PAGE = 50
#: statements offered to look at
OFFERED = 60
FILTERS = ("cause", "state", "store")


@require_GET
def newest(request: DeskRequest) -> HttpResponse:
    require(request.user, "reconciliation.view")
    made = Reconciled.objects.order_by("-as_of", "-made_at").first()
    return _page(request, made) if made else render(request, "desk/reconciliation.html", {"made": None})


@require_GET
def of(request: DeskRequest, made_id: int) -> HttpResponse:
    require(request.user, "reconciliation.view")
    return _page(request, get_object_or_404(Reconciled, pk=made_id))


def _page(request: DeskRequest, made: Reconciled) -> HttpResponse:
    rows = reconciliations.differences(made)
    found = None if rows is None else _filtered(rows, _asked(request))
    number = max(1, int(request.GET["page"])) if request.GET.get("page", "").isdecimal() else 1
    number = min(number, 100_000)
    page = [] if found is None else found.slice((number - 1) * PER_PAGE, PER_PAGE + 1).collect().to_dicts()
    s = made.summary
    return render(
        request,
        "desk/reconciliation.html",
        {
            "made": made,
            "others": Reconciled.objects.order_by("-as_of", "-made_at").defer("summary")[:OFFERED],
            "states": [_state(one) for one in s["states"]],
            "fields": [_field(one) for one in s["fields"]],
            "causes": [_cause(one) for one in s["causes"]],
            "labels": sorted(s["other_labels"]),
            "unexamined": sum(one["loans"] for one in s["causes"] if one["cause"] == "not_examined"),
            "examine": s["examine"],
            "left_off": made.differing - s["kept"],
            "swept": rows is None,
            "lines": _lines(page[:PER_PAGE]),
            "asked": _asked(request),
            "stores": []
            if rows is None
            else rows.select(pl.col("store").unique().sort().drop_nulls()).collect()["store"],
            "number": number,
            "more": len(page) > PER_PAGE,
            "may_export": can(request.user, "reconciliation.export") and rows is not None,
            "query": request.GET.urlencode(),
        },
    )


def _asked(request: DeskRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:64] for name in FILTERS}


def _filtered(rows: pl.LazyFrame, asked: dict[str, str]) -> pl.LazyFrame:
    for name, value in asked.items():
        if value:
            rows = rows.filter(pl.col(name) == value)
    return rows


def _word(table: dict[str, tuple[str, str]], key: str) -> str:
    zh, en = table.get(key, (key, key))
    return zh if showing.language() == "zh" else en


def _cause_word(name: str) -> str:
    found = NAMES.get(name)
    return name if found is None else found.zh if showing.language() == "zh" else found.en


def _state(one: dict[str, Any]) -> dict[str, Any]:
    sums = [
        showing.amount(one[f"{s}_{n}"], one["currency"])
        for n in ("outstanding_minor", "overdue_minor")
        for s in terms.SIDE
    ]
    return {
        "name": one["state"],
        "words": _word(terms.STATE, one["state"]),
        "currency": one["currency"],
        "loans": one["loans"],
        "sums": sums,
        "gap": showing.amount(one["gap_minor"], one["currency"]) if one["state"] in DIFFERENCES else "–",
        "differs": one["state"] in DIFFERENCES,
    }


def _field(one: dict[str, Any]) -> dict[str, Any]:
    sums = [showing.amount(one[s], one["currency"]) if one[s] is not None else "–" for s in terms.SIDE]
    return one | {"words": _word(terms.FIELD, one["field"]), "sums": sums}


def _cause(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one["cause"],
        "words": _cause_word(one["cause"]),
        "loans": one["loans"],
        "net": [showing.amount(m["gap_minor"], m["currency"]) for m in one["money"]],
        "absolute": [showing.amount(m["gap_absolute_minor"], m["currency"]) for m in one["money"]],
        "days": one["days"],
        "evidence": one["evidence"],
    }


def _lines(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The loans of a page, each with the link to its history on a case of its customer, where the desk has one."""
    cases = Case.objects.filter(customer__loans__loan_id__in=[row["loan_id"] for row in page])
    links = {
        loan: reverse("loan-history", args=[case, pk])
        for loan, pk, case in cases.order_by("pk").values_list("customer__loans__loan_id", "customer__loans__pk", "pk")
    }
    lines = []
    for row in page:
        figures = [
            {"words": _word(terms.FIELD, name), "theirs": _show(row, "theirs", name), "ours": _show(row, "ours", name)}
            for name in row["differs"].split(", ")
            if name
        ]
        lines.append(
            row
            | {
                "link": links.get(row["loan_id"]),
                "state_words": _word(terms.STATE, row["state"]),
                "cause_words": _cause_word(row["cause"]),
                "gap": "–" if row["gap_minor"] is None else showing.amount(row["gap_minor"], row["currency"]),
                "figures": figures,
            }
        )
    return lines


def _show(row: dict[str, Any], side: str, name: str) -> str:
    value = row[f"{side}_{name}"]
    if value is None:
        return "–"
    return showing.amount(value, row["currency"]) if name in AMOUNTS else str(value)


@require_POST
def take(request: DeskRequest, made_id: int, form: str) -> FileResponse:
    """The differing loans as a file, as filtered. That it was taken is written down."""
    user = request.user
    require(user, "reconciliation.export")
    why, made = export.reason(request), get_object_or_404(Reconciled, pk=made_id)
    rows, asked = reconciliations.differences(made), _asked(request)
    if rows is None:
        raise Http404
    found = _filtered(rows, asked).head(export.MOST).collect()
    with transaction.atomic():
        file, count = export.as_file(form, _head(), map(_row, found.iter_rows(named=True)))
        told = {key: value for key, value in asked.items() if value}
        data = {"rows": count, "format": form, "filters": told, "day": made.as_of.isoformat(), "book": made.book}
        data["reason"] = why
        audit.record("reconciliation.export", f"user:{user.pk}", data, user)
    return FileResponse(file, as_attachment=True, filename=f"reconciliation-{made.as_of}.{form}")


def _head() -> list[str]:
    about = [_word(terms.ABOUT, name) for name in terms.ABOUT]
    return about + [f"{_word(terms.SIDE, side)} · {_word(terms.FIELD, n)}" for n in terms.FIELD for side in terms.SIDE]


def _row(row: dict[str, Any]) -> list[Any]:
    amounts = {"gap_minor", *(f"{side}_{n}" for n in AMOUNTS for side in terms.SIDE)}
    row = row | {"state": _word(terms.STATE, row["state"]), "cause": _cause_word(row["cause"])}
    row |= {n: money.from_minor(row[n], row["currency"]) for n in amounts if row[n] is not None}
    return [row[n] for n in (*terms.ABOUT, *(f"{side}_{n}" for n in terms.FIELD for side in terms.SIDE))]
