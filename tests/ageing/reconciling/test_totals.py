"""Every loan is in one state, sums are exact, and neither shards nor threads show in the answer."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.reconciling import run
from shouyue.ageing.reconciling.run import shares
from shouyue.base.errors import ShouyueError
from shouyue.book.importing import import_folder
from shouyue.book.profile import load as profile
from shouyue.book.store import Book
from shouyue.cli.reconcile import reconcile
from tests.ageing.loans import conventions, loans
from tests.ageing.reconciling.core import DAY, causes, reconciled, states
from tests.ageing.reconciling.test_causes import MASS, OLDER, PLAIN, SAID


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(loans, min_size=1, max_size=6), conventions(), st.data())
def test_what_the_same_loans_come_to_by_the_same_rules_agrees_and_no_loan_is_lost(book, rules, data):
    ours = {f"L{n}": one for n, one in enumerate(book)}
    theirs = {name: states(one, rules) for name, one in ours.items()}
    silent = data.draw(st.sets(st.sampled_from(sorted(ours)), max_size=len(ours) - 1))
    off = data.draw(st.sets(st.sampled_from(sorted(ours)))) - silent
    for name in silent:
        del theirs[name]
    for name in off:
        theirs[name]["dpd"] += 1000
    with tempfile.TemporaryDirectory() as folder:
        found = reconciled(Path(folder) / "book", ours, theirs, convention=rules)
    counts = {s["state"]: s["loans"] for s in found.summary["states"]}
    assert sum(counts.values()) == len(ours)
    assert counts.get("different", 0) == len(off)
    assert counts.get("only_ours", 0) + counts.get("settled", 0) == len(silent)
    assert found.differences.height == found.summary["differing"] == len(off) + counts.get("only_ours", 0)
    assert {c for c, _ in causes(found).values()} <= {"unexplained", "not_stated", "convention", "rule"}


def test_sums_are_of_what_is_stated_and_gaps_are_theirs_less_ours(tmp_path):
    theirs = {name: {"overdue_minor": states(one)["overdue_minor"]} for name, one in MASS.items()}
    theirs["X"] = states(OLDER)
    found = reconciled(tmp_path / "book", {**MASS, "X": PLAIN}, theirs).summary
    agreed, different = found["states"]
    assert agreed["loans"] == len(MASS) and agreed["theirs_outstanding_minor"] == agreed["ours_outstanding_minor"] == 0
    assert (
        agreed["theirs_overdue_minor"]
        == agreed["ours_overdue_minor"]
        == sum(o["overdue_minor"] for o in theirs.values()) - theirs["X"]["overdue_minor"]
    )
    assert (different["gap_minor"], different["gap_absolute_minor"]) == (-10_000, 10_000)
    stated = {f["field"]: (f["stated"], f["different"]) for f in found["fields"]}
    assert stated["overdue_minor"] == (len(MASS) + 1, 1) and stated["outstanding_minor"] == (1, 1)


@pytest.mark.parametrize(("shards", "workers"), [(1, 1), (4, 2), (16, 3)])
def test_shards_and_threads_do_not_show(tmp_path, shards, workers):
    ours = {**MASS, "X": PLAIN, "Y": OLDER}
    theirs = {name: states(one) for name, one in MASS.items()} | {"X": states(OLDER), "Y": SAID, "Z": SAID}
    found = reconciled(tmp_path / "book", ours, theirs, shards=shards, workers=workers)
    assert causes(found) == {
        "X": ("payment_unknown", "+100.00"), "Y": ("payment_lacking", "Y-O 2026-03-28"), "Z": ("not_in_book", ""),
    }  # fmt: skip


def test_a_loan_on_one_side_only(tmp_path):
    ours = {**MASS, "new": replace(PLAIN, opened=DAY), "later": replace(PLAIN, opened=DAY + timedelta(days=1))}
    ours |= {"ended": PLAIN, "silent": PLAIN, "paid": replace(PLAIN, instalments=[])}
    theirs = {name: states(one) for name, one in MASS.items()} | {"theirs": SAID, "gone": {"status": "closed"}}
    found = reconciled(tmp_path / "book", ours, theirs, closed={"ended": DAY})
    assert causes(found) == {
        "new": ("opened_today", "2026-03-31"), "ended": ("ended_there", "2026-03-31"), "silent": ("not_stated", ""),
        "theirs": ("not_in_book", ""),
    }  # fmt: skip
    assert {s["state"]: s["loans"] for s in found.summary["states"]}["settled"] == 3


def test_causes_are_looked_for_up_to_the_limit_and_the_rest_is_counted(tmp_path):
    theirs = {name: states(one) | {"dpd": 99, "bucket": None} for name, one in MASS.items()}
    found = reconciled(tmp_path / "book", MASS, theirs, shards=1, examine=5)
    assert found.summary["examined"] == 5 and found.summary["differing"] == len(MASS)
    assert {c["cause"]: c["loans"] for c in found.summary["causes"]} == {
        "not_examined": len(MASS) - 5,
        "unexplained": 5,
    }


@pytest.mark.parametrize("examine", [len(MASS), len(MASS) - 3])
def test_the_limit_is_of_all_shards_together_however_the_loans_lie_in_them(tmp_path, examine):
    theirs = {name: states(one) | {"dpd": 99, "bucket": None} for name, one in MASS.items()}
    found = reconciled(tmp_path / "book", MASS, theirs, shards=7, examine=examine)
    assert found.summary["examined"] == examine


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 30))
def test_a_limit_is_shared_as_water_finds_its_level(counts, most):
    given_ = shares(counts, most)
    assert sum(given_) == min(most, sum(counts))
    assert all(0 <= g <= c for g, c in zip(given_, counts, strict=True))
    short = [g for g, c in zip(given_, counts, strict=True) if g < c]
    assert not short or max(given_) - min(short) <= 1


def test_stages_of_other_names_are_no_difference_and_are_told(tmp_path):
    theirs = {name: states(one) | {"bucket": "关注"} for name, one in MASS.items()}
    found = reconciled(tmp_path / "book", MASS, theirs)
    assert found.agrees and found.summary["other_labels"] == {"关注": len(MASS)}


# --- of an import


@pytest.fixture
def lender(tmp_path):
    """A native export with one loan in quarantine, of which the lender states a balance."""
    files = tmp_path / "in"
    files.mkdir()
    (files / "loans.csv").write_text("loan_id,customer_id,lender_dpd\nA1,K1,24\nA2,,3\n")
    (files / "instalments.csv").write_text("loan_id,seq,version,due_date,amount_minor\nA1,1,1,2026-03-07,10000\n")
    (files / "payments.csv").write_text("payment_id,loan_id,value_date,amount_minor\n")
    return files


def balances(files: Path, *rows: str) -> None:
    (files / "balances.csv").write_text("\n".join(["loan_id,stated_on,dpd,overdue_minor", *rows]) + "\n")


def test_a_loan_in_quarantine_is_found_there(lender, tmp_path):
    balances(lender, "A1,2026-03-31,24,10000", "A2,2026-03-31,3,1")
    import_folder(lender, profile("native"), tmp_path / "book")
    found = run.reconcile(Book(tmp_path / "book"))
    assert causes(found) == {"A2": ("quarantined", "loans.csv:3 BOOK-105")}


def test_an_earlier_day_is_found_in_the_version_that_stated_it(lender, tmp_path):
    balances(lender, "A1,2026-03-30,23,10000")
    first = import_folder(lender, profile("native"), tmp_path / "book").version
    balances(lender, "A1,2026-03-31,24,10000")
    import_folder(lender, profile("native"), tmp_path / "book", append=True)
    assert run.reconcile(Book(tmp_path / "book")).summary["as_of"] == "2026-03-31"
    earlier = run.reconcile(Book(tmp_path / "book"), date(2026, 3, 30)).summary
    assert (earlier["as_of"], earlier["version"], earlier["differing"]) == ("2026-03-30", first.id, 0)
    with pytest.raises(ShouyueError, match="AGE-020"):
        run.reconcile(Book(tmp_path / "book"), date(2026, 3, 29))


def test_days_past_due_in_the_loans_stand_in_where_there_are_no_balances(lender, tmp_path):
    import_folder(lender, profile("native"), tmp_path / "book", day=date(2026, 3, 31))
    found = run.reconcile(Book(tmp_path / "book")).summary
    assert (found["source"], found["as_of"], found["differing"]) == ("loans", "2026-03-31", 0)


# --- as a person types it


def typed(*words: object):
    return CliRunner().invoke(reconcile, [str(w) for w in words])


def test_the_command_says_whether_both_agree_and_writes_what_does_not(lender, tmp_path):
    balances(lender, "A1,2026-03-31,24,10000")
    import_folder(lender, profile("native"), tmp_path / "book")
    agreed = typed("--book", tmp_path / "book")
    assert agreed.exit_code == 0 and "一致 agreed   1" in agreed.output
    for suffix in ("xlsx", "csv", "parquet", "json"):
        out = tmp_path / f"out.{suffix}"
        told = typed("--book", tmp_path / "book", "--convention", "fineract", "--out", out)
        assert told.exit_code == 3 and "grace 0   1" in told.output and out.stat().st_size > 0
    summary = json.loads((tmp_path / "out.json").read_text())
    assert [(c["cause"], c["loans"]) for c in summary["causes"]] == [("grace", 1)]
    assert (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()[1].startswith("A1,K1,")


def test_the_command_refuses_what_it_cannot_do(lender, tmp_path):
    (lender / "loans.csv").write_text("loan_id,customer_id\nA1,K1\n")
    import_folder(lender, profile("native"), tmp_path / "book")
    for words, code in ((["--out", "x.doc"], "AGE-021"), ([], "AGE-020"), (["--as-of", "soon"], "AGE-010")):
        refused = typed("--book", tmp_path / "book", *words)
        assert isinstance(refused.exception, ShouyueError) and refused.exception.code == code


@pytest.mark.shared
def test_the_days_past_due_of_real_records_agree_with_an_independent_count(shared_data, tmp_path):
    """Home Credit's expected file, taken in as what the lender says."""
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'extends = "homecredit"\n[tables.balances]\nfiles = ["expected_*.csv"]\nunit = "minor"\n'
        '[tables.balances.columns]\nloan_id = "contract_no"\nstated_on = { constant = "2023-06-30" }\n'
        'overdue_minor = "overdue_minor"\ndpd = "dpd"\n'
    )
    import_folder(shared_data / "homecredit", profile(mine), tmp_path / "book")
    found = run.reconcile(Book(tmp_path / "book"))
    assert [(s["state"], s["loans"]) for s in found.summary["states"]] == [("agreed", 1772)]
    other = run.reconcile(Book(tmp_path / "book"), convention="mba").summary
    assert [(c["cause"], c["evidence"][0]["evidence"]) for c in other["causes"]] == [
        ("convention", "convention default")
    ]
