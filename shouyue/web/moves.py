"""A comparison of two conventions as its page shows it: who moves from which bucket to which, and which loans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from shouyue.casework.models import Case
from shouyue.web import showing

if TYPE_CHECKING:
    import polars as pl

    from shouyue.ageing.moving import Moves

STATES: dict[str, LazyText] = {
    "waiting": _("waits"),
    "working": _("at work"),
    "failed": pgettext_lazy("of a run", "failed"),
    "done": _("done"),
}
#: lists that are no single cell
WHICH: dict[str, LazyText] = {
    "moved": _("Move to another bucket"),
    "later": _("More days late"),
    "earlier": _("Fewer days late"),
    "all": _("All loans"),
}


def headline(found: Moves, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each list with the loans in it, all currencies together."""
    cells = found.summary["cells"]
    return [
        {
            "name": words,
            "count": f"{sum(cell['loans' if which == 'all' else which] for cell in cells):,}",
            "link": query(asked, which=which, was="", now="", page=""),
            "here": asked.get("which") == which and not asked.get("was") and not asked.get("now"),
        }
        for which, words in WHICH.items()
    ]


def matrix(found: Moves, currency: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """Buckets before down, buckets now across, with sums at the ends; every count leads to its loans."""
    cells, inputs = found.cells(currency), found.summary["inputs"]
    down, across = inputs["was"]["buckets"], inputs["now"]["buckets"]
    return {
        "across": across,
        "lines": [
            {
                "bucket": was,
                "cells": [_cell(cells.get((was, now)), currency, asked, was, now) for now in across],
                "sum": _sum([cells.get((was, now)) for now in across], currency, asked, was, ""),
            }
            for was in down
        ],
        "sums": [_sum([cells.get((was, now)) for was in down], currency, asked, "", now) for now in across],
        "whole": _sum(list(cells.values()), currency, asked, "", ""),
    }


def _cell(
    cell: Mapping[str, Any] | None, currency: str, asked: Mapping[str, str], was: str, now: str
) -> dict[str, Any]:
    if cell is None:
        return {"count": "", "here": False}
    moved, whole = cell["moved"], cell["loans"]
    return _sum([cell], currency, asked, was, now) | {
        "tone": "" if moved < whole else "worse" if cell["later"] >= cell["earlier"] else "better",
        "some": ngettext("%(count)s moves", "%(count)s move", moved) % {"count": f"{moved:,}"}
        if 0 < moved < whole
        else "",
        "here": (asked.get("was"), asked.get("now")) == (was, now),
    }


def _sum(
    cells: list[Mapping[str, Any] | None], currency: str, asked: Mapping[str, str], was: str, now: str
) -> dict[str, Any]:
    there = [cell for cell in cells if cell is not None]
    loans = sum(cell["loans"] for cell in there)
    return {
        "count": f"{loans:,}" if loans else "",
        "amount": showing.amount(sum(cell["now_outstanding_minor"] for cell in there), currency) if loans else "",
        "link": query(asked, was=was, now=now, which="all", page="", currency=currency),
    }


def currencies(found: Moves, asked: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Each currency with its link, and whether it is the one shown."""
    return [(c, query(asked, currency=c, page=""), c == asked["currency"]) for c in found.currencies()]


def query(asked: Mapping[str, str], **changes: str) -> str:
    return "?" + urlencode({key: value for key, value in {**asked, **changes}.items() if value})


def lines(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Loans with their customers: names masked, as on every list, and a way to the case where the desk has one."""
    customers = set(rows["customer_id"])
    cases = Case.objects.filter(customer__customer_id__in=customers).select_related("customer").order_by("id")
    newest = {case.customer.customer_id: case for case in cases}
    return [_line(row, newest.get(row["customer_id"])) for row in rows.iter_rows(named=True)]


def _line(row: Mapping[str, Any], case: Case | None) -> dict[str, Any]:
    def amount(name: str) -> str:
        return showing.amount(row[name], row["currency"])

    return {
        "loan": row["loan_id"],
        "customer": row["customer_id"],
        "name": showing.hidden_name(case.customer.name) if case else "",
        "link": reverse("case", args=[case.pk]) if case else "",
        "store": row["store"] or "–",
        "bucket": f"{row['was_bucket']} → {row['now_bucket']}",
        "days": f"{row['was_dpd']} → {row['now_dpd']}",
        "tone": "bad" if row["now_dpd"] > row["was_dpd"] else "good" if row["now_dpd"] < row["was_dpd"] else "",
        "was_overdue": amount("was_overdue_minor"),
        "now_overdue": amount("now_overdue_minor"),
        "outstanding": amount("now_outstanding_minor"),
    }
