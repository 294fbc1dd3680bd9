"""Strategies in versions: which one the desk works by on a day, and what a version is checked against.

This room uses strategies, so it registers them as a kind of text with the releases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from shouyue import strategy as strategies
from shouyue.base.errors import ShouyueError
from shouyue.compliance import pack
from shouyue.compliance.contradictions import against
from shouyue.daily import business_day
from shouyue.releases import kinds, queries
from shouyue.releases.kinds import Change, Kind, Remark
from shouyue.releases.models import Version
from shouyue.strategy import Finding, Strategy
from shouyue.strategy.differing import differ
from shouyue.strategy.faults import Findings, Place, declare
from shouyue.strategy.reading import usable
from shouyue.strategy.testing import Result

KIND = "strategy"
_RANK = {"error": 0, "warning": 1, "note": 2}

OTHER_NAME = declare(
    "DAY-020",
    "文件里的 name 是“{have}”，应为“{want}”",
    "the file's name is '{have}'; it must be '{want}'",
    ('改成 name = "{want}"', 'write name = "{want}"'),
)
NO_TESTS = declare(
    "DAY-021",
    "策略没有自测",
    "the strategy has no tests",
    ("为最要紧的情况各写一个 [[test]]", "write a [[test]] for each case that matters most"),
)


@dataclass(frozen=True)
class Examined:
    """A text as far as it can be read, everything found in it, errors first, and how its tests went.

    ``strategy`` is None where the text is no TOML.
    """

    strategy: Strategy | None
    findings: tuple[Finding, ...]
    results: tuple[Result, ...] = ()

    @property
    def usable(self) -> bool:
        return not any(f.severity == "error" for f in self.findings)


def register() -> None:
    actions = (f"strategy.{a}" for a in ("view", "edit", "approve", "release", "roll_back"))
    kinds.register(Kind(KIND, "策略", "Strategy", remarks, _changes, *actions))


# ---- which one
def chosen(name: str | Path, day: date) -> Strategy:
    """The strategy the desk works by on the day: the released version in force, else the file of that name.

    A path is that file. Raises STRAT-001 to -003.
    """
    text = str(name)
    if not (text.endswith(".toml") or "/" in text) and (found := queries.effective(KIND, text, day)):
        return of_version(found)
    return strategies.load(name)


def named(text: str, day: date) -> Strategy:
    """What a person names: ``standard#7`` (or ``standard@2#7``) for a version whatever its state, a path for that file,
    a name for what the desk works by on the day. Raises STRAT-001 to -003, REL-002."""
    if "#" not in text or Path(text).is_file():
        return chosen(text, day)
    found = of_identity(text)
    usable(found)
    return found


def of_version(version: Version) -> Strategy:
    """A version of a document as a strategy. Raises STRAT-002, STRAT-003."""
    found = read(version)
    usable(found)
    return found


def read(version: Version) -> Strategy:
    """Like ``of_version``, but one with faults comes back with them."""
    return read_text(version.document.name, version.number, version.text)


def read_text(name: str, number: int, text: str) -> Strategy:
    """The text of a version by its number, or of the file of that name (0), with its faults."""
    if not number:
        return strategies.read(text, f"{name}.toml")
    return replace(strategies.read(text, f"{name}#{number}.toml"), released=number)


def of_identity(identity: str) -> Strategy:
    """The strategy that a case or a run names: ``standard@1`` or ``standard@1#7``. Raises STRAT-001, REL-002."""
    whole, _, number = identity.partition("#")
    name = whole.rpartition("@")[0] or whole
    return read(queries.version(KIND, name, int(number))) if number.isdigit() else strategies.draft(name)


# ---- what is found
def examined(name: str, text: str, day: date | None = None) -> Examined:
    """Read, check (against the pack's rules as of ``day``, by default the desk's), and run the text's own tests."""
    return _examined(name, text, day or business_day.today(), pack.active().digest)


@lru_cache(maxsize=32)
def _examined(name: str, text: str, day: date, _rules: str) -> Examined:
    """Kept, since a page shows the text that was checked a moment ago when it was saved. ``_rules`` is the digest of
    the pack in force."""
    file = f"{name}.toml"
    try:
        found = strategies.read(text, file)
    except ShouyueError as error:
        return Examined(None, (Finding(error.code, "error", Place(file), error.zh, error.en),))
    more = Findings(file)
    if found.name != name and not any(f.code == "STRAT-005" for f in found.faults):
        more.add(OTHER_NAME, Place(file), have=found.name, want=name)
    findings = strategies.check(found, also=[against(pack.active(), day)])
    results: tuple[Result, ...] = ()
    if not any(f.severity == "error" for f in found.faults):
        results, failed = _tested(found)
        findings += failed
        if not results and not failed:
            more.add(NO_TESTS, Place(file), "warning")
    findings = sorted([*more.items, *findings], key=lambda f: _RANK[f.severity])
    return Examined(found, tuple(findings), results)


def _tested(found: Strategy) -> tuple[tuple[Result, ...], list[Finding]]:
    try:
        results = tuple(strategies.run_tests(found))
    except ShouyueError as error:  # two rows of a unique table for one case of the tests
        return (), [Finding(error.code, "error", Place(found.file, "test"), error.zh, error.en)]
    return results, [f for r in results for f in r.findings]


def remarks(name: str, text: str) -> Sequence[Remark]:
    """What stands against a text, as the steps of its life are told it."""
    return [
        Remark(
            f.code,
            f.severity,
            str(replace(f.place, file="", line=None)) or name,
            "；".join((f.zh, *f.cases_zh)).replace("：；", "："),
            "; ".join((f.en, *f.cases_en)).replace(":;", ":"),
            f.do_zh,
            f.do_en,
        )
        for f in examined(name, text).findings
    ]


def _changes(old: str, new: str) -> Sequence[Change]:
    difference = differ(strategies.read(old), strategies.read(new))
    changes = [Change(f"{k.section} {k.key}", k.was, k.now) for k in difference.keys]
    for row in difference.changed:
        place = f"{row.table} {row.row}"
        if row.status == "moved":
            changes.append(Change(place, f"#{row.was}", f"#{row.now}"))
        changes += [Change(f"{place} {cell.column}", cell.was, cell.now) for cell in row.cells]
    return changes
