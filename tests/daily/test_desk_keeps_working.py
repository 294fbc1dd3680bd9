"""The desk is used while the day is published; two runs keep out of each other's way."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import connection

from shouyue.base.errors import ShouyueError
from shouyue.casework.models import Case
from shouyue.daily import cycle
from shouyue.people.models import Role, Store, User
from tests.daily.conftest import DAY, after, case_of
from tests.daily.test_kill import address

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_connection(transactional_db):
    """A colleague's connection, who waits for nobody longer than a moment."""
    with psycopg.connect(address(connection.settings_dict["NAME"]), autocommit=True) as colleague:
        colleague.execute("SET lock_timeout = '300ms'")
        yield colleague


def test_a_hand_over_made_during_the_run_stands(lender, other_connection):
    store = Store.objects.create(code="S1")
    reps = [User.objects.create(username=n, role=Role.REP, store=store) for n in ("rep-a", "rep-b")]
    for n in range(1, 5):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    case = case_of("C1")
    taker = next(r for r in reps if r.pk != case.assignee_id)

    def meanwhile(stage: str, done: int, _whole: int) -> None:
        """Just before the cases are written, with all else of the transaction done."""
        if (stage, done) == ("allocate", 1):
            other_connection.execute("SELECT 1 FROM casework_case WHERE id = %s FOR UPDATE", [case.pk])
            other_connection.execute(
                "UPDATE casework_case SET assignee_id = %s, assigned_because_zh = '由 甲 移交', done_on = %s"
                " WHERE id = %s",
                [taker.pk, DAY, case.pk],
            )

    lender.day(after(1), progress=meanwhile)
    case.refresh_from_db()
    assert (case.assignee, case.assigned_because_zh, case.done_on) == (taker, "由 甲 移交", DAY)
    assert (case.as_of, case.dpd) == (after(1), 6)


def test_nothing_of_the_new_day_is_seen_before_it_is_whole(lender, other_connection):
    lender.loan("L1", after(-5))
    lender.day()
    seen: dict[str, tuple[int]] = {}

    def look(stage: str, done: int, _whole: int) -> None:
        if done == 1:
            seen[stage] = other_connection.execute("SELECT count(*) FROM casework_loan").fetchone()

    lender.loan("L2", after(-5))
    lender.day(after(1), progress=look)
    assert seen.pop("bar") == (2,), "it comes when the day is out"
    assert "publish" in seen and set(seen.values()) == {(1,)}
    assert Case.objects.count() == 2


def test_two_runs_at_once_are_refused(lender, other_connection, monkeypatch):
    monkeypatch.setattr(cycle, "PATIENCE", 0.3)
    lender.loan("L1", after(-5))
    other_connection.execute("SELECT pg_advisory_lock(%s, %s)", cycle._LOCK)
    with pytest.raises(ShouyueError, match="DAY-002"):
        lender.day()
    other_connection.execute("SELECT pg_advisory_unlock_all()")
    lender.day()
    assert Case.objects.count() == 1


def test_a_run_waits_for_one_that_is_just_ending(lender, other_connection):
    lender.loan("L1", after(-5))
    other_connection.execute("SELECT pg_advisory_lock(%s, %s)", cycle._LOCK)
    ending = threading.Timer(0.5, other_connection.execute, ["SELECT pg_advisory_unlock_all()"])
    ending.start()
    lender.day()
    ending.join()
    assert Case.objects.count() == 1


def test_the_lock_is_free_after_a_failed_run(lender, other_connection):
    lender.loan("L1", after(-5))
    with pytest.raises(ShouyueError):
        lender.day(convention="no such convention")
    assert other_connection.execute("SELECT pg_try_advisory_lock(%s, %s)", cycle._LOCK).fetchone() == (True,)


def test_a_deadlock_with_a_call_is_run_again(lender, other_connection):
    """A new customer is the same person as one who is being called at this moment."""
    lender.loan("L1", after(-5))
    lender.day()
    lender.loan("L2", after(-5))
    lender.rows["customers"][1]["id_number"] = lender.rows["customers"][0]["id_number"]
    case = case_of("C1")
    other_connection.execute("SET lock_timeout = 0")
    calls: list[threading.Thread] = []

    def locks_the_person() -> None:
        other_connection.execute("SELECT 1 FROM compliance_person WHERE key = %s FOR UPDATE", [case.customer.person_id])
        other_connection.execute("COMMIT")

    def a_call_begins(stage: str, done: int, _whole: int) -> None:
        if (stage, done) == ("publish", 0) and not calls:
            other_connection.execute("BEGIN")
            other_connection.execute("SELECT 1 FROM casework_case WHERE id = %s FOR UPDATE", [case.pk])
            calls.append(threading.Timer(0.4, locks_the_person))
            calls[0].start()

    lender.day(after(1), progress=a_call_begins)
    calls[0].join()
    case.refresh_from_db()
    assert case.as_of == after(1)
    assert case_of("C2").customer.person_id == case.customer.person_id
