from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from uuid import uuid4

import pytest

from shouyue.casework import calls
from shouyue.casework.outcome import Outcome
from shouyue.daily.models import DailyRun
from shouyue.reports.metrics import LEDGER, rate
from shouyue.reports.today import today
from tests.casework.conftest import TODAY, desk, make_case, morning  # noqa: F401

pytestmark = pytest.mark.django_db


def call(desk, case, **outcome):  # noqa: F811
    point = case.customer.contact_points.filter(relation="self").first() or case.customer.contact_points.create(
        phone=f"1000000{case.pk:04}"
    )
    contact = calls.start(case.pk, point.pk, desk.rep, uuid4()).contact
    calls.finish(contact.pk, desk.rep, Outcome(**outcome))


def test_the_day_is_counted_from_its_rows(desk, morning):  # noqa: F811
    reminder = make_case(desk.store, desk.rep, 2, phase="reminder", due_minor=30_000, overdue_minor=0, minutes=3)
    make_case(desk.store, desk.colleague, 3, hold=True)
    make_case(desk.store, None, 4, inflow_on=TODAY, overdue_minor=7_000)
    make_case(desk.other_store, desk.stranger, 5)
    call(desk, desk.case, reached="self", result="promise", promise_minor=20_000, promise_due=TODAY + timedelta(2))
    call(desk, reminder, reached="self", result="will_deposit")
    total = today(desk.store, TODAY).total
    assert (total.cases, total.due, total.done) == (4, 3, 2)
    assert total.due_money == {"CNY": 50_000 + 30_000 + 7_000}
    assert (total.calls, total.called, total.reached, total.reminded) == (2, 2, 2, 1)
    assert (total.promised, total.promised_money) == (1, {"CNY": 20_000})
    assert (total.inflow, total.inflow_money["CNY"], total.unassigned) == (1, 7_000, 1)
    assert total.promise_rate == Fraction(1, 2)
    assert total.done_rate == Fraction(2, 3)


def test_each_rep_has_a_row_also_one_who_has_done_nothing(desk, morning):  # noqa: F811
    call(desk, desk.case, reached="nobody")
    reps = {user.username: tally for user, tally in today(desk.store, TODAY).reps}
    assert set(reps) == {"rep", "colleague"}
    assert (reps["rep"].calls, reps["rep"].reached, reps["colleague"].calls) == (1, 0, 0)


def test_the_company_is_the_sum_of_its_stores(desk, morning):  # noqa: F811
    make_case(desk.other_store, desk.stranger, 5, overdue_minor=1_000)
    company = today(None, TODAY)
    assert [(store.code, tally.due) for store, tally in company.stores] == [("S1", 1), ("S2", 1)]
    assert company.total.due_money == {"CNY": 51_000}


def test_payments_are_those_the_published_day_saw_in_the_store(desk, morning):  # noqa: F811
    DailyRun.objects.create(
        as_of=TODAY,
        book="b",
        book_version="1",
        strategy="s",
        strategy_digest="d",
        convention="default",
        published_at=morning,
        totals={"paid": {"S1": {"CNY": {"count": 2, "minor": 900}}, "S2": {"CNY": {"count": 1, "minor": 5}}}},
    )
    total = today(desk.store, TODAY).total
    assert (total.paid, total.paid_money) == (2, {"CNY": 900})


def test_nothing_to_divide_by_is_no_rate():
    assert rate(0, 0) is None
    assert rate(0, 4) == 0


def test_the_number_of_queries_does_not_grow_with_the_cases(desk, morning, django_assert_max_num_queries):  # noqa: F811
    for number in range(2, 12):
        make_case(desk.store, desk.rep, number)
    with django_assert_max_num_queries(7):
        today(desk.store, TODAY)


def test_every_metric_is_defined_in_both_languages_and_a_rate_names_its_halves():
    for metric in LEDGER.values():
        assert metric.zh and metric.en and metric.definition_zh and metric.definition_en and metric.clock
        assert metric.unit != "rate" or (metric.part and metric.whole)
