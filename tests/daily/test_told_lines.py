"""What the core was told of contact data counts as taken in once its next file says the same."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework import calls, number_corrections, numbers
from shouyue.casework.contact_changes import exporting, standing
from shouyue.casework.details import keeping
from shouyue.casework.models import ToldLine
from shouyue.casework.number_corrections import Correction
from shouyue.casework.outcome import Outcome
from tests import factories

from .conftest import Lender, after, case_of

pytestmark = pytest.mark.django_db

OWN, FRIEND, NEW = "10000000001", "10000000071", "20000000009"


@pytest.fixture
def told(lender: Lender, store, monkeypatch):
    """A new number, a correction, a dead number, an address and an employer, told to the core on the first day."""
    monkeypatch.setenv("SHOUYUE_NOW", factories.AFTERNOON.isoformat())
    rep, head = factories.user("rep", "rep", store), factories.user("head", "head_office")
    lender.loan("L1", after(-5))
    lender.rows["contacts"].append({"customer_id": "C1", "phone": FRIEND, "relation": "friend", "rank": 1})
    lender.day()
    case = case_of("C1")
    point = {p.phone: p for p in case.customer.contact_points.all()}
    contact = calls.start(case.pk, point[OWN].pk, rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, rep, Outcome("self", "no_result"))
    numbers.add(case.pk, numbers.Told(NEW, "self", "mobile", "borrower"), rep, uuid4())
    number_corrections.correct(case.pk, point[FRIEND].pk, Correction("spouse", "", "borrower", "王五"), rep, uuid4())
    numbers.mark(case.pk, point[OWN].pk, "out_of_service", "borrower", rep, uuid4())
    keeping.say(case.pk, keeping.Said("address", "上海某街 3 号", "borrower"), rep, uuid4())
    keeping.say(case.pk, keeping.Said("employer", "新单位", "borrower"), rep, uuid4())
    assert exporting.export(head, "core") is not None
    return lender


def waits() -> set[str]:
    return {one.change for one in standing.waiting()}


ALL = {"number_added", "number_corrected", "number_marked", "address", "employer"}


def change(lender: Lender, table: str, where: str, **values) -> None:
    row = next(row for row in lender.rows[table] if where in row.values())
    row.update(values)


def test_while_the_file_says_what_it_said_all_of_it_waits(told):
    assert waits() == ALL
    told.day(after(1))
    assert waits() == ALL


@pytest.mark.parametrize(
    ("confirms", "change_"),
    [
        (
            lambda o: o.rows["contacts"].append(
                {"customer_id": "C1", "phone": "+86 200-0000-0009", "relation": "self", "rank": 2}
            ),
            "number_added",
        ),
        (lambda o: change(o, "contacts", FRIEND, relation="spouse", name="王五"), "number_corrected"),
        (lambda o: change(o, "contacts", OWN, phone="10000000055"), "number_marked"),
        (lambda o: change(o, "customers", "C1", address="上海某街 3 号"), "address"),
        (lambda o: change(o, "customers", "C1", employer="新单位"), "employer"),
    ],
)
def test_what_the_next_file_says_is_settled_by_it_and_the_rest_waits(told, confirms, change_):
    confirms(told)
    told.day(after(1))
    assert waits() == ALL - {change_}
    line = ToldLine.objects.get(change=change_)
    assert (line.settled_on, line.settled_because) == (after(1), "file")
    told.day(after(2))
    assert ToldLine.objects.get(change=change_).settled_on == after(1)


def test_half_a_correction_is_none(told):
    change(told, "contacts", FRIEND, relation="spouse")
    told.day(after(1))
    assert "number_corrected" in waits(), "the name is still another"


def test_another_customers_file_confirms_nothing(told):
    told.loan("L2", after(-5))
    told.rows["contacts"].append({"customer_id": "C2", "phone": NEW, "relation": "self", "rank": 1})
    told.day(after(1))
    assert waits() == ALL
