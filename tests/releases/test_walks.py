"""Random walks: whatever people try, in whatever order, a version lives by the table and history only grows."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.releases import drafting, queries, releasing, reviewing, states
from shouyue.releases.models import Release, Step, Version

from .conftest import NAME, TODAY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(6))
def test_a_walk(seed, people):
    chance = random.Random(seed)
    day, known = TODAY, {}
    for _ in range(120):
        by, number = chance.choice(people), chance.randint(1, 4)
        work = _work(chance, by, number, day)
        rows = [m.objects.count() for m in (Version, Step, Release)]
        try:
            work()
        except ShouyueError:
            assert [m.objects.count() for m in (Version, Step, Release)] == rows
        if chance.random() < 0.1:
            found = queries.effective("made", NAME, day)
            known[day] = found.number if found else None
            day += timedelta(days=1)
    _lives_by_the_table()
    for past, number in known.items():
        found = queries.effective("made", NAME, past)
        assert (found.number if found else None) == number
    assert audit.verify().ok


def _work(chance: random.Random, by: User, number: int, day: date):
    """Something that somebody tries."""
    newest = chance.choice([Version.objects.count(), 0])
    ahead = day + timedelta(days=chance.randint(-1, 3))
    text = chance.choice(["a", "b", "warning: c", "error: d"])
    of, at = ("made", NAME, number, by), (ahead, day)
    return chance.choice(
        [
            lambda: drafting.save("made", NAME, text, by, newest),
            lambda: reviewing.propose(*of),
            lambda: reviewing.approve(*of, ["MADE-001 line 1: c"]),
            lambda: reviewing.reject(*of, chance.choice(["", "no"])),
            lambda: reviewing.withdraw(*of, "x", day),
            lambda: releasing.release(*of, *at),
            lambda: releasing.roll_back(*of, *at, "x"),
            lambda: releasing.stop("made", NAME, by, *at, "x"),
        ]
    )


def _lives_by_the_table():
    for version in Version.objects.all():
        state, wrote = "", set()
        for step in version.steps.order_by("seq"):
            assert states.TRANSITIONS[state, step.action] == step.state
            if step.action in ("save", "propose"):
                wrote.add(step.by_id)
            if step.action in ("approve", "reject"):
                assert step.by_id not in wrote
            state = step.state
    for release in Release.objects.exclude(kind="stop"):
        assert release.version is not None
        approved = release.version.steps.get(action="approve")
        assert approved.at <= release.at
        assert not release.version.text.startswith("error")
        if release.kind == "release":
            assert approved.by_id != release.by_id
