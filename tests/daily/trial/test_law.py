"""Which planned contacts the rules would refuse: asked of the pack in force on the day, by its own values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pytest

from shouyue.compliance import gate
from shouyue.compliance import pack as packs
from shouyue.compliance.inputs import Past
from shouyue.compliance.said import Said
from shouyue.daily.trial import comparing, law
from tests.daily.conftest import DAY, after, contact
from tests.daily.trial.conftest import edited
from tests.factories import AFTERNOON

CN = packs.load("cn")
REG_F = packs.load("us-reg-f")


def asked(*cases: tuple[str, str, bool]) -> pl.DataFrame:
    """Cases C1, C2 … of phase, best time and hold, alike on both sides."""
    one = {n: [None] * len(cases) for n in comparing.FIELDS}
    one |= {"phase": [c[0] for c in cases], "best_time": [c[1] for c in cases], "hold": [c[2] for c in cases]}
    one |= {"priority": [0] * len(cases), "customer_id": [f"C{n + 1}" for n in range(len(cases))]}
    frame = pl.DataFrame(one, schema={"customer_id": pl.String, **comparing.FIELDS}).drop("band")
    return comparing.side_by_side(frame, frame)


def known(count: int = 1, **facts) -> pl.DataFrame:
    one = {"zone": "Asia/Shanghai", "phone": "1", "relation": "self", "lost": False, **facts}
    rows = [{**dict.fromkeys(law.KNOWN), **one, "customer_id": f"C{n + 1}"} for n in range(count)]
    return pl.DataFrame(rows, schema=law.KNOWN)


def talked(loan: str, *past: Past) -> law.Told:
    return law.Told((loan,), on={"1": law.On(past)})


def judged(rows, pack=CN, day=DAY, hours=None, earlier=None, **facts) -> list[tuple[str | None, str | None]]:
    told = law.Law(pack, day, hours or law.Hours(), "Asia/Shanghai", known(rows.height, **facts), earlier or {}).judge(
        rows
    )
    return list(told.select("now_law", "now_refused").iter_rows())


def test_an_hour_of_the_day_is_allowed():
    assert judged(asked(("collection", "13:00-15:00", False))) == [("allowed", "")]


def test_where_a_pack_heeds_every_place_the_clock_of_the_numbers_area_counts_too():
    plan, west = asked(("collection", "09:00-09:30", False)), {"zone": "America/New_York", "phone": "+1 213 555 0100"}
    assert judged(plan, REG_F, zone="America/New_York", phone="+1 212 555 0100") == [("allowed", "")]
    assert judged(plan, REG_F, **west)[0][0] == "other_hours", "it is six in the morning there"
    assert judged(plan, CN, **west) == [("allowed", "")], "this pack goes by the person's clock alone"


def test_the_areas_of_all_his_numbers_count_where_the_pack_heeds_them():
    plan, east = asked(("collection", "09:00-09:30", False)), {"zone": "America/New_York", "phone": "+1 212 555 0100"}
    several = {"C1": ["+1 212 555 0100", "+1 213 555 0100"]}

    def first(pack, own) -> str:
        whole = law.Law(pack, DAY, law.Hours(), "Asia/Shanghai", known(**east), {}, own=own)
        return whole.judge(plan)["now_law"].item()

    assert [first(REG_F, own) for own in ({}, several)] == ["allowed", "other_hours"]
    assert first(CN, several) == "allowed"


def test_a_plan_within_quiet_hours_is_refused_at_its_hours_only():
    assert judged(asked(("reminder", "22:00-23:30", False))) == [("other_hours", "quiet-hours")]


def test_a_plan_that_reaches_into_quiet_hours_is_allowed_before_them():
    assert judged(asked(("reminder", "21:00-23:00", False))) == [("allowed", "")]


def test_a_desk_that_works_at_night_only_is_blocked_all_day():
    hours = law.Hours(time(22, 30), time(23, 30))
    assert judged(asked(("collection", "22:00-23:00", False)), hours=hours) == [("blocked", "quiet-hours")]


def test_the_persons_own_clock_counts():
    assert judged(asked(("collection", "09:00-09:30", False)), zone="Asia/Urumqi") == [("allowed", "")]
    rows = asked(("collection", "07:00-07:45", False))
    assert judged(rows) == [("other_hours", "quiet-hours")]


def test_rules_are_those_of_the_day():
    """Quiet hours came with GB/T 45251-2025, in force from 2025-02-28."""
    rows = asked(("collection", "22:00-23:00", False))
    assert judged(rows, day=date(2025, 2, 27)) == [("allowed", "")]
    assert judged(rows, day=date(2025, 2, 28)) == [("other_hours", "quiet-hours")]


def test_who_is_not_to_be_contacted_is_not_asked_about():
    assert judged(asked(("collection", "13:00-15:00", True))) == [(None, None)]


def test_without_a_number_of_his_own_there_is_no_call():
    assert judged(asked(("collection", "13:00-15:00", False)), phone=None) == [("no_number", "")]


def test_earlier_contacts_count_where_a_rule_looks_back():
    """Regulation F: none within 7 days after a conversation about the debt; 7 calls in 7 days."""
    rows = asked(*[("collection", "13:00-15:00", False)] * 3)
    talk = Past(datetime(2026, 11, 20, 4, tzinfo=UTC), "call", "conversation", loans=("L1",))
    calls = [Past(datetime(2026, 11, d, 4, tzinfo=UTC), "call", "unanswered", loans=("L2",)) for d in range(18, 24)]
    calls += [Past(datetime(2026, 11, 23, 5, tzinfo=UTC), "call", "unanswered", loans=("L2",))]
    earlier = {"C1": talked("L1", talk), "C2": talked("L2", *calls)}
    found = judged(rows, REG_F, earlier=earlier)
    assert [v for v, _ in found] == ["blocked", "blocked", "allowed"]
    assert found[0][1] != found[1][1]
    other = {"C1": talked("L9", talk)}
    assert judged(rows, REG_F, earlier=other)[0] == ("allowed", "")


def number(phone: str, relation: str = "self", **facts) -> dict:
    """A further number of C1, as the desk tries them."""
    one = {"customer_id": "C1", "zone": "Asia/Shanghai", "phone": phone, "relation": relation, "lost": False}
    return {**dict.fromkeys(law.KNOWN), **one, **facts}


def on_list(*further: dict, told: law.Told, pack=CN) -> tuple[str | None, str | None, str | None]:
    """Law, rules that refuse, and why he is set aside: of C1, whose first number is at work."""
    more = pl.DataFrame(list(further), schema=law.KNOWN)
    whole = law.Law(
        pack, DAY, law.Hours(), "Asia/Shanghai", known(place="work"), {"C1": told}, further=lambda _some: more
    )
    rows = whole.judge(asked(("collection", "13:00-15:00", False)))
    return rows.select("now_law", "now_refused", "now_aside").row(0)


def said(kind: str, **more) -> law.On:
    return law.On(said=(Said(kind, AFTERNOON - timedelta(days=1), **more),))


NOT_AT_WORK = said("inconvenient_place", place="work")
NO_CALLS = said("channel_refused", channels=("call",))


def test_where_the_first_number_is_refused_the_next_is_asked_about():
    told = law.Told(on={"1": NOT_AT_WORK, "2": NOT_AT_WORK, "3": NOT_AT_WORK})
    work, mobile = number("2", place="work"), number("3", place="mobile")
    blocked = ("blocked", "stated-places", "rule:stated-places")
    assert on_list(told=told) == on_list(work, told=told) == blocked
    assert on_list(work, mobile, told=told) == ("allowed", "", None)


def test_a_number_that_opens_later_that_day_keeps_him_on_the_list():
    later = said("inconvenient_time", begins="12:00", ends="16:00")
    told = law.Told(on={"1": NOT_AT_WORK, "2": later})
    assert on_list(number("2"), told=told) == ("other_hours", "stated-times", None)


def test_a_guarantor_is_called_within_his_contract():
    told = law.Told(on={"1": NOT_AT_WORK})
    assert on_list(number("2", "guarantor", liable=True), told=told) == ("allowed", "", None)
    assert on_list(number("2", "guarantor", liable=False), told=told)[0] == "blocked"


def test_others_keep_him_on_the_list_only_where_he_cannot_be_reached():
    told = law.Told(on={"1": said("wrong_number")})
    found = [on_list(number("2", "spouse", lost=lost, consent=agreed), told=told) for lost, agreed in
             ((False, None), (True, None), (True, False))]  # fmt: skip
    assert [(verdict, why) for verdict, _, why in found] == [
        ("blocked", "rule:wrong-number"), ("blocked", None), ("blocked", "rule:wrong-number")
    ]  # fmt: skip


def test_who_refused_calls_is_called_on_no_number():
    told = law.Told(on={"1": NO_CALLS, "2": NO_CALLS})
    assert on_list(number("2"), told=told) == ("blocked", "channel-refused", "rule:channel-refused")


def test_the_sums_name_each_rule_with_its_words_and_source():
    rows = asked(("collection", "22:00-23:00", False), ("collection", "13:00-15:00", False))
    told = law.Law(CN, DAY, law.Hours(), "Asia/Shanghai", known(2), {}).judge(rows)
    found = law.summary(CN, DAY, law.Hours(), told)["now"]
    assert found["verdicts"] == {"allowed": 1, "other_hours": 1, "blocked": 0, "no_number": 0}
    (rule,) = found["rules"]
    assert (rule["rule"], rule["refused"], rule["blocked"]) == ("quiet-hours", 1, 0)
    assert rule["source_en"].startswith("GB/T 45251-2025")
    assert "22:00" in rule["zh"]


@pytest.mark.django_db
def test_of_the_desk_it_knows_the_number_and_yesterdays_contacts(lender, reps, tried, monkeypatch):
    for n in (1, 2, 3):
        lender.loan(f"L{n}", after(-5))
    lender.rows["contacts"] = [c for c in lender.rows["contacts"] if c["customer_id"] != "C3"]
    lender.day()
    gate.report(contact("C1", reached="self", result="no_result").attempt_id, "conversation", AFTERNOON, None)
    monkeypatch.setenv("SHOUYUE_PACK", "us-reg-f")
    found = tried(edited(("golden      | [1..7] ", "golden      | [1..6] ")), as_of=after(1))
    verdicts = dict(found.cases().select("customer_id", "now_law").collect().iter_rows())
    assert verdicts == {"C1": "blocked", "C2": "allowed", "C3": "no_number"}
