"""Try before use: ask for a trial, see how far it is, read what would change, and who is behind each number."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue import strategy as files
from shouyue.ageing import convention as conventions
from shouyue.base import settings
from shouyue.base.errors import Code, ShouyueError
from shouyue.casework.errors import Missing
from shouyue.casework.models import Case, Customer
from shouyue.compliance import audit
from shouyue.daily import business_day
from shouyue.daily.models import TrialRun
from shouyue.daily.strategies import KIND
from shouyue.daily.trial import asking, behind
from shouyue.daily.trial.behind import Behind
from shouyue.daily.trial.run import STAGES
from shouyue.people.permissions import NotPermitted, can, require
from shouyue.releases import queries, states
from shouyue.reports import trial_sheets
from shouyue.web import export, release_pages, showing, strategy_pages, trial_pages
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest
from shouyue.web.release_pages import refusal
from shouyue.web.trial_pages import Shown

NO_TRIAL = Code("WEB-009", zh="没有这次试算", en="there is no such trial", kind=Missing)
#: customers on a page, and versions that are offered
_A_PAGE, _OFFERED = 50, 200


class Question(forms.Form):
    """What is asked; only books and strategies that are there may be chosen."""

    book = forms.ChoiceField(label=gettext_lazy("Book"))
    as_of = forms.DateField(
        label=gettext_lazy("Business day"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    base = forms.ChoiceField(label=gettext_lazy("Version A (before)"))
    candidate = forms.ChoiceField(label=gettext_lazy("Version B (after)"))
    convention = forms.ChoiceField(label=gettext_lazy("Convention"))
    rep_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes a day of every rep"), required=False, min_value=0, max_value=1440
    )

    def __init__(self, data: Any, initial: dict[str, Any]):
        super().__init__(data, initial=initial)
        sides = strategies_offered()
        for name, choices in (
            ("book", [(b, b) for b in books()]),
            ("base", sides),
            ("candidate", sides),
            ("convention", [(c, _counted_by(c)) for c in conventions.known()]),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


def _counted_by(name: str) -> str:
    """A convention by its name and in words; by its name alone where its file has a slip."""
    try:
        found = conventions.load(name)
    except ShouyueError:
        return name
    return " · ".join(filter(None, (name, found.zh if showing.language() == "zh" else found.en)))


def books() -> list[str]:
    """Books by name, the one the desk shows first."""
    run = business_day.newest()
    folder = settings.books()
    found = sorted(p.name for p in folder.iterdir() if (p / "CURRENT").is_file()) if folder.is_dir() else []
    return sorted(found, key=lambda name: (run is None or name != run.book, name))


def strategies_offered() -> list[tuple[str, str]]:
    """What is in force by name, then every version that was not taken back."""
    found = [(name, _("%(name)s: in force on that day") % {"name": name}) for name in _names()]
    for name in _names():
        for version in queries.versions(KIND, name)[:_OFFERED]:
            state = queries.state(version)
            if state not in (states.WITHDRAWN, states.REJECTED):
                note = f" · {version.note}" if version.note else ""
                found.append(
                    (f"{name}#{version.number}", f"{name} #{version.number} {release_pages.STATES[state][0]}{note}")
                )
    return found


def _names() -> list[str]:
    known = {*files.known(), *queries.Document.objects.filter(kind=KIND).values_list("name", flat=True)}
    worked = strategy_pages.worked_by()
    return sorted(known, key=lambda n: (n != worked, n))


@require_http_methods(["GET", "POST"])
def trials(request: DeskRequest) -> HttpResponse:
    """The trials that were asked for, and a new one."""
    user = request.user
    require(user, "trial.run" if request.method == "POST" else "trial.view")
    day = business_day.today()
    initial = {
        "as_of": day,
        "base": strategy_pages.worked_by(),
        "candidate": request.GET.get("candidate", ""),
        "convention": getattr(business_day.newest(), "convention", "default"),
    }
    form = Question(request.POST if request.method == "POST" else None, initial)
    refused = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = asking.ask(
                user,
                uuid_of(request.POST.get("id")) or uuid4(),
                given["book"],
                given["as_of"],
                given["base"],
                given["candidate"],
                given["convention"],
                given["rep_minutes"],
            )
        except NotPermitted:
            raise
        except ShouyueError as error:
            refused = error
        else:
            return redirect("trial", made.pk)
    found = list(TrialRun.objects.select_related("asked_by").order_by("-asked_at")[:50])
    context = {
        "form": form,
        "id": uuid4(),
        "trials": [(t, _state(t)) for t in found],
        "may_run": can(user, "trial.run"),
        "books": books(),
        "latest": day + timedelta(days=1),
        "refused": refusal(refused),
    }
    return render(request, "desk/trials.html", context, status=422 if form.errors or refused else 200)


def _one(trial: UUID) -> TrialRun:
    found = TrialRun.objects.select_related("asked_by").filter(pk=trial).first()
    if found is None:
        raise NO_TRIAL.error()
    return found


def _state(trial: TrialRun) -> dict[str, Any]:
    """How far it is: the share of all stages, and in words."""
    at = STAGES.index(trial.stage) if trial.stage in STAGES else 0
    share = round(100 * (at + min(1, trial.done / max(1, trial.whole))) / len(STAGES))
    stopped = asking.stopped(trial)
    word, tone = {
        "waiting": (_("Waiting for the worker"), ""),
        "running": (_("Stopped unexpectedly"), "bad") if stopped else (_("Working"), "info"),
        "done": (_("Done"), "good"),
        "failed": (_("Failed"), "bad"),
    }[trial.state]
    stage = trial_pages.STAGES.get(trial.stage, "") if trial.state == "running" else ""
    again = stopped or trial.state == "failed"
    return {"word": word, "tone": tone, "share": share, "stage": stage, "again": again}


@require_GET
def trial(request: DeskRequest, trial_id: UUID) -> HttpResponse:
    """What came of it; while it is worked, how far it is, asked again every second."""
    require(request.user, "trial.view")
    found = _one(trial_id)
    context: dict[str, Any] = {"trial": found, "state": _state(found), "may_run": can(request.user, "trial.run")}
    done = asking.result(found)
    if request.htmx:
        if found.state == TrialRun.State.DONE:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return render(request, "desk/_trial_progress.html", context)
    if done is None:
        return render(request, "desk/trial_waits.html", context)
    shown = Shown(found.pk, done)
    context |= {
        "inputs": done.summary["inputs"],
        "known": shown.known(),
        "totals": shown.totals(),
        "asides": shown.asides(),
        "groups": shown.groups(),
        "workload": shown.workload(),
        "law": shown.law(),
        "cash": shown.cash(),
        "difference": shown.difference(),
        "flows": shown.flows(),
        "may_export": can(request.user, "trial.export"),
    }
    return render(request, "desk/trial.html", context)


@require_POST
def again(request: DeskRequest, trial_id: UUID) -> HttpResponse:
    require(request.user, "trial.run")
    _one(trial_id)
    asking.again(request.user, trial_id)
    return redirect("trial", trial_id)


# ---------------------------------------------------------------- the customers behind a number
def _behind(request: DeskRequest, trial_id: UUID) -> tuple[Shown, Behind, Any]:
    found = _one(trial_id)
    done = asking.result(found)
    if done is None:
        raise NO_TRIAL.error()
    asked = Behind.asked(request.GET)
    return Shown(found.pk, done), asked, behind.customers(done, asked)


def _shown(shown: Shown, rows: Any) -> list[dict[str, Any]]:
    """Rows with the customer's masked name and his case, where the desk has them."""
    ids = rows["customer_id"].to_list()
    names = dict(Customer.objects.filter(customer_id__in=ids).values_list("customer_id", "name"))
    cases = Case.objects.filter(customer__customer_id__in=ids, status=Case.Status.OPEN)
    open_ = dict(cases.values_list("customer__customer_id", "pk"))
    return [shown.customer(r, names.get(r["customer_id"], ""), open_.get(r["customer_id"])) for r in rows.to_dicts()]


@require_GET
def customers(request: DeskRequest, trial_id: UUID) -> HttpResponse:
    """Who is behind a number; names are masked."""
    require(request.user, "trial.view")
    shown, asked, rows = _behind(request, trial_id)
    text = request.GET.get("page", "")
    last = max(1, -(-rows.height // _A_PAGE))
    page = min(max(1, int(text)), last) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    return render(
        request,
        "desk/trial_customers.html",
        {
            "trial": _one(trial_id),
            "asked": shown.asked(asked),
            "query": request.GET.urlencode(),
            "count": rows.height,
            "rows": _shown(shown, rows.slice((page - 1) * _A_PAGE, _A_PAGE)),
            "page": page,
            "last": last,
            "may_export": can(request.user, "trial.export"),
        },
    )


@require_POST
def export_customers(request: DeskRequest, trial_id: UUID, form: str) -> FileResponse:
    """Those behind a number as a file. Names stay masked; that it was taken is in the audit trail."""
    require(request.user, "trial.export")
    why = export.reason(request)
    shown, asked, rows = _behind(request, trial_id)
    with transaction.atomic():
        file, count = export.as_file(form, trial_pages.head(), trial_pages.lines(_shown(shown, rows.head(export.MOST))))
        told = {"rows": count, "format": form, "of": asked.given(), "reason": why}
        audit.record("trial.export", f"trial:{trial_id}", told, request.user)
    return FileResponse(file, as_attachment=True, filename=f"trial-customers.{form}")


@require_POST
def export_whole(request: DeskRequest, trial_id: UUID) -> FileResponse:
    """All sums and all customers as a workbook, logged like every export."""
    require(request.user, "trial.export")
    why = export.reason(request)
    done = asking.result(_one(trial_id))
    if done is None:
        raise NO_TRIAL.error()
    with TemporaryDirectory() as folder, transaction.atomic():
        path = Path(folder) / "trial.xlsx"
        trial_sheets.write_workbook(done, path)
        rows = sum(frame.collect().height for frame in (done.cases(), done.ended()))
        told = {"rows": rows, "format": "xlsx", "of": "everything", "reason": why}
        audit.record("trial.export", f"trial:{trial_id}", told, request.user)
        return FileResponse(path.open("rb"), as_attachment=True, filename="trial.xlsx")
