"""The editor of scripts: the whole form is sent as it is typed, and every save is a version of its own.

What is typed is saved a moment after; a button that adds, moves or takes away a part saves as well and shows the form
anew. Where somebody else saved meanwhile nothing is written, and the page offers to save over it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shouyue.base.errors import ShouyueError
from shouyue.casework.models import Contact, Phase
from shouyue.casework.outcome import OFFERED
from shouyue.casework.scripts.model import HARMLESS, OF_CASE, OF_INTERVIEW, VALUES_FOR
from shouyue.casework.scripts.versions import KIND
from shouyue.people.permissions import require
from shouyue.releases import drafting, errors, queries
from shouyue.releases.models import Version
from shouyue.strategy import rewriting
from shouyue.web import script_form, words
from shouyue.web.forms import whole_number
from shouyue.web.frame import DeskRequest
from shouyue.web.release_pages import refusal
from shouyue.web.views import documents, scripts
from shouyue.web.views.scripts import SHELF


@require_http_methods(["GET", "POST"])
def edit(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The form on a version; what is sent becomes a further one."""
    require(request.user, "script.edit")
    version = queries.version(KIND, name, number)
    if request.method == "GET":
        return _page(request, version)
    try:
        raw = rewriting.content(version.text)
    except tomllib.TOMLDecodeError:
        return _page(request, version)
    made, at = script_form.changed(
        script_form.content({key: request.POST[key] for key in request.POST}, raw), request.POST.get("do", "")
    )
    return _saved(request, version, rewriting.rewritten(version.text, made), at)


@require_POST
def save_text(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The text as a whole, as it was typed."""
    require(request.user, "script.edit")
    return _saved(request, queries.version(KIND, name, number), request.POST.get("text", ""), "text")


def _saved(request: DeskRequest, version: Version, text: str, at: str) -> HttpResponse:
    name, newest = version.document.name, whole_number(request.POST.get("seen")) or version.number
    try:
        made = drafting.save(KIND, name, text, request.user, newest, newest or None)
    except (errors.Conflict, errors.Invalid) as error:
        return _refused(request, version, text, error)
    if request.htmx and not at:
        made = queries.version(KIND, name, made.number)
        return render(request, "desk/_script_saved.html", _context(request, made))
    where = reverse("script-edit", args=[name, made.number]) + (f"#{at}" if at else "")
    answer = HttpResponse(status=204) if request.htmx else redirect(where)
    if request.htmx:
        answer["HX-Redirect"] = where
    return answer


def _refused(request: DeskRequest, version: Version, text: str, error: ShouyueError) -> HttpResponse:
    """Nothing was saved: why, and what was typed still stands in the form."""
    newest = documents.newest(SHELF, version.document.name)
    status = 409 if isinstance(error, errors.Conflict) else 422
    context = {"refused": refusal(error), "newest": newest, "conflict": status == 409, "name": version.document.name}
    if request.htmx:
        answer = render(request, "desk/_script_refused.html", context | {"number": version.number}, status=status)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#refused-slot", "innerHTML"
        return answer
    return _page(request, version, text, context, status)


def _page(
    request: DeskRequest,
    version: Version,
    text: str | None = None,
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(request, version, text) | (more or {})
    return render(request, "desk/script_edit.html", context, status=status)


def _context(request: DeskRequest, version: Version, text: str | None = None) -> dict[str, Any]:
    name, text = version.document.name, version.text if text is None else text
    newest = documents.newest(SHELF, name)
    told = scripts.told(name, text, request)
    try:
        raw = rewriting.content(text)
    except tomllib.TOMLDecodeError:
        raw = None
    audience = str(raw.get("audience")) if raw is not None else "borrower"
    third = audience == "third_person"
    return {
        "name": name,
        "number": version.number,
        "newest": newest,
        "behind": newest != version.number,
        "version": version,
        "text": text,
        "form": None if raw is None else script_form.shown(raw, told["remarks"]),
        "phases": [(key, words.word(words.PHASES, key)) for key in Phase.values],
        "facts": _facts(OF_CASE),
        "interview_facts": _facts(OF_INTERVIEW) if audience == "borrower" else [],
        "results": {} if third or raw is None else _results(str(raw.get("phase"))),
        "answers": [("", _("either way")), ("yes", _("yes")), ("no", _("no"))],
        "variables": [
            (key, words.word(words.SCRIPT_VALUES, key))
            for key in words.SCRIPT_VALUES
            if key in VALUES_FOR.get(audience, HARMLESS)
        ],
        "refused": None,
        **told,
    }


def _results(phase: str) -> dict[str, str]:
    """The results that a call of the phase may have; of all phases while the text's is none."""
    labels = {str(key): str(label) for key, label in Contact.Result.choices}
    return {key: labels[key] for key in OFFERED.get(phase, OFFERED[Phase.REMINDER])}


def _facts(keys: Iterable[str]) -> list[tuple[str, str]]:
    return [(key, words.word(words.SCRIPT_FACTS, key)) for key in keys]
