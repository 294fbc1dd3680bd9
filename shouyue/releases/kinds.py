"""What has versions: kinds of text, each registered by the room that owns it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from shouyue.releases import errors

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Remark:
    """What a check has to say: ``place`` in words, what is wrong and what to do in both languages."""

    code: str
    severity: Severity
    place: str
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""

    @property
    def key(self) -> str:
        """What it is known by where it is acknowledged: the same finding at the same place."""
        return f"{self.code} {self.place}: {self.en}"


@dataclass(frozen=True)
class Change:
    """What two texts differ in at a place; nothing on one side where it is new or gone."""

    place: str
    was: str
    now: str


@dataclass(frozen=True)
class Kind:
    """A kind of text. ``check`` takes the document's name and the text; ``diff`` two texts, the older first.

    The rest are actions of ``people.permissions``: who may read, write drafts and propose, approve and reject, put into
    force, and roll back.
    """

    id: str
    zh: str
    en: str
    check: Callable[[str, str], Sequence[Remark]]
    diff: Callable[[str, str], Sequence[Change]]
    view: str
    edit: str
    approve: str
    release: str
    roll_back: str


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; the same again changes nothing."""
    known = _KINDS.setdefault(kind.id, kind)
    if known != kind:
        raise ValueError(f"kind {kind.id} is registered twice")


def kind(id_: str) -> Kind:
    """Raises REL-001 for a kind that nobody registered."""
    if id_ not in _KINDS:
        raise errors.NO_KIND.error(kind=id_)
    return _KINDS[id_]


def kinds() -> list[Kind]:
    return list(_KINDS.values())
