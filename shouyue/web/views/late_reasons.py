"""Why people are late: a manager's report over a period; each number opens the cases it was counted from."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shouyue.casework import queries
from shouyue.casework.models import Case, Contact
from shouyue.people.models import Store
from shouyue.people.permissions import can
from shouyue.reports import late_reasons as reasons
from shouyue.reports.metrics import METRICS, Metric
from shouyue.web import frame, showing, words
from shouyue.web.forms import ReasonsForm
from shouyue.web.frame import DeskRequest
from shouyue.web.tables import CaseTable, paged
from shouyue.web.views.today import scope_of

METRIC, SHARE, KEPT = (METRICS[id_] for id_ in ("late_reason", "late_reason_share", "late_reason_kept"))


def _asked(request: DeskRequest) -> tuple[Store | None, QuerySet[Case], ReasonsForm]:
    scope = scope_of(request)
    cases = queries.visible_cases(request.user)
    form = ReasonsForm(request.GET, frame.today(request), reasons.MOST_DAYS)
    return scope, cases.filter(store=scope) if scope else cases, form


@require_GET
def report(request: DeskRequest) -> HttpResponse:
    scope, cases, form = _asked(request)
    context: dict[str, Any] = {
        "form": form,
        "scope": scope,
        "stores": Store.objects.order_by("name", "code") if can(request.user, "today.all_stores") else [],
        "metrics": [_defined(metric) for metric in (METRIC, SHARE, KEPT)],
    }
    if not form.is_valid():
        return render(request, "desk/late_reasons.html", context | {"groups": []}, status=422)
    asked = form.cleaned_data
    found = reasons.lines(cases, asked["since"], asked["until"], asked["by"])
    named = _names(cases, asked["by"])
    kept = {"since": asked["since"], "until": asked["until"], **({"store": scope.pk} if scope else {})}
    groups = []
    for group, lines in groupby(found, key=lambda line: line.group):
        more = {"by": asked["by"], "group": group} if asked["by"] else {}
        name = named.get(group, group) or _("not known")
        groups.append((name if asked["by"] else "", [_line(line, urlencode(kept | more)) for line in lines]))
    return render(request, "desk/late_reasons.html", context | {"groups": groups})


def _defined(metric: Metric) -> dict[str, str]:
    language = showing.language()
    return {
        "name": metric.zh if language == "zh" else metric.en,
        "id": f"{metric.id}@{metric.version}",
        "means": metric.definition(language),
    }


def _names(cases: QuerySet[Case], by: str) -> dict[str, str]:
    """What the groups are called, where the page does not show what they are counted by."""
    if by == "store":
        return {str(one.pk): str(one) for one in Store.objects.all()}
    if by == "stage":
        language = get_language() or "zh-hans"
        newest = cases.values_list("stage").annotate(Max("strategy")).order_by()
        return {stage: words.strategy_label(strategy, "stages", stage, language) for stage, strategy in newest}
    return {}


def _line(line: reasons.Line, query: str) -> dict[str, Any]:
    return {
        "reason": Contact.WhyLate(line.reason).label,
        "cases": f"{line.cases:,}",
        "address": f"{reverse('late-reason', args=[line.reason])}?{query}",
        "share": showing.percent(line.share),
        "share_number": int((line.share or 0) * 100),
        "judged": f"{line.judged:,}",
        "kept": f"{line.kept:,}",
        "kept_rate": showing.percent(line.kept_rate),
    }


@require_GET
def rows(request: DeskRequest, reason: str) -> HttpResponse:
    """The cases of a reason, of one group where the address names it."""
    scope, cases, form = _asked(request)
    if reason not in Contact.WhyLate.values or not form.is_valid():
        raise Http404
    asked = form.cleaned_data
    group = request.GET.get("group", "")[:100].replace("\x00", "")
    found = reasons.behind(cases, asked["since"], asked["until"], reason, asked["by"], group)
    hidden = ["choose"] if can(request.user, "today.all_stores") else ["choose", "store"]
    back = {key: value for key, value in request.GET.items() if key in ("since", "until", "by", "store") and value}
    return render(
        request,
        "desk/late_reason.html",
        {
            "name": Contact.WhyLate(reason).label,
            "group": _names(cases, asked["by"]).get(group, group) if asked["by"] else "",
            "period": (asked["since"], asked["until"]),
            "metric": _defined(METRIC),
            "table": paged(request, CaseTable(found.select_related("customer", "assignee", "store"), exclude=hidden)),
            "scope": scope,
            "back": f"{reverse('late-reasons')}?{urlencode(back)}",
        },
    )
