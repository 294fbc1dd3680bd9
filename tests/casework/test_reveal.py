from __future__ import annotations

import json

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.casework import reveal
from shouyue.casework.masking import mask_id, mask_phone, mask_text
from shouyue.compliance.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_a_reveal_with_a_reason_shows_the_number_and_leaves_a_trace_without_it(desk):
    assert reveal.phone(desk.case.pk, desk.own.pk, "call", desk.rep) == "10000000001"
    entry = AuditEntry.objects.get()
    assert entry.action == "personal.reveal"
    assert entry.data["reason"] == "call"
    assert "10000000001" not in json.dumps(entry.data) + entry.subject
    assert "10000000001" not in json.dumps(desk.case.timeline.get().data)


def test_a_customer_field_is_revealed_one_at_a_time(desk):
    assert reveal.customer_field(desk.case.pk, "id_number", "identity_check", desk.rep) == "000000199001010000"


@pytest.mark.parametrize(
    ("by", "reason", "code"),
    [
        ("rep", "", "CASE-024"),
        ("rep", "curious", "CASE-024"),
        ("stranger", "call", "CASE-001"),
        ("head", "call", "PEOPLE-001"),
    ],
)
def test_without_reason_or_right_nothing_is_shown(desk, by, reason, code):
    with pytest.raises(ShouyueError) as caught:
        reveal.phone(desk.case.pk, desk.own.pk, reason, getattr(desk, by))
    assert caught.value.code == code
    assert not AuditEntry.objects.exists()


def test_only_listed_fields_can_be_revealed(desk):
    with pytest.raises(ShouyueError) as caught:
        reveal.customer_field(desk.case.pk, "person_id", "call", desk.rep)
    assert caught.value.code == "CASE-026"


def test_masks_keep_ends_only():
    assert mask_phone("13800001234") == "138****1234"
    assert mask_phone("1234") == "**34"
    assert mask_id("000000199001010000") == "000*************00"
    assert mask_id("123") == "***"
    assert mask_text("某某公司") == "某某****"
