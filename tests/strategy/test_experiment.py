"""Arms are drawn by a stable hash: one arm a customer, shares kept, another salt another draw."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date
from fractions import Fraction
from hashlib import blake2b

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouyue.strategy import check, decide, evaluate, load, read, run_tests
from shouyue.strategy.experiment import HELD_OUT, PLACES, Arm, Experiment, place
from shouyue.strategy.features import features

from .book import AS_OF, random_book

STANDARD = load("standard")
IDS = [f"C{n:09}" for n in range(100_000)]


def experiment(salt: str = "s", *shares: str) -> Experiment:
    arms = [Arm(f"a{n}", Fraction(s)) for n, s in enumerate(shares or ("0.98", "0.02"))]
    return Experiment("x", salt, date(2026, 1, 1), tuple(arms))


def test_the_place_is_what_the_document_says():
    digest = blake2b(b"standard\x1fC000000012", digest_size=8).digest()
    assert place("standard", "C000000012") == int.from_bytes(digest, "big")
    # fixed for ever: a customer may not change arms because the program did
    assert place("standard", "C000000012") == 4829900556003812165
    assert place("2026-测试", "客户七") == 1147505064366417540


@given(st.lists(st.integers(1, 50), min_size=2, max_size=5), st.text(min_size=1, max_size=12), st.text(max_size=8))
def test_many_at_once_is_as_one_by_one(weights, customer, salt):
    whole = sum(weights)
    made = Experiment(
        "x", salt, date(2026, 1, 1), tuple(Arm(str(n), Fraction(w, whole)) for n, w in enumerate(weights))
    )
    assert made.edges()[-1] == PLACES
    assert made.assign(pl.Series([customer, "other"], dtype=pl.String)).to_list() == [
        made.arm_of(customer),
        made.arm_of("other"),
    ]


def test_shares_are_kept():
    made = experiment("shares", "0.6", "0.38", "0.02")
    counts = Counter(made.assign(pl.Series(IDS)))
    for arm in made.arms:
        expected = len(IDS) * float(arm.share)
        assert abs(counts[arm.id] - expected) < 4 * math.sqrt(expected * (1 - float(arm.share)))


def test_another_salt_draws_independently():
    """Chi-square of the two draws' table with one degree of freedom; 10.8 is passed once in a thousand."""
    one, other = (experiment(salt, "0.5", "0.5").assign(pl.Series(IDS)) for salt in ("spring", "autumn"))
    table = Counter(zip(one, other, strict=True))
    rows, columns = Counter(one), Counter(other)
    chi = sum(
        (table[r, c] - rows[r] * columns[c] / len(IDS)) ** 2 / (rows[r] * columns[c] / len(IDS))
        for r in rows
        for c in columns
    )
    assert chi < 10.8
    assert len(table) == 4


def test_an_arm_does_not_follow_the_number():
    """Neighbouring numbers, last digits and stores by number are spread evenly over the arms."""
    arms = experiment("digits", "0.5", "0.5").assign(pl.Series(IDS))
    first = pl.DataFrame({"id": IDS, "arm": arms}).with_columns((pl.col("arm") == "a0").alias("first"))
    for key in (pl.col("id").str.tail(1), pl.col("id").str.slice(4, 2)):
        shares = first.group_by(key.alias("k")).agg(pl.col("first").mean(), pl.len())
        assert (shares["first"] - 0.5).abs().max() < 4.5 * 0.5 / math.sqrt(shares["len"].min())  # type: ignore[operator]
    runs = (arms != arms.shift(1)).sum()
    assert abs(runs - len(IDS) / 2) < 4 * math.sqrt(len(IDS)) / 2


def test_making_a_share_larger_moves_only_who_must_move():
    before, after = experiment("s", "0.98", "0.02"), experiment("s", "0.95", "0.05")
    pairs = Counter(zip(before.assign(pl.Series(IDS)), after.assign(pl.Series(IDS)), strict=True))
    assert ("a1", "a0") not in pairs
    assert pairs["a0", "a1"] > 0


# ---------------------------------------------------------------- in a strategy's file
def changed(*pairs: tuple[str, str]):
    text = STANDARD.text
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return read(text)


def test_the_standard_strategy_holds_out_two_percent():
    (made,) = STANDARD.experiments
    assert [(a.id, a.share) for a in made.arms] == [("worked", Fraction(49, 50)), (HELD_OUT, Fraction(1, 50))]
    assert not made.lives_on(date(2025, 12, 31)) and made.lives_on(date(2026, 1, 1))


def test_two_percent_is_what_a_file_gets_that_does_not_say():
    assert changed(("share = 0.02\n", "")).experiments == STANDARD.experiments


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("share = 0.02", "share = 0.5", "STRAT-006"),
        ("share = 0.02", "share = 0", "STRAT-006"),
        ("share = 0.02", 'share = "2 %"', "STRAT-006"),
        ('salt = "standard"\n', "", "STRAT-005"),
        ('salt = "standard"', 'salt = ""', "STRAT-006"),
        ("since = 2026-01-01", "since = 'soon'", "STRAT-006"),
        ("since = 2026-01-01", "since = 2026-01-01\nwithin_days = 0", "STRAT-006"),
        ("since = 2026-01-01", "since = 2026-01-01\nsince_when = 1", "STRAT-004"),
        ("[hold_out]", "hold_out = 3\n[held]", "STRAT-006"),
    ],
)
def test_a_fault_of_the_section_is_named(old, new, code):
    assert code in [f.code for f in changed((old, new)).faults]


TEST = """
[experiment]
id = "earlier"
salt = "earlier-2026"
since = 2026-11-01
until = 2026-12-31
zh = "提前一天提醒"
en = "A day earlier"
arms = { champion = 0.5, challenger = { share = 0.5, zh = "提前", en = "earlier" } }

[order]"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("challenger = { share = 0.5", "challenger = { share = 0.4"),
        ("champion = 0.5, ", ""),
        ('id = "earlier"', 'id = "hold_out"'),
        ("since = 2026-11-01", ""),
    ],
)
def test_a_fault_of_an_experiment_is_named(old, new):
    assert old in TEST
    assert changed(("[order]", TEST.replace(old, new))).faults


def test_two_experiments_under_one_salt_are_refused():
    same = TEST.replace("earlier-2026", "standard")
    assert "STRAT-100" in [f.code for f in changed(("[order]", same)).faults]


def test_arm_is_asked_for_like_any_other_input():
    """A challenger reminds three days before instead of two."""
    due = "due         | -          | -             | [0..2] "
    heading = "row         | dpd (days) | overdue (CNY) | days_to_due (days) | segment       | reminded_ahead (days) =>"
    text = STANDARD.text.replace("[order]", TEST)
    start = text.index(heading)
    end = text.index("'''", start)
    lines = []
    for line in text[start:end].splitlines():
        cells, results = line.split("=>")
        mark = "arm" if line.startswith("row") else "---" if line.startswith("---") else "-"
        lines.append(f"{cells}| {mark} =>{results}")
        if line.startswith(due):
            lines.append(f"{cells.replace('due ', 'due3', 1).replace('[0..2]', '3     ')}| challenger =>{results}")
    text = text[:start] + "\n".join(lines) + "\n" + text[end:]
    text += (
        '\n[[test]]\nname = "challenger"\ngiven = { days_to_due = 3, arm = "challenger" }\n'
        'expect = { stage = "due" }\n'
        '\n[[test]]\nname = "champion"\ngiven = { days_to_due = 3, arm = "champion" }\nexpect = { phase = "none" }\n'
    )
    made = read(text)
    assert not made.faults, made.faults
    assert not [f for f in check(made) if f.severity == "error"]
    assert all(r.passed for r in run_tests(made))
    arm = made.experiments[1]
    aged, loans, customers, extra = random_book(2_000, seed=5)
    frame = features(aged, loans, customers, AS_OF, extra).with_columns(pl.lit(date(2026, 11, 24)).alias("as_of"))
    done = evaluate(made, frame)
    assert done["arm"].to_list() == [arm.arm_of(c) for c in done["customer_id"]]
    per_customer = done.group_by("customer_id").agg(pl.col("arm").n_unique())
    assert per_customer["arm"].max() == 1
    late = evaluate(made, frame.with_columns(pl.lit(date(2027, 1, 1)).alias("as_of")))
    assert late["arm"].null_count() == late.height  # it has ended


def test_an_unknown_arm_is_refused():
    found = changed(("segment       | reminded_ahead (days) =>", "segment       | arm =>"))
    assert found.faults


# ---------------------------------------------------------------- the hold-out takes nothing from who needs us
NOT_TODAY = next(line for line in STANDARD.text.splitlines() if line.startswith("not_today") and "remi" in line)


def without(column: str):
    """The standard strategy whose hold-out row no longer says what it must about a column."""
    head = next(line for line in STANDARD.text.splitlines() if line.startswith("row ") and "held_out" in line)
    names = [h.split("(")[0].strip() for h in head.split("=>")[0].split("|")]
    left, right = NOT_TODAY.split("=>", 1)
    cells = left.split("|")
    cells[names.index(column)] = " -".ljust(len(cells[names.index(column)]))
    return read(STANDARD.text.replace(NOT_TODAY, "|".join(cells) + "=>" + right))


@pytest.mark.parametrize("fact", ["paused", "dispute", "hardship", "vulnerable", "call_back", "promise", "phase"])
def test_a_row_that_would_take_from_who_needs_us_is_an_error(fact):
    found = [f for f in check(without(fact)) if f.code == "STRAT-103"]
    assert len(found) == 1 and found[0].severity == "error"
    assert fact in found[0].en


def test_a_hold_out_that_is_called_all_the_same_is_an_error():
    left, right = NOT_TODAY.split("=>", 1)
    assert right.rstrip().split("#")[0].rstrip().endswith("yes")
    bad = read(STANDARD.text.replace(NOT_TODAY, left + "=>" + right.replace("| yes", "| no ", 1)))
    assert "STRAT-103" in [f.code for f in check(bad)]


def test_rows_for_those_who_are_not_held_out_are_refused():
    bad = read(
        STANDARD.text.replace(NOT_TODAY, NOT_TODAY.replace("yes      ", "no       ", 1).replace(" yes ", " no ", 1))
    )
    assert "STRAT-103" in [f.code for f in check(bad)]


def test_a_row_without_a_section_and_a_section_without_a_row_are_told():
    start = STANDARD.text.index("[hold_out]")
    no_section = read(STANDARD.text[:start] + STANDARD.text[STANDARD.text.index("# ----", start) :])
    assert "STRAT-101" in [f.code for f in check(no_section)]
    no_row = read(STANDARD.text.replace(NOT_TODAY + "\n", ""))
    assert [f.severity for f in check(no_row) if f.code == "STRAT-102"] == ["warning"]


def test_held_out_changes_a_reminder_call_and_nothing_else():
    """Over a random book: decided once as if nobody and once as if everybody were held out."""
    aged, loans, customers, extra = random_book(6_000, seed=11)
    frame = features(aged, loans, customers, AS_OF, extra)
    frame = frame.with_columns(as_of=date(2025, 6, 1))  # before the hold-out lives: nobody is drawn
    nobody, everybody = (decide(STANDARD, frame.with_columns(held_out=pl.lit(value))) for value in (False, True))
    both = nobody.join(everybody, on="loan_id", suffix="_out").join(frame, on="loan_id", suffix="_told")
    needs = (
        pl.col("paused") | pl.col("dispute") | pl.col("hardship") | pl.col("vulnerable") | pl.col("call_back")
        | (pl.col("promise_state") == "open")
    )  # fmt: skip
    told = [n for n in nobody.columns if n not in ("loan_id", "customer_id")]
    differs = pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_out")) for n in told)
    moved = both.filter(differs)
    assert moved.height > 20
    assert (moved["phase"] == "reminder").all()
    assert not moved.select(needs.any()).item()
    assert moved["left_alone_out"].all() and moved["hold_out"].all() and not moved["left_alone"].any()
    assert both.filter(needs & pl.col("phase").is_not_null()).height > 20
