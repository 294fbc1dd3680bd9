"""Judging promises, as a table and by properties, beside a slow and obvious reference."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.casework.promises import ENDED, TRANSITIONS, Event, Promised, State, event, judge

BEGIN = date(2026, 11, 1)
PAYER = ("C1", "CNY")


def day(n: int) -> date:
    return BEGIN + timedelta(days=n)


@st.composite
def promised(draw) -> list[Promised]:
    rows = []
    for n in range(draw(st.integers(0, 5))):
        made = draw(st.integers(0, 20))
        rows.append(
            Promised(
                id=UUID(int=n),
                case_id=1,
                payer=draw(st.sampled_from([PAYER, ("C2", "CNY"), ("C1", "USD")])),
                amount_minor=draw(st.integers(1, 500)),
                made_on=day(made),
                due_on=day(made + draw(st.integers(0, 8))),
                grace_days=draw(st.integers(0, 3)),
                tolerance_permille=draw(st.sampled_from((1000, 950, 500))),
                state=draw(st.sampled_from([State.OPEN, State.KEPT, State.PART_KEPT, State.BROKEN, *ENDED])),
                paid_minor=0,
            )
        )
    return rows


money = st.lists(st.tuples(st.integers(0, 35).map(day), st.integers(1, 400)), max_size=8)
days = st.integers(0, 35).map(day)


def coin_by_coin(rows: list[Promised], paid: list, as_of: date) -> dict[UUID, int]:
    """Every single coin goes to the promise that ends first among those that can still use it."""
    got = {p.id: 0 for p in rows}
    for on, minor in sorted(paid):
        for _ in range(minor if on <= as_of else 0):
            for promise in sorted(rows, key=lambda p: (p.last_day, p.made_on, p.id)):
                if promise.made_on <= on <= promise.last_day and got[promise.id] < promise.amount_minor:
                    got[promise.id] += 1
                    break
    return got


@given(promised(), money, days)
def test_money_serves_the_promise_that_ends_first_and_never_two(rows, paid, as_of):
    judged = judge(rows, {PAYER: paid}, as_of)
    own = [p for p in rows if p.payer == PAYER and p.state not in ENDED]
    wanted = coin_by_coin(own, paid, as_of)
    assert {j.promise.id: j.paid_minor for j in judged if j.promise.payer == PAYER} == wanted
    assert sum(wanted.values()) <= sum(minor for _, minor in paid)
    assert all(j.paid_minor == 0 for j in judged if j.promise.payer != PAYER)


@given(promised(), money, days)
def test_judging_again_moves_nothing(rows, paid, as_of):
    judged = judge(rows, {PAYER: paid}, as_of)
    settled = [replace(j.promise, state=j.state, paid_minor=j.paid_minor) for j in judged]
    assert not any(j.changed for j in judge(settled, {PAYER: paid}, as_of))


@given(promised(), money, days)
def test_a_state_says_what_was_paid(rows, paid, as_of):
    for j in judge([replace(p, state=State.OPEN) for p in rows], {PAYER: paid}, as_of):
        p = j.promise
        assert (j.state == State.KEPT) == (j.paid_minor * 1000 >= p.amount_minor * p.tolerance_permille)
        if j.state == State.OPEN:
            assert as_of <= p.last_day
        if j.state in (State.PART_KEPT, State.BROKEN):
            assert as_of > p.last_day
            assert (j.paid_minor > 0) == (j.state == State.PART_KEPT)


@given(promised(), money, st.randoms(use_true_random=False), days)
def test_order_of_promises_and_payments_does_not_matter(rows, paid, shuffler, as_of):
    before = {j.promise.id: (j.state, j.paid_minor) for j in judge(rows, {PAYER: paid}, as_of)}
    rows, paid = list(rows), list(paid)
    shuffler.shuffle(rows)
    shuffler.shuffle(paid)
    assert {j.promise.id: (j.state, j.paid_minor) for j in judge(rows, {PAYER: paid}, as_of)} == before


@given(promised(), money, st.tuples(st.integers(0, 35).map(day), st.integers(1, 400)), days)
def test_more_money_never_makes_a_first_promise_worse(rows, paid, more, as_of):
    rank = {State.BROKEN: 0, State.PART_KEPT: 1, State.OPEN: 2, State.KEPT: 3}
    rows = [replace(p, state=State.OPEN, payer=PAYER) for p in rows[:1]]
    for less, richer in zip(judge(rows, {PAYER: paid}, as_of), judge(rows, {PAYER: [*paid, more]}, as_of), strict=True):
        assert rank[richer.state] >= rank[less.state]


@pytest.mark.parametrize("state", [State.OPEN, State.KEPT, State.PART_KEPT, State.BROKEN])
def test_every_judged_state_answers_every_final_event(state):
    for what, end in ((Event.PAID, State.KEPT), (Event.PART, State.PART_KEPT), (Event.NOTHING, State.BROKEN)):
        assert TRANSITIONS[state, what] == end


def test_an_ended_promise_has_no_way_back():
    assert not any(state in ENDED for state, _ in TRANSITIONS)
    assert set(TRANSITIONS.values()) == set(State)


def test_grace_ends_with_its_last_day():
    promise = Promised(UUID(int=1), 1, PAYER, 100, day(0), day(3), 1, 1000, State.OPEN, 0)
    assert [event(promise, 0, day(n)) for n in (3, 4, 5)] == [Event.WAITING, Event.WAITING, Event.NOTHING]
    assert event(promise, 99, day(5)) == Event.PART
    assert event(promise, 100, day(1)) == Event.PAID


def again(judged: list, paid: list, as_of: date) -> list:
    """What changes when the same evidence is judged a second time."""
    rows = []
    for one in judged:
        at = as_of if one.moved else one.promise.judged_as_of
        rows.append(replace(one.promise, state=one.state, paid_minor=one.paid_minor, judged_as_of=at))
    return [j for j in judge(rows, {PAYER: paid}, as_of) if j.changed]


@given(promised(), money, days)
def test_judged_again_nothing_changes(rows, paid, as_of):
    assert not again(judge(rows, {PAYER: paid}, as_of), paid, as_of)


def test_what_a_promise_had_that_gives_way_serves_the_others_at_once():
    kept = Promised(UUID(int=1), 1, PAYER, 100, day(0), day(5), 0, 1000, State.KEPT, 100, judged_as_of=day(1))
    newer = replace(
        kept, id=UUID(int=2), amount_minor=30, made_on=day(2), due_on=day(6), state=State.OPEN, paid_minor=0
    )
    paid = [(day(3), 40)]  # of the hundred that had kept the first nothing is left
    judged = judge([kept, newer], {PAYER: paid}, day(3))
    assert [(j.state, j.paid_minor) for j in judged] == [(State.REPLACED, 0), (State.KEPT, 30)]
    assert not again(judged, paid, day(3))
