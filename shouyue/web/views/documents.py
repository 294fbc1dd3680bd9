"""What the pages of every text in versions do alike: strategies, and the scripts of calls.

A shelf says what differs. The views of a kind (``strategies``, ``scripts``) show what its text says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _

from shouyue.base.errors import ShouyueError
from shouyue.people.permissions import NotPermitted, can, require
from shouyue.releases import drafting, errors, kinds, queries, releasing, reviewing
from shouyue.releases.models import Version
from shouyue.strategy import rewriting
from shouyue.web import release_pages
from shouyue.web.forms import day_of, whole_number
from shouyue.web.frame import DeskRequest, today
from shouyue.web.release_pages import refusal
from shouyue.web.views.failures import page

NO_DAY = errors.Code("WEB-007", zh="请选择生效日", en="choose the day from which it is in force", kind=errors.Invalid)
NO_STEP = errors.Code("WEB-008", zh="没有这一步", en="there is no such step", kind=errors.Invalid)

#: shows a version's page: name, number, why something was refused, status
Show = Callable[[DeskRequest, str, int, ShouyueError | None, int], HttpResponse]


@dataclass(frozen=True)
class Shelf:
    """The pages of one kind of text."""

    #: the kind's id, with which the names of its addresses begin
    kind: str
    #: name and heading of the page of all of them
    all: str
    heading: LazyText
    #: the key by which a text calls itself
    key: str
    #: the file's text of a name; None where there is none
    file: Callable[[str], str | None]
    #: what a name's text is called on a page
    title: Callable[[str, str], str]

    @property
    def rights(self) -> kinds.Kind:
        return kinds.kind(self.kind)


def text_of(shelf: Shelf, name: str, number: int) -> tuple[Version | None, str]:
    """A version with its text; the file's text and no version where ``number`` is 0. Raises REL-002."""
    if number:
        found = queries.version(shelf.kind, name, number)
        return found, found.text
    text = shelf.file(name)
    if text is None:
        raise errors.NO_VERSION.error(name=name, number=0)
    return None, text


def newest(shelf: Shelf, name: str) -> int:
    """The number of the version saved last; 0 where there is none."""
    return queries.versions(shelf.kind, name).values_list("number", flat=True).first() or 0


# ---------------------------------------------------------------- pages
def document(request: DeskRequest, shelf: Shelf, name: str) -> HttpResponse:
    """What is in force and what comes, the versions, everything that happened to the document."""
    require(request.user, shelf.rights.view)
    now = release_pages.standing(shelf.kind, name, today(request))
    found = list(queries.versions(shelf.kind, name))
    last = found[0].number if found else 0
    _version, text = text_of(shelf, name, last)
    everything = "all" in request.GET
    lines, left = release_pages.lines(found, now, everything)
    numbers = {line["version"].number for line in lines}
    history = [e for e in release_pages.events(shelf.kind, name) if e["action"] != "save" or e["number"] in numbers]
    return render(
        request,
        "desk/document.html",
        {
            "of": shelf.kind,
            "all": (reverse(shelf.all), shelf.heading),
            "name": name,
            "title": shelf.title(name, text),
            "now": now,
            "lines": lines,
            "left": left,
            "everything": everything,
            "history": history,
            "newest": last,
            "file": shelf.file(name) is not None,
            "may_edit": can(request.user, shelf.rights.edit),
            "may_roll_back": can(request.user, shelf.rights.roll_back),
        },
    )


def life(
    request: DeskRequest, shelf: Shelf, name: str, found: Version | None, text: str, refused: ShouyueError | None
) -> dict[str, Any]:
    """What a version's page shows beside its text: its state, its history, the steps that can be taken.

    ``refused`` is why one was not taken; what was typed is still there.
    """
    now = release_pages.standing(shelf.kind, name, today(request))
    number = found.number if found else 0
    context: dict[str, Any] = {
        "of": shelf.kind,
        "name": name,
        "number": number,
        "version": found,
        "state": None,
        "marks": [],
        "warnings": [],
        "history": [],
        "possible": {},
        "others": others(shelf, name, number),
        "against": _against(found, now),
        "may_edit": can(request.user, shelf.rights.edit),
        "refused": refusal(refused),
        "sent": request.POST,
    }
    if found is None:
        return context
    return context | {
        "state": release_pages.STATES[queries.state(found)],
        "marks": now.marks(number),
        "warnings": release_pages.warnings(shelf.kind, name, text) if release_pages.waits(found) else [],
        "history": release_pages.events(shelf.kind, name, number),
        "possible": release_pages.possible(found, request.user, now),
    }


def others(shelf: Shelf, name: str, number: int) -> list[tuple[int, str]]:
    """What the version may be compared with: the file (0) and every other version, the newest first."""
    told = [(v.number, queries.state(v)) for v in queries.versions(shelf.kind, name) if v.number != number]
    shown = [(n, f"#{n} {release_pages.STATES[state][0]}") for n, state in told]
    return shown + ([(0, _("the file"))] if number and shelf.file(name) is not None else [])


def _against(found: Version | None, now: release_pages.Standing) -> int:
    """What one would compare with first: what is in force, else what it was made from, else the file."""
    if found is None:
        return 0
    if now.in_force and now.in_force.number and now.in_force.number != found.number:
        return now.in_force.number
    return found.based_on or 0


def compared(request: DeskRequest, shelf: Shelf, name: str, number: int) -> tuple[dict[str, Any], str, str]:
    """What a page of two texts needs in any case, the older text and the newer one."""
    require(request.user, shelf.rights.view)
    against = whole_number(request.GET.get("against"))
    was, now = (text_of(shelf, name, n)[1] for n in (against, number))
    context = {"name": name, "number": number, "against": against, "others": others(shelf, name, number)}
    return context, was, now


# ---------------------------------------------------------------- beginning
def begin(request: DeskRequest, shelf: Shelf, name: str) -> HttpResponse:
    """The file of that name as the first version, to be edited."""
    require(request.user, shelf.rights.edit)
    text = text_of(shelf, name, 0)[1]
    made = drafting.save(shelf.kind, name, text, request.user, 0, note=_("from the file"))
    return redirect(f"{shelf.kind}-edit", name, made.number)


def copied(request: DeskRequest, shelf: Shelf) -> HttpResponse:
    """Another text to begin with, under a name of its own. Raises REL-005 for one that cannot be read, REL-013."""
    require(request.user, shelf.rights.edit)
    source, new = request.POST.get("from", ""), request.POST.get("name", "").strip()
    if queries.versions(shelf.kind, new).exists() or shelf.file(new) is not None:
        raise errors.BAD_NAME.error(field="name", name=new[:80])
    number = newest(shelf, source)
    text = text_of(shelf, source, number)[1]
    try:
        content = rewriting.content(text) | {shelf.key: new}
    except tomllib.TOMLDecodeError:
        reviewing.checked(shelf.kind, source, text, "copy")
        raise
    note = _("copied from %(name)s #%(number)d") % {"name": source, "number": number}
    made = drafting.save(shelf.kind, new, rewriting.rewritten(text, content), request.user, 0, note=note)
    return redirect(f"{shelf.kind}-edit", new, made.number)


# ---------------------------------------------------------------- the steps of a version's life
def take(request: DeskRequest, shelf: Shelf, name: str, number: int, show: Show) -> HttpResponse:
    """The step whose button was pressed. What stands against it is told on the version's page, by its code."""
    try:
        said = _take(request, shelf.kind, name, number, request.POST.get("action", ""))
    except (NotPermitted, errors.Missing):
        raise
    except ShouyueError as error:
        return show(request, name, number, error, 422 if isinstance(error, (errors.Invalid, errors.Unfit)) else 409)
    messages.success(request, said)
    return redirect(f"{shelf.kind}-version", name, number)


def _take(request: DeskRequest, kind: str, name: str, number: int, action: str) -> str:
    user, reason, day = request.user, request.POST.get("reason", ""), today(request)
    told = {"number": number}
    match action:
        case "propose":
            reviewing.propose(kind, name, number, user, reason)
            return _("Version %(number)d is proposed. Somebody else must approve it now.") % told
        case "approve":
            reviewing.approve(kind, name, number, user, request.POST.getlist("seen"), reason)
            return _("Version %(number)d is approved. It can be released now, by somebody else than you.") % told
        case "reject":
            reviewing.reject(kind, name, number, user, reason)
            return _("Version %(number)d is rejected.") % told
        case "withdraw":
            reviewing.withdraw(kind, name, number, user, reason, day)
            return _("Version %(number)d is withdrawn.") % told
        case "release":
            from_ = _day(request)
            releasing.release(kind, name, number, user, from_, day, reason)
            return _("Version %(number)d is in force from %(day)s on.") % (told | {"day": from_})
        case "roll_back":
            from_ = _day(request)
            releasing.roll_back(kind, name, number, user, from_, day, reason)
            return _("Rolled back: version %(number)d is in force from %(day)s on.") % (told | {"day": from_})
    raise NO_STEP.error(field="action")


def _day(request: DeskRequest) -> date:
    if (day := day_of(request.POST.get("effective_from"))) is None:
        raise NO_DAY.error(field="effective_from")
    return day


def stop(request: DeskRequest, shelf: Shelf, name: str) -> HttpResponse:
    """From the day on no released version is in force, and the file counts again."""
    try:
        from_ = _day(request)
        releasing.stop(shelf.kind, name, request.user, from_, today(request), request.POST.get("reason", ""))
    except NotPermitted:
        raise
    except ShouyueError as error:
        return page(request, 409, error)
    messages.success(request, _("Stopped: from %(day)s on the file is in force again.") % {"day": from_})
    return redirect(shelf.kind, name)
