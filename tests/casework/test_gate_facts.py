"""Every fact that a shipped pack asks for comes from something that is done at the desk, and stands in the docs."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, ending, examining, guarantors, inbound, reported, visits, wishing
from shouyue.casework.agencies import contacting, managing
from shouyue.casework.asking import question
from shouyue.casework.matters import working
from shouyue.casework.matters.facts import live
from shouyue.casework.matters.working import Evidence
from shouyue.casework.models import Agency, Case
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate, pack, replaying
from shouyue.compliance.models import AuditEntry, GateDecision, Wish
from shouyue.people.models import Examination, User
from shouyue.web import staff

from .conftest import MORNING, TODAY
from .test_call import start

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[2] / "docs" / "compliance.md"
#: facts that somebody said: they come from the ledger under the name of what was said
SAID = {
    *("agreed_quiet_hours", "agreed_more_attempts", "agreed_private_account", "prior_consent", "consent"),
    *("channel_refused", "contact_refused", "represented", "wrong_number", "refused_at_place"),
}
#: what the ledger makes of a refusal at a place towards others of that relation (tests/casework/test_visits.py)
#: and what lies in a call back that he asked for, at its time (tests/casework/test_asked_calls.py)
FOLLOWS = {"relation_refused", "call_asked_for"}


@pytest.fixture
def desk(desk):
    """A desk on which no examination is recorded yet."""
    User.objects.update(examined_on=None)
    desk.rep.refresh_from_db()
    return desk


def named_by_packs() -> set[str]:
    """Every fact that a rule of a shipped pack looks at."""
    names: set[str] = set()
    for name in pack.shipped():
        for rule in pack.load(name).rules:
            asked = [f for value in rule.values for f in (*value.params.get("any_of", ()), value.params.get("fact"))]
            names |= {fact.removeprefix("not ") for fact in (*rule.unless, *asked) if fact}
    return names


def test_the_docs_tell_of_every_fact_whence_it_comes():
    told = DOCS.read_text(encoding="utf-8").partition("## Facts and whence they come")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \| [^|]+ \|$", told, re.MULTILINE)
    assert named_by_packs() - set(re.findall(r"`(\w+)`", " ".join(rows))) == set()


def confirmed(desk, kind: str):
    matter = working.open_matter(desk.case.pk, kind, Evidence(note="told", reference="A-1"), desk.rep, uuid4())
    return working.decide(matter.pk, "confirm", "seen", desk.head, uuid4())


def asked(desk, point=None, channel="call") -> gate.Question:
    case = Case.objects.select_related("customer").get(pk=desk.case.pk)
    return question(case, point or desk.own, User.objects.get(pk=desk.rep.pk), clock.now(), channel)


def call_back(desk) -> None:
    wishing.call_back(desk.case.customer_id, clock.now() + timedelta(hours=1), desk.rep, uuid4(), evidence="written")


def paused(desk) -> None:
    matter = working.open_matter(desk.case.pk, "hardship", Evidence(note="told"), desk.rep, uuid4())
    working.decide(matter.pk, "pause", "seen", desk.manager, uuid4(), TODAY + timedelta(days=5))


def promised(desk) -> None:
    outcome = Outcome(reached="self", result="promise", promise_minor=50_000, promise_due=TODAY + timedelta(days=2))
    calls.finish(start(desk).contact.pk, desk.rep, outcome)


def missed(desk) -> None:
    for _ in range(3):
        calls.finish(start(desk).contact.pk, desk.rep, Outcome(reached="nobody"))


def rings(desk) -> dict:
    inbound.write(
        desk.case.pk, desk.own.pk, clock.now(), True, Outcome(reached="self", result="refused"), desk.rep, uuid4()
    )
    return GateDecision.objects.get().inputs["facts"]


def evaluated(desk) -> dict:
    Agency.objects.create(code="north", name="北方", evaluated_on=TODAY)
    row = {"contact_no": "1", "customer_id": "C0001", "channel": "call", "at": MORNING.isoformat()}
    reported.take_in([{**row, "outcome": "unanswered", "phone": desk.own.phone}], "north", None)
    return GateDecision.objects.get().inputs["facts"]


def examined(desk, username: str, day=TODAY, by=None, withdrawn=False):
    return examining.record(username, day, "C-1", by or desk.manager, withdrawn)


def on_line(desk, line: str) -> None:
    admin = User.objects.create(username="admin", role="admin")
    staff.set_line(admin, desk.rep.pk, line)


def guarantor(desk):
    desk.friend.relation = "guarantor"
    desk.friend.save(update_fields=["relation"])
    desk.friend.refresh_from_db()
    return desk.friend


def bound(desk, liable: bool = True, reference: str = "G-17", by=None, key=None):
    return guarantors.say(desk.case.pk, guarantor(desk).pk, liable, reference, by or desk.manager, key or uuid4())


def placed(desk) -> tuple[dict, dict]:
    """What the gate is told when the agency asks, and when the desk does."""
    agency = Agency.objects.create(code="north", name="北方")
    placement = managing.place("north", "C0001", desk.head)
    told = contacting.ask(agency, placement.pk, desk.own.pk, "call", "n-1").decision.inputs["facts"]
    return told, asked(desk).facts


#: fact -> what is done at the desk for it, and then the facts of the next question; the rest are wishes
GIVEN = {
    "agency_evaluated_on": evaluated,
    "asked_for": rings,
    "borrower_awaits": lambda desk: visits.asked(desk.case, "home", desk.rep, clock.now(), agreed=True).facts,
    "borrower_dead": lambda desk: [confirmed(desk, "death"), asked(desk).facts][1],
    "borrower_incapable": lambda desk: [confirmed(desk, "incapacity"), asked(desk, desk.friend).facts][1],
    "borrower_unreachable": lambda desk: [missed(desk), asked(desk, desk.friend).facts][1],
    "call_back_at": lambda desk: [call_back(desk), asked(desk).facts][1],
    "guarantor_liable": lambda desk: [bound(desk), asked(desk, guarantor(desk)).facts][1],
    "inbound": rings,
    "matter_open": lambda desk: [confirmed(desk, "dispute"), asked(desk).facts][1],
    "matter_paused": lambda desk: [paused(desk), asked(desk).facts][1],
    "placed": lambda desk: placed(desk)[0],
    "with_agency": lambda desk: placed(desk)[1],
    "private_account": lambda desk: [on_line(desk, "private"), asked(desk).facts][1],
    "recorded_line": lambda desk: [on_line(desk, "recorded"), asked(desk).facts][1],
    "staff_examined_on": lambda desk: [examined(desk, "rep"), asked(desk).facts][1],
    "promise_due": lambda desk: [promised(desk), asked(desk).facts][1],
}


def test_no_fact_of_a_shipped_pack_is_left_out():
    assert named_by_packs() - SAID - FOLLOWS - set(GIVEN) == set()
    assert {kind for kind in Wish.Kind.values if kind in named_by_packs()} == SAID


@pytest.mark.parametrize("fact", sorted(GIVEN))
def test_the_desk_gives_the_fact(desk, morning, fact):
    assert not asked(desk).facts.get(fact)
    assert GIVEN[fact](desk)[fact]


def refusals(desk, point=None, channel="call") -> set[str]:
    return {f.rule for f in gate.preview(asked(desk, point, channel)).refusals}


def test_incapacity_stops_the_borrower_at_once_and_opens_the_way_to_others_once_it_is_proved(desk, morning):
    matter = working.open_matter(desk.case.pk, "incapacity", Evidence(note="told", reference="A-1"), desk.rep, uuid4())
    assert refusals(desk) == refusals(desk, channel="letter") == {"matter-open"}
    assert refusals(desk, desk.friend) == {"third-person-last"}
    working.decide(matter.pk, "confirm", "seen", desk.head, uuid4())
    assert refusals(desk) == {"matter-open"} and refusals(desk, desk.friend) == set()
    working.decide(matter.pk, "release", "recovered", desk.head, uuid4())
    assert refusals(desk) == set() and refusals(desk, desk.friend) == {"third-person-last"}


def test_death_is_a_fact_once_it_is_proved_and_after_the_ending(desk, morning):
    matter = working.open_matter(desk.case.pk, "death", Evidence(note="told", reference="A-1"), desk.rep, uuid4())
    assert "borrower_dead" not in asked(desk).facts
    working.decide(matter.pk, "confirm", "seen", desk.head, uuid4())
    ending.end(desk.case.pk, "deceased", "as decided", desk.head)
    working.decide(matter.pk, "release", "estate settled", desk.head, uuid4())
    assert asked(desk, desk.friend).facts["borrower_dead"] is True
    assert refusals(desk, desk.friend) == set()


def test_matters_of_an_earlier_moment_are_as_their_steps_were_then(desk, morning):
    person = desk.case.customer.person_id
    confirmed(desk, "death")
    with clock.at(MORNING + timedelta(hours=2)):
        paused(desk)
    with clock.at(MORNING + timedelta(hours=4)):
        working.decide(desk.case.matters.get(kind="death").pk, "release", "a mistake", desk.head, uuid4())
    then = {h: [tuple(m) for m in live(person, MORNING + timedelta(hours=h))] for h in (-1, 1, 3, 5)}
    pause = ("hardship", "paused", TODAY + timedelta(days=5))
    assert then == {-1: [], 1: [("death", "confirmed", None)], 3: [("death", "confirmed", None), pause], 5: [pause]}
    assert live(person) == live(person, MORNING + timedelta(hours=5))


@pytest.mark.parametrize(("evaluated_on", "told"), [(None, False), (TODAY, TODAY.isoformat()), ("later", False)])
def test_an_agency_not_evaluated_by_then_is_told_as_such(desk, morning, evaluated_on, told):
    day = TODAY + timedelta(days=3) if evaluated_on == "later" else evaluated_on
    Agency.objects.create(code="north", name="北方", evaluated_on=day)
    row = {"contact_no": "1", "customer_id": "C0001", "channel": "call", "at": MORNING.isoformat()}
    reported.take_in([{**row, "outcome": "unanswered", "phone": desk.own.phone}], "north", None)
    decision = GateDecision.objects.get()
    assert decision.inputs["facts"]["agency_evaluated_on"] == told
    assert replaying.replay(decision.pk).same


def warned(desk) -> list[str]:
    return [f.rule for f in gate.preview(asked(desk)).findings if f.verdict == "warns"]


def test_an_examination_counts_for_a_year_and_one_entered_by_mistake_does_not(desk, morning):
    assert asked(desk).facts["staff_examined_on"] is False and warned(desk) == ["staff-never-examined"]
    examined(desk, "rep", TODAY - timedelta(days=400), desk.head)
    assert refusals(desk) == {"staff-examined"} and warned(desk) == []
    examined(desk, "rep", TODAY)
    assert refusals(desk) == set()
    examined(desk, "rep", TODAY, withdrawn=True)
    assert refusals(desk) == {"staff-examined"}
    assert Examination.objects.count() == AuditEntry.objects.filter(action="user.examined").count() == 3
    examined(desk, "rep", TODAY, withdrawn=True)  # the same again
    assert Examination.objects.count() == 3


def test_a_contact_of_an_earlier_day_is_judged_by_what_had_been_passed_by_then(desk, morning):
    for days in (300, 0):
        examined(desk, "rep", TODAY - timedelta(days=days))
    case = Case.objects.select_related("customer").get(pk=desk.case.pk)
    rep = User.objects.get(pk=desk.rep.pk)
    facts = [question(case, desk.own, rep, MORNING - timedelta(days=d)).facts for d in (0, 2, 301)]
    days = [(TODAY - timedelta(days=d)).isoformat() for d in (0, 300)]
    assert [f["staff_examined_on"] for f in facts] == [*days, False]


def test_who_has_no_certificate_does_not_call_where_the_house_says_so(desk, morning, tmp_path, monkeypatch):
    house = tmp_path / "house.toml"
    told = DOCS.read_text(encoding="utf-8").partition("makes\nboth a refusal:")[2].split("```")[1].removeprefix("toml")
    head = 'id = "acme"\nversion = "1"\nbase = "cn"\n[documents]\nown = { zh = "办法", en = "policy" }\n'
    house.write_text(head + told, encoding="utf-8")
    strict = pack.load("cn", house)
    monkeypatch.setattr(pack, "active", lambda: strict)
    assert refusals(desk) == {"acme-certificate"} and start(desk).contact is None
    examined(desk, "rep")
    desk.rep.refresh_from_db()
    assert refusals(desk) == set() and start(desk).contact is not None


@pytest.mark.parametrize(
    ("line", "house", "told"),
    [
        ("", "", (None, None)),
        ("", "yes", (True, None)),
        ("", "no", (False, None)),
        ("recorded", "no", (True, False)),
        ("unrecorded", "yes", (False, False)),
        ("private", "", (False, True)),
    ],
)
def test_a_colleagues_own_line_goes_before_the_house(desk, morning, monkeypatch, line, house, told):
    monkeypatch.setenv("SHOUYUE_RECORDED_LINE", house)
    on_line(desk, line)
    facts = asked(desk).facts
    assert (facts.get("recorded_line"), facts.get("private_account")) == told
    assert "recorded_line" not in asked(desk, channel="visit").facts
    assert ("recorded-line" in refusals(desk)) is (told[0] is False)


@pytest.mark.parametrize(
    ("by", "username", "day", "reference", "code"),
    [
        ("manager", "manager", TODAY, "", "EXAM-002"),
        ("manager", "stranger", TODAY, "", "EXAM-001"),
        ("head", "head", TODAY, "", "EXAM-001"),
        ("head", "rep", TODAY + timedelta(days=1), "", "EXAM-003"),
        ("head", "rep", None, "", "EXAM-003"),
        ("head", "rep", TODAY, "张三的证书", "EXAM-004"),
        ("rep", "colleague", TODAY, "", "PEOPLE-001"),
        ("auditor", "rep", TODAY, "", "PEOPLE-001"),
    ],
)
def test_who_records_what(desk, morning, by, username, day, reference, code):
    with pytest.raises(ShouyueError, match=code):
        examining.record(username, day, reference, getattr(desk, by))
    assert not Examination.objects.exists()


def test_a_file_of_examinations_is_taken_row_by_row_and_again_changes_nothing(desk, morning):
    rows = [
        "user,passed_on,reference",
        "rep,2026-11-01,C-7",
        "nobody,2026-11-01,",
        "colleague,01/11/2026,",
        "manager,2026-11-02,",
    ]
    first, again = (examining.take_in(rows, desk.manager) for _ in range(2))
    assert (first.new, first.known, again.new, again.known) == (1, 0, 0, 1)
    assert [(f.line, f.code) for f in first.faults] == [(3, "EXAM-001"), (4, "EXAM-003"), (5, "EXAM-002")]
    with pytest.raises(ShouyueError, match="EXAM-005"):
        examining.take_in(["user", "rep"], desk.manager)


def test_a_guarantor_whom_the_contract_does_not_bind_is_contacted_no_more(desk, morning):
    assert refusals(desk, guarantor(desk)) == set()
    key = uuid4()
    for _ in range(2):
        bound(desk, liable=False, key=key)
    assert refusals(desk, guarantor(desk)) == {"guarantor-within-contract"}
    bound(desk, by=desk.head)
    assert refusals(desk, guarantor(desk)) == set()
    told = desk.case.timeline.filter(kind="guarantor").order_by("id")
    assert [(t.data["liable"], t.data["note"]) for t in told] == [(False, "G-17"), (True, "G-17")]
    chained = AuditEntry.objects.filter(action="guarantor.say")
    assert chained.count() == 2 and "G-17" not in str(list(chained.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("by", "reference", "code"),
    [("rep", "G-1", "PEOPLE-001"), ("manager", " ", "GUAR-002"), ("manager", "x" * 101, "GUAR-002")],
)
def test_who_says_so_and_by_what(desk, morning, by, reference, code):
    with pytest.raises(ShouyueError, match=code):
        bound(desk, reference=reference, by=getattr(desk, by))
    assert desk.friend.liable is None
    desk.friend.relation = "friend"
    desk.friend.save()
    with pytest.raises(ShouyueError, match="GUAR-001"):
        guarantors.say(desk.case.pk, desk.friend.pk, True, "G-1", desk.manager, uuid4())
