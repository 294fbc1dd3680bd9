"""Why somebody is late may choose a treatment; how he came across says when and how long to talk, and no more."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from django.utils import translation

from shouyue.casework.models import Contact
from shouyue.strategy import check, load, read, run_tests
from shouyue.strategy.deciding import evaluate
from shouyue.strategy.exchange import taken, written
from shouyue.strategy.features import features
from shouyue.strategy.reference import run
from shouyue.strategy.vocabulary import vocabulary

from .book import AS_OF, random_book
from .reasoned import text

STANDARD = load("standard")


@pytest.fixture(scope="module")
def reasoned():
    return read(text())


def test_what_the_document_adds_works(reasoned):
    assert [(f.code, f.place.row_id) for f in check(reasoned)] == [(f.code, f.place.row_id) for f in check(STANDARD)]
    assert all(result.passed for result in run_tests(reasoned))
    ids = [row.id for row in reasoned.table("work").rows]
    assert ids[ids.index("kept") - 2 : ids.index("kept")] == ["knows", "short"]


def test_the_reason_chooses_the_treatment_and_whoever_told_none_is_worked_as_before(reasoned):
    aged, loans, customers, extra = random_book(20_000, seed=5)
    rng = np.random.default_rng(5)
    why = pl.Series("why_late", rng.choice(["", "forgot", "cash_flow", "unwilling"], aged.height)).replace("", None)
    days = pl.Series("why_late_days", rng.integers(1, 40, aged.height))
    frame = features(aged, loans, customers, AS_OF, extra).with_columns(why, days)
    now = evaluate(reasoned, frame).with_columns(evaluate(STANDARD, frame)["=treatment"].alias("was"))
    now = pl.concat([frame.drop(set(now.columns) & set(frame.columns)), now], how="horizontal")
    moved = now.filter(pl.col("was") != pl.col("=treatment"))
    told = set(moved.select("why_late", "was", "=treatment").iter_rows())
    assert {(why, treatment) for why, _, treatment in told} == {("forgot", "remind"), ("cash_flow", "arrange")}
    assert {was for _, was, _ in told} <= {"collect", "collect_after_kept"}
    assert moved.filter(pl.col("why_late") == "forgot")["why_late_days"].max() == 14
    names = [reasoned.names[i] for i in vocabulary().inputs]
    for loan in (*moved.iter_rows(named=True), *now.sample(200, seed=1).iter_rows(named=True)):
        known = run(reasoned.tables, {n.id: loan[n.column] for n in names})
        assert (known["treatment"], known["minutes"]) == (loan["=treatment"], loan["=minutes"])


def test_the_desks_choices_are_the_vocabularys_in_the_same_words():
    known = vocabulary()
    for name, choices in (("why_late", Contact.WhyLate), ("manner", Contact.Manner)):
        assert list(known.inputs[name].type.choices) == choices.values
        for lang in ("zh", "en"):
            with translation.override("zh-hans" if lang == "zh" else "en"):
                said = {key: str(text)[0].lower() + str(text)[1:] for key, text in choices.choices}
            assert {key: getattr(label, lang) for key, label in known.choice_words[name].items()} == said


@pytest.mark.parametrize("form", ["dmn", "xlsx"])
def test_it_goes_out_and_comes_back(reasoned, form):
    assert taken(written(reasoned, form), f"x.{form}")[0] == reasoned.text


TALK = """
[[table]]
id = "talk"
zh = "沟通"
en = "Talk"
hit = "first"
gaps = true
rows = '''
row  | manner          => {gives}
---- | --------------- => ------
slow | silent, in_need => {one}
'''
"""


def with_table(before: str, gives: str, one: str, text: str = STANDARD.text):
    """The standard strategy with a table more that asks how he came across."""
    return read(text.replace(before, TALK.format(gives=gives, one=one) + before, 1))


def complaints(strategy) -> list[tuple]:
    return [(f.place.table, f.place.column) for f in check(strategy) if f.code == "STRAT-104"]


@pytest.mark.parametrize(("gives", "one"), [("attempts (times)", "3"), ("channel", "visit"), ("whom", "guarantor")])
def test_how_he_came_across_decides_nothing_harsher(gives, one):
    bad = with_table("[[test]]", gives, one)
    assert complaints(bad) == [("talk", gives.split(" ")[0])]
    found = next(f for f in check(bad) if f.code == "STRAT-104")
    assert found.severity == "error" and "manner" in found.en and "best_time, minutes, because" in found.do_en


def test_nor_by_a_way_round():
    """Minutes may follow from it, and nothing that a later table makes of them."""
    head = next(line for line in STANDARD.text.splitlines() if "reminded_ahead (days) =>" in line)
    asks = STANDARD.text.replace(head, head.replace("reminded_ahead (days) =>", "minutes =>"))
    first = '[[table]]\nid = "segment"'
    assert complaints(read(asks)) == []
    assert complaints(with_table(first, "minutes", "30")) == []
    told = complaints(with_table(first, "minutes", "30", asks))
    assert ("stage", "phase") in told and ("work", "treatment") in told and ("talk", "minutes") not in told
