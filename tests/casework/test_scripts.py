from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.casework.script_facts import facts_of
from shouyue.casework.scripts import HARMLESS, VALUES, Facts, all_scripts, check, read, script, shown
from shouyue.casework.scripts.checking import holds
from shouyue.casework.scripts.choosing import shipped
from shouyue.compliance import pack

DAY = date(2026, 11, 24)
#: words that tell somebody that there is a debt
DEBT = (
    *("欠", "逾期", "还款", "贷款", "催", "债", "金额"),
    *("debt", "loan", "overdue", "owe", "payment", "collect", "amount"),
)
FACTS = st.builds(
    Facts,
    dpd=st.integers(0, 400),
    **{key: st.booleans() for key in ("broken_promise", "hardship", "vulnerable", "dispute", "lost_contact")},
)


def codes(text: str, by: str = "cn") -> dict[str, str]:
    """Code by place of what is found in a text."""
    found, wrong = read(text)
    return {r.place: r.code for r in wrong or check(found, pack.load(by), DAY)}


@pytest.mark.parametrize("script_id", all_scripts())
@pytest.mark.parametrize("by", pack.shipped())
def test_nothing_stands_against_a_shipped_script_under_any_pack(script_id, by):
    assert codes(shipped()[script_id], by) == {}
    assert all_scripts()[script_id].id == script_id


@pytest.mark.parametrize(
    ("was", "now", "place", "code"),
    [
        ("{staff}，想", "{phone}，想", "ask say_zh", "SCRIPT-005"),
        ("{staff}，想", "{overdue}，想", "ask say_zh", "SCRIPT-011"),
        ("{staff}，想", "{staff，想", "ask say_zh", "SCRIPT-006"),
        ("{staff}，想", "{staff!r}，想", "ask say_zh", "SCRIPT-006"),
        ("想联系", "有一笔贷款要联系", "ask say_zh", "SCRIPT-010"),
        ('id = "close"', 'id = "ask"', "ask", "SCRIPT-004"),
        ("谢谢您，打扰了，再见。", " ", "close say_zh", "SCRIPT-014"),
        ('[{ id = "done", zh = "完成", en = "done" }]', "[]", "close", "SCRIPT-007"),
        ('"完成", en = "done" }]', '"完成", en = "done", ends = true }]', "what_about", ""),
        ('id = "close"', 'id = "close"\nwhen = { dpd = [9, 3] }', "close", "SCRIPT-008"),
        ('id = "close"', 'id = "close"\nwhen = { weather = true }', "close when", "SCRIPT-009"),
        ('id = "close"', 'id = "close"\nwhen = { dpd = true }', "close when", "SCRIPT-009"),
        ("version = 1", "version = 1\nwhen = { hardship = true }", "when", "SCRIPT-012"),
        ("version = 1", 'version = "1"', "version", "SCRIPT-003"),
        ("version = 1", "version = 1\ncolour = 1", "colour", "SCRIPT-003"),
        ('audience = "third_person"', 'audience = "dog"', "audience", "SCRIPT-003"),
        ("version = 1", "version =", "", "SCRIPT-002"),
    ],
)
def test_what_is_wrong_is_found_where_it_is(was, now, place, code):
    text = shipped()["third_person"]
    assert was in text
    assert codes(text.replace(was, now, 1)).get(place, "") == code


def test_what_comes_after_an_end_that_cannot_be_avoided_is_never_reached():
    text = shipped()["third_person"].replace('en = "will pass it on"', 'en = "will pass it on", ends = true')
    text = text.replace('en = "gave a way to reach"', 'en = "gave a way to reach", ends = true')
    text = text.replace('en = "does not know"', 'en = "does not know", ends = true')
    assert codes(text) == {"close": "SCRIPT-008"}


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text):
    found, wrong = read(text)
    assert (found is None) == bool(wrong)
    assert all(r.zh and r.en and r.code.startswith("SCRIPT-") for r in wrong)


@given(FACTS, st.sampled_from(["self", "guarantor", "spouse", "friend"]), st.sampled_from(["reminder", "collection"]))
def test_every_case_has_a_script_that_fits_it_and_nobody_fits_better(facts, relation, phase):
    found = script(phase, relation, facts=facts)
    if relation not in ("self", "guarantor"):
        assert found.id == "third_person"
        return
    told = asdict(facts)
    assert found.phase == phase
    assert holds(found.when, told)
    fit = [s for s in all_scripts().values() if s.phase == phase and holds(s.when, told)]
    assert found.rank == max(s.rank for s in fit)
    elements, objections = shown(found, facts)
    assert elements[0].id == "identity"
    assert elements[-1].id == "close"
    assert {e.id for e in found.elements} - {e.id for e in elements} <= {"care"}
    assert ("care" in {e.id for e in elements}) == (facts.vulnerable and phase == "collection")
    values = dict.fromkeys(VALUES, "1")
    assert all("{" not in e.say(lang, values) for e in elements for lang in ("zh", "en"))
    assert objections


@pytest.mark.parametrize(
    ("facts", "id_"),
    [
        (Facts(dpd=3), "collection_first_week"),
        (Facts(dpd=20), "collection"),
        (Facts(dpd=31), "collection_later"),
        (Facts(dpd=40, broken_promise=True), "broken_promise"),
        (Facts(dpd=40, broken_promise=True, lost_contact=True), "lost_contact"),
        (Facts(dpd=40, hardship=True, lost_contact=True, broken_promise=True), "hardship"),
    ],
)
def test_the_facts_choose(facts, id_):
    assert script("collection", facts=facts).id == id_


def test_nothing_a_third_person_hears_speaks_of_a_debt():
    found = all_scripts()["third_person"]
    for _, _, text in found.said():
        assert not [word for word in DEBT if word in text.lower()]
    assert HARMLESS <= VALUES


def test_the_reminder_call_has_the_elements_of_the_trade():
    assert [e.id for e in all_scripts()["reminder"].elements] == [
        *("identity", "day", "amount", "account", "deposit", "other_debits", "day_early", "reconfirm", "close"),
    ]


def test_anybody_else_gets_the_script_that_discloses_nothing_whatever_the_treatment():
    assert script("collection", "spouse", "collection").id == "third_person"
    assert script("collection", "self", "no_such_treatment").id == "collection"
    assert script("reminder", "guarantor").id == "reminder"
    assert script("collection", treatment="hardship", facts=Facts(dpd=3)).id == "hardship"


@pytest.mark.django_db
def test_the_facts_of_a_case(desk):
    case = desk.case
    plain = facts_of(case)
    assert plain == Facts(dpd=case.dpd)
    case.treatment, case.customer.vulnerable = "find", True
    assert facts_of(case) == replace(plain, lost_contact=True, vulnerable=True)
