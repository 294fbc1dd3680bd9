"""Strategies to be read: which there are, what is in force, a version in words, what two versions differ in."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shouyue import strategy as files
from shouyue.base.errors import ShouyueError
from shouyue.daily import strategies
from shouyue.daily.strategies import KIND
from shouyue.people.permissions import can, require
from shouyue.releases import drafting, queries
from shouyue.releases import errors as release_errors
from shouyue.releases.models import Version
from shouyue.strategy import exchange, rewriting
from shouyue.strategy.reading import usable
from shouyue.web import release_pages, showing, strategy_pages
from shouyue.web.frame import DeskRequest, today
from shouyue.web.release_pages import refusal


@require_GET
def index(request: DeskRequest) -> HttpResponse:
    """Every strategy: what is in force, what comes, what waits for somebody, what was saved last."""
    return show_index(request)


def show_index(request: DeskRequest, refused: ShouyueError | None = None) -> HttpResponse:
    require(request.user, "strategy.view")
    stood = {s.name: s for s in queries.standing(KIND, today(request), request.user)}
    worked = strategy_pages.worked_by()
    names = sorted({*stood, *files.known()}, key=lambda n: (n != worked, n))
    rows = [
        {
            "name": name,
            "title": strategy_pages.name_of(strategy_pages.file_of(name), name),
            "worked": name == worked,
            "standing": stood.get(name),
            "file": name in files.known(),
        }
        for name in names
    ]
    context = {"rows": rows, "may_edit": can(request.user, "strategy.edit"), "refused": refusal(refused)}
    context["may_see_trials"] = can(request.user, "trial.view")
    return render(request, "desk/strategies.html", context, status=422 if refused else 200)


@require_GET
def document(request: DeskRequest, name: str) -> HttpResponse:
    """One strategy: what is in force and what comes, its versions, everything that happened to it."""
    require(request.user, "strategy.view")
    now = release_pages.standing(KIND, name, today(request))
    versions = list(queries.versions(KIND, name))
    if not versions and name not in files.known():
        raise release_errors.NO_VERSION.error(name=name, number=0)
    everything = "all" in request.GET
    shown, left = release_pages.lines(versions, now, everything)
    numbers = {line["version"].number for line in shown}
    history = [e for e in release_pages.events(KIND, name) if e["action"] != "save" or e["number"] in numbers]
    newest = versions[0].number if versions else 0
    return render(
        request,
        "desk/document.html",
        {
            "of": "strategy",
            "all": (reverse("strategies"), _("Strategies")),
            "name": name,
            "title": strategy_pages.name_of(_readable(name, newest), name),
            "now": now,
            "lines": shown,
            "left": left,
            "everything": everything,
            "history": history,
            "newest": newest,
            "file": name in files.known(),
            "may_edit": can(request.user, "strategy.edit"),
            "may_roll_back": can(request.user, "strategy.roll_back"),
        },
    )


def _readable(name: str, number: int):
    return strategy_pages.of(name, number) if number or name in files.known() else None


@require_GET
def version(request: DeskRequest, name: str, number: int) -> HttpResponse:
    return show(request, name, number)


def show(
    request: DeskRequest, name: str, number: int, refused: ShouyueError | None = None, status: int = 200
) -> HttpResponse:
    """A version in words, with its tests, its findings, its history and the steps that can be taken.

    ``refused`` is why a step was not taken; what was typed is still there.
    """
    user = request.user
    require(user, "strategy.view")
    found, text = text_of(name, number)
    examined = strategies.examined(name, text, today(request))
    now = release_pages.standing(KIND, name, today(request))
    findings = [strategy_pages.said(f) for f in examined.findings]
    against = _against(name, found, now)
    return render(
        request,
        "desk/strategy_version.html",
        {
            "of": "strategy",
            "name": name,
            "number": number,
            "title": strategy_pages.name_of(examined.strategy, name),
            "version": found,
            "state": release_pages.STATES[queries.state(found)] if found else None,
            "marks": now.marks(number) if found else [],
            "readable": examined.strategy is not None,
            "usable": examined.usable,
            "about": _about(examined.strategy),
            "tables": strategy_pages.tables(examined),
            "labels": strategy_pages.labels(examined.strategy),
            "tests": strategy_pages.tests(examined),
            "findings": findings,
            "warnings": release_pages.warnings(KIND, name, text) if release_pages.waits(found) else [],
            "counts": strategy_pages.counted(examined.findings),
            "history": release_pages.events(KIND, name, number) if found else [],
            "possible": release_pages.possible(found, user, now) if found else {},
            "others": _others(name, number),
            "against": against,
            "may_edit": can(user, "strategy.edit"),
            "may_try": can(user, "trial.run"),
            "refused": refusal(refused),
            "sent": request.POST,
        },
        status=status,
    )


def text_of(name: str, number: int) -> tuple[Version | None, str]:
    """A version with its text; the file's text and no version where ``number`` is 0. Raises REL-002."""
    if number:
        found = queries.version(KIND, name, number)
        return found, found.text
    text = strategy_pages.file_text(name)
    if text is None:
        raise release_errors.NO_VERSION.error(name=name, number=0)
    return None, text


def _about(strategy) -> str:
    if strategy is None:
        return ""
    about = rewriting.content(strategy.text).get(f"about_{showing.language()}", "")
    return about if isinstance(about, str) else ""


def _others(name: str, number: int) -> list[tuple[int, str]]:
    """What the version may be compared with: the file (0) and every other version, the newest first."""
    told = [(v.number, queries.state(v)) for v in queries.versions(KIND, name) if v.number != number]
    shown = [(n, f"#{n} {release_pages.STATES[state][0]}") for n, state in told]
    return shown + ([(0, _("the file"))] if number and name in files.known() else [])


def _against(name: str, found: Version | None, now: release_pages.Standing) -> int:
    """What one would compare with first: what is in force, else what it was made from, else the file."""
    if found is None:
        return 0
    if now.in_force and now.in_force.number and now.in_force.number != found.number:
        return now.in_force.number
    return found.based_on or 0


@require_GET
def compare(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """What a version changes in another one, row by row."""
    require(request.user, "strategy.view")
    asked = request.GET.get("against", "")
    against = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    was, now = (strategies.read_text(name, n, text_of(name, n)[1]) for n in (against, number))
    usable(was)
    usable(now)
    return render(
        request,
        "desk/strategy_compare.html",
        {
            "name": name,
            "number": number,
            "against": against,
            "title": strategy_pages.name_of(now, name),
            "others": _others(name, number),
            "everything": "all" in request.GET,
            "difference": strategy_pages.difference(was, now, "all" in request.GET),
        },
    )


@require_GET
def download(request: DeskRequest, name: str, number: int, form: str) -> HttpResponse:
    """A version as TOML, workbook or DMN. The last two need a text without errors: STRAT-003."""
    require(request.user, "strategy.view")
    text = text_of(name, number)[1]
    data = text.encode()
    if form != "toml":
        found = strategies.read_text(name, number, text)
        usable(found)
        data = exchange.written(found, form)
    answer = HttpResponse(data, content_type=exchange.FORMATS[form])
    file = f"{name}-{number}.{form}" if number else f"{name}.{form}"
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file)}"
    return answer


@require_POST
def begin(request: DeskRequest, name: str) -> HttpResponse:
    """The file of that name as the first version, to be edited."""
    require(request.user, "strategy.edit")
    text = text_of(name, 0)[1]
    made = drafting.save(KIND, name, text, request.user, 0, note=_("from the file"))
    return redirect("strategy-edit", name, made.number)


@require_POST
def upload(request: DeskRequest, name: str = "") -> HttpResponse:
    """A file (TOML, workbook, DMN) as a new version; without a name the file's own says whose."""
    user = request.user
    require(user, "strategy.edit")
    sent = request.FILES.get("file")
    newest = queries.versions(KIND, name).values_list("number", flat=True).first() or 0 if name else 0
    try:
        if sent is None:
            raise release_errors.EMPTY.error(field="file")
        text, notes = exchange.taken(sent.read(), sent.name or "")
        whose = name or str(rewriting.content(text).get("name", ""))
        seen = request.POST.get("seen", "")
        seen = int(seen) if seen.isdigit() and len(seen) < 9 else newest
        if not name:
            seen = queries.versions(KIND, whose).values_list("number", flat=True).first() or 0
        note = _("from the file %(file)s") % {"file": (sent.name or "")[:100]}
        made = drafting.save(KIND, whose, text, user, seen, seen or None, note)
    except ShouyueError as error:
        if not name:
            return show_index(request, error)
        return show(request, name, newest, error, status=422)
    for left in notes:
        messages.info(request, left.text(showing.language()))
    messages.success(request, _("Saved as version %(number)d.") % {"number": made.number})
    return redirect("strategy-version", whose, made.number)


@require_POST
def copy(request: DeskRequest) -> HttpResponse:
    """Another strategy to begin with, under a name of its own."""
    require(request.user, "strategy.edit")
    source, new = request.POST.get("from", ""), request.POST.get("name", "").strip()
    try:
        if queries.versions(KIND, new).exists() or new in files.known():
            raise release_errors.BAD_NAME.error(field="name", name=new[:80])
        number = queries.versions(KIND, source).values_list("number", flat=True).first() or 0
        text = text_of(source, number)[1]
        content = rewriting.content(text) | {"name": new}
        note = _("copied from %(name)s #%(number)d") % {"name": source, "number": number}
        made = drafting.save(KIND, new, rewriting.rewritten(text, content), request.user, 0, note=note)
    except release_errors.Invalid as error:
        return show_index(request, error)
    return redirect("strategy-edit", new, made.number)
