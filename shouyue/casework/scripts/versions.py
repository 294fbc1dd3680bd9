"""Scripts in versions: which are in force on a day, what stands against a text, and by which one a call was held.

Scripts are a kind of text with the releases (docs/releases.md). The shipped text of a name holds until a version of it
is released, and again once that is stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache, lru_cache

from shouyue.base import clock
from shouyue.casework.models import Contact, ScriptText
from shouyue.casework.scripts import faults
from shouyue.casework.scripts.checking import check
from shouyue.casework.scripts.choosing import Facts, shipped
from shouyue.casework.scripts.choosing import script as choose
from shouyue.casework.scripts.model import Script
from shouyue.casework.scripts.reading import read
from shouyue.compliance import pack
from shouyue.releases import kinds
from shouyue.releases.kinds import Change, Kind, Remark
from shouyue.releases.models import Release, Version

KIND = "script"


@dataclass(frozen=True)
class Held:
    """A script as its text says it; ``number`` is its version's, 0 for the shipped text."""

    script: Script
    text: str
    digest: str
    number: int = 0


def register() -> None:
    actions = (f"script.{a}" for a in ("view", "edit", "approve", "release", "roll_back"))
    kinds.register(Kind(KIND, "话术", "Script", remarks, changes, *actions))


# ---- which ones
def in_force(day: date) -> Mapping[str, Held]:
    """The scripts that calls go by on the day, by id. One query, and one more for a text not yet read."""
    found = dict(_shipped())
    said = Release.objects.filter(document__kind=KIND, effective_from__lte=day).order_by("document_id", "-seq")
    columns = ("document__name", "version_id", "version__digest", "version__number")
    for name, version, digest, number in said.distinct("document_id").values_list(*columns):
        if version is not None and (held := _released(version, digest, number)) is not None:
            found[name] = held
    return found


def chosen(day: date, phase: str, relation: str, treatment: str, facts: Facts) -> Held:
    """The script for a call that begins on the day."""
    there = in_force(day)
    return there[choose(phase, relation, treatment, facts, {id_: held.script for id_, held in there.items()}).id]


@cache
def _shipped() -> Mapping[str, Held]:
    return {name: held for name, text in shipped().items() if (held := _held(text, 0)) is not None}


@lru_cache(maxsize=256)
def _released(version: int, digest: str, number: int) -> Held | None:
    """None where this program cannot read a text that an earlier one released: then the shipped one is said."""
    return _held(Version.objects.values_list("text", flat=True).get(pk=version, digest=digest), number)


def _held(text: str, number: int) -> Held | None:
    script, _ = read(text)
    return Held(script, text, hashlib.sha256(text.encode()).hexdigest(), number) if script else None


# ---- what a call was held by
def keep(held: Held) -> ScriptText:
    """The text, so that it can be read for as long as the calls that went by it."""
    row = ScriptText(digest=held.digest, text=held.text)
    ScriptText.objects.bulk_create([row], ignore_conflicts=True)
    return row


def facts_then(contact: Contact) -> Facts:
    """The facts of the case when the call began."""
    known = {f.name for f in fields(Facts)}
    return Facts(**{key: value for key, value in contact.script_facts.items() if key in known})


def script_then(contact: Contact) -> Script | None:
    """The script that the call goes by; None for calls from before scripts were kept."""
    return kept(contact.script_id) if contact.script_id else None


@lru_cache(maxsize=256)
def kept(digest: str) -> Script | None:
    """A script by the digest under which its text was kept."""
    return read(ScriptText.objects.values_list("text", flat=True).get(pk=digest))[0]


# ---- what stands against a text, and what two differ in
def remarks(name: str, text: str, day: date | None = None) -> Sequence[Remark]:
    """Every finding, under the pack in force on the day (today where none is given), errors first."""
    script, wrong = read(text)
    if script is None:
        return wrong
    found = [] if script.id == name else [faults.remark(faults.OTHER_ID, "id", have=script.id, want=name)]
    found += check(script, pack.active(), day or clock.today())
    return sorted(found, key=lambda r: r.severity != "error")


def changes(old: str, new: str) -> Sequence[Change]:
    """What two texts differ in, part by part; nothing where one of them cannot be read."""
    was, now = (dict(_parts(script)) if (script := read(text)[0]) else {} for text in (old, new))
    return [
        Change(place, was.get(place, ""), now.get(place, ""))
        for place in dict.fromkeys((*was, *now))
        if was.get(place, "") != now.get(place, "")
    ]


def _parts(script: Script) -> Iterator[tuple[str, str]]:
    yield "order", " ".join(part.id for part in (*script.elements, *script.objections))
    for row in (script, *script.elements, *script.objections):
        for field in ("zh", "en", "say_zh", "say_en", "phase", "audience", "rank"):
            if hasattr(row, field):
                yield f"{row.id} {field}", str(getattr(row, field))
        yield f"{row.id} when", " ".join(f"{key}={value}" for key, value in row.when.items())
        for outcome in getattr(row, "outcomes", ()):
            ends = " ■" if outcome.ends else ""
            yield f"{row.id} {outcome.id}", f"{outcome.zh} / {outcome.en}{ends}"
