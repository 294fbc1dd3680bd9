"""Ending a case for good, and taking the work up again."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework import calls, ending
from shouyue.casework.matters import working
from shouyue.casework.models import Agency, Case, Placement, Promise
from shouyue.compliance.models import AuditEntry
from shouyue.people.permissions import NotPermitted

from .test_call import code_of, start
from .test_promising import log, promised

pytestmark = pytest.mark.django_db


def confirmed(desk, kind: str) -> None:
    paper = working.Evidence(note="told by his son", reference="A-17")
    matter = working.open_matter(desk.case.pk, kind, paper, desk.rep, uuid4())
    working.decide(matter.pk, "confirm", "certificate seen", desk.head, uuid4())


def test_what_is_open_ends_with_the_case(desk, morning):
    log(desk, promised())
    agency = Agency.objects.create(code="north", name="北方")
    Placement.objects.create(agency=agency, customer=desk.case.customer, placed_by=desk.head, placed_at=morning)
    for _ in range(2):
        case = ending.end(desk.case.pk, "sold", "sold to another lender, list 12", desk.head)
    assert (case.status, case.close_reason, case.closed_on) == ("closed", "sold", desk.case.as_of)
    assert list(Promise.objects.values_list("state", "ended_because")) == [("cancelled", "ended")]
    assert not Placement.objects.filter(ended_at=None).exists()
    assert desk.case.timeline.filter(kind="closed").get().data["note"] == "sold to another lender, list 12"
    assert AuditEntry.objects.filter(action="case.end").count() == 1
    assert code_of(lambda: start(desk))[0] == "CASE-002"


@pytest.mark.parametrize("reason", [r for r, kind in ending.REASONS.items() if kind])
def test_a_grave_reason_needs_its_matter_confirmed(desk, morning, reason):
    def end() -> Case:
        return ending.end(desk.case.pk, reason, "as decided", desk.head)

    assert code_of(end) == ("CASE-031", "reason")
    confirmed(desk, ending.REASONS[reason])
    assert end().close_reason == reason


@pytest.mark.parametrize(
    ("reason", "note", "code"),
    [("paid", "paid", "CASE-021"), ("sold", " ", "CASE-023"), ("sold", "这个老赖", "WORD-001")],
)
def test_what_is_refused_changes_nothing(desk, morning, reason, note, code):
    assert code_of(lambda: ending.end(desk.case.pk, reason, note, desk.head))[0] == code
    assert Case.objects.get(pk=desk.case.pk).status == "open"


def test_a_call_that_goes_on_is_logged_first_and_only_head_office_ends(desk, morning):
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert contact is not None
    assert code_of(lambda: ending.end(desk.case.pk, "sold", "sold", desk.head)) == ("CASE-032", "reason")
    for user in (desk.rep, desk.manager, desk.auditor):
        with pytest.raises(NotPermitted):
            ending.end(desk.case.pk, "sold", "sold", user)


def test_the_work_is_taken_up_again_with_words(desk, morning):
    ending.end(desk.case.pk, "withdrawn", "taken back", desk.head)
    assert code_of(lambda: ending.take_up(desk.case.pk, "", desk.head))[0] == "CASE-023"
    for _ in range(2):
        assert ending.take_up(desk.case.pk, "given back to us", desk.head).ended_because == ""
    assert desk.case.timeline.filter(kind="taken_up").count() == 1
