"""Which planned contacts the rules would refuse: asked of the pack in force on the day, by its own values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import polars as pl
import pytest

from shouyue.compliance import gate
from shouyue.compliance import pack as packs
from shouyue.compliance.inputs import Past
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
    one = {"zone": "Asia/Shanghai", "has_number": True, **facts}
    rows = [{**dict.fromkeys(law.KNOWN), **one, "customer_id": f"C{n + 1}"} for n in range(count)]
    return pl.DataFrame(rows, schema=law.KNOWN)


def judged(rows, pack=CN, day=DAY, hours=None, earlier=None, **facts) -> list[tuple[str | None, str | None]]:
    told = law.Law(pack, day, hours or law.Hours(), "Asia/Shanghai", known(rows.height, **facts), earlier or {}).judge(
        rows
    )
    return list(told.select("now_law", "now_refused").iter_rows())


def test_an_hour_of_the_day_is_allowed():
    assert judged(asked(("collection", "13:00-15:00", False))) == [("allowed", "")]


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
    assert judged(asked(("collection", "13:00-15:00", False)), has_number=False) == [("no_number", "")]


def test_earlier_contacts_count_where_a_rule_looks_back():
    """Regulation F: none within 7 days after a conversation about the debt; 7 calls in 7 days."""
    rows = asked(*[("collection", "13:00-15:00", False)] * 3)
    talk = Past(datetime(2026, 11, 20, 4, tzinfo=UTC), "call", "conversation", loans=("L1",))
    calls = [Past(datetime(2026, 11, d, 4, tzinfo=UTC), "call", "unanswered", loans=("L2",)) for d in range(18, 24)]
    calls += [Past(datetime(2026, 11, 23, 5, tzinfo=UTC), "call", "unanswered", loans=("L2",))]
    earlier = {"C1": law.Told(("L1",), (talk,)), "C2": law.Told(("L2",), tuple(calls))}
    found = judged(rows, REG_F, earlier=earlier)
    assert [v for v, _ in found] == ["blocked", "blocked", "allowed"]
    assert found[0][1] != found[1][1]
    other = {"C1": law.Told(("L9",), (talk,))}
    assert judged(rows, REG_F, earlier=other)[0] == ("allowed", "")


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
