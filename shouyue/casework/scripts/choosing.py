"""Which script a call goes by, and what of it: from the facts of the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from shouyue.casework.scripts.checking import holds
from shouyue.casework.scripts.model import SPOKEN, Element, Objection, Script, Spoken, asked_ticks
from shouyue.casework.scripts.reading import read, usable
from shouyue.compliance.wishes import BORROWERS

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Facts:
    """What conditions ask of a case; docs/scripts.md tells where each comes from."""

    dpd: int = 0
    broken_promise: bool = False
    hardship: bool = False
    vulnerable: bool = False
    dispute: bool = False
    lost_contact: bool = False
    #: that the call is recorded is to be said (``known.says_recorded``)
    recorded_line: bool = False
    #: of the signing interview, only where the borrower himself is spoken to
    interviewed: bool = False
    said_pay_day: int = 0
    said_salary_on: int = 0
    said_usual_hours: str = ""
    said_channel: Mapping[str, str] = field(default_factory=dict)
    said_pays_how: Mapping[str, str] = field(default_factory=dict)
    said_corporate_account: bool = False
    said_early_settlement: bool = False
    said_not_at_work: bool = False
    said_if_lost: bool = False

    def spoken(self, lang: str) -> dict[str, str]:
        """What he said, as sentences say it; empty where he did not."""
        lang = "zh" if lang.startswith("zh") else "en"
        values = {key: getattr(self, key) for key in SPOKEN}
        return {k: (v.get(lang, "") if isinstance(v, Mapping) else str(v or "")) for k, v in values.items()}


@cache
def shipped() -> dict[str, str]:
    """The text of every shipped script by its id."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.toml"))}


@cache
def all_scripts() -> dict[str, Script]:
    """Every shipped script by its id."""
    return {name: usable(name, *read(text)) for name, text in shipped().items()}


def script(
    phase: str,
    relation: str = "self",
    treatment: str = "",
    facts: Facts | None = None,
    scripts: Mapping[str, Script] | None = None,
) -> Script:
    """The script for a call: by the strategy's treatment where a script of that id exists, else by the facts.

    ``scripts`` are those to choose from, by id; the shipped ones where they are not given.

    A guarantor gets one of those for guarantors; anybody else the one that discloses nothing, whatever the treatment.
    """
    scripts = scripts or all_scripts()
    if relation not in BORROWERS:
        return scripts["third_person"]
    audience = "borrower" if relation == "self" else relation
    known = scripts.get(treatment)
    if known is not None and known.audience == audience:
        return known
    told = asdict(facts or Facts())
    # the shipped ones hold where a house had given the id of the last that fits to a script for somebody else
    return max(
        _fitting(scripts, audience, phase, told) or _fitting(all_scripts(), audience, phase, told),
        key=lambda s: (s.rank, s.id),
    )


def _fitting(scripts: Mapping[str, Script], audience: str, phase: str, told: Mapping[str, Any]) -> list[Script]:
    return [s for s in scripts.values() if s.audience == audience and s.phase == phase and holds(s.when, told)]


def shown(found: Script, facts: Facts | None = None) -> tuple[tuple[Element, ...], tuple[Objection, ...]]:
    """The elements and objections that fit the facts, in the script's order; which of them are up follows from the
    ticks (``up``)."""
    told = asdict(facts or Facts())
    elements = tuple(e for e in found.elements if holds(e.when, told))
    return elements, tuple(o for o in found.objections if holds(o.when, told))


def up(
    elements: Sequence[Element], objections: Sequence[Objection], ticked: Mapping[str, str]
) -> tuple[set[str], set[str]]:
    """Ids of the elements and of the objections that are up as the elements are ticked: a tick of an element that is
    not up itself counts for none."""
    counted: dict[str, str] = {}

    def holds_of(row: Spoken) -> bool:
        return all(counted.get(id_) in outcomes for id_, outcomes in asked_ticks(row.when).items())

    found: set[str] = set()
    for element in elements:
        if holds_of(element):
            found.add(element.id)
            if element.id in ticked:
                counted[element.id] = ticked[element.id]
    return found, {o.id for o in objections if holds_of(o)}
