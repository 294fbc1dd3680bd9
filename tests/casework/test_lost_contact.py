"""Lost contact (失联): the debtor's own number is invalid, or three attempts in a row failed to reach the person.

Each line: what was logged, oldest first, on the borrower's mobile (m) or work number (w), and whether others may now
be asked how to reach him.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import asking, calls
from shouyue.casework.models import ContactPoint
from shouyue.casework.outcome import Outcome

from .conftest import MORNING

pytestmark = pytest.mark.django_db

LINES = [
    ("", False),
    ("m nobody", False),
    ("m nobody, m nobody", False),
    ("m nobody, m nobody, m nobody", True),
    ("m nobody, m off, w invalid", True),
    ("m nobody, m nobody, m other, m nobody", False),
    ("m nobody, m nobody, m nobody, m self", False),
    ("m self, m nobody, m nobody, m nobody", True),
    ("m invalid", False),  # the work number has not been tried
    ("m invalid, w invalid", True),
    ("m wrong, w invalid", True),
    ("m invalid, w self", False),
    ("m invalid, w nobody", False),
]


@pytest.mark.parametrize(("logged", "lost"), LINES)
def test_lost_contact(desk, logged, lost):
    work = ContactPoint.objects.create(customer=desk.case.customer, phone="10000000008", relation="self", place="work")
    for n, line in enumerate(filter(None, logged.split(", "))):
        place, reached = line.split()
        with clock.at(MORNING + timedelta(hours=24 * n)):
            point = desk.own if place == "m" else work
            contact = calls.start(desk.case.pk, point.pk, desk.rep, uuid4()).contact
            assert contact is not None
            result = "no_result" if reached == "self" else ""
            calls.finish(contact.pk, desk.rep, Outcome(reached=reached, result=result))
    assert asking.lost_contact(desk.case) == lost
