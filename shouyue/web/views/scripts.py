"""Scripts to be read: which there are and which are in force, a version as it is said, what two versions differ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from shouyue.base import settings
from shouyue.base.errors import ShouyueError
from shouyue.casework.known import RECORDED
from shouyue.casework.scripts import Facts, Script, read, versions
from shouyue.casework.scripts.choosing import shipped
from shouyue.casework.scripts.faults import NO_FACT
from shouyue.casework.scripts.model import INTERVIEWED, OF_CASE, OF_INTERVIEW, SAID, YES_OR_NO, asked_ticks
from shouyue.casework.scripts.versions import KIND
from shouyue.people.permissions import can, require
from shouyue.releases import errors as release_errors
from shouyue.releases import queries
from shouyue.releases.kinds import Remark
from shouyue.web import guide, release_pages, script_form, showing, words
from shouyue.web.frame import DeskRequest, today
from shouyue.web.release_pages import refusal
from shouyue.web.views import documents

#: what the made-up borrower of the preview said in the interview
MADE_UP: Mapping[str, Any] = {
    "said_pay_day": 8,
    "said_salary_on": 5,
    "said_usual_hours": "12:00–14:00",
    "said_channel": {"zh": "电话", "en": "Call"},
    "said_pays_how": {"zh": "自动扣款", "en": "By debit"},
}


def title_of(name: str, text: str) -> str:
    """What a text calls itself; its name where it cannot be read."""
    script = read(text)[0]
    return (script.text(showing.language()) if script else "") or name


SHELF = documents.Shelf(KIND, "scripts", gettext_lazy("Scripts"), "id", lambda name: shipped().get(name), title_of)


@require_GET
def index(request: DeskRequest) -> HttpResponse:
    """Every script: for whom and when, what is in force, what comes, what waits for somebody."""
    return show_index(request)


def show_index(request: DeskRequest, refused: ShouyueError | None = None) -> HttpResponse:
    require(request.user, "script.view")
    day = today(request)
    stood = {s.name: s for s in queries.standing(KIND, day, request.user)}
    said = versions.in_force(day)
    rows = [
        {
            "name": name,
            "script": about(said[name].script) if name in said else None,
            "standing": stood.get(name),
            "file": name in shipped(),
        }
        for name in sorted({*stood, *said}, key=lambda name: _place(said.get(name), name))
    ]
    context = {"rows": rows, "may_edit": can(request.user, "script.edit"), "refused": refusal(refused)}
    return render(request, "desk/scripts.html", context, status=422 if refused else 200)


def _place(held: versions.Held | None, name: str) -> tuple[object, ...]:
    """Borrower, guarantors, third persons, each reminder before collection; then as they are chosen."""
    if held is None:
        return (4, 0, name)
    script = held.script
    order = {"borrower": 1, "guarantor": 2, "third_person": 3}
    return (order[script.audience], script.phase != "reminder", -script.rank, name)


def about(script: Script) -> dict[str, Any]:
    """For whom and when a script is, in words."""
    return {
        "title": script.text(showing.language()),
        "phase": _phase(script),
        "when": conditions(script.when),
        "rank": script.rank,
    }


def _phase(script: Script) -> str:
    if script.audience == "third_person":
        return _("Third persons")
    phase = words.word(words.PHASES, script.phase)
    return _("%(phase)s, guarantors") % {"phase": phase} if script.audience == "guarantor" else phase


def conditions(when: Mapping[str, Any]) -> str:
    """A condition in words; empty where it always holds."""
    told = []
    for key, value in when.items():
        if key == "dpd" and isinstance(value, list) and len(value) == 2:
            open_ended = isinstance(value[1], int) and value[1] >= script_form.FOREVER
            days = _("%(from)s days past due and more") if open_ended else _("%(from)s to %(to)s days past due")
            told.append(days % {"from": value[0], "to": value[1]})
        elif key in words.SCRIPT_FACTS:
            fact = words.word(words.SCRIPT_FACTS, key)
            told.append(fact if value is True else _("not: %(fact)s") % {"fact": fact})
        else:
            told.append(str(key))
    return " · ".join(told)


@require_GET
def document(request: DeskRequest, name: str) -> HttpResponse:
    """One script: what is in force and what comes, its versions, everything that happened to it."""
    return documents.document(request, SHELF, name)


@require_GET
def version(request: DeskRequest, name: str, number: int) -> HttpResponse:
    return show(request, name, number)


def show(
    request: DeskRequest, name: str, number: int, refused: ShouyueError | None = None, status: int = 200
) -> HttpResponse:
    """A version as it is said, what the check finds, its history and the steps that can be taken."""
    require(request.user, "script.view")
    found, text = documents.text_of(SHELF, name, number)
    context = documents.life(request, SHELF, name, found, text, refused) | told(name, text, request)
    return render(request, "desk/script_version.html", context, status=status)


def told(name: str, text: str, request: DeskRequest) -> dict[str, Any]:
    """The check and the preview of a text: what the pieces beside the form show."""
    script, _wrong = read(text)
    remarks = versions.remarks(name, text, today(request))
    findings = [finding(r) for r in remarks]
    counts = {s: sum(f["severity"] == s for f in findings) for s in ("error", "warning", "note")}
    return {
        "title": title_of(name, text),
        "script": script,
        "remarks": remarks,
        "findings": findings,
        "counts": counts,
        "preview": _preview(script, remarks, request),
    }


def finding(remark: Remark) -> dict[str, Any]:
    zh = showing.language() == "zh"
    word, tone = release_pages.SEVERITIES[remark.severity]
    return {
        "code": remark.code,
        "severity": remark.severity,
        "word": word,
        "tone": tone,
        "place": remark.place,
        "anchor": "",
        "says": remark.zh if zh else remark.en,
        "cases": (),
        "advice": remark.do_zh if zh else remark.do_en,
    }


# ---------------------------------------------------------------- as a rep sees it
@require_GET
def preview(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The script as a rep sees it of a made-up case with the facts that were chosen."""
    require(request.user, "script.view")
    context = told(name, documents.text_of(SHELF, name, number)[1], request) | {"name": name, "number": number}
    return render(request, "desk/_script_preview.html", context)


def _preview(script: Script | None, remarks: Sequence[Remark], request: DeskRequest) -> dict[str, Any]:
    asked: QueryDict = request.POST if request.method == "POST" else request.GET
    days = asked.get("fact.dpd", "")
    first = script.when.get("dpd") if script else None
    began = first[0] if isinstance(first, list) and first and isinstance(first[0], int) else 5
    if script and script.phase == "reminder":
        began = 0
    answers = (
        {key: bool(asked.get(f"fact.{key}")) for key in YES_OR_NO}
        if days
        else {key: script.when.get(key, key == RECORDED) is True if script else False for key in YES_OR_NO}
    )
    others = script is not None and script.audience != "borrower"
    asked_of = OF_CASE if others else YES_OR_NO
    told = {key: MADE_UP.get(key, True) for key in asked_of if answers[key]}
    if any(key in SAID for key in told):
        told[INTERVIEWED] = True
    facts = Facts(dpd=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else began, **told)
    lang = asked.get("fact.lang") if asked.get("fact.lang") in ("zh", "en") else showing.language()
    context: dict[str, Any] = {
        "dpd": facts.dpd,
        "facts": [(key, words.word(words.SCRIPT_FACTS, key), bool(getattr(facts, key))) for key in OF_CASE],
        "interview_facts": [
            (key, words.word(words.SCRIPT_FACTS, key), bool(getattr(facts, key))) for key in OF_INTERVIEW if not others
        ],
        "lang": lang,
        "langs": [("zh", "中文"), ("en", "English")],
    }
    if script is None or any(r.code == NO_FACT.id for r in remarks):
        return context | {"script": None}
    ticked = {e.id: asked.get(f"fact.tick.{e.id}", "") for e in script.elements}
    ticked = {id_: outcome for id_, outcome in ticked.items() if outcome}
    return context | {
        "script": guide.said(script, facts, _sample(request, facts), str(lang), ticked),
        "asked": {id_ for part in (*script.elements, *script.objections) for id_ in asked_ticks(part.when)},
    }


def _sample(request: DeskRequest, facts: Facts) -> dict[str, str]:
    """Values of a made-up case."""
    day, amount = today(request), showing.amount(123_456, settings.currency())
    return {
        "name": _("Made-Up Borrower"),
        "staff": str(request.user),
        "lender": settings.lender() or _("our company"),
        "due_date": (day + timedelta(days=3)).isoformat(),
        "debit_date": (day + timedelta(days=3)).isoformat(),
        "amount": amount,
        "overdue": amount,
        "dpd": str(facts.dpd),
        "account": "2007",
        "promised_amount": amount,
        "promised_on": (day - timedelta(days=2)).isoformat(),
        "guarantor": _("Made-Up Guarantor"),
    }


# ---------------------------------------------------------------- two texts
@require_GET
def compare(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """What a version changes in another one, part by part."""
    context, was, now = documents.compared(request, SHELF, name, number)
    context |= {"title": title_of(name, now), "changes": versions.changes(was, now)}
    return render(request, "desk/script_compare.html", context)


@require_GET
def download(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """A version's text."""
    require(request.user, "script.view")
    answer = HttpResponse(documents.text_of(SHELF, name, number)[1].encode(), content_type="application/toml")
    file = f"{name}-{number}.toml" if number else f"{name}.toml"
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file)}"
    return answer


# ---------------------------------------------------------------- beginning, and the steps of its life
@require_POST
def begin(request: DeskRequest, name: str) -> HttpResponse:
    """The shipped text as the first version, to be edited."""
    return documents.begin(request, SHELF, name)


@require_POST
def copy(request: DeskRequest) -> HttpResponse:
    """Another script to begin with, under an id of its own."""
    try:
        return documents.copied(request, SHELF)
    except (release_errors.Invalid, release_errors.Unfit) as error:
        return show_index(request, error)


@require_POST
def take(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The step whose button was pressed."""
    return documents.take(request, SHELF, name, number, show)


@require_POST
def stop(request: DeskRequest, name: str) -> HttpResponse:
    """From the day on no released version is in force, and the shipped text counts again."""
    return documents.stop(request, SHELF, name)
