"""A made-up kind of text whose check finds what its lines say, and people who work on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from difflib import ndiff

import pytest

from shouyue.people.models import User
from shouyue.releases import drafting, kinds, releasing, reviewing
from shouyue.releases.kinds import Change, Kind, Remark
from shouyue.releases.models import Version

from ..factories import user

TODAY = date(2026, 11, 24)
NAME = "greeting"


def check(_name: str, text: str) -> Sequence[Remark]:
    """``error: …`` and ``warning: …`` lines are found."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        severity, _, what = line.partition(": ")
        if severity in ("error", "warning", "note"):
            found.append(Remark("MADE-001", severity, f"line {number}", f"第{number}行", what, "改", "mend it"))  # type: ignore[arg-type]
    return found


def diff(old: str, new: str) -> Sequence[Change]:
    lines = [d for d in ndiff(old.splitlines(), new.splitlines()) if d[0] in "+-"]
    return [Change("", d[2:] if d[0] == "-" else "", d[2:] if d[0] == "+" else "") for d in lines]


MADE = Kind(
    "made", "试", "made", check, diff, *(f"strategy.{a}" for a in ("view", "edit", "approve", "release", "roll_back"))
)


@pytest.fixture(autouse=True)
def made_kind(monkeypatch):
    monkeypatch.setitem(kinds._KINDS, "made", MADE)


@pytest.fixture
def ann(db) -> User:
    return user("ann", "head_office")


@pytest.fixture
def bob(db) -> User:
    return user("bob", "head_office")


@pytest.fixture
def cid(db) -> User:
    return user("cid", "head_office")


@pytest.fixture
def people(ann, bob, cid) -> list[User]:
    return [ann, bob, cid]


@pytest.fixture
def life(ann, bob):
    """Bring a text as far as wanted: saved and proposed by Ann, approved by Bob, released by Ann."""

    def make(text: str = "hello", to: str = "released", effective_from: date = TODAY) -> Version:
        newest = Version.objects.filter(document__name=NAME).order_by("-number").first()
        made = drafting.save("made", NAME, text, ann, newest.number if newest else 0)
        if to != "draft":
            reviewing.propose("made", NAME, made.number, ann)
        if to in ("approved", "released"):
            keys = [r.key for r in check(NAME, text)]
            reviewing.approve("made", NAME, made.number, bob, keys)
        if to == "released":
            releasing.release("made", NAME, made.number, ann, effective_from, TODAY)
        return made

    return make
