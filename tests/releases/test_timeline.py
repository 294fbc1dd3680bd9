"""Which version is in force on a day, against a slow and obvious calendar."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shouyue.releases.timeline import Effective, ahead, in_force

START = date(2026, 11, 1)
DAYS = [START + timedelta(days=n) for n in range(30)]


@st.composite
def histories(draw) -> list[tuple[date, Effective]]:
    """Releases with the day on which each was made; none lies before that day."""
    made = draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8), st.none() | st.integers(1, 4)), max_size=8))
    made.sort(key=lambda m: m[0])
    return [
        (DAYS[on], Effective(seq, DAYS[on] + timedelta(days=ahead_), number))
        for seq, (on, ahead_, number) in enumerate(made, 1)
    ]


@given(histories())
def test_a_calendar_written_day_by_day_says_the_same(history):
    calendar: dict[date, int | None] = {}
    for _, said in history:
        for day in DAYS:
            if day >= said.effective_from:
                calendar[day] = said.number
    for day in DAYS:
        now = in_force([said for _, said in history], day)
        assert (now.number if now else None) == calendar.get(day)


@given(histories(), st.randoms())
def test_order_does_not_matter(history, random):
    said = [s for _, s in history]
    shuffled = random.sample(said, len(said))
    assert [in_force(said, d) for d in DAYS] == [in_force(shuffled, d) for d in DAYS]


@given(histories())
def test_what_is_over_never_changes(history):
    """What was in force on a day, as known that evening, is what is known of it ever after."""
    said = [s for _, s in history]
    for day in DAYS:
        known_then = [s for made, s in history if made <= day]
        assert in_force(known_then, day) == in_force(said, day)


@given(histories())
def test_what_comes_is_what_changes_when_one_walks_on(history):
    said = [s for _, s in history]
    now, seen = in_force(said, START), []
    for day in [START + timedelta(days=n) for n in range(1, 40)]:
        then = in_force(said, day)
        if then != now and then is not None:
            seen.append(then)
        now = then
    assert ahead(said, START) == seen
