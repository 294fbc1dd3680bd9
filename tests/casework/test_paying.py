"""Paying habits: what is said, on how much it rests, and what never changes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shouyue.casework.paying import ENOUGH, NEAR, RECENT, REMINDED, Habit, Met, Try, habits

ZONE = ZoneInfo("Asia/Shanghai")
START = date(2026, 1, 1)
days = st.integers(0, 700).map(lambda n: START + timedelta(days=n))
mets = st.lists(
    st.builds(
        lambda loan, due, after: Met(loan, due, due + timedelta(days=after)),
        st.sampled_from("AB"),
        days,
        st.integers(-40, 60),
    ),
    max_size=40,
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))
tries = st.lists(
    st.builds(Try, moments, st.sampled_from(["call", "visit", "sms"]), st.none() | st.booleans()), max_size=60
)


def said(met, tried=(), since: date | None = START) -> dict[str, Habit]:
    found = habits(met, tried, ZONE, since)
    assert len({h.kind for h in found}) == len(found)
    return {h.kind: h for h in found}


@given(mets, tries, st.none() | days)
def test_nothing_is_said_on_too_little_and_no_more_agree_than_there_are(met, tried, since):
    for habit in said(met, tried, since).values():
        assert habit.of >= ENOUGH and 0 <= habit.agree <= habit.of
        if habit.kind in ("relative_day", "day_of_month", "weekday"):
            assert habit.agree * 2 > habit.of and habit.of <= RECENT


@given(mets, tries, st.randoms(use_true_random=False))
def test_the_order_of_what_is_known_does_not_matter(met, tried, random):
    mixed, otherwise = list(met), list(tried)
    random.shuffle(mixed)
    random.shuffle(otherwise)
    assert said(met, tried) == said(mixed, otherwise)


@given(mets, st.integers(-200, 200))
def test_the_calendar_may_move_and_lateness_stays(met, by):
    moved = [Met(m.loan, m.due + timedelta(days=by), m.on + timedelta(days=by)) for m in met]
    for kind in ("relative_day", "late"):
        assert said(met).get(kind) == said(moved).get(kind)


@given(st.integers(-30, 30), st.integers(ENOUGH, RECENT))
def test_who_always_pays_so_many_days_from_the_due_day_is_said_to(after, count):
    due = [START + timedelta(days=30 * n) for n in range(count)]
    found = said([Met("A", day, day + timedelta(days=after)) for day in due])
    assert found["relative_day"] == Habit("relative_day", after, count, count)
    assert found["late"] == Habit("late", after if after > 0 else None, count if after > 0 else 0, count)


@given(mets, tries, days)
def test_paid_on_his_own_is_what_a_slow_count_says(met, tried, since):
    newest: dict[tuple[str, date], date] = {}
    for m in met:
        newest[m.loan, m.on] = min(m.due, newest.get((m.loan, m.on), m.due))
    by_day = sorted(newest.items(), key=lambda one: (one[0][1], one[1], one[0][0]))[-RECENT:]
    known = [(min(due, on) - REMINDED, on) for (_, on), due in by_day if min(due, on) - REMINDED >= since]
    contacts = {t.at.astimezone(ZONE).date() for t in tried}
    alone = [not any(first <= day <= last for day in contacts) for first, last in known]
    assert said(met, tried, since).get("on_own") == (
        Habit("on_own", None, sum(alone), len(alone)) if len(alone) >= ENOUGH else None
    )


@given(mets, tries, moments, days)
def test_a_further_contact_never_makes_him_pay_more_on_his_own(met, tried, at, since):
    before = said(met, tried, since).get("on_own")
    after = said(met, [*tried, Try(at, "sms", talked=None)], since).get("on_own")
    assert (before is None) == (after is None)
    assert before is None or after.agree <= before.agree


@given(tries)
def test_the_best_channel_is_beaten_by_none_that_was_tried_enough(tried):
    best = said([], tried).get("channel")
    rates = {}
    for channel in {t.channel for t in tried}:
        talked = [t.talked for t in tried if t.channel == channel and t.talked is not None]
        if len(talked) >= ENOUGH and any(talked):
            rates[channel] = sum(talked) / len(talked)
    assert (best is None) == (not rates)
    if best is not None:
        assert rates[best.value] == max(rates.values()) == best.agree / best.of


def test_a_year_paid_in_one_go_is_one_observation():
    ahead = [Met("A", START + timedelta(days=30 * n), START) for n in range(12)]
    assert said(ahead) == {}


def test_days_that_differ_are_no_usual_day():
    spread = [Met("A", START + timedelta(days=30 * n), START + timedelta(days=30 * n + 3 * NEAR * n)) for n in range(8)]
    found = said(spread)
    assert "relative_day" not in found and found["late"].agree == 7


def test_hours_are_the_persons_own():
    at = datetime(2026, 3, 2, 5, 10, tzinfo=UTC)  # 13:10 in Shanghai
    calls = [Try(at + timedelta(days=n), "call", talked=n != 2) for n in range(5)]
    found = said([], calls)
    assert found["hour"] == Habit("hour", 12, 4, 5) and found["channel"] == Habit("channel", "call", 4, 5)
