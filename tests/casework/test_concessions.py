"""Concessions: never above what is owed, never without two persons, told to the core once, found in its next file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import instructions
from shouyue.casework.concessions import exporting, proposing, reconciling, states
from shouyue.casework.concessions.limits import Limit, limits
from shouyue.casework.models import Case, Concession, ConcessionPart, Instruction, Loan
from shouyue.people.permissions import NotPermitted
from tests.casework.walking import Walk

from .conftest import MORNING, TODAY, make_case
from .test_call import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(desk, morning):
    """The desk's loan owes 800.00 of penalty interest and 60.00 of late fees; its case is in the golden week."""
    Loan.objects.update(outstanding_penalty_minor=80_000, outstanding_late_fee_minor=6_000)
    type(desk.case).objects.update(stage="golden")
    desk.case.refresh_from_db()
    return desk


def propose(desk, by=None, reason="hardship", **parts) -> Concession:
    parts = parts or {"penalty": 20_000}
    return proposing.propose(desk.case.pk, "L0001", parts, reason, "", by or desk.rep, uuid4())


def approve(desk, found, by=None) -> Concession:
    return proposing.decide(found.pk, "approve", "", by or desk.manager)


@pytest.mark.parametrize(
    ("parts", "code", "field"),
    [
        ({"principal": 1}, "WAIV-004", "principal"),
        ({"interest": 1}, "WAIV-004", "interest"),
        ({"fee": 1}, "WAIV-004", "fee"),
        ({"penalty": 80_001}, "WAIV-005", "penalty"),
        ({"penalty": -1}, "WAIV-005", "penalty"),
        ({"penalty": 0}, "WAIV-003", "penalty"),
    ],
)
def test_only_what_is_owed_of_penalty_and_late_fee_is_waived(late, parts, code, field):
    assert code_of(lambda: propose(late, **parts)) == (code, field)
    assert not Concession.objects.exists()


def test_another_person_within_his_limit_approves(late):
    found = propose(late, late.manager)
    assert code_of(lambda: approve(late, found)) == ("WAIV-011", "action")
    assert code_of(lambda: approve(late, found, late.rep))[0] == "PEOPLE-001"
    assert approve(late, found, late.head).state == "approved"
    assert approve(late, found, late.head).steps.count() == 2  # said already


@pytest.mark.parametrize(
    ("owed", "stage", "parts", "why"),
    [
        (80_000, "golden", {"penalty": 40_001}, "share"),
        (600_000, "golden", {"penalty": 50_001}, "sum"),
        (80_000, "M3", {"penalty": 20_000}, "stage"),
    ],
)
def test_a_larger_share_or_sum_or_a_later_stage_is_for_head_office(late, owed, stage, parts, why):
    Loan.objects.update(outstanding_penalty_minor=owed)
    Case.objects.update(stage=stage)
    found = propose(late, **parts)
    with pytest.raises(ShouyueError) as refused:
        approve(late, found)
    assert refused.value.code == "WAIV-006" and why in refused.value.en
    assert approve(late, found, late.head).approved_by == late.head


def test_up_to_the_limit_a_manager_approves(late):
    Loan.objects.update(outstanding_penalty_minor=100_000)
    assert approve(late, propose(late, penalty=50_000)).approved_by == late.manager


@pytest.mark.parametrize(
    ("parts", "used", "stage", "refused"),
    [
        ({"penalty": 50}, 0, "M1", ""),
        ({"late_fee": 50}, 0, "M1", "component"),
        ({"penalty": 50}, 0, "M2", "stage"),
        ({"penalty": 51}, 0, "M1", "share"),
        ({"penalty": 50}, 51, "M1", "amount"),
    ],
)
def test_a_limit_names_what_it_does_not_cover(parts, used, stage, refused):
    limit = Limit("store_manager", ("penalty",), "1", 500, ("M1",))
    assert limit.refuses(parts, {"penalty": 100, "late_fee": 100}, used, stage, "CNY") == refused


def test_what_was_waived_within_the_year_counts(late):
    Loan.objects.update(outstanding_penalty_minor=600_000)
    for n in range(2):
        found = propose(late, penalty=240_000)
        approve(late, found, late.head)
        Concession.objects.filter(pk=found.pk).update(state="done", instruction=_instruction(n + 1), exported_on=TODAY)
    assert code_of(lambda: propose(late, penalty=30_000)) == ("WAIV-006", "penalty")


def _instruction(number: int) -> Instruction:
    return Instruction.objects.create(number=number, made_at=MORNING, count=1, text="", sha256="")


@pytest.mark.parametrize(("days", "told"), [(14, True), (15, False)])
def test_an_approval_whose_day_is_over_is_not_told_to_the_core(late, days, told):
    assert limits().valid_days == 14
    found = approve(late, propose(late))
    Case.objects.update(as_of=found.proposed_on + timedelta(days=days))
    assert (exporting.export() is not None) is told
    found.refresh_from_db()
    assert found.state == ("exported" if told else "expired")


def test_one_waiver_of_a_loan_at_a_time(late):
    found = propose(late)
    assert code_of(lambda: propose(late)) == ("WAIV-008", "loan")
    proposing.decide(found.pk, "withdraw", "not needed", late.rep)
    assert propose(late).state == "proposed"


def test_what_is_no_longer_owed_is_not_approved_and_not_told(late):
    first = propose(late)
    Loan.objects.update(outstanding_penalty_minor=10_000)
    assert code_of(lambda: approve(late, first))[0] == "WAIV-005"
    Loan.objects.update(outstanding_penalty_minor=80_000)
    approve(late, first)
    Loan.objects.update(outstanding_penalty_minor=10_000)
    assert exporting.export() is None
    first.refresh_from_db()
    assert first.state == "expired"


def test_a_file_that_names_principal_is_no_file():
    entry = Limit("head_office", ("principal",), "1", 1, ())
    assert not set(entry.components) <= {"penalty", "late_fee"} and "principal" not in str(limits())


def test_the_database_itself_refuses_one_person_and_no_person(late):
    found = propose(late)
    for values in (
        {"state": "approved"},
        {"approved_by": late.rep},
        {"state": "exported", "approved_by": late.manager},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Concession.objects.filter(pk=found.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConcessionPart.objects.update(amount_minor=80_001)


def test_the_core_is_told_once_with_control_totals(late, tmp_path):
    found = propose(late, penalty=20_000, late_fee=3_000)
    approve(late, found)
    made = exporting.export()
    assert made is not None and exporting.export() is None
    (path,) = instructions.write(exporting.KIND, tmp_path)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert path.name == "concessions-000001.csv"
    assert [(r["record"], r["component"], r["amount"]) for r in rows] == [
        ("waive", "late_fee", "30.00"),
        ("waive", "penalty", "200.00"),
        ("total", "late_fee", "30.00"),
        ("total", "penalty", "200.00"),
        ("end", "", ""),
    ]
    assert (rows[0]["proposed_by"], rows[0]["approved_by"], rows[0]["contract"]) == ("rep", "manager", "L0001")
    before = path.read_bytes()
    path.unlink()
    assert instructions.write(exporting.KIND, tmp_path) == [path] and path.read_bytes() == before
    assert instructions.write(exporting.KIND, tmp_path) == []


def test_one_withdrawn_while_its_case_was_waited_for_is_not_told(late):
    found = propose(late)
    approve(late, found)
    waited: list[str] = []

    def meanwhile(execute, sql, params, many, context):
        if "FOR NO KEY UPDATE" in sql and not waited:
            waited.append(sql)
            Concession.objects.filter(pk=found.pk).update(state="withdrawn")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        assert exporting.export() is None
    assert "casework_case" in waited[0]


def test_the_cores_next_file_settles_it_or_differs(late):
    found = propose(late)
    approve(late, found)
    exporting.export()
    key = ("L0001", "penalty")
    reconciling.keep_before({key: 90_000})
    assert reconciling.reconcile({key: 90_000}, MORNING) == 0
    assert reconciling.reconcile({key: 80_000}, MORNING) == 1
    found.refresh_from_db()
    assert found.state == "differs"
    assert reconciling.reconcile({key: 80_000}, MORNING) == 0
    assert reconciling.reconcile({key: 70_000}, MORNING) == 1
    found.refresh_from_db()
    assert found.state == "done"


@pytest.mark.parametrize(("action", "ends"), [("refuse", "refused"), ("accept", "done")])
def test_what_the_core_books_otherwise_is_closed_by_another_person_with_words(late, action, ends):
    found = propose(late)
    approve(late, found)
    exporting.export()
    reconciling.keep_before({("L0001", "penalty"): 90_000})
    assert code_of(lambda: proposing.decide(found.pk, "accept", "all is well", late.manager))[0] == "WAIV-010"
    reconciling.reconcile({("L0001", "penalty"): 80_000}, MORNING)
    assert code_of(lambda: proposing.decide(found.pk, action, "", late.manager)) == ("WAIV-014", "note")
    with pytest.raises(NotPermitted):
        proposing.decide(found.pk, action, "the core's people say so", late.rep)
    for _ in range(2):
        assert proposing.decide(found.pk, action, "the core's people say so", late.manager).state == ends
    assert propose(late).state == "proposed", "the loan is free again"


class Life(Walk):
    """Anybody proposes, decides and exports in any order, while debts, days and the core's files change."""

    def __init__(self):
        super().__init__()
        roles = ("rep", "rep", "store_manager", "store_manager", "head_office", "auditor")
        self.staff = [self.hire(f"u{n}", role) for n, role in enumerate(roles)]
        self.case = make_case(self.store, self.staff[0], stage="M1")
        self.charged = {"penalty": 80_000, "late_fee": 6_000}
        self.told: dict = {}
        self._owe()

    def _owe(self):
        Loan.objects.update(
            outstanding_penalty_minor=self.charged["penalty"], outstanding_late_fee_minor=self.charged["late_fee"]
        )

    def tried(self, act):
        try:
            with clock.at(MORNING + timedelta(days=self.day)):
                return act()
        except ShouyueError as error:
            assert error.code.startswith(("WAIV-", "PEOPLE-001")), error
            return None

    @rule(who=st.integers(0, 5), penalty=st.integers(-1, 90_000), late_fee=st.integers(0, 7_000))
    def proposes(self, who, penalty, late_fee):
        parts = {"penalty": penalty, "late_fee": late_fee}
        self.tried(lambda: proposing.propose(self.case.pk, "L0001", parts, "other", "", self.staff[who], uuid4()))

    @rule(
        who=st.integers(0, 5),
        pick=st.integers(0, 9),
        action=st.sampled_from(["approve", *states.DECISIONS]),
    )
    def decides(self, who, pick, action):
        all_ = list(Concession.objects.order_by("pk"))
        if all_:
            one = all_[pick % len(all_)]
            self.tried(lambda: proposing.decide(one.pk, action, "because", self.staff[who]))

    @rule()
    def exports(self):
        made = self.tried(exporting.export)
        if made is not None:
            reconciling.keep_before({("L0001", name): minor for name, minor in self.charged.items()})
            for one in made.concessions.all():
                assert one.pk not in self.told, "told twice"
                self.told[one.pk] = made.number
                for name, minor in proposing.amounts(one).items():
                    assert minor <= self.charged[name], "more waived than was owed"

    @rule(booked=st.booleans())
    def core_answers(self, booked):
        for one in Concession.objects.filter(state="exported"):
            for name, minor in proposing.amounts(one).items():
                self.charged[name] -= minor if booked else 0
        self._owe()
        reconciling.reconcile({("L0001", name): minor for name, minor in self.charged.items()}, MORNING)

    @rule(days=st.integers(1, 10))
    def time_passes(self, days):
        self.day += days
        as_of = TODAY + timedelta(days=self.day)
        type(self.case).objects.update(as_of=as_of)
        proposing.expire(as_of, MORNING + timedelta(days=self.day))

    @invariant()
    def nothing_is_waived_without_two_persons_or_above_what_was_owed(self):
        for one in Concession.objects.all():
            steps = list(one.steps.order_by("seq"))
            was = ""
            for step in steps:
                assert step.state == states.after(was, step.action)
                was = step.state
            assert was == one.state
            said = [s for s in steps if s.action == "approve"]
            assert (one.state in states.GRANTED) <= (len(said) == 1)
            if said:
                assert said[0].by_id == one.approved_by_id != one.proposed_by_id
                assert said[0].by.role in limits().by_role
            for part in one.parts.all():
                assert 0 < part.amount_minor <= part.owed_minor and part.component in ("penalty", "late_fee")
        assert Concession.objects.filter(state__in=states.LIVE).count() <= 1
        assert all(minor >= 0 for minor in self.charged.values())


def test_any_order_of_things(db):
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
