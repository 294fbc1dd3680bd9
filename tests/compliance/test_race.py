"""Many at once: nobody goes over a budget, and the chain has no gap."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection, transaction

from shouyue.compliance import audit, gate
from shouyue.compliance.models import Attempt, AuditEntry, GateDecision

from .conftest import question

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Run all in threads, each on its own connection, let go together; raises what any of them raised."""
    gate_open, results = threading.Barrier(len(works)), []

    def run(work):
        try:
            connection.ensure_connection()
            gate_open.wait(30)
            results.append(work())
        except BaseException as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def reserve(attempt_id=None, **asked):
    with transaction.atomic():
        return gate.reserve(question(**asked), attempt_id or uuid4())


def test_fifty_reps_and_three_people_give_each_one_call_at_a_time():
    works = [lambda i=i: reserve(person=f"p{i % 3}", number=f"555-01{i:02}", staff_id=i) for i in range(50)]
    at_once(works)
    assert Counter(Attempt.objects.values_list("person", flat=True)) == {"p0": 1, "p1": 1, "p2": 1}
    assert GateDecision.objects.count() == 50


def test_fifty_calls_at_once_stay_within_three_conversations_a_day():
    works = [lambda i=i: reserve(person=f"p{i % 3}", number=f"555-01{i:02}") for i in range(50)]
    at_once(works)
    assert Counter(Attempt.objects.values_list("person", flat=True)) == {"p0": 3, "p1": 3, "p2": 3}


def test_a_number_that_many_debtors_share_rings_six_times():
    works = [lambda i=i: reserve(person=f"p{i}", number="555-0100", staff_id=i) for i in range(50)]
    at_once(works)
    assert Attempt.objects.count() == 6


def test_the_same_click_twenty_times_is_one_call():
    attempt_id = uuid4()
    results = at_once([lambda: reserve(attempt_id) for _ in range(20)])
    assert len({r.decision.pk for r in results}) == 1 and Attempt.objects.count() == 1


def test_publishing_customers_does_not_hold_up_the_desk():
    """A foreign key written towards a person, in a transaction that stays open, blocks no call."""
    reserve(person="p")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM compliance_person WHERE key = 'p' FOR KEY SHARE")
        (result,) = at_once([lambda: reserve(person="p", number="555-0101")])
    assert result.answer.allowed


def test_thirty_writers_leave_a_chain_without_gaps():
    def write(i: int) -> None:
        for n in range(5):
            with transaction.atomic():
                audit.record("x", f"case:{i}", {"n": n}, None)
                if n == 3:
                    transaction.set_rollback(True)

    at_once([lambda i=i: write(i) for i in range(30)])
    assert list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 121))
    assert audit.verify().ok
