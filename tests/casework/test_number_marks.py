"""What stands beside a number follows from the calls on it and from what was said of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import calls, number_marks, wishing
from shouyue.casework.models import ContactPoint
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import Wish

from .conftest import MORNING, make_case

pytestmark = pytest.mark.django_db


def log(desk, day: int, reached: str, result: str = "", point=None) -> None:
    with clock.at(MORNING + timedelta(days=day)):
        contact = calls.start(desk.case.pk, (point or desk.own).pk, desk.rep, uuid4()).contact
        assert contact is not None
        calls.finish(contact.pk, desk.rep, Outcome(reached=reached, result=result))


def marks(desk, point=None, case=None) -> tuple[list[str], str, int]:
    """Wishes on the number, who was reached last, and how many days after the first morning."""
    customer = (case or desk.case).customer
    found = number_marks.of(customer.person_id, customer.contact_points.all())[(point or desk.own).pk]
    last = found.last
    return [w.kind for w in found.wishes], last.reached if last else "", (last.at - MORNING).days if last else -1


def test_the_newest_call_that_tells_whose_it_is_counts(desk):
    assert marks(desk) == ([], "", -1)
    log(desk, 0, "self", "no_result")
    assert marks(desk) == ([], "self", 0)
    log(desk, 1, "nobody")
    log(desk, 2, "other", "no_result")
    assert marks(desk) == ([], "self", 0), "nobody said whose it is"
    log(desk, 3, "invalid")
    assert marks(desk) == ([], "invalid", 3)
    assert marks(desk, desk.friend) == ([], "", -1)


def test_a_wrong_number_is_one_until_that_is_taken_back(desk):
    log(desk, 0, "self", "no_result")
    log(desk, 1, "wrong")
    assert marks(desk) == (["wrong_number"], "wrong", 1)
    with clock.at(MORNING + timedelta(days=2)):
        wishing.end(desk.case.customer_id, Wish.objects.get().pk, desk.rep, uuid4(), evidence="written")
    assert marks(desk) == ([], "wrong", 1)


def test_a_third_persons_refusal_stands_beside_his_number_on_every_case(desk):
    other = make_case(desk.store, desk.rep, number=2)
    same = ContactPoint.objects.create(customer=other.customer, phone="1000 000 0002", relation="colleague", rank=1)
    log(desk, 0, "invalid")
    log(desk, 0, "other", "stop", desk.friend)
    assert marks(desk, desk.friend)[0] == ["contact_refused"] == marks(desk, same, other)[0]
    assert marks(desk)[0] == [], "nothing was refused on the borrower's own"
