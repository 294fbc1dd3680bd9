"""The packs' rules as cases that a lawyer can read: cases/*.toml."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shouyue.compliance import pack, rules
from shouyue.compliance.inputs import NOTICE, REFUSES, WARNS, Inputs, Past, zone_of
from shouyue.compliance.said import Asked, Said

FOLDER = Path(__file__).with_name("cases")
DAY = "2026-11-24"
LINE = re.compile(
    r"((?P<times>\d+) x )?((?P<day>\d{4}-\d\d-\d\d) )?(?P<time>\d\d:\d\d) (?P<channel>\w+) (?P<outcome>\w+)"
    r"( by (?P<by>\d+))?( number (?P<number>\w+))?( loan (?P<loan>\w+))?( (?P<flag>asked for|wrong number))?"
)
SAID = re.compile(
    r"((?P<day>\d{4}-\d\d-\d\d) )?(?P<time>\d\d:\d\d) (?P<kind>\w+)( by (?P<channels>[\w,]+))?"
    r"( (?P<begins>\d\d:\d\d)-(?P<ends>\d\d:\d\d))?( on (?P<days>[\w,]+))?( at (?P<place>\w+))?"
)
ASKED = re.compile(r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d) for (?P<begins>\d{4}-\d\d-\d\d \d\d:\d\d)")
WEEK = ("mo", "tu", "we", "th", "fr", "sa", "su")


def cases():
    for path in sorted(FOLDER.glob("*.toml")):
        file = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in file.pop("case"):
            yield pytest.param({**file, **case}, id=f"{file['pack']}: {case['name']}")


def moment(text: str, zone: str) -> datetime:
    whole = text if len(text) > 8 else f"{DAY} {text}"
    return datetime.fromisoformat(whole).replace(tzinfo=zone_of(zone) or ZoneInfo("UTC"))


def contacts(line: str, zone: str) -> list[Past]:
    match = LINE.fullmatch(line)
    assert match, f"not a line about a contact: {line}"
    past = Past(
        at=moment(f"{match['day'] or DAY} {match['time']}:00", zone),
        channel=match["channel"],
        outcome=match["outcome"],
        staff_id=int(match["by"] or 1),
        same_number=match["number"] is None,
        loans=(match["loan"],) if match["loan"] else ("A",),
        asked_for=match["flag"] == "asked for",
        wrong_number=match["flag"] == "wrong number",
    )
    return [past] * int(match["times"] or 1)


def said(line: str, zone: str) -> Said:
    match = SAID.fullmatch(line)
    assert match, f"not a line about what was said: {line}"
    return Said(
        kind=match["kind"],
        at=moment(f"{match['day'] or DAY} {match['time']}:00", zone),
        channels=tuple((match["channels"] or "").split(",")) if match["channels"] else (),
        begins=match["begins"] or "",
        ends=match["ends"] or "",
        weekdays=tuple(WEEK.index(day) + 1 for day in match["days"].split(",")) if match["days"] else (),
        place=match["place"] or "",
    )


def asked(line: str, zone: str) -> Asked | None:
    if not line:
        return None
    match = ASKED.fullmatch(line)
    assert match, f"not a line about a call that was asked for: {line}"
    begins = moment(f"{match['begins']}:00", zone)
    return Asked(moment(f"{match['at']}:00", zone), begins, begins + timedelta(hours=24))


@pytest.mark.parametrize("case", list(cases()))
def test_case(case):
    zone = case.get("zone", "Asia/Shanghai")
    answer = rules.decide(
        pack.load(case["pack"]),
        Inputs(
            at=moment(case.get("at", "14:00:00"), zone),
            zone=zone,
            channel=case.get("channel", "call"),
            purpose=case.get("purpose", "collection"),
            relation=case.get("relation", "self"),
            staff_id=1,
            has_number=True,
            loans=tuple(case.get("loans", ())),
            facts=case.get("facts", {}),
            past=tuple(p for line in case.get("before", ()) for p in contacts(line, zone)),
            place=case.get("place", ""),
            content=case.get("content", ""),
            agency=case.get("agency", ""),
            also_zones=tuple(case.get("also_zones", ())),
            told_zones=tuple(case.get("told_zones", ())),
            every_clock=bool(case.get("also_zones") or case.get("told_zones")),
            said=tuple(said(line, zone) for line in case.get("said", ())),
            asked=asked(case.get("asked", ""), zone),
        ),
    )
    spoke = {v: [f.rule for f in answer.findings if f.verdict == v] for v in (REFUSES, WARNS, NOTICE)}
    assert spoke[REFUSES] == case.get("refused_by", [])
    assert answer.allowed == (not case.get("refused_by"))
    if answer.allowed:
        assert spoke[WARNS] + spoke[NOTICE] == case.get("told", [])
    first = case.get("next")
    if first == "never":
        assert answer.next_allowed_at is None
    elif first:
        assert answer.next_allowed_at == moment(first, zone)
    if "may_say" in case:
        assert list(answer.contents) == case["may_say"]
    for lang in ("zh", "en"):
        assert answer.words(lang)


@pytest.mark.parametrize("name", pack.shipped())
def test_every_rule_that_is_judged_refuses_in_a_case_and_lets_through_in_another(name):
    """A rule without cases is a rule nobody has read."""
    read = [case for param in cases() for case in param.values if case["pack"] == name]
    judged = {rule.id for rule in pack.load(name).rules if rule.kind not in ("conduct", "lapses", "wording")}
    assert judged - {rule for case in read for rule in (*case.get("refused_by", ()), *case.get("told", ()))} == set()
    through = [(case, rule) for case in read for rule in case.get("about", ())]
    assert judged - {rule for _, rule in through} == set()
    assert [case["name"] for case, rule in through if case.get("refused_by") or rule not in judged] == []
