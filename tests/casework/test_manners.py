"""How somebody came across: advice and fitting answers as data of the house, kept as said, never carried along."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.base import clock
from shouyue.casework import calls, inbound, manners
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, Contact, Loan, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.casework.scripts import Objection, all_scripts
from shouyue.compliance import pack, row_digests, wording
from shouyue.privacy import copying, erasure
from shouyue.reports import witness

from .conftest import AFTERNOON, TODAY, make_case


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Write a house's own manners."""

    def written(text: str) -> None:
        (tmp_path / "manners.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("SHOUYUE_HOUSE", str(tmp_path / "house.toml"))
        manners.advice.cache_clear()

    yield written
    manners.advice.cache_clear()


def test_each_manner_has_advice_in_both_languages_that_the_rules_let_pass():
    assert set(manners.advice()) == set(Contact.Manner.values)
    for one in manners.advice().values():
        assert one.zh and one.en and one.text("zh-hans") == one.zh and one.text("en") == one.en
        for text in (one.zh, one.en):
            assert not wording.check(pack.load("cn"), text, "note", "self", date(2026, 11, 24))


def test_the_answers_named_are_in_scripts_for_borrowers():
    there = {o.id for s in all_scripts().values() if s.audience == "borrower" for o in s.objections}
    assert {id_ for one in manners.advice().values() for id_ in one.answers} <= there


def test_a_house_has_its_own_and_may_leave_manners_without(house):
    house('[angry]\nzh = "先听"\nen = "Listen"\nanswers = ["ours"]\n')
    assert manners.fitting("angry") == ("ours",) and manners.fitting("friendly") == manners.fitting("") == ()


def test_what_is_no_manner_is_refused(house):
    house('[liar]\nzh = "a"\nen = "a"')
    with pytest.raises(ValueError, match=r"manners\.toml: liar"):
        manners.advice()


IDS = st.lists(st.sampled_from("abcdefg"), unique=True)


@given(script=IDS, fitting=IDS)
def test_fitting_answers_come_first_in_the_houses_order_and_none_is_lost(script, fitting):
    put = [one.id for one in manners.fitting_first([Objection(id_, "", "", "", "") for id_ in script], fitting)]
    assert put == [id_ for id_ in fitting if id_ in script] + [id_ for id_ in script if id_ not in fitting]


@pytest.fixture
def desk(desk, afternoon):
    return desk


def call(desk, **told) -> Contact:
    started = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    assert started is not None
    return calls.finish(started.pk, desk.rep, Outcome(**{"reached": "self", "result": "refused"} | told))


@pytest.mark.django_db
def test_it_is_kept_with_the_call_and_told_on_the_timeline(desk):
    made = call(desk, manner="angry", why_late="habit")
    assert (made.manner, made.why_late) == ("angry", "habit")
    line = TimelineEntry.objects.get(kind="contact")
    assert (line.data["manner"], line.data["why_late"]) == ("angry", "habit")


@pytest.mark.django_db
def test_what_is_no_choice_is_refused(desk):
    with pytest.raises(Invalid) as refused:
        call(desk, manner="liar")
    assert refused.value.field == "manner"


@pytest.mark.django_db
@pytest.mark.parametrize("reached", [r for r in Contact.Reached.values if r != "self"])
def test_it_is_only_the_borrowers_own_and_a_reason_only_of_who_owes(desk, reached):
    result = "refused" if reached == "guarantor" else ""
    made = call(desk, reached=reached, result=result, manner="angry", why_late="habit")
    assert made.manner == "" and made.why_late == ("habit" if reached == "guarantor" else "")


@pytest.mark.django_db
def test_a_call_that_came_in_says_its_own(desk):
    told = Outcome("self", "no_result", manner="in_need")
    made = inbound.write(desk.case.pk, desk.own.pk, AFTERNOON, True, told, desk.rep, uuid4())
    assert made.manner == "in_need"


@pytest.mark.django_db
def test_the_last_is_the_newest_that_says_it_for_a_time_and_of_this_customer(desk):
    mine, day = [desk.case.customer_id], desk.case.as_of
    assert manners.last(mine, day) is None
    first = call(desk, manner="hesitant")
    call(desk)
    assert manners.last(mine, day) == first
    other = make_case(desk.store, desk.rep, 2).customer_id
    assert manners.last([other], day) is None and manners.last([], day) is None
    assert manners.last(mine, day + timedelta(days=manners.DAYS)) == first
    assert manners.last(mine, day + timedelta(days=manners.DAYS + 1)) is None
    with clock.at(AFTERNOON + timedelta(hours=1)):
        second = call(desk, manner="friendly")
    assert manners.last([other, *mine], day) == second


@pytest.mark.django_db
def test_the_chain_bears_witness_of_it_and_of_calls_from_before_as_they_were(desk):
    before = call(desk, why_late="habit")
    told = row_digests.digests(before)["told"]
    fields = row_digests.FIELDS[Contact]
    assert told == row_digests._digest({name: getattr(before, name) for name in fields.told})
    call(desk, manner="angry")
    assert list(witness.altered()) == []
    Contact.objects.filter(manner="angry").update(manner="friendly")
    Contact.objects.filter(pk=before.pk).update(manner="angry")
    assert [one.field for one in witness.altered()] == ["told", "told"]
    assert row_digests.digests(replace_manner(before))["told"] != told


def replace_manner(contact: Contact) -> Contact:
    contact.manner = "silent"
    return contact


@pytest.mark.django_db
def test_the_person_may_read_it_and_erasure_takes_it_away(desk):
    made = call(desk, manner="angry")
    held = copying.copy(desk.case.customer.customer_id, desk.head)["tables"]["casework.Contact"]
    assert [row["manner"] for row in held] == ["angry"]
    old = TODAY - timedelta(days=4_000)
    Case.objects.filter(customer=desk.case.customer).update(status="closed", closed_on=old)
    Loan.objects.filter(customer=desk.case.customer).update(outstanding_minor=0)
    assert erasure.erase(TODAY - timedelta(days=2_000), None) == 1
    made.refresh_from_db()
    assert made.manner == "" and manners.last([desk.case.customer_id], desk.case.as_of) is None
    assert not TimelineEntry.objects.filter(case=desk.case, data__has_key="manner").exists()
    assert list(witness.altered()) == []
