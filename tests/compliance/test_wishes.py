"""What people said about being contacted: given, ended, and heeded by the gate in the same moment."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.compliance import gate, replaying, wishes
from shouyue.compliance.identity import number_key
from shouyue.compliance.models import GateDecision, Wish

from .conftest import AFTERNOON, question

pytestmark = pytest.mark.django_db
EVENING = AFTERNOON + timedelta(hours=8, minutes=30)


def say(kind: str, *, minutes: int = -60, wish_id=None, **more) -> Wish:
    at = AFTERNOON + timedelta(minutes=minutes)
    subject = {} if "person" in more else {"person": "p"}
    return wishes.write(wish_id or uuid4(), kind, at=at, **{"evidence": "call", **subject, **more})


def refused(**more) -> list[str]:
    return [f.rule for f in gate.preview(question(**more)).refusals]


def test_an_agreement_lifts_and_its_end_binds_again(person):
    assert refused(at=EVENING) == ["quiet-hours"]
    say("agreed_quiet_hours", channels=["call"])
    assert refused(at=EVENING) == []
    assert refused(at=EVENING, channel="sms") == ["quiet-hours"]
    say("agreed_quiet_hours", channels=["call"], minutes=-10, given=False)
    assert refused(at=EVENING) == ["quiet-hours"]


def test_an_end_given_in_the_same_second_counts(person):
    say("channel_refused", channels=["sms"])
    say("channel_refused", channels=["sms"], given=False)
    assert refused(channel="sms") == []


def test_a_time_that_the_person_called_inconvenient_is_named_with_its_end(person):
    say("inconvenient_time", details={"begins": "13:00", "ends": "15:00", "weekdays": [2]})
    answer = gate.preview(question())
    assert [f.rule for f in answer.refusals] == ["stated-times"]
    assert answer.next_allowed_at == AFTERNOON + timedelta(hours=1)
    assert "不方便" in answer.words("zh") and "inconvenient" in answer.words("en")


def test_what_one_said_holds_over_all_his_numbers_and_what_another_said_does_not(person):
    say("channel_refused", channels=["call"])
    assert refused(number="555-0101") == ["channel-refused"]
    assert refused(person="q") == []


def test_a_contact_who_refused_is_never_called_again_about_anybody(person):
    say("contact_refused", person=None, number_key=number_key("555-0177"))
    asked = {"number": "555-0177", "relation": "friend", "facts": {"borrower_unreachable": True}}
    assert refused(**asked) == ["third-person-refused"]
    assert refused(**asked, person="another borrower") == ["third-person-refused"]
    assert refused(**asked, at=AFTERNOON + timedelta(days=3650)) == ["third-person-refused"]
    # the same number as its owner's, about his own loan
    assert refused(number="555-0177", person="its owner") == []


def test_a_refusal_at_a_place_binds_visits_there_and_to_a_place_nobody_names(person):
    say("refused_at_place", details={"place": "home", "relation": "employer"})
    visit = {"channel": "visit", "number": ""}
    assert refused(**visit, place="home") == refused(**visit) == ["visit-where-refused"]
    assert refused(**visit, place="mobile") == ["visit-where-refused"]  # an agency's, by a number
    assert refused(**visit, place="work") == refused(**visit, place="other") == refused(place="home") == []
    assert refused(**visit, place="home", person="q") == []
    assert refused(**visit, place="home", facts={"borrower_awaits": True}) == []
    others = {"facts": {"borrower_unreachable": True, "borrower_awaits": True}}
    assert refused(**visit, **others, place="home", relation="friend") == ["third-person-refused"]
    assert refused(**others, relation="employer") == ["third-person-refused"]
    assert refused(**others, relation="friend") == refused(**others, relation="employer", person="q") == []
    with pytest.raises(ShouyueError, match="GATE-013"):
        say("refused_at_place", details={"place": "home", "relation": "employer"}, given=False)


def test_a_wrong_number_is_no_longer_his_and_its_calls_are_out_of_his_budget(call, monkeypatch):
    monkeypatch.setenv("SHOUYUE_PACK", "us-reg-f")
    for minutes in range(7):
        call(minutes=minutes, loans=("A",))
    later = {"at": AFTERNOON + timedelta(minutes=30), "loans": ("A",)}
    assert refused(**later, number="555-0101") == ["seven-calls-in-seven-days"]
    say("wrong_number", number_key=number_key("555-0100"), minutes=10)
    assert refused(**later) == ["wrong-number"]
    assert refused(**later, number="555-0101") == []


def test_consent_lapses_by_the_pack(call, monkeypatch):
    monkeypatch.setenv("SHOUYUE_PACK", "us-reg-f")
    say("prior_consent")
    for minutes in range(7):
        call(minutes=minutes, loans=("A",))
    assert refused(loans=("A",), at=AFTERNOON + timedelta(days=6)) == []
    say("prior_consent", minutes=60, given=False)
    assert refused(loans=("A",), at=AFTERNOON + timedelta(days=6)) == ["seven-calls-in-seven-days"]


def test_zones_of_address_and_number_both_count_where_the_pack_says_so(person, monkeypatch):
    early = AFTERNOON.replace(hour=22)  # 09:00 in New York, 06:00 in California
    asked = {"at": early, "zone": "America/New_York", "number": "+1 415 555 2671"}
    monkeypatch.setenv("SHOUYUE_PACK", "us-reg-f")
    assert refused(**asked) == ["inconvenient-times"]
    monkeypatch.setenv("SHOUYUE_PACK", "in-rbi")
    assert refused(**asked) == []


def test_the_areas_of_all_his_numbers_count_until_one_is_found_to_be_anothers(person, monkeypatch):
    """Comment 6(b)(1)(i)-2.ii: a mobile of the Eastern zone and a landline of the Mountain zone."""
    early = AFTERNOON.replace(hour=22)  # 09:00 in New York, 07:00 in Denver
    denver = "+1 303 555 2671"
    asked = {"at": early, "zone": "America/New_York", "number": "+1 212 555 2671", "other_numbers": (denver,)}
    monkeypatch.setenv("SHOUYUE_PACK", "us-reg-f")
    answer = gate.preview(question(**asked))
    assert [f.rule for f in answer.refusals] == ["inconvenient-times"]
    assert answer.clocks == ("America/Denver",)
    assert answer.next_allowed_at == early + timedelta(hours=1), "08:00 in Denver"
    assert refused(**{**asked, "number": "", "channel": "email"}) == ["inconvenient-times"]
    say("wrong_number", number_key=number_key(denver))
    assert refused(**asked) == []
    monkeypatch.setenv("SHOUYUE_PACK", "in-rbi")
    assert gate.preview(question(**asked)).clocks == ()


def test_a_decision_keeps_what_was_said_and_comes_out_the_same(call):
    say("agreed_quiet_hours")
    decision = call(minutes=8 * 60 + 30).decision
    assert [s["kind"] for s in decision.inputs["said"]] == ["agreed_quiet_hours"]
    say("agreed_quiet_hours", minutes=600, given=False)
    assert replaying.replay(decision.pk).same
    assert GateDecision.objects.get().allowed


def test_writing_twice_is_writing_once(person):
    wish_id = uuid4()
    assert say("consent", wish_id=wish_id, number_key="n") == say("consent", wish_id=wish_id, number_key="n")
    assert Wish.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("kind", {"kind": "whatever"}),
        ("place", {"kind": "refused_at_place", "details": {"place": "mobile"}}),
        ("relation", {"kind": "refused_at_place", "details": {"place": "home", "relation": "self"}}),
        ("person", {"kind": "refused_at_place", "person": None, "number_key": "n", "details": {"place": "home"}}),
        ("evidence", {"evidence": "hearsay"}),
        ("evidence_ref", {"evidence_ref": "张三说的"}),
        ("channels", {"channels": ["pigeon"]}),
        ("times", {"kind": "inconvenient_time"}),
        ("times", {"kind": "inconvenient_time", "details": {"begins": "25:00", "ends": "26:00"}}),
        ("place", {"kind": "inconvenient_place", "details": {"place": "the moon"}}),
        ("number", {"kind": "contact_refused"}),
        ("person", {"person": None, "number_key": "n"}),
        ("given", {"kind": "contact_refused", "number_key": "n", "given": False}),
        ("details", {"details": {"name": "张三"}}),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_its_field_named(person, field, wrong):
    with pytest.raises(ShouyueError, match="GATE-013") as caught:
        say(**{"kind": "channel_refused", **wrong})
    assert caught.value.values["field"] == field
