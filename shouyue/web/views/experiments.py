"""Experiments: the permanent hold-out, champion and challenger, and what may be concluded from them today."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from shouyue.daily.models import ExperimentResult
from shouyue.people.permissions import require
from shouyue.reports.experiments import results
from shouyue.reports.experiments.arms import verdict
from shouyue.reports.metrics import METRICS
from shouyue.strategy.experiment import HOLD_OUT
from shouyue.web import interval_chart, showing
from shouyue.web.frame import DeskRequest

VERDICTS: dict[str, tuple[LazyText, str]] = {
    "too_few": (_("Too few to say anything"), ""),
    "undecided": (_("Not yet distinguishable"), ""),
    "higher": (_("Higher"), "info"),
    "lower": (_("Lower"), "info"),
    "unlike": (_("Not alike, no comparison"), ""),
}
#: days of a course that stand in the table beneath the picture
_ROWS = 31


@require_GET
def experiments(request: DeskRequest) -> HttpResponse:
    """Every experiment as of its newest result, the hold-out first."""
    require(request.user, "experiment.view")
    found = results.latest()
    return render(request, "desk/experiments.html", {"experiments": [_experiment(r) for r in found]})


def _experiment(kept: ExperimentResult) -> dict[str, Any]:
    said, zh = kept.result, showing.language() == "zh"
    labels = {arm["id"]: (arm["zh"] if zh else arm["en"]) or arm["id"] for arm in said["arms"]}
    return {
        "id": f"{kept.experiment}-{kept.salt}",
        "name": (said["zh"] if zh else said["en"]) or kept.experiment,
        "salt": kept.salt,
        "hold_out": kept.experiment == HOLD_OUT,
        "as_of": kept.as_of,
        "since": said["since"],
        "until": said["until"],
        "changed": said["definitions"] > 1,
        "days": {"cut_off": said["cut_off_days"], "within": said["within_days"], "planned": f"{said['planned']:,}"},
        "arms": [
            {
                "name": labels[arm["id"]],
                "share": "–" if arm["share"] is None else f"{arm['share']:.1%}",
                "counts": [f"{arm[n]:,}" for n in ("customers", "enrolled", "due", "reminded", "exempt", "lost")],
            }
            for arm in said["arms"]
        ],
        "metrics": [_metric(m, said["currency"], labels, kept) for m in said["metrics"]],
    }


def _metric(metric: dict[str, Any], currency: str, labels: dict[str, str], kept: ExperimentResult) -> dict[str, Any]:
    about, zh = METRICS[metric["id"]], showing.language() == "zh"
    show = _shower(metric["money"], currency)
    parts = (about.numerator_zh, about.denominator_zh) if zh else (about.numerator_en, about.denominator_en)
    return {
        "id": metric["id"],
        "name": _in_days(about.zh if zh else about.en, kept.result["within_days"]),
        "means": _in_days(" / ".join(filter(None, parts)), kept.result["within_days"]),
        "drawn": metric["drawn"],
        "arms": [
            (labels.get(arm, arm), f"{told['units']:,}", "–" if told["mean"] is None else show(told["mean"], False))
            for arm, told in metric["arms"].items()
        ],
        "differences": [
            _difference(d, metric, labels, show, f"{kept.experiment}-{kept.salt}-{metric['id']}-{n}")
            for n, d in enumerate(metric["differences"])
        ],
    }


def _in_days(text: str, days: int) -> str:
    """A definition with this experiment's own days in the place of N."""
    return re.sub(r"\bN\b(?= 天| days)", str(days), text)


Show = Callable[[float, bool], str]


def _shower(money: bool, currency: str) -> Show:
    """How a value of a metric looks: an amount or a share, with its sign where it is a difference."""

    def show(value: float, signed: bool) -> str:
        sign = "+" if signed and value > 0 else ""
        return sign + (showing.amount(round(value), currency) if money else f"{value:.2%}")

    return show


def _difference(
    one: dict[str, Any], metric: dict[str, Any], labels: dict[str, str], show: Show, id_: str
) -> dict[str, Any]:
    now, course = one["now"], one["course"]
    text, tone = VERDICTS[verdict(metric["drawn"], now)]
    return {
        "id": id_,
        "arm": labels.get(one["arm"], one["arm"]),
        "against": labels.get(one["against"], one["against"]),
        "word": text,
        "tone": tone,
        "estimate": show(now["estimate"], True) if now else "",
        "always": _interval(now["always"], show) if now else "",
        "once": _interval(now["once"], show) if now else "",
        "units": f"{now['units']:,}" if now else "",
        "chart": interval_chart.chart(course, lambda value: show(value, True)) if metric["drawn"] else None,
        "course": [_day(c, show) for c in reversed(course[-_ROWS:])],
    }


def _day(at: dict[str, Any], show: Show) -> tuple[str, ...]:
    limits = (_interval(at[kind], show) for kind in ("always", "once"))
    return at["day"], f"{at['units']:,}", show(at["estimate"], True), *limits


def _interval(limits: list[float], show: Show) -> str:
    return f"{show(limits[0], True)} … {show(limits[1], True)}"
