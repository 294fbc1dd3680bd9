"""The strategy that ships with the product."""

import pytest

from shouyue.strategy import check, load, run_tests
from shouyue.strategy.deciding import evaluate
from shouyue.strategy.features import features
from shouyue.strategy.reference import run
from shouyue.strategy.vocabulary import vocabulary

from .book import AS_OF, random_book

STANDARD = load("standard")


def test_nothing_is_found_in_it():
    found = check(STANDARD)
    assert [(f.code, f.severity, f.place.row_id) for f in found] == [
        ("STRAT-059", "note", "ordinary"),
        ("STRAT-059", "note", "no_work"),
    ]


@pytest.mark.parametrize("result", run_tests(STANDARD), ids=lambda r: r.case.name)
def test_its_own_tests_pass(result):
    assert result.findings == ()


def test_every_row_of_it_is_covered_by_a_book():
    aged, loans, customers, extra = random_book(60_000)
    done = evaluate(STANDARD, features(aged, loans, customers, AS_OF, extra))
    for table in STANDARD.tables:
        if table.hit == "first":
            assert set(done[f"#{table.id}"].unique()) == set(range(len(table.rows))), table.id
        else:
            assert all(done[f"#{table.id}.{row.id}"].any() for row in table.rows)


def test_it_says_row_by_row_what_the_reference_says():
    aged, loans, customers, extra = random_book(1_500, seed=3)
    frame = features(aged, loans, customers, AS_OF, extra)
    done = evaluate(STANDARD, frame)
    names = [STANDARD.names[i] for i in vocabulary().inputs]
    for at, loan in enumerate(frame.iter_rows(named=True)):
        known = run(STANDARD.tables, {n.id: loan[n.column] for n in names} | {"held_out": done["held_out"][at]})
        for output in ("segment", "phase", "stage", "treatment", "band", "minutes", "best_time", "hold"):
            assert done[f"={output}"][at] == known[output]
        fired = [r.id for r in STANDARD.table("reason").rows if done[f"#reason.{r.id}"][at]]
        assert fired == known["reason#"]


def test_it_reads_in_both_languages():
    for labels in STANDARD.labels.values():
        for label in labels.values():
            assert label.zh.strip()
            assert label.en.isascii()
