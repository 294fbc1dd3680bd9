"""The database itself refuses to change what was recorded."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from shouyue.compliance import audit, wishes
from shouyue.compliance.models import Attempt, AttemptOutcome, AuditEntry, GateDecision, PolicyPack, Wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorded(call):
    call()
    audit.record("x", "case:1", {}, None)
    wishes.write(uuid4(), "channel_refused", person="p", evidence="call")


@pytest.mark.parametrize("model", [AuditEntry, GateDecision, Attempt, AttemptOutcome, PolicyPack, Wish])
def test_a_record_can_be_neither_changed_nor_deleted(recorded, model):
    field = next(f.name for f in model._meta.fields if f.get_internal_type() == "CharField" and not f.primary_key)
    assert model.objects.exists()
    with pytest.raises(IntegrityError, match="appended and never changed"), transaction.atomic():
        model.objects.update(**{field: "x"})
    with pytest.raises(IntegrityError, match="appended and never changed"), transaction.atomic():
        model.objects.all()._raw_delete("default")
    assert model.objects.exists()
