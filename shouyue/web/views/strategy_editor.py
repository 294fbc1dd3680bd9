"""The editor: every change of a cell, a row or a number is a version of its own, saved as it is made.

A page sends one change at a time with the newest version it has seen. Where somebody else saved meanwhile, nothing is
written, and the page may put the same change into the other's version. Undo takes the text of the version before it,
as a further version.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shouyue.base.errors import ShouyueError
from shouyue.daily import strategies
from shouyue.daily.strategies import KIND
from shouyue.people.permissions import NotPermitted, require
from shouyue.releases import drafting, errors, queries, states
from shouyue.releases.models import Version
from shouyue.strategy import editing, editing_columns, editing_ranks, read
from shouyue.strategy.editing import At, Sheet
from shouyue.strategy.model import Table
from shouyue.web import strategy_sheet
from shouyue.web.frame import DeskRequest, today
from shouyue.web.release_pages import refusal
from shouyue.web.strategy_sheet import NUMBERS, TEXT, Typed
from shouyue.web.views import documents
from shouyue.web.views.strategies import SHELF

#: steps that may be taken back again after an undo
_FURTHEST = 100


@require_GET
def edit(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The editor on a version; what is changed becomes a further one."""
    require(request.user, "strategy.edit")
    version = queries.version(KIND, name, number)
    return _page(request, version, request.GET.get("part", ""), documents.newest(SHELF, name))


def _page(
    request: DeskRequest,
    version: Version,
    part: str,
    newest: int = 0,
    redo: tuple[int, ...] = (),
    typed: Typed | None = None,
    focus: tuple[str, str] = ("", ""),
    status: int = 200,
) -> HttpResponse:
    """The whole page, or, for a change, the piece of it that changes."""
    name = version.document.name
    examined = strategies.examined(name, version.text, today(request))
    undo = _before(version) is not None
    context = strategy_sheet.context(name, version, examined, part, undo, redo, typed, focus, newest)
    template = "desk/_sheet.html" if request.headers.get("HX-Request") else "desk/strategy_edit.html"
    return render(request, template, context, status=status)


@require_POST
def change(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """One change of version ``number``. 422 where it cannot be written, 409 where somebody else saved meanwhile."""
    require(request.user, "strategy.edit")
    version = queries.version(KIND, name, number)
    sent = request.POST
    seen = _whole(sent.get("seen", "")) or version.number
    try:
        text, based_on, redo = _changed(version, sent)
        made = drafting.save(KIND, name, text, request.user, seen, based_on)
    except errors.Conflict as error:
        newest = queries.version(KIND, name, documents.newest(SHELF, name))
        context = {"refused": refusal(error), "newest": newest, "name": name, "number": number, "part": _part(sent)}
        return render(request, "desk/_conflict.html", context, status=409)
    except (NotPermitted, errors.Missing):
        raise
    except ShouyueError as error:
        typed = Typed(_part(sent), sent.get("id", ""), sent.get("column", ""), sent.get("value", ""), error)
        return _page(request, version, _part(sent), seen, typed=typed, status=422)
    made = queries.version(KIND, name, made.number)
    return _page(request, made, _part(sent), redo=redo, focus=_focus(sent, made))


def _part(sent: QueryDict) -> str:
    return sent.get("table", "")[:80]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


# ---------------------------------------------------------------- what a change makes of the text
def _changed(version: Version, sent: QueryDict) -> tuple[str, int, tuple[int, ...]]:
    """The new text, the version it counts as made from, and which versions a redo would bring back."""
    kind = sent.get("op", "")
    redo = tuple(n for n in map(_whole, sent.get("redo", "").split(",")) if n)[-_FURTHEST:]
    if kind == "undo":
        before = _before(version)
        if before is None:
            return version.text, version.number, redo
        draft = queries.state(before) == states.DRAFT and before.based_on is not None
        return before.text, before.based_on if draft else before.number, (*redo, version.number)  # type: ignore[return-value]
    if kind == "redo" and redo:
        again = queries.version(KIND, version.document.name, redo[-1])
        return again.text, version.number, redo[:-1]
    edit = _EDITS.get(kind) or _COLUMNS.get(kind) or _RANKS.get(kind)
    return edit(version.text, sent) if edit else version.text, version.number, ()


def _before(version: Version) -> Version | None:
    """The version that an undo goes back to; None at the beginning, and at a copy of what was not a draft."""
    if version.based_on is None:
        return None
    before = queries.version(KIND, version.document.name, version.based_on)
    return before if before.digest != version.digest else None


def _at(sent: QueryDict) -> At:
    return At(sent.get("table", ""), _whole(sent.get("row", "")), sent.get("id", ""))


def _cell(text: str, sent: QueryDict) -> str:
    if sent.get("table") == NUMBERS:
        return editing.set_value(text, sent.get("id", ""), sent.get("value", ""))
    return editing.set_cell(text, _at(sent), sent.get("column", ""), sent.get("value", ""))


_EDITS: dict[str, Callable[[str, QueryDict], str]] = {
    "cell": _cell,
    "add": lambda text, sent: editing.add_row(text, _at(sent)),
    "duplicate": lambda text, sent: editing.duplicate_row(text, _at(sent)),
    "delete": lambda text, sent: editing.delete_row(text, _at(sent)),
    "up": lambda text, sent: editing.move_row(text, _at(sent), -1),
    "down": lambda text, sent: editing.move_row(text, _at(sent), 1),
}


def _column(sent: QueryDict) -> At:
    return At(sent.get("table", ""), _whole(sent.get("at", "")), sent.get("column", ""))


def _headed(text: str, sent: QueryDict) -> str:
    """The name that was chosen for a column, with its unit; a name that nobody knows stays for the check to say so."""
    strategy, table, name = read(text), sent.get("table", ""), sent.get("value", "")
    known = [*editing_columns.askable(strategy, table), *editing_columns.givable(strategy, table)]
    return next((editing_columns.heading(n) for n in known if n.id == name), name)


_COLUMNS: dict[str, Callable[[str, QueryDict], str]] = {
    "column-add": lambda text, sent: editing_columns.add_column(text, _column(sent), _headed(text, sent)),
    "column-rename": lambda text, sent: editing_columns.rename_column(text, _column(sent), _headed(text, sent)),
    "column-left": lambda text, sent: editing_columns.move_column(text, _column(sent), -1),
    "column-right": lambda text, sent: editing_columns.move_column(text, _column(sent), 1),
    "column-remove": lambda text, sent: editing_columns.remove_column(text, _column(sent)),
    "hit": lambda text, sent: editing_columns.set_hit(text, sent.get("table", ""), sent.get("value", "")),
}


def _rank(change: Callable[[str, Table, str, str], str]) -> Callable[[str, QueryDict], str]:
    def made(text: str, sent: QueryDict) -> str:
        table = next((t for t in read(text).tables if t.id == sent.get("table")), None)
        if table is None:
            raise editing.NO_TABLE.error(table=sent.get("table", "")[:60])
        return change(text, table, sent.get("column", ""), sent.get("value", ""))

    return made


_RANKS: dict[str, Callable[[str, QueryDict], str]] = {
    "rank-in": _rank(editing_ranks.put_in),
    "rank-out": _rank(editing_ranks.take_out),
    "rank-up": _rank(lambda text, table, name, value: editing_ranks.move(text, table, name, value, -1)),
    "rank-down": _rank(lambda text, table, name, value: editing_ranks.move(text, table, name, value, 1)),
}


def _focus(sent: QueryDict, made: Version) -> tuple[str, str]:
    """The row, and the column, that the cursor goes to after one of them was added, doubled, moved or taken away."""
    sheet = next((s for s in editing.sheets(made.text) if s.id == sent.get("table")), None)
    kind = sent.get("op", "")
    if kind not in _COLUMNS or kind == "hit" or sheet is None:
        return _focus_row(sent, sheet), ""
    row = sent.get("id", "") or sheet.rows[0].id
    if kind in ("column-add", "column-rename"):
        return row, sent.get("value", "")
    if kind == "column-remove":
        return row, sheet.columns[min(max(0, _column(sent).number - 1), len(sheet.columns) - 1)]
    return row, sent.get("column", "")


def _focus_row(sent: QueryDict, sheet: Sheet | None) -> str:
    kind = sent.get("op", "")
    if kind in ("up", "down"):
        return sent.get("id", "")
    if kind not in ("add", "duplicate", "delete"):
        return ""
    place = _whole(sent.get("row", "")) - (kind == "delete")
    return sheet.rows[max(0, min(place, len(sheet.rows) - 1))].id if sheet else ""


# ---------------------------------------------------------------- the whole text
@require_POST
def save_text(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The text as a whole: what the tables do not show. Raises STRAT-002 to the page where it is no TOML."""
    require(request.user, "strategy.edit")
    text = request.POST.get("text", "").replace("\r\n", "\n")
    seen = _whole(request.POST.get("seen", "")) or number
    try:
        strategies.read_text(name, number, text)
        made = drafting.save(KIND, name, text, request.user, seen, number, _("the text as a whole"))
    except (NotPermitted, errors.Missing):
        raise
    except ShouyueError as error:
        version = queries.version(KIND, name, number)
        examined = strategies.examined(name, version.text, today(request))
        newest = documents.newest(SHELF, name)
        context = strategy_sheet.context(name, version, examined, TEXT, undo=False, newest=newest)
        context |= {"text": text, "refused": refusal(error)}
        return render(request, "desk/strategy_edit.html", context, status=409 if newest != seen else 422)
    return redirect("strategy-version", name, made.number)
