"""What the desk does with promises: several at once, in parts, confirmed, replaced, cancelled."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, promises, promising
from shouyue.casework.models import Loan, Promise, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.casework.promises import ENDED, TRANSITIONS, Event
from tests.casework.walking import Walk

from .conftest import MORNING, TODAY, make_case
from .test_call import code_of, start

pytestmark = pytest.mark.django_db
State = Promise.State


def promised(minor=50_000, days=2, **more) -> Outcome:
    due = TODAY + timedelta(days=days)
    return Outcome(reached="self", result="promise", promise_minor=minor, promise_due=due, **more)


def log(desk, outcome: Outcome) -> None:
    calls.finish(start(desk).contact.pk, desk.rep, outcome)


def states() -> list[tuple[int, str]]:
    return sorted(Promise.objects.values_list("amount_minor", "state"))


def test_a_promise_in_parts_is_a_promise_for_each_day(desk, morning):
    log(desk, promised(30_000, 1, promise_more=((20_000, TODAY + timedelta(days=8)),)))
    assert states() == [(20_000, "open"), (30_000, "open")]
    assert Promise.objects.values("contact").distinct().count() == 1
    assert desk.case.timeline.filter(kind="promise").count() == 2
    asked = calls.question(desk.case, desk.own, desk.rep, clock.now())
    assert asked.facts["promise_due"] == (TODAY + timedelta(days=1)).isoformat()


def test_what_is_owed_in_another_currency_is_no_room_for_a_promise(desk, morning):
    other = {"currency": "USD", "outstanding_minor": 10**7, "overdue_minor": 0}
    Loan.objects.create(loan_id="L9", customer=desk.case.customer, dpd=0, bucket="", **other)
    assert code_of(lambda: log(desk, promised(200_001))) == ("CASE-015", "promise_amount")


def test_a_newer_promise_takes_the_place_of_open_ones_unless_it_stands_beside_them(desk, morning):
    log(desk, promised(30_000, 2))
    log(desk, promised(20_000, 5, promise_beside=True))
    assert states() == [(20_000, "open"), (30_000, "open")]
    log(desk, promised(40_000, 3))
    assert states() == [(20_000, "replaced"), (30_000, "replaced"), (40_000, "open")]
    assert set(Promise.objects.filter(state="replaced").values_list("ended_on", "ended_because")) == {(TODAY, "newer")}


@pytest.mark.parametrize(
    ("outcome", "code", "field"),
    [
        (promised(promise_more=((1, TODAY + timedelta(days=2)),)), "PROM-002", "promise_due_2"),
        (promised(promise_more=((None, TODAY),)), "CASE-013", "promise_amount_2"),
        (promised(promise_more=((1, None),)), "CASE-014", "promise_due_2"),
        (promised(promise_more=tuple((1, TODAY + timedelta(days=n)) for n in (3, 4, 5))), "PROM-001", "promise_amount"),
        (promised(150_000, promise_more=((50_001, TODAY),)), "CASE-015", "promise_amount"),
        (promised(150_001, 4, promise_beside=True), "PROM-003", "promise_amount"),
        (promised(1, 3, promise_beside=True), "PROM-002", "promise_due"),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(desk, morning, outcome, code, field):
    log(desk, promised(50_000, 3))
    assert code_of(lambda: log(desk, outcome)) == (code, field)


def test_in_a_call_the_customer_says_again_that_he_will_keep_it(desk, morning):
    log(desk, promised())
    log(desk, Outcome(reached="self", result="confirmed"))
    assert Promise.objects.get().confirmed_at is not None
    assert desk.case.timeline.filter(kind="promise_confirmed").count() == 1


def test_without_a_promise_there_is_nothing_to_confirm(desk, morning):
    assert code_of(lambda: log(desk, Outcome(reached="self", result="confirmed"))) == ("PROM-007", "result")


def test_a_promise_is_to_be_confirmed_the_day_before_and_then_no_more(desk, morning):
    log(desk, promised(days=3))

    def left(day: int) -> int:
        return promising.to_confirm(Promise.objects.all(), TODAY + timedelta(days=day)).count()

    assert [left(n) for n in range(5)] == [0, 0, 1, 1, 0]
    with clock.at(MORNING + timedelta(days=2)):
        promising.confirm(Promise.objects.get().pk, desk.rep)
    assert [left(n) for n in (2, 3)] == [0, 0]


def test_cancelling_needs_a_reason_and_comes_before_the_day_is_over(desk, morning):
    log(desk, promised())
    made = Promise.objects.get().pk
    assert code_of(lambda: promising.cancel(made, "", desk.rep)) == ("CASE-024", "reason")
    promising.cancel(made, "asked", desk.rep)
    promising.cancel(made, "asked", desk.rep)
    assert (Promise.objects.get().state, Promise.objects.get().ended_because) == ("cancelled", "asked")
    assert desk.case.timeline.filter(kind="promise_cancelled").count() == 1
    assert code_of(lambda: promising.confirm(made, desk.rep))[0] == "PROM-005"
    log(desk, promised())
    type(desk.case).objects.update(as_of=TODAY + timedelta(days=3))
    late = Promise.objects.get(state="open").pk
    assert code_of(lambda: promising.cancel(late, "mistake", desk.rep))[0] == "PROM-006"


def test_another_stores_promise_is_not_there(desk, morning):
    log(desk, promised())
    made = Promise.objects.get().pk
    for act in (lambda: promising.confirm(made, desk.stranger), lambda: promising.cancel(uuid4(), "asked", desk.rep)):
        assert code_of(act)[0] == "PROM-004"
    assert code_of(lambda: promising.confirm(made, desk.auditor))[0] == "PEOPLE-001"


def test_the_table_knows_every_state_and_every_event():
    assert {state for state, _ in TRANSITIONS} | set(ENDED) == set(State)
    assert {event for _, event in TRANSITIONS} == set(Event)


class Life(Walk):
    """A desk that does anything in any order while payments come in and days pass."""

    def __init__(self):
        super().__init__()
        self.rep = self.hire("rep", "rep")
        self.case = make_case(self.store, self.rep)
        self.point = self.case.customer.contact_points.create(phone="10000000001", relation="self")
        self.paid, self.was, self.most_paid = [], {}, 0

    def call(self, outcome: Outcome) -> None:
        with clock.at(MORNING + timedelta(days=self.day)):
            contact = calls.start(self.case.pk, self.point.pk, self.rep, uuid4()).contact
            if contact is None:
                return  # the day's budget is used up
            try:
                calls.finish(contact.pk, self.rep, outcome)
            except ShouyueError as error:
                assert error.code.startswith(("CASE-01", "PROM-"))
                calls.finish(contact.pk, self.rep, Outcome(reached="self", result="no_result"))

    @rule(
        parts=st.lists(st.tuples(st.integers(1, 120_000), st.integers(-1, 12)), min_size=1, max_size=4),
        beside=st.booleans(),
    )
    def promise(self, parts, beside):
        (first, due), *more = [(m, TODAY + timedelta(days=self.day + d)) for m, d in parts]
        self.call(Outcome("self", "promise", "", "", first, due, tuple(more), beside))

    @rule()
    def says_again(self):
        self.call(Outcome(reached="self", result="confirmed"))

    @precondition(lambda self: self.was)
    @rule(pick=st.integers(0, 99), what=st.sampled_from(["confirm", "cancel"]))
    def desk(self, pick, what):
        one = sorted(self.was)[pick % len(self.was)]
        before = Promise.objects.get(pk=one)
        event = {"confirm": Event.CONFIRMED, "cancel": Event.CANCELLED}[what]
        possible = (before.state, event) in TRANSITIONS
        try:
            if what == "confirm":
                promising.confirm(one, self.rep)
            else:
                promising.cancel(one, "asked", self.rep)
        except ShouyueError as error:
            assert error.code in ("PROM-005", "PROM-006") and (not possible or error.code == "PROM-006")
        else:
            assert possible or before.state == State.CANCELLED

    @rule(minor=st.integers(1, 150_000))
    def pays(self, minor):
        self.paid.append((TODAY + timedelta(days=self.day), minor))
        self.most_paid += minor

    @precondition(lambda self: self.paid)
    @rule()
    def takes_back(self):
        self.paid.pop()

    @rule(days=st.integers(1, 6))
    def time_passes(self, days):
        self.day += days
        as_of = TODAY + timedelta(days=self.day)
        type(self.case).objects.update(as_of=as_of)
        money = {(self.case.customer.customer_id, "CNY"): self.paid}
        promises.record(promises.judge(promises.to_judge(as_of), money, as_of), as_of)
        again = promises.judge(promises.to_judge(as_of), money, as_of)
        assert not promises.record(again, as_of)

    @invariant()
    def states_move_only_as_the_table_says(self):
        reached = {state: {end for (begin, _), end in TRANSITIONS.items() if begin == state} for state in State}
        for one in Promise.objects.all():
            before = self.was.get(one.pk, State.OPEN)
            # several events may lie between two looks, none of them leads out of an ended state
            assert one.state == before or one.state in reached[before] or (before not in ENDED and reached[before])
            self.was[one.pk] = one.state

    @invariant()
    def nothing_is_promised_or_counted_twice(self):
        all_ = list(Promise.objects.all())
        open_ = [p for p in all_ if p.state == State.OPEN]
        assert sum(p.amount_minor - p.paid_minor for p in open_) <= 200_000
        assert len({p.due_on for p in open_}) == len(open_)
        assert all(0 <= p.paid_minor <= p.amount_minor for p in all_)
        assert sum(p.paid_minor for p in all_ if p.state not in ENDED) <= self.most_paid

    @invariant()
    def each_end_is_told_once(self):
        for one in Promise.objects.filter(state=State.CANCELLED):
            assert TimelineEntry.objects.filter(kind="promise_cancelled", data__promise=str(one.pk)).count() == 1


def test_any_order_of_things(db):
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("newer", [True, False])
def test_a_kept_promise_whose_money_is_taken_back_gives_way_to_a_newer_one(desk, morning, newer):
    payer = (desk.case.customer.customer_id, "CNY")

    def judged(day: int, *money: int) -> None:
        as_of = TODAY + timedelta(days=day)
        paid = {payer: [(TODAY, minor) for minor in money]}
        promises.record(promises.judge(promises.to_judge(as_of), paid, as_of), as_of)
        type(desk.case).objects.update(as_of=as_of)

    log(desk, promised())
    old = Promise.objects.get()
    judged(1, old.amount_minor)
    assert Promise.objects.get().state == "kept"
    if newer:
        with clock.at(MORNING + timedelta(days=1)):
            log(desk, promised())
    judged(2)
    old.refresh_from_db()
    assert (old.state, old.ended_because) == (("replaced", "newer") if newer else ("open", ""))
    assert Promise.objects.filter(state="open").count() == 1
