from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.casework import handover
from shouyue.casework.models import Handover

pytestmark = pytest.mark.django_db


def test_the_case_goes_to_the_colleague_with_a_line_in_its_story(desk):
    handover.hand_over(desk.case.pk, desk.colleague.pk, desk.rep, "hostile", "请换人沟通", uuid4())
    desk.case.refresh_from_db()
    assert desk.case.assignee == desk.colleague
    entry = desk.case.timeline.get()
    assert (entry.kind, entry.data["reason"], entry.data["note"]) == ("handed_over", "hostile", "请换人沟通")


def test_the_same_handover_twice_is_one(desk):
    handover_id = uuid4()
    for _ in range(2):
        handover.hand_over(desk.case.pk, desk.colleague.pk, desk.rep, "away", "", handover_id)
    assert Handover.objects.count() == desk.case.timeline.count() == 1


@pytest.mark.parametrize(
    ("by", "taker", "reason", "code"),
    [
        ("colleague", "colleague", "away", "CASE-001"),  # not his case
        ("stranger", "stranger", "away", "CASE-001"),
        ("rep", "stranger", "away", "CASE-025"),  # another store
        ("rep", "rep", "away", "CASE-025"),
        ("rep", "colleague", "", "CASE-024"),
        ("auditor", "colleague", "away", "PEOPLE-001"),
    ],
)
def test_a_handover_that_may_not_be_leaves_the_case_where_it_was(desk, by, taker, reason, code):
    with pytest.raises(ShouyueError) as caught:
        handover.hand_over(desk.case.pk, getattr(desk, taker).pk, getattr(desk, by), reason, "", uuid4())
    assert caught.value.code == code
    desk.case.refresh_from_db()
    assert desk.case.assignee == desk.rep


def test_the_manager_hands_over_any_case_of_the_store(desk):
    handover.hand_over(desk.case.pk, desk.colleague.pk, desk.manager, "workload", "", uuid4())
    desk.case.refresh_from_db()
    assert desk.case.assignee == desk.colleague
