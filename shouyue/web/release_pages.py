"""What the pages of a text in versions show, whatever its kind: states, what is in force, steps, why one was not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue.base.errors import ShouyueError
from shouyue.people.models import User
from shouyue.people.permissions import can
from shouyue.releases import kinds, queries, states, timeline
from shouyue.releases.models import Version
from shouyue.web import showing

STATES: dict[str, tuple[LazyText, str]] = {
    states.DRAFT: (pgettext_lazy("version", "Draft"), ""),
    states.PROPOSED: (pgettext_lazy("version", "Proposed"), "info"),
    states.APPROVED: (pgettext_lazy("version", "Approved"), "info"),
    states.REJECTED: (pgettext_lazy("version", "Rejected"), "bad"),
    states.RELEASED: (pgettext_lazy("version", "Released"), "good"),
    states.WITHDRAWN: (pgettext_lazy("version", "Withdrawn"), "bad"),
}
ACTIONS: dict[str, LazyText] = {
    "save": _("saved"),
    "propose": _("proposed"),
    "approve": _("approved"),
    "reject": _("rejected"),
    "withdraw": _("withdrawn"),
    "release": _("released"),
    "roll_back": _("rolled back to it"),
    "stop": _("stopped"),
}
SEVERITIES: dict[str, tuple[LazyText, str]] = {
    "error": (_("Error"), "bad"),
    "warning": (_("Warning"), "warn"),
    "note": (pgettext_lazy("finding", "Note"), "info"),
}


@dataclass(frozen=True)
class Standing:
    """What is in force and what comes, of one document on a day."""

    in_force: timeline.Effective | None
    ahead: Sequence[timeline.Effective]

    def marks(self, number: int) -> list[tuple[str, date]]:
        """``now`` where the version is in force, ``ahead`` where it comes, each with its day."""
        found = []
        if self.in_force and self.in_force.number == number:
            found.append(("now", self.in_force.effective_from))
        return found + [("ahead", e.effective_from) for e in self.ahead if e.number == number]


def standing(kind: str, name: str, day: date) -> Standing:
    told = queries.said(kind, name)
    return Standing(timeline.in_force(told, day), timeline.ahead(told, day))


def lines(versions: Sequence[Version], now: Standing, everything: bool) -> tuple[list[dict[str, Any]], int]:
    """Versions for a list, and how many are left out: of drafts saved one after the other by one person only the last
    is shown, and those with a note, unless ``everything`` is wanted."""
    shown: list[dict[str, Any]] = []
    left = 0
    after: Version | None = None
    for version in versions:
        state = queries.state(version)
        further = (
            after is not None
            and state == states.DRAFT
            and not version.note
            and after.author_id == version.author_id
            and after.based_on == version.number
        )
        after = version
        if further and not everything:
            left += 1
            continue
        word, tone = STATES[state]
        marks = now.marks(version.number)
        shown.append({"version": version, "state": state, "word": word, "tone": tone, "marks": marks})
    return shown, left


def events(kind: str, name: str, only: int | None = None) -> list[dict[str, Any]]:
    """The document's history for a page, the newest first; ``only`` one version's."""
    return [
        {
            "at": showing.moment(e.at),
            "by": e.by,
            "action": e.action,
            "word": ACTIONS[e.action],
            "number": e.number,
            "reason": e.reason,
            "from": e.effective_from,
            "acknowledged": e.acknowledged,
        }
        for e in queries.history(kind, name)
        if only is None or e.number == only
    ]


def possible(version: Version, user: User, now: Standing) -> dict[str, bool]:
    """Which steps the page offers to the person. Whose own work it is, is told when he tries (REL-007, REL-008)."""
    state = queries.state(version)
    held = {e.number for e in (*now.ahead, *filter(None, [now.in_force]))}
    offered = {
        action: states.after(state, action) is not None
        for action in ("propose", "approve", "reject", "withdraw", "release", "roll_back")
    }
    offered["withdraw"] &= version.number not in held
    offered["release"] &= state == states.APPROVED
    offered["roll_back"] &= not (now.in_force and now.in_force.number == version.number and not now.ahead)
    kind = kinds.kind(version.document.kind)
    needs = {"propose": kind.edit, "withdraw": kind.edit, "approve": kind.approve, "reject": kind.approve}
    needs |= {"release": kind.release, "roll_back": kind.roll_back}
    return {action: ok and can(user, needs[action]) for action, ok in offered.items()}


def refusal(error: ShouyueError | None) -> dict[str, Any] | None:
    """Why something was not done, with all that the check or a reader of files found."""
    if error is None:
        return None
    found = getattr(error, "remarks", None) or getattr(error, "findings", ())
    lang = showing.language()
    zh = lang == "zh"
    return {
        "code": error.code,
        "says": error.text(lang),
        "field": getattr(error, "field", ""),
        "findings": [
            {"code": f.code, "place": str(f.place), "says": f.zh if zh else f.en, "advice": f.do_zh if zh else f.do_en}
            for f in found
            if f.severity != "note"
        ][:20],
    }


def waits(found: Version | None) -> bool:
    """Is it proposed, so that somebody must see its warnings?"""
    return found is not None and queries.state(found) == states.PROPOSED


def warnings(kind: str, name: str, text: str) -> list[dict[str, Any]]:
    """Warnings that an approval must acknowledge, by their keys."""
    return [
        {"key": r.key, "code": r.code, "place": r.place, "says": r.zh if showing.language() == "zh" else r.en}
        for r in kinds.kind(kind).check(name, text)
        if r.severity == "warning"
    ]
