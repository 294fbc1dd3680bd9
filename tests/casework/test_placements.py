"""The time of a placement: until when an agency has a customer, what the desk does meanwhile, what happens after it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import ending, queries, reported
from shouyue.casework.agencies import contacting, managing, terms
from shouyue.casework.asking import question
from shouyue.casework.models import Agency, Case, Placement
from shouyue.compliance import gate, replaying
from shouyue.compliance.models import AuditEntry, GateDecision
from shouyue.people.models import User

from .conftest import MORNING, TODAY

pytestmark = pytest.mark.django_db
LAST = TODAY + timedelta(days=20)


@pytest.fixture
def north(desk, morning) -> Agency:
    return Agency.objects.create(code="north", name="北方", evaluated_on=TODAY - timedelta(days=30))


@pytest.fixture
def placed(desk, north) -> Placement:
    return managing.place("north", "C0001", desk.head, LAST)


def on_list(desk, day=TODAY) -> bool:
    return queries.my_day(desk.rep, day, MORNING).filter(pk=desk.case.pk).exists()


def ask(desk, agency, placement, days=0, key="n-1"):
    with clock.at(MORNING + timedelta(days=days)):
        return contacting.ask(agency, placement.pk, desk.own.pk, "call", key)


def lapse(days: int) -> int:
    at = MORNING + timedelta(days=days)
    return managing.lapse(TODAY + timedelta(days=days), at)


def code_of(act) -> str:
    with pytest.raises(ShouyueError) as caught:
        act()
    return caught.value.code


def test_the_agency_has_the_case_up_to_its_last_day_and_then_the_store_has_it_again(desk, north, placed):
    assert not on_list(desk)
    assert lapse(20) == 0 and ask(desk, north, placed, 20).answer.allowed
    assert code_of(lambda: ask(desk, north, placed, 21, "n-2")) == "AGENCY-014"  # before the daily cycle has run
    with clock.at(MORNING + timedelta(days=21)):
        assert (
            contacting.placed(north, None, 10)[0] == [] and contacting.number_of(north, placed.pk, desk.own.pk) is None
        )
    assert not on_list(desk)
    assert lapse(21) == 1 and lapse(21) == 0
    assert on_list(desk)
    placed.refresh_from_db()
    assert (placed.ended_because, placed.ended_by) == ("term", None)
    assert code_of(lambda: ask(desk, north, placed, 21, "n-3")) == "AGENCY-014"
    told = [(e.data["about"], e.data["until"]) for e in desk.case.timeline.filter(kind="placed").order_by("id")]
    assert told == [("place", LAST.isoformat()), ("term", LAST.isoformat())]
    assert list(AuditEntry.objects.filter(action__startswith="agency.").values_list("action", flat=True)) == [
        "agency.place",
        "agency.term",
    ]


def test_a_recalled_case_is_at_once_the_stores(desk, north, placed):
    managing.take_back("C0001", desk.head)
    placed.refresh_from_db()
    assert placed.ended_because == "recalled" and on_list(desk)
    assert code_of(lambda: ask(desk, north, placed)) == "AGENCY-003"


def test_the_end_may_be_moved_and_the_same_day_again_changes_nothing(desk, north, placed):
    later = LAST + timedelta(days=10)
    for _ in range(2):
        assert managing.place("north", "C0001", desk.head, later).ends_on == later
    assert managing.place("north", "C0001", desk.head).ends_on == later
    assert AuditEntry.objects.filter(action="agency.extend").count() == 1
    assert lapse(21) == 0


def test_the_term_is_the_houses_and_never_beyond_the_contract(desk, north):
    assert managing.place("north", "C0001", desk.head).ends_on == TODAY + timedelta(days=90)
    managing.take_back("C0001", desk.head)
    Agency.objects.update(contract_ends_on=LAST)
    assert managing.place("north", "C0001", desk.head).ends_on == LAST
    for day in (LAST + timedelta(days=1), TODAY, TODAY - timedelta(days=1)):
        assert code_of(lambda day=day: managing.place("north", "C0001", desk.head, day)) == "AGENCY-013"
    managing.take_back("C0001", desk.head)
    Agency.objects.update(contract_ends_on=TODAY)
    assert code_of(lambda: managing.place("north", "C0001", desk.head)) == "AGENCY-013"
    assert Placement.objects.count() == 2


def test_a_rep_is_warned_and_whoever_rings_or_asked_for_it_is_not(desk, placed):
    case, rep = Case.objects.select_related("customer").get(pk=desk.case.pk), User.objects.get(pk=desk.rep.pk)
    answer = gate.preview(question(case, desk.own, rep, clock.now()))
    assert answer.allowed and [f.rule for f in answer.findings if f.verdict == "warns"] == ["with-agency"]
    case.last_result, case.next_action_at, case.call_asked_at = "call_back", clock.now(), clock.now()
    assert "with-agency" not in [
        f.rule for f in gate.preview(question(case, desk.own, rep, clock.now())).findings if f.verdict == "warns"
    ]


def test_what_an_agency_did_after_its_time_is_kept_and_judged(desk, north, placed):
    lapse(21)
    with clock.at(MORNING + timedelta(days=22)):
        for days, allowed in ((19, True), (21, False)):
            at = MORNING + timedelta(days=days)
            decision = contacting.report(north, placed.pk, desk.own.pk, "call", at, "unanswered", f"n-{days}")
            assert decision.allowed is allowed and replaying.replay(decision.pk).same
        row = {"contact_no": "f-1", "customer_id": "C0001", "channel": "call", "phone": desk.own.phone}
        reported.take_in([{**row, "at": at.isoformat(), "outcome": "unanswered"}], "north", None)
    refused = GateDecision.objects.filter(allowed=False)
    assert {f["rule"] for d in refused for f in d.findings if f["verdict"] == "refuses"} == {"placement-over"}
    assert refused.count() == 2


def test_a_case_that_ends_or_opens_meanwhile(desk, placed):
    ending.end(desk.case.pk, "sold", "sold, list 12", desk.head)
    placed.refresh_from_db()
    assert placed.ended_because == "case_ended"
    Case.objects.filter(pk=desk.case.pk).update(status="open", closed_on=None, close_reason="")
    Placement.objects.create(
        pk=uuid4(), agency=placed.agency, customer=desk.case.customer, placed_by=desk.head, placed_at=MORNING
    )
    assert on_list(desk) and lapse(0) == 1 and not on_list(desk)  # one from before placements had an end
    assert lapse(400) == 0


@pytest.mark.parametrize(
    ("evaluated", "contract", "due"),
    [
        (None, None, ["never"]),
        (-30, None, []),
        (-335, None, []),
        (-336, None, ["yearly"]),
        (-80, 20, ["before_end"]),
        (-60, 20, []),
        (-80, 31, []),
        (-80, -1, ["over"]),
        (-400, 20, ["yearly", "before_end"]),
    ],
)
def test_what_is_due_of_an_agency(evaluated, contract, due):
    day = {n: TODAY + timedelta(days=n) for n in (evaluated, contract) if n is not None}
    agency = Agency(evaluated_on=day.get(evaluated), contract_ends_on=day.get(contract))
    assert [what for what, _by in terms.warnings(agency, TODAY)] == due
