from __future__ import annotations

from string import Formatter

import pytest

from shouyue.casework.scripts import HARMLESS, VALUES, all_scripts, script

#: words that tell somebody that there is a debt
DEBT = (
    "欠",
    "逾期",
    "还款",
    "贷款",
    "催",
    "债",
    "金额",
    "debt",
    "loan",
    "overdue",
    "owe",
    "payment",
    "collect",
    "amount",
)


@pytest.mark.parametrize("script_id", all_scripts())
def test_sentences_use_only_values_the_desk_can_fill(script_id):
    found = all_scripts()[script_id]
    allowed = HARMLESS if found.audience == "third_person" else VALUES
    used = {
        name
        for element in found.elements
        for text in (element.say_zh, element.say_en)
        for _, name, _, _ in Formatter().parse(text)
        if name
    }
    assert used <= allowed
    assert len({e.id for e in found.elements}) == len(found.elements) > 0
    assert all(e.zh and e.en and e.outcomes and all(o.zh and o.en for o in e.outcomes) for e in found.elements)


def test_nothing_a_third_person_hears_speaks_of_a_debt():
    for element in all_scripts()["third_person"].elements:
        for text in (element.say_zh, element.say_en.lower()):
            assert not [word for word in DEBT if word in text]


def test_the_reminder_call_has_the_elements_of_the_trade():
    assert [e.id for e in all_scripts()["reminder"].elements] == [
        "identity",
        "day",
        "amount",
        "account",
        "deposit",
        "other_debits",
        "day_early",
        "reconfirm",
        "close",
    ]


def test_anybody_else_gets_the_script_that_discloses_nothing_whatever_the_treatment():
    assert script("collection", "spouse", "collection").id == "third_person"
    assert script("collection", "self", "no_such_treatment").id == "collection"
    assert script("reminder", "guarantor").id == "reminder"
