"""What holds for every pack, person and history."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shouyue.compliance import pack, rules
from shouyue.compliance.inputs import Inputs, Past, zone_of
from shouyue.compliance.said import PLACE, TIME, Asked, Said

ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "America/Havana",  # clocks jump at midnight
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Europe/London",
    "UTC",
)
CHANNELS = ("call", "voice", "visit", "sms", "letter")
OUTCOMES = ("open", "unanswered", "not_connected", "answered", "conversation")
#: around both changes of clocks of the northern year, to the second
MOMENTS = st.integers(
    int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()), int(datetime(2026, 11, 30, tzinfo=UTC).timestamp())
).map(lambda s: datetime.fromtimestamp(s, UTC))
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "agreed_quiet_hours": st.booleans(),
        "agreed_more_attempts": st.booleans(),
        "borrower_unreachable": st.booleans(),
        "consent": st.none() | st.booleans(),
        "prior_consent": st.booleans(),
        "promise_due": st.just("2026-06-01"),
    },
)


@st.composite
def questions(draw) -> Inputs:
    at = draw(MOMENTS)
    past = st.builds(
        Past,
        at=st.integers(0, 9 * 86400).map(lambda s: at - timedelta(seconds=s)),
        channel=st.sampled_from(CHANNELS),
        outcome=st.sampled_from(OUTCOMES),
        staff_id=st.none() | st.integers(1, 3),
        same_person=st.booleans(),
        same_number=st.booleans(),
        loans=st.sampled_from([(), ("A",), ("B",), ("A", "B")]),
        asked_for=st.booleans(),
        wrong_number=st.booleans(),
    )
    said = st.builds(
        Said,
        kind=st.sampled_from(["agreed_quiet_hours", "prior_consent", "channel_refused", TIME, PLACE]),
        at=st.integers(-86400, 9 * 86400).map(lambda s: at - timedelta(seconds=s)),
        channels=st.sampled_from([(), ("call",), ("sms", "call")]),
        begins=st.sampled_from(["00:00", "07:30", "21:00"]),
        ends=st.sampled_from(["06:00", "12:15", "23:59"]),
        weekdays=st.sampled_from([(), (1, 3), (6, 7)]),
        place=st.sampled_from(["home", "work"]),
    )
    return Inputs(
        at=at,
        zone=draw(st.sampled_from(ZONES)),
        channel=draw(st.sampled_from(CHANNELS)),
        purpose=draw(st.sampled_from(["reminder", "collection"])),
        relation=draw(st.sampled_from(["self", "self", "self", "guarantor", "spouse"])),
        staff_id=draw(st.integers(1, 2)),
        has_number=draw(st.booleans()),
        loans=draw(st.sampled_from([(), ("A",), ("A", "B")])),
        facts=draw(FACTS),
        past=tuple(draw(st.lists(past, max_size=14))),
        place=draw(st.sampled_from(["", "home", "work"])),
        content=draw(st.sampled_from(["", "debt", "locate"])),
        also_zones=draw(st.sampled_from([(), ("America/Los_Angeles",)])),
        told_zones=draw(st.sampled_from([(), ("Asia/Tokyo",), ("Pacific/Apia",)])),
        every_clock=draw(st.booleans()),
        said=tuple(draw(st.lists(said, max_size=3))),
        asked=draw(
            st.none()
            | st.builds(
                lambda ago, ahead: Asked(
                    at - timedelta(hours=ago), at + timedelta(hours=ahead), at + timedelta(hours=ahead + 24)
                ),
                st.integers(1, 240),
                st.integers(-30, 72),
            )
        ),
        agency=draw(st.sampled_from(["", "", "north"])),
    )


packs = st.sampled_from([pack.load(name) for name in pack.shipped()])


@settings(max_examples=400, deadline=None)
@given(packs, questions())
def test_next_allowed_at_is_the_first_moment_without_a_refusal(by, asked):
    # what somebody will say later is not known when he is asked about
    asked = replace(asked, said=tuple(said for said in asked.said if said.at <= asked.at))
    answer = rules.decide(by, asked)
    first = answer.next_allowed_at
    if answer.allowed:
        assert first == asked.at
        return
    if first is None:
        # nothing that time brings: refused a month on as well
        assert not rules.decide(by, replace(asked, at=asked.at + timedelta(days=30, hours=3))).allowed
        return
    assert first > asked.at
    assert rules.decide(by, replace(asked, at=first)).allowed
    assert not rules.decide(by, replace(asked, at=first - timedelta(seconds=1))).allowed
    # nor is there an earlier moment: looked for every 17 minutes
    step = asked.at
    while step < first:
        assert not rules.decide(by, replace(asked, at=step)).allowed
        step += timedelta(minutes=17)


@settings(max_examples=300, deadline=None)
@given(MOMENTS, st.sampled_from(ZONES))
@example(datetime(2026, 11, 24, 14, 0, tzinfo=UTC), "Asia/Shanghai")
@example(datetime(2026, 11, 24, 0, 0, tzinfo=UTC), "Asia/Shanghai")
def test_quiet_hours_are_what_the_wall_clock_shows(at, zone):
    answer = rules.decide(pack.load("cn"), Inputs(at, zone, "sms", "collection"))
    shown = at.astimezone(zone_of(zone)).strftime("%H:%M:%S")
    assert answer.allowed == ("08:00:00" <= shown < "22:00:00")


@settings(max_examples=200, deadline=None)
@given(packs, questions())
def test_an_answer_is_the_same_again_from_stored_json(by, asked):
    stored = json.loads(json.dumps(asked.to_json()))
    read_back = Inputs.from_json(stored)
    assert read_back == asked
    answer = rules.decide(by, asked)
    assert rules.decide(by, read_back) == answer
    for finding in answer.findings:
        assert rules.Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


@settings(max_examples=200, deadline=None)
@given(packs, questions())
def test_every_answer_can_be_said_in_both_languages(by, asked):
    answer = rules.decide(by, asked)
    zh, en = answer.words("zh-hans"), answer.words("en")
    assert zh.startswith("现在可以" if answer.allowed else "现在不可")
    assert en.startswith("You may not" if not answer.allowed else "You may")
    assert "None" not in zh + en and "{" not in zh + en


@settings(max_examples=300, deadline=None)
@given(packs, questions())
def test_one_more_earlier_contact_never_opens_a_closed_gate(by, asked):
    if not asked.past:
        return
    fewer = replace(asked, past=asked.past[1:])
    assert rules.decide(by, asked).allowed <= rules.decide(by, fewer).allowed


def by_clock(asked: Inputs, name: str) -> Inputs:
    """The same question about somebody who can be nowhere else."""
    return replace(asked, zone=name, told_zones=(), also_zones=(), every_clock=False)


@settings(max_examples=400, deadline=None)
@given(packs, questions())
def test_by_several_clocks_a_contact_is_refused_by_what_refuses_it_by_any_of_them(by, asked):
    asked = replace(asked, every_clock=True)
    alone = [rules.decide(by, by_clock(asked, name)) for name in (asked.zone, *asked.clocks)]
    answer = rules.decide(by, asked)
    assert {f.rule for f in answer.refusals} == {f.rule for one in alone for f in one.refusals}
    assert answer.allowed == all(one.allowed for one in alone)
    if answer.next_allowed_at is not None:
        first = replace(asked, at=answer.next_allowed_at)
        assert all(rules.decide(by, by_clock(first, name)).allowed for name in (asked.zone, *asked.clocks))


@settings(max_examples=300, deadline=None)
@given(packs, questions(), st.sampled_from(ZONES))
def test_a_further_clock_never_opens_a_closed_gate(by, asked, further):
    asked = replace(asked, every_clock=True)
    more = replace(asked, told_zones=(*asked.told_zones, further))
    assert rules.decide(by, more).allowed <= rules.decide(by, asked).allowed


@settings(max_examples=300, deadline=None)
@given(questions(), st.integers(0, 9 * 86400), st.lists(st.integers(0, 9 * 86400), max_size=2))
def test_a_consent_is_good_for_seven_days_of_any_clock_until_they_speak(asked, ago, talks):
    """Seven calls are behind him: only the consent opens the way to another."""
    by = pack.load("us-reg-f")
    given_at, spoken_at = asked.at - timedelta(seconds=ago), [asked.at - timedelta(seconds=s) for s in talks]
    past = [Past(asked.at - timedelta(hours=1), "call", "unanswered", 1, loans=("A",))] * 7
    past += [Past(at, "call", "conversation", 1, loans=("A",)) for at in spoken_at]
    asked = replace(
        asked, channel="call", relation="self", every_clock=True, loans=("A",), facts={}, past=tuple(past), asked=None
    )
    asked = replace(asked, said=(Said("prior_consent", given_at),))
    dates = [(zone, given_at.astimezone(zone_of(zone)).date()) for zone in (asked.zone, *asked.clocks)]
    good = (
        asked.agency == ""
        and all((asked.at.astimezone(zone_of(zone)).date() - given_on).days < 7 for zone, given_on in dates)
        and not any(given_at < at <= asked.at for at in spoken_at)
    )
    refused = {f.rule for f in rules.decide(by, asked).refusals}
    assert ("seven-calls-in-seven-days" in refused) is not good


def budgets(*rows: tuple[str, str, int, int]):
    """A pack of budgets alone: (id, whose, days, most)."""
    rule = {"kind": "count", "severity": "block", "evidence": "house", "zh": "多", "en": "many"}
    value = {"valid_from": "2020-01-01", "source": [{"document": "own"}], "of": ["conversation", "open"]}
    return pack.build(
        {
            "id": "budgets",
            "version": "1",
            "title": {"zh": "次数", "en": "budgets"},
            "documents": {"own": {"zh": "自定", "en": "own"}},
            "rule": [
                {**rule, "id": name, "value": [{**value, "per": per, "days": days, "max": most}]}
                for name, per, days, most in rows
            ],
        }
    )


BUDGETS = budgets(("day", "person", 1, 2), ("week", "person", 7, 4), ("month", "number", 30, 5))


def over_by_hand(asked: Inputs) -> set[str]:
    """Which budgets are used up on the calendar of any zone: the contacts of each single day, looked up by its date."""
    over = set()
    for zone in map(zone_of, {asked.zone, *asked.told_zones, *asked.also_zones}):
        calendar = Counter()
        for past in asked.past:
            if past.outcome in ("conversation", "open"):
                shown = past.at.astimezone(zone).date().isoformat()
                calendar["person", shown] += past.same_person
                calendar["number", shown] += past.same_number
        day = asked.at.astimezone(zone).date()
        for name, per, days, most in (("day", "person", 1, 2), ("week", "person", 7, 4), ("month", "number", 30, 5)):
            window = [(day - timedelta(days=back)).isoformat() for back in range(days)]
            if (per != "number" or asked.has_number) and sum(calendar[per, shown] for shown in window) >= most:
                over.add(name)
    return over


@settings(max_examples=400, deadline=None)
@given(questions())
# 23:30 in Shanghai on the 23rd, half past midnight in Tokyo on the 24th
@example(
    Inputs(
        datetime(2026, 11, 24, 6, tzinfo=UTC), "Asia/Shanghai", "call", "collection",
        past=(Past(datetime(2026, 11, 23, 15, 30, tzinfo=UTC), "call", "conversation"),) * 2,
        told_zones=("Asia/Tokyo",),
    )
)  # fmt: skip
def test_a_budget_is_kept_on_the_calendar_of_every_zone(asked):
    asked = replace(asked, every_clock=True)
    answer = rules.decide(BUDGETS, asked)
    assert {f.rule for f in answer.refusals} == over_by_hand(asked)
    if not answer.allowed:
        first = answer.next_allowed_at
        assert first is not None and not over_by_hand(replace(asked, at=first))
        assert over_by_hand(replace(asked, at=first - timedelta(seconds=1)))


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4 * 3600),  # seconds since the step before
        st.sampled_from(["call", "voice"]),
        st.integers(1, 3),  # staff
        st.integers(1, 2),  # number
        st.sampled_from(OUTCOMES),
        st.integers(0, 5),  # after how many further steps the outcome is reported
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.sampled_from(ZONES))
def test_no_sequence_of_calls_goes_over_the_budget_of_a_day(steps, zone):
    """Outcomes come late and in any order; the budget is held by what each call turns out to have been."""
    by, at = pack.load("cn"), datetime(2026, 10, 30, tzinfo=UTC)
    made: list[dict] = []
    for now, (wait, channel, staff, number, outcome, delay) in enumerate(steps):
        at += timedelta(seconds=wait)
        past = tuple(
            Past(
                m["at"],
                m["channel"],
                m["outcome"] if m["known"] <= now else "open",
                m["staff"],
                True,
                m["number"] == number,
            )
            for m in made
        )
        asked = Inputs(at, zone, channel, "collection", staff_id=staff, has_number=True, past=past)
        if rules.decide(by, asked).allowed:
            made.append(
                {
                    "at": at,
                    "channel": channel,
                    "staff": staff,
                    "number": number,
                    "outcome": outcome,
                    "known": now + delay,
                }
            )
    days = [(m["at"].astimezone(zone_of(zone)).date(), m) for m in made]
    assert all(8 <= m["at"].astimezone(zone_of(zone)).hour < 22 for m in made)
    talks = Counter(day for day, m in days if m["outcome"] == "conversation")
    dials = Counter((day, m["number"]) for day, m in days if m["outcome"] in ("unanswered", "not_connected", "open"))
    assert max(talks.values(), default=0) <= 3
    assert max(dials.values(), default=0) <= 6
