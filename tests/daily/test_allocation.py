"""Who works on which case: fair, steady, and the same in whatever order the cases come."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.daily.allocation import MARGIN, Rep, Work, allocate

STORES = ("S1", "S2", "S3")
REPS = [Rep(n, STORES[n % 3], 300, f"rep {n}") for n in range(1, 8)]


@st.composite
def works(draw) -> list[Work]:
    size = draw(st.integers(0, 60))
    return [
        Work(
            key=f"C{n:03}",
            store=draw(st.sampled_from(STORES)),
            minutes=draw(st.sampled_from((0, 3, 4, 6, 10))),
            priority=draw(st.integers(0, 5)),
            amount_minor=draw(st.integers(0, 10**7)),
            rep=draw(st.sampled_from([None, None, 1, 2, 3, 4, 5, 99])),
            settled=draw(st.booleans()),
        )
        for n in range(size)
    ]


@st.composite
def staff(draw) -> list[Rep]:
    return [
        Rep(n, draw(st.sampled_from(STORES)), draw(st.sampled_from((0, 20, 60, 360))), f"rep {n}", draw(st.booleans()))
        for n in range(1, draw(st.integers(1, 7)))
    ]


@given(works(), staff())
@settings(max_examples=200, deadline=None)
def test_every_case_has_exactly_one_rep_of_its_store(cases, reps):
    shares = allocate(cases, reps)
    at_work = {r.id: r for r in reps if r.capacity > 0}
    assert set(shares) == {c.key for c in cases}
    for case in cases:
        given_to = shares[case.key].rep
        if given_to is not None:
            assert at_work[given_to].store == case.store
        else:
            kept = case.rep in at_work and at_work[case.rep].store == case.store
            assert not kept and not any(r.store == case.store and r.takes for r in at_work.values())


@given(works(), staff(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_of_cases_and_reps_does_not_matter(cases, reps, shuffler: random.Random):
    before = allocate(cases, reps)
    shuffler.shuffle(cases)
    shuffler.shuffle(reps)
    assert allocate(cases, reps) == before


@given(works(), staff())
@settings(max_examples=200, deadline=None)
def test_a_case_leaves_its_rep_only_when_he_is_over_capacity(cases, reps):
    shares = allocate(cases, reps)
    for rep in (r for r in reps if r.capacity > 0):
        own = [c for c in cases if c.rep == rep.id and c.store == rep.store]
        left = [c for c in own if shares[c.key].rep != rep.id]
        assert all(not c.settled for c in left)
        if left:
            assert sum(c.weight for c in own) > rep.capacity * (1 + MARGIN)


@given(works(), staff())
@settings(max_examples=200, deadline=None)
def test_new_work_never_leaves_a_colleague_idle(cases, reps):
    """Who was given new work had the lowest share of capacity before the last piece of it."""
    shares = allocate(cases, reps)
    load: defaultdict[int | None, int] = defaultdict(int)
    for case in cases:
        load[shares[case.key].rep] += case.weight
    eligible = {r.id: r for r in reps if r.capacity > 0}
    dealt = [c for c in cases if not (c.rep in eligible and eligible[c.rep].store == c.store)]
    for rep in (r for r in eligible.values() if r.takes):
        own = [c for c in dealt if shares[c.key].rep == rep.id]
        if not own:
            continue
        last = min(c.weight for c in own)
        for other in (r for r in eligible.values() if r.takes and r.store == rep.store):
            assert (load[rep.id] - last) / rep.capacity <= load[other.id] / other.capacity + 1e-9


def test_fresh_work_is_spread_to_within_one_case():
    cases = [Work(f"C{n}", "S1", 4 + n % 3, n % 7, 1000 * n) for n in range(500)]
    reps = [Rep(n, "S1", 360) for n in range(1, 6)]
    load: Counter[int | None] = Counter()
    shares = allocate(cases, reps)
    for case in cases:
        load[shares[case.key].rep] += case.minutes
    assert max(load.values()) - min(load.values()) <= 6


def test_amounts_are_dealt_evenly_where_minutes_are_equal():
    cases = [Work(f"C{n:03}", "S1", 4, 0, 1000 * (n + 1)) for n in range(100)]
    shares = allocate(cases, [Rep(1, "S1", 360), Rep(2, "S1", 360)])
    amount: Counter[int | None] = Counter()
    for case in cases:
        amount[shares[case.key].rep] += case.amount_minor
    assert abs(amount[1] - amount[2]) <= 100_000


def test_held_cases_are_spread_as_well():
    cases = [Work(f"C{n}", "S1", 0, 0, 0) for n in range(10)]
    shares = allocate(cases, [Rep(1, "S1", 360), Rep(2, "S1", 360)])
    assert Counter(s.rep for s in shares.values()) == {1: 5, 2: 5}


def test_a_rep_who_works_less_gets_less():
    cases = [Work(f"C{n}", "S1", 4, 0, 0) for n in range(90)]
    shares = allocate(cases, [Rep(1, "S1", 360), Rep(2, "S1", 180)])
    assert Counter(s.rep for s in shares.values()) == {1: 60, 2: 30}


def test_case_of_a_rep_who_left_goes_to_a_colleague_who_is_told_why():
    shares = allocate([Work("C1", "S1", 4, 0, 0, rep=9)], [Rep(1, "S1", 360)])
    assert shares["C1"].rep == 1
    assert "不在岗" in shares["C1"].zh
    assert "not at work" in shares["C1"].en


def test_overloaded_rep_gives_away_the_least_urgent_case():
    cases = [Work(f"C{n}", "S1", 10, n, 0, rep=1) for n in range(5)]
    shares = allocate(cases, [Rep(1, "S1", 40, "李"), Rep(2, "S1", 40)])
    assert shares["C0"].rep == 2
    assert shares["C0"].zh == "调剂：李 已有 50 分钟，超出 40；您有 0 分钟"
    assert [shares[f"C{n}"].rep for n in range(1, 5)] == [1, 1, 1, 1]


def test_a_manager_keeps_what_he_was_handed_but_gets_no_new_work():
    shares = allocate(
        [Work("C1", "S1", 4, 0, 0, rep=1), Work("C2", "S1", 4, 0, 0)],
        [Rep(1, "S1", 360, takes=False), Rep(2, "S1", 360)],
    )
    assert (shares["C1"].rep, shares["C2"].rep) == (1, 2)


def test_store_without_reps_leaves_its_cases_unassigned():
    shares = allocate([Work("C1", "S9", 4, 0, 0)], REPS)
    assert shares["C1"].rep is None


def test_what_today_has_decided_is_not_explained_again():
    share = allocate([Work("C1", "S1", 4, 0, 0, rep=1, settled=True)], [Rep(1, "S1", 360)])["C1"]
    assert (share.rep, share.kept, share.zh) == (1, True, "")
