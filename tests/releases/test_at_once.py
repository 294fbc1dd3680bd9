"""Many at once: one word counts, one number is given once, one release is the last."""

from __future__ import annotations

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.releases import drafting, queries, releasing, reviewing
from shouyue.releases.models import Release, Step, Version

from ..compliance.test_race import at_once
from ..factories import user
from .conftest import NAME, TODAY

pytestmark = pytest.mark.django_db(transaction=True)


def caught(work):
    """The code a work is refused with, or what it gave."""

    def run():
        try:
            return work()
        except ShouyueError as error:
            return error.code

    return run


def test_two_approvals_at_once_are_one(ann):
    others = [user(f"u{n}", "head_office") for n in range(8)]
    drafting.save("made", NAME, "hello", ann, 0)
    reviewing.propose("made", NAME, 1, ann)
    works = [caught(lambda u=u: reviewing.approve("made", NAME, 1, u)) for u in others]
    works += [caught(lambda u=u: reviewing.reject("made", NAME, 1, u, "no")) for u in others]
    done = at_once(works)
    assert sum(isinstance(d, Step) for d in done) == 1
    assert sum(d == "REL-003" for d in done) == 15
    assert Step.objects.filter(action__in=["approve", "reject"]).count() == 1


def test_ten_drafts_at_once_leave_one_and_nine_told(ann):
    works = [caught(lambda n=n: drafting.save("made", NAME, f"text {n}", ann, 0)) for n in range(10)]
    done = at_once(works)
    assert sum(isinstance(d, Version) for d in done) == 1
    assert sum(d == "REL-004" for d in done) == 9
    assert list(Version.objects.values_list("number", flat=True)) == [1]


def test_releases_at_once_are_all_kept_in_an_order(ann, bob, life):
    life("one", to="approved")
    life("two", to="approved")
    works = [caught(lambda n=n: releasing.release("made", NAME, n, ann, TODAY, TODAY)) for n in (1, 2)] * 3
    at_once(works)
    assert sorted(Release.objects.values_list("seq", flat=True)) == list(range(1, Release.objects.count() + 1))
    last = Release.objects.latest("seq")
    found = queries.effective("made", NAME, TODAY)
    assert found is not None
    assert last.version is not None
    assert found.number == last.version.number
