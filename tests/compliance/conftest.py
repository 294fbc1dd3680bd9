from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from shouyue.compliance import gate
from shouyue.compliance.gate import Question
from shouyue.compliance.models import AttemptOutcome, Person

#: 14:00 in Shanghai, a Tuesday
AFTERNOON = datetime.fromisoformat("2026-11-24T14:00:00+08:00")
Kind = AttemptOutcome.Kind


def question(person: str = "p", at: datetime = AFTERNOON, **more) -> Question:
    plain = {"channel": "call", "purpose": "collection", "zone": "Asia/Shanghai", "staff_id": 1, "number": "555-0100"}
    return Question(person=person, at=at, **{**plain, **more})


@pytest.fixture(autouse=True)
def no_pack_known_to_be_kept(monkeypatch):
    """Each test has a database without packs."""
    monkeypatch.setattr(gate, "_kept", set())


@pytest.fixture
def person(db) -> str:
    return Person.objects.create(key="p").key


@pytest.fixture
def call(person: str) -> Callable[..., gate.Reservation]:
    """Reserve a call and, where it was allowed, report how it ended (None: not yet)."""

    def make(outcome: Kind | None = Kind.UNANSWERED, *, minutes: int = 0, attempt_id=None, **more):
        q = question(at=AFTERNOON + timedelta(minutes=minutes), **more)
        with transaction.atomic():
            reservation = gate.reserve(q, attempt_id or uuid4())
        if reservation.attempt is not None and outcome is not None:
            gate.report(reservation.attempt.pk, outcome, q.at, q.staff_id)
        return reservation

    return make
