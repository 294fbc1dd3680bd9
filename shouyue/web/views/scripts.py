"""Scripts to be read: which there are and which are in force, a version as it is said, what two versions differ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shouyue.base import settings
from shouyue.base.errors import ShouyueError
from shouyue.casework.scripts import Facts, Script, read, versions
from shouyue.casework.scripts.choosing import shipped
from shouyue.casework.scripts.faults import NO_FACT
from shouyue.casework.scripts.model import YES_OR_NO
from shouyue.casework.scripts.versions import KIND
from shouyue.people.permissions import NotPermitted, can, require
from shouyue.releases import drafting, queries
from shouyue.releases import errors as release_errors
from shouyue.releases.kinds import Remark
from shouyue.releases.models import Version
from shouyue.strategy import rewriting
from shouyue.web import guide, release_pages, release_steps, script_form, showing, words
from shouyue.web.frame import DeskRequest, today
from shouyue.web.release_pages import refusal
from shouyue.web.views.failures import page


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
    """Reminder, collection, third persons; within a phase as they are chosen, the first to be asked first."""
    if held is None:
        return (4, 0, name)
    order = {"reminder": 1, "collection": 2, "": 3}
    return (order.get(held.script.phase, 4), -held.script.rank, name)


def about(script: Script) -> dict[str, Any]:
    """For whom and when a script is, in words."""
    return {
        "title": script.text(showing.language()),
        "phase": words.word(words.PHASES, script.phase) if script.phase else _("Third persons"),
        "when": conditions(script.when),
        "rank": script.rank,
    }


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
    require(request.user, "script.view")
    now = release_pages.standing(KIND, name, today(request))
    found = list(queries.versions(KIND, name))
    if not found and name not in shipped():
        raise release_errors.NO_VERSION.error(name=name, number=0)
    everything = "all" in request.GET
    lines, left = release_pages.lines(found, now, everything)
    numbers = {line["version"].number for line in lines}
    history = [e for e in release_pages.events(KIND, name) if e["action"] != "save" or e["number"] in numbers]
    newest = found[0].number if found else 0
    return render(
        request,
        "desk/document.html",
        {
            "of": "script",
            "all": (reverse("scripts"), _("Scripts")),
            "name": name,
            "title": title_of(name, text_of(name, newest)[1]),
            "now": now,
            "lines": lines,
            "left": left,
            "everything": everything,
            "history": history,
            "newest": newest,
            "file": name in shipped(),
            "may_edit": can(request.user, "script.edit"),
            "may_roll_back": can(request.user, "script.roll_back"),
        },
    )


def title_of(name: str, text: str) -> str:
    script = read(text)[0]
    return (script.text(showing.language()) if script else "") or name


def text_of(name: str, number: int) -> tuple[Version | None, str]:
    """A version with its text; the shipped text and no version where ``number`` is 0. Raises REL-002."""
    if number:
        found = queries.version(KIND, name, number)
        return found, found.text
    if name not in shipped():
        raise release_errors.NO_VERSION.error(name=name, number=0)
    return None, shipped()[name]


@require_GET
def version(request: DeskRequest, name: str, number: int) -> HttpResponse:
    return show(request, name, number)


def show(
    request: DeskRequest, name: str, number: int, refused: ShouyueError | None = None, status: int = 200
) -> HttpResponse:
    """A version as it is said, what the check finds, its history and the steps that can be taken."""
    user = request.user
    require(user, "script.view")
    found, text = text_of(name, number)
    now = release_pages.standing(KIND, name, today(request))
    return render(
        request,
        "desk/script_version.html",
        {
            "of": "script",
            "name": name,
            "number": number,
            "title": title_of(name, text),
            "version": found,
            "state": release_pages.STATES[queries.state(found)] if found else None,
            "marks": now.marks(number) if found else [],
            "warnings": release_pages.warnings(KIND, name, text) if release_pages.waits(found) else [],
            "history": release_pages.events(KIND, name, number) if found else [],
            "possible": release_pages.possible(found, user, now) if found else {},
            "others": _others(name, number),
            "against": _against(found, now),
            "may_edit": can(user, "script.edit"),
            "refused": refusal(refused),
            "sent": request.POST,
            **told(name, text, request),
        },
        status=status,
    )


def told(name: str, text: str, request: DeskRequest) -> dict[str, Any]:
    """The check and the preview of a text: what the pieces beside the form show."""
    script, _wrong = read(text)
    remarks = versions.remarks(name, text, today(request))
    findings = [finding(r) for r in remarks]
    counts = {s: sum(f["severity"] == s for f in findings) for s in ("error", "warning", "note")}
    return {"script": script, "findings": findings, "counts": counts, "preview": _preview(script, remarks, request)}


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
        "advice": remark.do_zh if zh else remark.do_en,
    }


def _others(name: str, number: int) -> list[tuple[int, str]]:
    """What the version may be compared with: the shipped text (0) and every other version, the newest first."""
    known = [(v.number, queries.state(v)) for v in queries.versions(KIND, name) if v.number != number]
    shown_ = [(n, f"#{n} {release_pages.STATES[state][0]}") for n, state in known]
    return shown_ + ([(0, _("the file"))] if number and name in shipped() else [])


def _against(found: Version | None, now: release_pages.Standing) -> int:
    """What one would compare with first: what is in force, else what it was made from, else the shipped text."""
    if found is None:
        return 0
    if now.in_force and now.in_force.number and now.in_force.number != found.number:
        return now.in_force.number
    return found.based_on or 0


# ---------------------------------------------------------------- as a rep sees it
@require_GET
def preview(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The script as a rep sees it of a made-up case with the facts that were chosen."""
    require(request.user, "script.view")
    context = told(name, text_of(name, number)[1], request) | {"name": name, "number": number}
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
        else {key: script.when.get(key) is True if script else False for key in YES_OR_NO}
    )
    facts = Facts(dpd=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else began, **answers)
    lang = asked.get("fact.lang") if asked.get("fact.lang") in ("zh", "en") else showing.language()
    context: dict[str, Any] = {
        "dpd": facts.dpd,
        "facts": [(key, words.word(words.SCRIPT_FACTS, key), getattr(facts, key)) for key in YES_OR_NO],
        "lang": lang,
        "langs": [("zh", "中文"), ("en", "English")],
    }
    if script is None or any(r.code == NO_FACT.id for r in remarks):
        return context | {"script": None}
    return context | {"script": guide.said(script, facts, _sample(request, facts), str(lang))}


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
    }


# ---------------------------------------------------------------- two texts
@require_GET
def compare(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """What a version changes in another one, part by part."""
    require(request.user, "script.view")
    asked = request.GET.get("against", "")
    against = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    was, now = (text_of(name, n)[1] for n in (against, number))
    context = {
        "name": name,
        "number": number,
        "against": against,
        "title": title_of(name, now),
        "others": _others(name, number),
        "changes": versions.changes(was, now),
    }
    return render(request, "desk/script_compare.html", context)


@require_GET
def download(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """A version's text."""
    require(request.user, "script.view")
    answer = HttpResponse(text_of(name, number)[1].encode(), content_type="application/toml")
    file = f"{name}-{number}.toml" if number else f"{name}.toml"
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file)}"
    return answer


# ---------------------------------------------------------------- beginning, and the steps of its life
@require_POST
def begin(request: DeskRequest, name: str) -> HttpResponse:
    """The shipped text as the first version, to be edited."""
    require(request.user, "script.edit")
    made = drafting.save(KIND, name, text_of(name, 0)[1], request.user, 0, note=_("from the file"))
    return redirect("script-edit", name, made.number)


@require_POST
def copy(request: DeskRequest) -> HttpResponse:
    """Another script to begin with, under an id of its own."""
    require(request.user, "script.edit")
    source, new = request.POST.get("from", ""), request.POST.get("name", "").strip()
    try:
        if queries.versions(KIND, new).exists() or new in shipped():
            raise release_errors.BAD_NAME.error(field="name", name=new[:80])
        number = queries.versions(KIND, source).values_list("number", flat=True).first() or 0
        text = text_of(source, number)[1]
        content = rewriting.content(text) | {"id": new}
        note = _("copied from %(name)s #%(number)d") % {"name": source, "number": number}
        made = drafting.save(KIND, new, rewriting.rewritten(text, content), request.user, 0, note=note)
    except release_errors.Invalid as error:
        return show_index(request, error)
    return redirect("script-edit", new, made.number)


@require_POST
def take(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The step whose button was pressed. What stands against it is told on the page, by its code."""
    try:
        said = release_steps.take(request, KIND, name, number)
    except ShouyueError as error:
        return show(request, name, number, error, release_steps.told_on_the_page(error))
    messages.success(request, said)
    return redirect("script-version", name, number)


@require_POST
def stop(request: DeskRequest, name: str) -> HttpResponse:
    """From the day on no released version is in force, and the shipped text counts again."""
    try:
        said = release_steps.stop(request, KIND, name)
    except NotPermitted:
        raise
    except ShouyueError as error:
        return page(request, 409, error)
    messages.success(request, said)
    return redirect("script", name)
