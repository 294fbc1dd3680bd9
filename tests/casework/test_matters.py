"""Matters: what they stop at once, who decides, by when, and what ends them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls
from shouyue.casework.matters import states, working
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.matters.working import Evidence
from shouyue.casework.models import Customer, Matter, MatterStep
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate
from shouyue.compliance.models import AuditEntry
from shouyue.people.models import User
from tests.casework.walking import Walk

from .conftest import MORNING, TODAY, make_case
from .test_call import code_of, start

pytestmark = pytest.mark.django_db
TOLD = Evidence(note="told")


def opened(desk, kind="hardship", by=None, **evidence) -> Matter:
    return working.open_matter(desk.case.pk, kind, Evidence(**({"note": "told"} | evidence)), by or desk.rep, uuid4())


def refused_by(desk, **question) -> list[str]:
    asked = calls.question(desk.case, desk.own, desk.rep, clock.now())
    return [f.rule for f in gate.preview(asked).refusals]


def decide(desk, matter, action="release", by=None, note="seen", **more) -> Matter:
    return working.decide(matter.pk, action, note, by or desk.manager, uuid4(), **more)


def test_an_open_matter_stops_the_next_call_and_takes_the_case_off_todays_list(desk, morning):
    assert refused_by(desk) == []
    opened(desk, "dispute")
    assert refused_by(desk) == ["matter-open"]
    assert start(desk).contact is None
    desk.case.refresh_from_db()
    assert desk.case.done_on == TODAY


def test_it_stops_the_person_wherever_else_he_owes(desk, morning):
    other = make_case(desk.store, desk.rep, number=2)
    Customer.objects.filter(pk=other.customer_id).update(person=desk.case.customer.person_id)
    other.refresh_from_db()
    opened(desk, "dispute")
    point = other.customer.contact_points.create(phone="10000000009", relation="self")
    answer = gate.preview(calls.question(other, point, desk.rep, clock.now()))
    assert [f.rule for f in answer.refusals] == ["matter-open"]


def test_a_dispute_stops_no_reminder_and_vulnerability_no_call(desk, morning):
    opened(desk, "vulnerability")
    assert refused_by(desk) == []
    opened(desk, "dispute")
    desk.case.phase = "reminder"
    assert refused_by(desk) == []


def test_what_is_told_in_a_call_becomes_a_matter_once(desk, morning):
    for _ in range(2):
        if (contact := start(desk).contact) is not None:
            calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="hardship", note="lost the job"))
    matter = Matter.objects.get()
    assert (matter.kind, matter.owner_role, matter.due_on) == ("hardship", "store_manager", TODAY + timedelta(days=10))
    assert matter.contact.result == "hardship" and matter.evidence.get().note == "lost the job"
    assert desk.case.timeline.filter(kind="matter").count() == 1


def test_a_pause_lets_nobody_call_until_its_last_day_is_over(desk, morning):
    matter = decide(desk, opened(desk), "pause", until=TODAY + timedelta(days=20))
    answer = gate.preview(calls.question(desk.case, desk.own, desk.rep, clock.now()))
    assert [f.rule for f in answer.refusals] == ["matter-pause"]
    assert answer.next_allowed_at.date() == TODAY + timedelta(days=21)
    assert working.lapse(TODAY + timedelta(days=20), clock.now()) == 0
    assert working.lapse(TODAY + timedelta(days=21), clock.now()) == 1
    matter.refresh_from_db()
    assert (matter.state, matter.closed_on) == ("released", TODAY + timedelta(days=21))
    assert refused_by(desk) == []


def test_pauses_on_end_do_not_add_up_to_more_than_the_kind_gives(desk, morning):
    matter = decide(desk, opened(desk), "pause", until=TODAY + timedelta(days=90))
    type(desk.case).objects.update(as_of=TODAY + timedelta(days=60))
    longer = code_of(lambda: decide(desk, matter, "pause", until=TODAY + timedelta(days=91)))
    assert longer == ("MATT-010", "until")


@pytest.mark.parametrize(
    ("kind", "who", "code"),
    [
        ("hardship", "rep", "PEOPLE-001"),
        ("hardship", "auditor", "PEOPLE-001"),
        ("complaint", "manager", "MATT-006"),
        ("death", "manager", "MATT-006"),
    ],
)
def test_only_who_may_decide_releases(desk, morning, kind, who, code):
    matter = opened(desk, kind)
    assert code_of(lambda: decide(desk, matter, by=getattr(desk, who)))[0] == code
    assert decide(desk, matter, by=desk.head).state == "released"


def test_who_opened_it_does_not_decide_it(desk, morning):
    matter = opened(desk, "dispute", desk.manager)
    assert code_of(lambda: decide(desk, matter)) == ("MATT-007", "action")
    assert decide(desk, matter, by=desk.head).state == "released"


def test_a_confirmation_needs_a_paper_where_the_file_says_so(desk, morning):
    matter = opened(desk, "death")
    assert code_of(lambda: decide(desk, matter, "confirm", desk.head)) == ("MATT-009", "action")
    working.add_evidence(matter.pk, Evidence(reference="ARC-17", sha256="0" * 64), desk.rep, uuid4())
    assert decide(desk, matter, "confirm", desk.head).state == "confirmed"
    assert refused_by(desk) == ["matter-open"]


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        (Evidence(), "MATT-012"),
        (Evidence(reference="x" * 101), "MATT-012"),
        (Evidence(sha256="xyz"), "MATT-012"),
        (Evidence(note="n", size=21 * 2**20), "MATT-012"),
        (Evidence(reference="ARC"), "MATT-008"),
    ],
)
def test_a_matter_is_opened_with_words(desk, morning, evidence, code):
    assert code_of(lambda: working.open_matter(desk.case.pk, "dispute", evidence, desk.rep, uuid4()))[0] == code
    assert not Matter.objects.exists()


def test_every_write_is_safe_to_repeat(desk, morning):
    keys = [uuid4() for _ in range(4)]
    for _ in range(2):
        matter = working.open_matter(desk.case.pk, "hardship", TOLD, desk.rep, keys[0])
    for _ in range(2):
        working.add_evidence(matter.pk, Evidence(note="a letter"), desk.rep, keys[1])
        working.assign(matter.pk, desk.manager.pk, desk.manager, keys[2])
        working.decide(matter.pk, "release", "ok", desk.manager, keys[3])
    assert [s.action for s in MatterStep.objects.order_by("seq")] == ["open", "add", "assign", "release"]
    assert AuditEntry.objects.filter(action__startswith="matter.").count() == 4


def test_another_stores_matter_is_not_there(desk, morning):
    matter = opened(desk)
    other = User.objects.create(username="m2", role="store_manager", store=desk.other_store)
    for act in (
        lambda: decide(desk, matter, by=other),
        lambda: working.add_evidence(matter.pk, TOLD, desk.stranger, uuid4()),
        lambda: working.assign(matter.pk, other.pk, other, uuid4()),
    ):
        assert code_of(act)[0] == "MATT-002"
    assert code_of(lambda: working.assign(matter.pk, other.pk, desk.manager, uuid4()))[0] == "MATT-011"


def test_a_later_deadline_has_an_end(desk, morning):
    matter = opened(desk)
    working.extend(matter.pk, TODAY + timedelta(days=20), "waits for papers", desk.manager, uuid4())
    late = code_of(lambda: working.extend(matter.pk, TODAY + timedelta(days=21), "more", desk.manager, uuid4()))
    assert late == ("MATT-010", "until")


class Life(Walk):
    """Any step by anybody in any order: the table holds, and whoever is stopped stays stopped until a role decides."""

    def __init__(self):
        super().__init__()
        self.staff = [self.hire(role, role) for role in ("rep", "store_manager", "head_office", "auditor")]
        self.case = make_case(self.store, self.staff[0])

    def tried(self, act, matter: Matter | None, action: str):
        before = matter.state if matter else ""
        try:
            with clock.at(MORNING + timedelta(days=self.day)):
                act()
        except ShouyueError as error:
            assert error.code.startswith(("MATT-", "PEOPLE-001")), error
        else:
            now = Matter.objects.get(pk=matter.pk).state if matter else "open"
            assert now == states.after(before, action)

    @rule(who=st.integers(0, 3), kind=st.sampled_from(sorted(kinds())))
    def opens(self, who, kind):
        key = uuid4()
        self.tried(lambda: working.open_matter(self.case.pk, kind, TOLD, self.staff[who], key), None, "open")

    @rule(
        who=st.integers(0, 3),
        pick=st.integers(0, 9),
        action=st.sampled_from(["add", "assign", "extend", "reopen", *states.DECISIONS]),
        days=st.integers(-1, 40),
    )
    def acts(self, who, pick, action, days):
        all_ = list(Matter.objects.order_by("opened_at", "pk"))
        if not all_:
            return
        matter, by, until = all_[pick % len(all_)], self.staff[who], TODAY + timedelta(days=self.day + days)
        steps = {
            "add": lambda: working.add_evidence(matter.pk, Evidence(reference="A"), by, uuid4()),
            "assign": lambda: working.assign(matter.pk, self.staff[2].pk, by, uuid4()),
            "extend": lambda: working.extend(matter.pk, until, "n", by, uuid4()),
            "reopen": lambda: working.reopen(matter.pk, "n", by, uuid4()),
        }
        decision = lambda: working.decide(matter.pk, action, "n", by, uuid4(), until)  # noqa: E731
        self.tried(steps.get(action, decision), matter, action)

    @rule(days=st.integers(1, 30))
    def time_passes(self, days):
        self.day += days
        as_of = TODAY + timedelta(days=self.day)
        type(self.case).objects.update(as_of=as_of)
        with clock.at(MORNING + timedelta(days=self.day)):
            working.lapse(as_of, clock.now())
        assert not Matter.objects.filter(state="paused", paused_until__lt=as_of).exists()

    @invariant()
    def the_newest_step_is_the_state_and_only_a_role_that_may_has_ended_it(self):
        for matter in Matter.objects.all():
            steps = list(matter.steps.order_by("seq"))
            assert [s.seq for s in steps] == list(range(1, len(steps) + 1))
            assert steps[-1].state == matter.state
            was = ""
            for step in steps:
                assert step.state == states.after(was, step.action)
                was = step.state
                if step.action in states.DECISIONS:
                    assert step.by.role in kinds()[matter.kind].decides and step.by_id != matter.opened_by_id


def test_any_order_of_steps(db):
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
