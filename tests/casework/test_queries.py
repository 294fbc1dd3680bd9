from __future__ import annotations

from datetime import timedelta

import pytest

from shouyue.casework import queries
from shouyue.people.permissions import NotPermitted

from .conftest import TODAY, make_case

pytestmark = pytest.mark.django_db


def ids(cases) -> list[int]:
    return [case.pk for case in cases]


def test_my_day_is_in_the_order_to_work_it_and_holds_only_my_open_cases(desk, morning):
    top = make_case(desk.store, desk.rep, 2, priority=900)
    low = make_case(desk.store, desk.rep, 3, priority=5)
    make_case(desk.store, desk.colleague, 4, priority=999)
    make_case(desk.store, desk.rep, 5, status="closed")
    assert ids(queries.my_day(desk.rep, TODAY, morning)) == [top.pk, desk.case.pk, low.pk]


def test_what_waits_and_what_is_done_is_not_to_do(desk, morning):
    later = make_case(desk.store, desk.rep, 2, next_action_at=morning + timedelta(hours=2))
    held = make_case(desk.store, desk.rep, 6, hold=True)
    done = make_case(desk.store, desk.rep, 3, done_on=TODAY)
    yesterday = make_case(desk.store, desk.rep, 4, done_on=TODAY - timedelta(days=1), priority=1)
    assert ids(queries.my_day(desk.rep, TODAY, morning)) == [desk.case.pk, yesterday.pk]
    assert ids(queries.my_day(desk.rep, TODAY, morning, "waiting")) == [later.pk, held.pk]
    assert ids(queries.my_day(desk.rep, TODAY, morning, "done")) == [done.pk]
    assert ids(queries.my_day(desk.rep, TODAY, morning + timedelta(hours=3))) == [desk.case.pk, later.pk, yesterday.pk]


def test_next_goes_down_the_list_and_starts_again_at_the_top(desk, morning):
    top = make_case(desk.store, desk.rep, 2, priority=900)
    low = make_case(desk.store, desk.rep, 3, priority=5)
    after = [queries.next_case(desk.rep, TODAY, morning, case) for case in (None, top, desk.case, low)]
    assert after == [top.pk, desk.case.pk, low.pk, top.pk]


def test_next_is_none_when_the_list_is_empty(desk, morning):
    assert queries.next_case(desk.colleague, TODAY, morning) is None


@pytest.mark.parametrize(("who", "seen"), [("rep", 1), ("manager", 1), ("stranger", 0), ("head", 1), ("auditor", 1)])
def test_each_role_sees_its_own_part(desk, who, seen):
    assert queries.visible_cases(getattr(desk, who)).count() == seen


def test_an_administrator_sees_no_cases(desk):
    desk.rep.role = "admin"
    with pytest.raises(NotPermitted):
        queries.visible_cases(desk.rep)


@pytest.mark.parametrize("text", ["测试", "0001", "10000000001", "L0001", "C0001", " 0002 "])
def test_search_finds_by_name_phone_end_and_contract(desk, text):
    assert ids(queries.search(desk.rep, text)) == [desk.case.pk]


@pytest.mark.parametrize("text", ["", "   ", "9999", "L00", "10000000009", "%", "客户"])
def test_search_finds_nothing_else(desk, text):
    assert not queries.search(desk.rep, text)


def test_search_stays_in_the_store(desk):
    assert not queries.search(desk.stranger, "测试")


def test_the_case_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    make_case(desk.store, desk.rep, 2)
    with django_assert_num_queries(9):
        page = queries.case_page(desk.case.pk, desk.rep)
    assert page.owed_minor == 200_000
    assert [p.relation for p in page.contact_points] == ["self", "friend"]
