"""Strategies to be read: which there are, what is in force, a version in words, what two versions differ in."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from shouyue import strategy as files
from shouyue.base.errors import ShouyueError
from shouyue.daily import strategies
from shouyue.daily.strategies import KIND
from shouyue.people.permissions import can, require
from shouyue.releases import drafting, queries
from shouyue.releases import errors as release_errors
from shouyue.strategy import exchange, rewriting
from shouyue.strategy.differing import differ
from shouyue.strategy.reading import usable
from shouyue.web import showing, strategy_pages
from shouyue.web.frame import DeskRequest, today
from shouyue.web.release_pages import refusal
from shouyue.web.views import documents

SHELF = documents.Shelf(
    KIND, "strategies", gettext_lazy("Strategies"), "name", strategy_pages.file_text, strategy_pages.title_of
)


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
    return documents.document(request, SHELF, name)


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
    found, text = documents.text_of(SHELF, name, number)
    examined = strategies.examined(name, text, today(request))
    return render(
        request,
        "desk/strategy_version.html",
        {
            **documents.life(request, SHELF, name, found, text, refused),
            "title": strategy_pages.name_of(examined.strategy, name),
            "readable": examined.strategy is not None,
            "usable": examined.usable,
            "about": _about(examined.strategy),
            "tables": strategy_pages.tables(examined),
            "labels": strategy_pages.labels(examined.strategy),
            "tests": strategy_pages.tests(examined),
            "findings": [strategy_pages.said(f, examined.strategy) for f in examined.findings],
            "counts": strategy_pages.counted(examined.findings),
            "may_try": can(user, "trial.run"),
        },
        status=status,
    )


def _about(strategy) -> str:
    if strategy is None:
        return ""
    about = rewriting.content(strategy.text).get(f"about_{showing.language()}", "")
    return about if isinstance(about, str) else ""


@require_GET
def compare(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """What a version changes in another one, row by row."""
    context, *texts = documents.compared(request, SHELF, name, number)
    was, now = (strategies.read_text(name, n, t) for n, t in zip((context["against"], number), texts, strict=True))
    usable(was)
    usable(now)
    everything = "all" in request.GET
    context |= {"title": strategy_pages.name_of(now, name), "everything": everything}
    context["difference"] = strategy_pages.difference(differ(was, now), everything)
    return render(request, "desk/strategy_compare.html", context)


@require_GET
def download(request: DeskRequest, name: str, number: int, form: str) -> HttpResponse:
    """A version as TOML, workbook or DMN. The last two need a text without errors: STRAT-003."""
    require(request.user, "strategy.view")
    text = documents.text_of(SHELF, name, number)[1]
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
    return documents.begin(request, SHELF, name)


@require_POST
def upload(request: DeskRequest, name: str = "") -> HttpResponse:
    """A file (TOML, workbook, DMN) as a new version; without a name the file's own says whose."""
    user = request.user
    require(user, "strategy.edit")
    sent = request.FILES.get("file")
    newest = documents.newest(SHELF, name) if name else 0
    try:
        if sent is None:
            raise release_errors.EMPTY.error(field="file")
        text, notes = exchange.taken(sent.read(), sent.name or "")
        whose = name or str(rewriting.content(text).get("name", ""))
        seen = request.POST.get("seen", "")
        seen = int(seen) if seen.isdigit() and len(seen) < 9 else newest
        if not name:
            seen = documents.newest(SHELF, whose)
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
    """From the day on no released version is in force, and the file counts again."""
    return documents.stop(request, SHELF, name)
