from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.casework.script_facts import facts_of
from shouyue.casework.scripts import (
    HARMLESS,
    VALUES,
    Element,
    ElementOutcome,
    Facts,
    Script,
    all_scripts,
    check,
    read,
    script,
    shown,
    up,
)
from shouyue.casework.scripts.checking import holds
from shouyue.casework.scripts.choosing import shipped
from shouyue.casework.scripts.model import OF_CASE, SAID
from shouyue.compliance import pack
from tests import factories

DAY = date(2026, 11, 24)
#: words that tell somebody that there is a debt
DEBT = (
    *("欠", "逾期", "还款", "贷款", "催", "债", "金额"),
    *("debt", "loan", "overdue", "owe", "payment", "collect", "amount"),
)
_ANSWERS = {
    "day": st.integers(0, 31),
    "times": st.sampled_from(["", "12:00–14:00"]),
    "choice": st.sampled_from([{}, {"zh": "电话", "en": "Call"}]),
}
FACTS = st.builds(
    Facts,
    dpd=st.integers(0, 400),
    **dict.fromkeys((*OF_CASE, "interviewed"), st.booleans()),
    **{key: _ANSWERS.get(kind, st.booleans()) for key, kind in SAID.items()},
)
#: elements that are left out where the facts do not ask for them
BRANCHES = {"recorded", "care", "own_day", "settling", "own_way"}


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
        ('id = "close"', 'id = "close"\nwhen = { said_pay_day = true }', "close when", "SCRIPT-018"),
        ('id = "close"', 'id = "close"\nwhen = { interviewed = false }', "close when", "SCRIPT-018"),
        ("{staff}，想", "{said_pay_day}，想", "ask say_zh", "SCRIPT-011"),
        ('id = "close"', 'id = "close"\nwhen = { ticked = {} }', "close when", "SCRIPT-009"),
        ('id = "close"', 'id = "close"\nwhen = { ticked = { ask = [] } }', "close when", "SCRIPT-009"),
        ('id = "close"', 'id = "close"\nwhen = { ticked = { ask = 1 } }', "close when", "SCRIPT-009"),
        ('id = "close"', 'id = "close"\nwhen = { ticked = { asked = "refused" } }', "close when", "SCRIPT-019"),
        ('id = "ask"', 'id = "ask"\nwhen = { ticked = { close = "done" } }', "ask when", "SCRIPT-020"),
        ('id = "ask"', 'id = "ask"\nwhen = { ticked = { ask = "refused" } }', "ask when", "SCRIPT-020"),
        ('id = "close"', 'id = "close"\nwhen = { ticked = { ask = "maybe" } }', "close when", "SCRIPT-021"),
        ('id = "close"', 'id = "close"\nwhen = { ticked = { ask = "refused" } }', "close", "SCRIPT-008"),
        ('id = "close"', 'id = "close"\nwhen = { ticked = { ask = ["gave_number", "refused"] } }', "close", ""),
        ('id = "what_about"', 'id = "what_about"\nwhen = { ticked = { close = "done" } }', "what_about", ""),
        ("version = 1", 'version = 1\nwhen = { ticked = { ask = "refused" } }', "third_person when", "SCRIPT-009"),
        ('en = "done" }', 'en = "done", result = "dispute" }', "close done", "SCRIPT-022"),
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


@pytest.mark.parametrize(("result", "code"), [("dispute", ""), ("will_deposit", "SCRIPT-022"), ("stop", "SCRIPT-022")])
def test_an_answer_gives_a_result_that_such_a_call_can_have(result, code):
    text = shipped()["collection_first_week"].replace('result = "dispute"', f'result = "{result}"')
    assert codes(text).get("facts disputed", "") == code


def test_what_comes_after_an_end_that_cannot_be_avoided_is_never_reached():
    text = shipped()["third_person"].replace('en = "will pass it on"', 'en = "will pass it on", ends = true')
    text = text.replace('en = "gave a way to reach"', 'en = "gave a way to reach", ends = true')
    text = text.replace('en = "does not know"', 'en = "does not know", ends = true')
    assert codes(text) == {"close": "SCRIPT-008"}


FACTS_ASKED = st.fixed_dictionaries(
    {},
    optional={
        "dpd": st.tuples(st.integers(0, 5), st.integers(0, 5)).map(list),
        **dict.fromkeys(("hardship", "interviewed", "said_pay_day"), st.booleans()),
    },
)
OUTCOMES = ("a", "b", "c")


@st.composite
def rows(draw) -> list[tuple[dict, set[str]]]:
    """Up to five elements: the condition of each, and which of its outcomes end the matter."""
    made: list[tuple[dict, set[str]]] = []
    for n in range(draw(st.integers(0, 5))):
        when = draw(FACTS_ASKED | st.just({}))
        asked = draw(st.sets(st.integers(0, n - 1), max_size=2)) if n else set()
        taken = {f"e{one}": draw(st.lists(st.sampled_from(OUTCOMES), min_size=1, unique=True)) for one in asked}
        made.append((when | ({"ticked": taken} if taken else {}), draw(st.sets(st.sampled_from(OUTCOMES)))))
    return made


def reached(made: Script, case: dict, ticks: dict[str, str]) -> set[str]:
    """Slowly: which parts come up where every element that does is ticked so."""
    found: set[str] = set()
    for element in (e for e in made.elements if holds(e.when, case)):
        asked = element.when.get("ticked", {})
        if not all(id_ in found and ticks[id_] in taken for id_, taken in asked.items()):
            continue
        found.add(element.id)
        if next(o.ends for o in element.outcomes if o.id == ticks[element.id]):
            break
    return found


@given(st.sampled_from(["reminder", "collection"]), FACTS_ASKED, rows())
def test_what_can_never_come_up_is_what_no_case_and_no_ticks_bring_up(phase, when, asked):
    elements = tuple(
        Element(
            f"e{n}",
            "甲",
            "e",
            "甲",
            "e",
            when=one,
            outcomes=tuple(ElementOutcome(o, "甲", "o", o in ends) for o in OUTCOMES),
        )
        for n, (one, ends) in enumerate(asked)
    )
    made = Script("own", "甲", "own", 1, phase, "borrower", elements, when=when)
    found = {r.place for r in check(made, pack.load("cn"), DAY) if r.code == "SCRIPT-008"}
    cases = [
        {"dpd": dpd, "hardship": hardship, "interviewed": day or said, "said_pay_day": day}
        for dpd in range(phase == "collection", 8)
        for hardship, said, day in product((False, True), repeat=3)
    ]
    cases = [case for case in cases if holds(when, case)]
    ids = [e.id for e in elements]
    wanted, seen = set(ids), set()
    told = {tuple(holds(e.when, case) for e in elements): case for case in cases}  # one case of each kind is enough
    for case in told.values():
        for ticks in product(OUTCOMES, repeat=len(ids)):
            seen |= reached(made, case, dict(zip(ids, ticks, strict=True)))
            if seen == wanted:
                break
    assert found == (wanted - seen if cases else {"when"})


@given(rows(), st.dictionaries(st.sampled_from([f"e{n}" for n in range(5)]), st.sampled_from(OUTCOMES)))
def test_what_is_up_follows_from_ticks_of_what_is_up(asked, ticks):
    outcomes = tuple(ElementOutcome(o, "甲", "o") for o in OUTCOMES)
    elements = tuple(
        Element(f"e{n}", "甲", "e", "甲", "e", when=one, outcomes=outcomes) for n, (one, _) in enumerate(asked)
    )
    found, _ = up(elements, (), ticks)
    for element in elements:
        met = all(id_ in found and ticks.get(id_) in taken for id_, taken in element.when.get("ticked", {}).items())
        assert (element.id in found) == met


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
    audience = "borrower" if relation == "self" else "guarantor"
    assert found.audience == audience
    fit = [s for s in all_scripts().values() if (s.phase, s.audience) == (phase, audience) and holds(s.when, told)]
    assert found.rank == max(s.rank for s in fit)
    elements, objections = shown(found, facts)
    assert elements[0].id == "identity"
    assert elements[-1].id == "close"
    assert {e.id for e in found.elements} - {e.id for e in elements} <= BRANCHES
    assert ("care" in {e.id for e in elements}) == (
        facts.vulnerable and (phase, audience) == ("collection", "borrower")
    )
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


@pytest.mark.parametrize(
    ("was", "now", "place", "code"),
    [
        ("{overdue}，在", "{account}，在", "facts say_zh", "SCRIPT-023"),
        ("{overdue}，在", "{promised_amount}，在", "facts say_zh", "SCRIPT-023"),
        ("{overdue}，在", "{said_pay_day}，在", "facts say_zh", "SCRIPT-023"),
        ('id = "facts"', 'id = "facts"\nwhen = { said_pay_day = true }', "facts when", "SCRIPT-018"),
        ('phase = "collection"', 'phase = "reminder"', "phase", "SCRIPT-017"),
        ('phase = "collection"', 'phase = ""', "phase", "SCRIPT-003"),
        ('id = "contract"', 'id = "contract"\nwhen = { dispute = false }', "contract", ""),
    ],
)
def test_a_guarantor_hears_of_the_loan_and_nothing_of_what_the_borrower_said(was, now, place, code):
    text = shipped()["guarantor"]
    assert was in text
    assert codes(text.replace(was, now, 1)).get(place, "") == code
    assert codes(shipped()["reminder"].replace("{name}", "{guarantor}", 1)) == {"identity say_zh": "SCRIPT-023"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "house", "by", "said"),
    [
        ("recorded", "no", "us-reg-f", True),
        ("unrecorded", "yes", "cn", False),
        ("private", "yes", "cn", False),
        ("", "yes", "us-reg-f", True),
        ("", "no", "cn", False),
        ("", "", "cn", True),
        ("", "", "us-reg-f", False),
    ],
)
def test_that_a_call_is_recorded_is_said_where_it_is(desk, monkeypatch, line, house, by, said):
    monkeypatch.setenv("SHOUYUE_RECORDED_LINE", house)
    monkeypatch.setattr(pack, "active", lambda: pack.load(by))
    desk.rep.line = line
    facts = facts_of(desk.case, by=desk.rep)
    assert facts.recorded_line is said
    for found in all_scripts().values():
        told = [e.id for e in shown(found, facts)[0] if "录音" in e.say_zh or "recorded" in e.say_en]
        assert told == (["recorded"] if said else []), found.id


def test_the_reminder_call_has_the_elements_of_the_trade():
    assert [e.id for e in all_scripts()["reminder"].elements] == [
        *(
            "identity",
            "recorded",
            "day",
            "own_day",
            "amount",
            "account",
            "deposit",
            "other_debits",
            "day_early",
            "reconfirm",
        ),
        *("settling", "close"),
    ]


def test_anybody_else_gets_the_script_that_discloses_nothing_whatever_the_treatment():
    assert script("collection", "spouse", "collection").id == "third_person"
    assert script("collection", "self", "no_such_treatment").id == "collection"
    assert script("reminder", "guarantor", "hardship").id == "guarantor_reminder"
    assert script("collection", "guarantor", "collection").id == "guarantor"
    taken = all_scripts() | {"guarantor": replace(all_scripts()["collection"], id="guarantor")}
    assert script("collection", "guarantor", scripts=taken).audience == "guarantor"
    assert script("collection", treatment="hardship", facts=Facts(dpd=3)).id == "hardship"


@pytest.mark.django_db
def test_the_facts_of_a_case(desk):
    case = desk.case
    plain = facts_of(case)
    assert plain == Facts(dpd=case.dpd, recorded_line=True)  # nobody said it, and the pack demands it
    case.treatment, case.customer.vulnerable = "find", True
    assert facts_of(case) == replace(plain, lost_contact=True, vulnerable=True)


@pytest.mark.django_db
def test_the_facts_of_a_case_take_in_what_the_borrower_said(desk, afternoon):
    told = factories.interview(desk.case, desk.rep, channel=["call"], corporate_account=["no"])
    facts = facts_of(desk.case, told)
    assert facts == replace(
        facts_of(desk.case),
        interviewed=True,
        said_pay_day=8,
        said_usual_hours="12:00–14:00",
        said_channel={"zh": "电话", "en": "Call"},
        said_early_settlement=True,
        said_if_lost=True,  # that he named a way, never which
    )
    assert facts.spoken("zh-hans") | {"said_salary_on": "", "said_pays_how": ""} == facts.spoken("zh-hans")
    assert (facts.spoken("zh-hans")["said_channel"], facts.spoken("en")["said_channel"]) == ("电话", "Call")
    told.form.content = told.form.content.replace('"pay_day"', '"paying_day"')
    assert facts_of(desk.case, told).said_pay_day == 0  # a form that did not ask it


@pytest.mark.parametrize(
    ("ticks", "there", "not_there"),
    [
        ({}, {"why", "agree"}, {"proof", "dispute", "means", "relief", "plan"}),
        ({"facts": "paid_already"}, {"proof"}, {"dispute", "means"}),
        ({"facts": "disputed"}, {"dispute"}, {"proof"}),
        ({"facts": "acknowledged", "why": "hardship"}, {"means"}, {"proof", "relief", "plan"}),
        ({"why": "hardship", "means": "nothing_left"}, {"means", "relief"}, {"plan"}),
        ({"why": "hardship", "means": "declined"}, {"means", "plan"}, {"relief"}),
        ({"why": "heard", "means": "nothing_left"}, set(), {"means", "relief", "plan"}),
    ],
)
def test_what_he_answers_decides_what_comes_next(ticks, there, not_there):
    found, _ = up(*shown(all_scripts()["collection"], Facts(dpd=20)), ticks)
    assert there <= found and not (not_there & found)


@pytest.mark.parametrize("name", ["collection", "collection_first_week", "collection_later", "broken_promise"])
def test_each_kind_of_customer_the_trade_knows_finds_an_answer(name):
    """Experienced, hesitant, angry, silent, in need, disputing; a friendly one needs none."""
    met = {one.id for one in all_scripts()[name].objections}
    assert met >= {"both_later", "unsure", "angry", "silent", "no_money", "disputed", "paid_already", "no_calls"}
