"""The answer above the call button."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shouyue.compliance import pack, rules
from shouyue.compliance.inputs import Inputs, Past

AFTERNOON = datetime.fromisoformat("2026-11-24T14:00:00+08:00")
TALK = Past(AFTERNOON - timedelta(hours=2), "call", "conversation", 1)
MISS = Past(AFTERNOON - timedelta(hours=1), "call", "unanswered", 1, same_number=True)


@pytest.fixture(autouse=True)
def lender_in_shanghai(monkeypatch):
    monkeypatch.setenv("SHOUYUE_ZONE", "Asia/Shanghai")


def words(lang: str, at=AFTERNOON, **more) -> str:
    plain = {"zone": "Asia/Shanghai", "channel": "call", "purpose": "collection", "has_number": True, "staff_id": 1}
    return rules.decide(pack.load("cn"), Inputs(**{"at": at, **plain, **more})).words(lang)


def test_allowed_says_how_often_today_and_until_when():
    past = (TALK, MISS, MISS)
    assert words("zh-hans", past=past) == (
        "现在可以拨打。今天已通话 1 次（上限 3 次），此号码今天已拨 2 次（上限 6 次）。22:00 后不得联系。"
    )
    assert words("en", past=past) == (
        "You may call now. Conversations today: 1 of 3, attempts to this number today: 2 of 6. No contact after 22:00."
    )


def test_refused_says_which_rule_and_when_next():
    late = AFTERNOON + timedelta(hours=9)
    assert words("zh", at=late).startswith("现在不可拨打：22:00–08:00 为安静时段（GB/T 45251-2025；")
    assert words("zh", at=late).endswith("最早可于 明天 08:00 拨打。")
    assert words("en", at=late).startswith("You may not call now: 22:00–08:00 are quiet hours (GB/T 45251-2025; ")
    assert words("en", at=late).endswith("The earliest is tomorrow 08:00.")


def test_before_the_morning_the_earliest_is_today():
    assert "最早可于 今天 08:00 拨打" in words("zh", at=AFTERNOON - timedelta(hours=7))


def test_further_days_are_named_by_their_date():
    hold = {"promise_due": "2026-11-24"}
    by = pack.load("us-reg-f")
    at = datetime.fromisoformat("2026-11-24T14:00:00-05:00")
    answer = rules.decide(
        by,
        Inputs(
            at,
            "America/New_York",
            "call",
            "collection",
            loans=("A",),
            facts=hold,
            past=(Past(at, "call", "conversation", 1, loans=("A",)),),
        ),
    )
    assert answer.words("zh").endswith("最早可于 对方当地时间 2026-12-01 08:00 拨打。")
    assert answer.words("en").endswith("The earliest is 2026-12-01 08:00 their local time.")


def test_where_time_does_not_help_it_says_so():
    assert words("zh", relation="spouse").endswith("情况不变则一直不可拨打。")
    assert words("en", relation="spouse").endswith("Time alone does not change that.")


def test_a_third_person_call_says_to_disclose_nothing():
    more = {"relation": "spouse", "facts": {"borrower_unreachable": True}}
    assert words("zh", **more).endswith("注意：不得透露任何借款信息。")
    assert words("en", **more).endswith("Note: disclose nothing about the debt.")


def test_the_earliest_is_never_said_too_early():
    """A moment with seconds is rounded up to the minute."""
    open_call = Past(AFTERNOON - timedelta(seconds=30), "call", "open", 2)
    assert "最早可于 今天 14:15 拨打" in words("zh", past=(open_call,))


def test_times_are_those_of_the_person():
    text = words("zh", zone="Asia/Tokyo", at=AFTERNOON)
    assert "对方当地时间 22:00 后不得联系" in text


def test_the_evening_ends_by_whichever_clock_is_first():
    elsewhere = {"told_zones": ("Asia/Tokyo",), "every_clock": True}
    assert "。21:00 后不得联系" in words("zh", **elsewhere)
    assert words("en", **elsewhere).endswith("No contact after 21:00.")
    west = {"told_zones": ("America/New_York",), "every_clock": True, "at": AFTERNOON.replace(hour=21)}
    assert "22:00 后不得联系" in words("zh", **west), "it is nine in the morning there"


def test_it_says_by_whose_clock_a_budget_is_used_up():
    past = (Past(AFTERNOON - timedelta(hours=14, minutes=30), "call", "conversation", 1),) * 3
    told = words("zh", past=past, told_zones=("Asia/Tokyo",), every_clock=True)
    assert "今天与本人的有效通话已达 3 次（上限 3 次）（按 Asia/Tokyo 的时间）" in told


@pytest.mark.parametrize(
    ("channel", "zh", "en"),
    [("visit", "现在可以上门", "You may visit now"), ("sms", "现在可以发短信", "You may send a text message now")],
)
def test_each_channel_has_its_verb(channel, zh, en):
    assert words("zh", channel=channel).startswith(zh)
    assert words("en", channel=channel).startswith(en)
