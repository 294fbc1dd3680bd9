"""Payment plans: worked out, held against the limits, saved as shown, judged by what comes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, promising
from shouyue.casework.models import Plan, Promise, TimelineEntry
from shouyue.casework.plans import judging, making, schedule
from shouyue.casework.plans.judging import TRANSITIONS, Event, Planned, State
from shouyue.casework.plans.schedule import Asked, Line
from shouyue.casework.plans.terms import terms
from tests.casework.walking import Walk

from .conftest import MORNING, TODAY, make_case
from .test_call import code_of, start
from .test_promising import promised

ASKED = Asked(60_000, 3, "month", TODAY + timedelta(days=14), 800_000, 300_000)


def day(n: int) -> date:
    return TODAY + timedelta(days=n)


# ---------------------------------------------------------------- the schedule
@given(st.integers(1, 10**12), st.integers(2, 60), st.sampled_from([1, 100, 1000]))
def test_parts_add_up_and_only_the_last_differs(total, count, unit):
    count = min(count, total)
    parts = schedule.split(total, count, unit)
    assert sum(parts) == total and len(parts) == count and min(parts) > 0
    assert len(set(parts[:-1])) <= 1


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.integers(1, 31), st.integers(1, 24))
def test_pay_days_are_the_same_day_of_every_month_or_its_last(today, pay_day, count):
    first = schedule.next_pay_day(today, pay_day)
    assert first is not None and today < first <= today + timedelta(days=31)
    days = schedule.days(first, "month", count, pay_day)
    for n, on in enumerate(days):
        assert (on.year * 12 + on.month) - (first.year * 12 + first.month) == n
        assert on.day == pay_day or ((on + timedelta(days=1)).day == 1 and on.day < pay_day)


@given(st.lists(st.tuples(st.integers(-30, 400).map(day), st.integers(1, 10**6)), max_size=12))
def test_what_the_contract_asks_for_stands_beside_the_part_of_its_time_once(due):
    lines = schedule.work_out(ASKED, TODAY, "CNY", due, 8)
    whole = sum(minor for on, minor in due if TODAY < on <= lines[-1].due_on)
    assert sum(line.beside_minor for line in lines) == whole


def work(role="rep", due=(), owed=200_000, **changes):
    return schedule.checked(replace(ASKED, **changes), TODAY, owed, "CNY", due, 8, role, terms())


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"total_minor": None}, "PLAN-001", "total"),
        ({"total_minor": 200_001}, "PLAN-002", "total"),
        ({"count": 1}, "PLAN-003", "count"),
        ({"first": TODAY}, "PLAN-004", "first"),
        ({"first": day(36)}, "PLAN-004", "first"),
        ({"income_minor": None}, "PLAN-005", "income"),
        ({"costs_minor": -1}, "PLAN-005", "costs"),
        ({"count": 7}, "PLAN-006", "count"),
        ({"count": 7, "total_minor": 200_000}, "PLAN-007", "count"),
        ({"costs_minor": 775_000}, "PLAN-008", "count"),
        ({"every": "day"}, "CASE-021", "every"),
    ],
)
def test_what_the_house_does_not_allow_is_refused_beside_its_field(changes, code, field):
    assert code_of(lambda: work(**changes)) == (code, field)


def test_a_manager_may_agree_to_longer_plans():
    assert len(work("store_manager", count=7, total_minor=200_000)[0]) == 7


def test_the_contracts_own_instalments_take_their_room():
    due = [(day(20), 340_000)]
    assert work(due=[(day(20), 300_000)])[1].fits
    assert code_of(lambda: work(due=due))[0] == "PLAN-008"
    after_the_last_part = [(day(88), 340_000)]  # 20 February; the last part is on the 8th
    assert code_of(lambda: work(due=after_the_last_part))[0] == "PLAN-008"
    assert work(due=[(day(120), 340_000)])[1].fits, "the plan is over by then"


# ---------------------------------------------------------------- judging
LINES = st.lists(st.tuples(st.integers(1, 20), st.integers(1, 300), st.integers(0, 200)), min_size=1, max_size=5)


@st.composite
def planned(draw) -> Planned:
    lines, on = [], 0
    for seq, (gap, minor, beside) in enumerate(draw(LINES), 1):
        on += gap
        lines.append(Line(seq, day(on), minor, beside))
    grace, tolerance = draw(st.integers(0, 3)), draw(st.sampled_from((1000, 900)))
    return Planned(UUID(int=1), 1, ("C1", "CNY"), TODAY, grace, tolerance, State.ACTIVE, 0, tuple(lines))


def by_walking_the_days(plan: Planned, money, as_of: date) -> Event:
    """Every evening: is a part's last day over without its money?"""
    on, got = plan.made_on, 0
    while on <= as_of:
        got += sum(minor for when, minor in money if when == on)
        for line in plan.lines:
            last = line.due_on + timedelta(days=plan.grace_days)
            if on == last < as_of and got < plan.needed(line.seq):
                return Event.MISSED
        on += timedelta(days=1)
    return Event.DONE if got >= plan.needed(len(plan.lines)) else Event.ON_TIME


@given(
    planned(), st.lists(st.tuples(st.integers(-3, 60).map(day), st.integers(1, 500)), max_size=8), st.integers(0, 90)
)
def test_judging_is_as_the_days_went(plan, money, n):
    as_of = day(n)
    known = [(on, minor) for on, minor in money if on <= as_of]
    assert judging.event(plan, known, as_of)[0] == by_walking_the_days(plan, known, as_of)
    judged = judging.judge([plan], {plan.payer: money}, as_of)[0]
    again = replace(plan, state=judged.state, paid_minor=judged.paid_minor)
    assert not judging.judge([again], {plan.payer: money}, as_of)[0].changed


def test_the_table_knows_every_state_and_every_event():
    assert {state for state, _ in TRANSITIONS} | set(judging.ENDED) == set(State)
    assert {event for _, event in TRANSITIONS} == set(Event)


# ---------------------------------------------------------------- at the desk
def made(desk, by=None, **changes) -> Plan:
    asked = replace(ASKED, **changes)
    lines, _ = making.show(desk.case, asked, by or desk.rep)
    return making.make(desk.case.pk, asked, schedule.digest(lines), by or desk.rep, uuid4())


@pytest.mark.django_db
def test_a_plan_is_saved_as_it_was_shown_and_ends_open_promises(desk, morning):
    calls.finish(start(desk).contact.pk, desk.rep, promised())
    plan = made(desk)
    assert [i.amount_minor for i in plan.instalments.order_by("seq")] == [20_000, 20_000, 20_000]
    assert list(Promise.objects.values_list("state", "ended_because")) == [("replaced", "plan")]
    lines, _ = making.show(desk.case, ASKED, desk.rep)
    desk.loan.schedule = [{"due": day(20).isoformat(), "amount": 5_000, "paid": 0}]
    desk.loan.save()
    late = code_of(lambda: making.make(desk.case.pk, ASKED, schedule.digest(lines), desk.rep, uuid4()))
    assert late == ("PLAN-010", "total")


@pytest.mark.django_db
def test_the_same_save_twice_is_one_plan_and_a_newer_one_takes_its_place(desk, morning):
    key, (lines, _) = uuid4(), making.show(desk.case, ASKED, desk.rep)
    for _ in range(2):
        making.make(desk.case.pk, ASKED, schedule.digest(lines), desk.rep, key)
    made(desk, total_minor=50_000)
    assert sorted(Plan.objects.values_list("total_minor", "state")) == [(50_000, "active"), (60_000, "replaced")]
    assert desk.case.timeline.filter(kind="plan").count() == 3


@pytest.mark.django_db
def test_while_a_plan_runs_no_promise_stands_beside_it(desk, morning):
    plan = made(desk)
    contact = start(desk).contact
    assert code_of(lambda: calls.finish(contact.pk, desk.rep, promised())) == ("PLAN-013", "result")
    making.cancel(plan.pk, "asked", desk.rep)
    making.cancel(plan.pk, "asked", desk.rep)
    calls.finish(contact.pk, desk.rep, promised())
    assert promising.standing(desk.case)
    assert code_of(lambda: making.cancel(plan.pk, "mistake", desk.rep))[0] == "PLAN-012"
    assert code_of(lambda: making.cancel(plan.pk, "mistake", desk.stranger))[0] == "PLAN-011"


class Life(Walk):
    """Plans made, cancelled and judged in any order, while money comes and is taken back."""

    def __init__(self):
        super().__init__()
        self.rep = self.hire("rep", "rep")
        self.case = make_case(self.store, self.rep)
        self.paid = []

    @rule(
        total=st.integers(1, 300_000),
        count=st.integers(1, 6),
        first=st.integers(0, 40),
        every=st.sampled_from(schedule.EVERY),
    )
    def makes(self, total, count, first, every):
        self.case.refresh_from_db()
        asked = Asked(total, count, every, day(self.day + first), 900_000, 100_000)
        try:
            with clock.at(MORNING + timedelta(days=self.day)):
                lines, _ = making.show(self.case, asked, self.rep)
                making.make(self.case.pk, asked, schedule.digest(lines), self.rep, uuid4())
        except ShouyueError as error:
            assert error.code.startswith("PLAN-"), error

    @rule(pick=st.integers(0, 9))
    def cancels(self, pick):
        plans = list(Plan.objects.order_by("pk"))
        if plans:
            plan = plans[pick % len(plans)]
            try:
                making.cancel(plan.pk, "asked", self.rep)
            except ShouyueError as error:
                assert error.code == "PLAN-012" and plan.state != State.ACTIVE
            else:
                assert plan.state in (State.ACTIVE, State.CANCELLED)

    @rule(minor=st.integers(1, 150_000), back=st.integers(0, 5))
    def pays(self, minor, back):
        self.paid.append((day(max(0, self.day - back)), minor))

    @rule()
    def takes_back(self):
        self.paid = self.paid[:-1]

    @rule(days=st.integers(1, 20))
    def time_passes(self, days):
        self.day += days
        as_of, money = day(self.day), {(self.case.customer.customer_id, "CNY"): self.paid}
        type(self.case).objects.update(as_of=as_of)
        judging.record(judging.judge(judging.to_judge(as_of), money, as_of), as_of)
        assert judging.record(judging.judge(judging.to_judge(as_of), money, as_of), as_of) == 0
        for plan in judging.to_judge(as_of):
            if plan.state == State.ACTIVE:
                assert judging.event(plan, [m for m in self.paid if m[0] <= as_of], as_of)[0] == Event.ON_TIME

    @invariant()
    def one_runs_and_none_asks_for_more_than_is_owed(self):
        assert Plan.objects.filter(state=State.ACTIVE).count() <= 1
        for plan in Plan.objects.all():
            parts = list(plan.instalments.all())
            assert sum(p.amount_minor for p in parts) == plan.total_minor <= 200_000
            assert plan.paid_minor <= sum(p.amount_minor + p.beside_minor for p in parts)
            assert (plan.ended_on is not None) == (plan.state in judging.ENDED)
            assert TimelineEntry.objects.filter(kind="plan", data__plan=str(plan.pk)).exists()


@pytest.mark.django_db
def test_any_order_of_things():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
