"""The signing interview: versions that replace nothing, drafts that lose nothing, and what the answers are good for."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import queries, reveal
from shouyue.casework.asking import question
from shouyue.casework.errors import WrongAnswers
from shouyue.casework.interviews import answers, feeding, form, keeping, reading
from shouyue.casework.models import Customer, Interview, InterviewDraft, TimelineEntry
from shouyue.compliance import audit, gate, wishes
from shouyue.compliance.models import AuditEntry, Wish

from .conftest import TODAY

FORM = form.current()


def save(desk, sent, by=None, key=None, **more) -> Interview:
    told = {"kind": "interview", "held_on": TODAY, "seen": 0} | more
    return keeping.save(desk.case.customer_id, sent, by or desk.rep, key or uuid4(), **told)


def correct(desk, sent, seen=1, **more) -> Interview:
    return save(desk, sent, **({"kind": "correction", "reason": "misheard", "seen": seen} | more))


# ---- what is typed ---------------------------------------------------------------------------------------------------

_TIMES = st.times().map(lambda t: f"{t:%H:%M}")
_VALUES = {
    "yes_no": lambda q: st.booleans(),
    "choice": lambda q: st.sampled_from(sorted(q.choices)),
    "choices": lambda q: st.sets(st.sampled_from(sorted(q.choices)), min_size=1).map(
        lambda chosen: [one for one in q.choices if one in chosen]
    ),
    "day": lambda q: st.integers(1, 31),
    "times": lambda q: (
        st.tuples(_TIMES, _TIMES).filter(lambda t: t[0] != t[1]).map(lambda t: {"from": t[0], "to": t[1]})
    ),
    "people": lambda q: st.dictionaries(st.sampled_from(["1", "2"]), st.booleans(), min_size=1),
}
_OPEN = [q for q in FORM.questions.values() if not q.masked]


@given(st.fixed_dictionaries({}, optional={q.id: _VALUES[q.kind](q) for q in _OPEN if q.kind in _VALUES}))
def test_what_stands_in_the_form_is_read_back_as_the_same_answers(values):
    read, wrong = answers.read(FORM, answers.typed(FORM, values), {}, [1, 2], "CNY")
    assert (read, wrong) == (values, {})


@given(st.dictionaries(st.sampled_from(sorted(FORM.questions)), st.lists(st.text(max_size=12), max_size=3)))
def test_whatever_is_typed_is_an_answer_or_a_coded_error_in_both_languages(sent):
    values, wrong = answers.read(FORM, sent, {}, [1], "CNY")
    assert not set(values) & set(wrong)
    assert all(error.code.startswith("INTV-") and error.zh and error.en for error in wrong.values())


def test_the_shipped_form_is_classed_like_all_that_tells_of_a_borrower():
    assert {q.told for q in FORM.questions.values()} <= set(form.CLASSES)
    assert all(q.masked for q in FORM.questions.values() if q.kind == "money")


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("pay_day.kind", {"kind": "riddle"}),
        ("pay_day.section", {"section": "nowhere"}),
        ("pay_day.choices", {"choices": {"a": {"zh": "甲", "en": "a"}}}),
        ("pay_day.wish", {"wish": "channel_refused"}),
        ("pay_day.keys", {"colour": "red"}),
        ("pay_day.class", {"class": "gossip"}),
    ],
)
def test_a_file_that_cannot_be_so_is_refused_and_named(where, change):
    wrong = json.loads(FORM.content)
    wrong["question"]["pay_day"] = {**wrong["question"]["pay_day"], **change}
    with pytest.raises(ShouyueError, match="INTV-001") as caught:
        form.built(wrong)
    assert caught.value.values["where"] == where


# ---- versions --------------------------------------------------------------------------------------------------------

pg = pytest.mark.django_db


@pg
def test_a_correction_is_a_new_version_and_the_old_one_stays(desk, afternoon):
    first = save(desk, {"pay_day": ["8"], "employer_name": ["晨屿医院"]})
    second = correct(desk, {"pay_day": ["9"]})
    first.refresh_from_db()
    assert first.answers == {"pay_day": 8, "employer_name": "晨屿医院"}
    # what is masked stands in no field of the form: left empty it stays
    assert second.answers == {"pay_day": 9, "employer_name": "晨屿医院"} and second.reason == "misheard"
    third = correct(desk, {"pay_day": ["9"], "none-employer_name": ["1"]}, seen=2)
    assert third.answers == {"pay_day": 9}
    assert answers.changes(first.answers, second.answers) == [answers.Change("pay_day", 8, 9)]
    assert [one.seq for one in reading.versions(desk.case.customer_id)] == [3, 2, 1]
    assert reading.form_of(first) == FORM
    entries = AuditEntry.objects.filter(action="interview.add").order_by("seq")
    assert [e.data["changed"] for e in entries] == [["pay_day", "employer_name"], ["pay_day"], ["employer_name"]]
    assert "晨屿" not in str([e.data for e in entries]) and audit.verify().ok
    assert TimelineEntry.objects.filter(case=desk.case, kind="interview").count() == 3


@pg
def test_twice_is_once_and_two_at_a_time_lose_nothing(desk, afternoon):
    key = uuid4()
    assert save(desk, {"pay_day": ["8"]}, key=key) == save(desk, {"pay_day": ["8"]}, key=key)
    correct(desk, {"pay_day": ["9"]})
    with pytest.raises(ShouyueError, match="INTV-011"):
        correct(desk, {"pay_day": ["10"]}, by=desk.colleague, seen=1)
    assert correct(desk, {"pay_day": ["10"]}, by=desk.colleague, seen=2).seq == 3


@pg
def test_everything_that_is_wrong_is_said_at_once(desk, afternoon):
    save(desk, {"pay_day": ["8"]})
    sent = {
        "pay_day": ["32"],
        "job_kind": ["astronaut"],
        "usual_hours-from": ["12:00"],
        "income_a_month": ["much"],
        "others_know": ["x" * 501],
        "if_lost": ["不还就让你坐牢"],
    }
    with pytest.raises(WrongAnswers) as caught:
        correct(desk, sent, reason="", held_on=TODAY + timedelta(days=1))
    codes = {field: fault.code for field, fault in caught.value.faults.items()}
    assert codes == {
        "pay_day": "INTV-005",
        "job_kind": "INTV-003",
        "usual_hours": "INTV-006",
        "income_a_month": "INTV-013",
        "others_know": "INTV-004",
        "wording_reason": "WORD-002",
        "held_on": "INTV-007",
        "reason": "INTV-008",
    }
    assert Interview.objects.count() == 1
    with pytest.raises(ShouyueError, match="INTV-009"):
        correct(desk, {"pay_day": ["8"]})


@pg
def test_a_draft_holds_what_was_typed_right_or_wrong_until_it_is_saved(desk, afternoon):
    typed = {"pay_day": ["thirty"], "reason": ["because"], "csrfmiddlewaretoken": ["x"], "knowers-7": ["yes"]}
    keeping.keep_draft(desk.case.customer_id, typed, desk.rep)
    keeping.keep_draft(desk.case.customer_id, {"pay_day": ["3"]}, desk.colleague)
    kept = keeping.draft(desk.case.customer_id, desk.rep)
    assert kept is not None
    assert kept.sent == {"pay_day": ["thirty"], "reason": ["because"], "knowers-7": ["yes"]}
    save(desk, {"pay_day": ["30"]})
    assert InterviewDraft.objects.get().by == desk.colleague
    with pytest.raises(ShouyueError, match="INTV-004"):
        keeping.keep_draft(desk.case.customer_id, {"if_lost": ["x" * 70_000]}, desk.rep)


@pg
def test_another_store_and_who_works_no_cases_write_and_see_nothing(desk, afternoon):
    for who, code in (("stranger", "CASE-009"), ("auditor", "PEOPLE-001"), ("head", "PEOPLE-001")):
        user = getattr(desk, who)
        for act in (
            lambda user=user: save(desk, {"pay_day": ["8"]}, by=user),
            lambda user=user: keeping.keep_draft(desk.case.customer_id, {}, user),
            lambda user=user: keeping.drop_draft(desk.case.customer_id, user),
        ):
            with pytest.raises(ShouyueError, match=code):
                act()
    assert not Interview.objects.exists() and not InterviewDraft.objects.exists()


# ---- what the answers are good for -----------------------------------------------------------------------------------


@pg
def test_who_knows_stands_with_the_number_over_what_the_lenders_file_says(desk, afternoon):
    name = f"knowers-{desk.friend.pk}"
    save(desk, {name: ["yes"]})
    desk.friend.refresh_from_db()
    assert (desk.friend.knows_of_loan, desk.friend.knows) == (None, True)
    assert question(desk.case, desk.friend, desk.rep, clock.now()).facts["knows_of_loan"] is True
    correct(desk, {name: ["no"]})
    desk.friend.refresh_from_db()
    assert desk.friend.knows is False
    desk.friend.knows_of_loan = True
    correct(desk, {"pay_day": ["1"]}, seen=2)
    desk.friend.refresh_from_db()
    assert desk.friend.said_to_know is None


@pg
def test_the_case_reads_the_hints_of_the_newest_version_and_nothing_masked(desk, afternoon):
    save(desk, {"early_settlement": ["yes"], "corporate_account": ["no"], "if_lost": ["his brother"]})
    page = queries.case_page(desk.case.pk, desk.rep)
    assert [q.id for q, _ in feeding.hints(page.interview)] == ["early_settlement"]
    with pytest.raises(ShouyueError, match="INTV-001"):
        raw = json.loads(FORM.content)
        raw["question"]["if_lost"]["hint"] = {"zh": "甲", "en": "a"}
        form.built(raw)


@pg
def test_a_wish_is_offered_and_written_by_a_click_and_the_gate_heeds_it(desk, afternoon):
    at = clock.now()
    asked = question(desk.case, desk.own, desk.rep, at, "visit")
    interview = save(desk, {"channels_refused": ["visit"], "not_between-from": ["08:00"], "not_between-to": ["21:00"]})
    person = desk.case.customer.person_id
    assert gate.preview(asked).allowed and not Wish.objects.exists()  # nothing happens silently
    offered = feeding.offers(interview, wishes.held(person, []))
    assert [o.kind for o in offered] == ["channel_refused", "inconvenient_time"]
    wish = feeding.take(desk.case.customer_id, "channels_refused", desk.rep)
    assert feeding.take(desk.case.customer_id, "channels_refused", desk.rep) == wish
    assert (wish.evidence, wish.evidence_ref) == ("written", f"interview:{interview.pk}")
    assert {f.rule for f in gate.preview(question(desk.case, desk.own, desk.rep, clock.now(), "visit")).refusals} == {
        "channel-refused"
    }
    assert [o.kind for o in feeding.offers(interview, wishes.held(person, []))] == ["inconvenient_time"]
    told = TimelineEntry.objects.get(kind="wish")
    assert (told.data["about"], told.data["channels"]) == ("channel_refused", ["visit"])
    with pytest.raises(ShouyueError, match="INTV-012"):
        feeding.take(desk.case.customer_id, "pay_day", desk.rep)


@pg
def test_a_masked_answer_is_shown_with_a_reason_that_leaves_a_trace(desk, afternoon):
    save(desk, {"if_lost": ["his brother"], "pay_day": ["8"]})
    asked, value = reveal.answer(desk.case.pk, "if_lost", "call", desk.rep)
    assert (asked.id, value) == ("if_lost", "his brother")
    assert AuditEntry.objects.get(action="personal.reveal").data["field"] == "answer-if_lost"
    for name in ("pay_day", "costs_a_month", "nonsense"):
        with pytest.raises(ShouyueError, match="CASE-"):
            reveal.answer(desk.case.pk, name, "call", desk.rep)
    assert Customer.objects.count() == 1
