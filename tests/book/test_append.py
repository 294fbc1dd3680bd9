"""``--append``: the files are news on top of the book."""

from __future__ import annotations

import polars as pl
import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.book.importing import import_folder
from shouyue.book.profile import load
from tests.book.conftest import content

PAID = "id,contract,day,sum,undoes\n"


def test_next_days_payments_join_the_book(lender):
    first = lender.imported()
    lender.only(paid=PAID + "P4,A1,2026-02-04,30.00,\nP5,A2,2026-02-04,40.00,P2\n")
    second = lender.imported(append=True)
    assert second.totals["payments"].added == 2 and second.exit_code == 0
    before, after = content(first.version), content(second.version)
    assert [row["payment_id"] for row in after["payments"]] == ["P1", "P2", "P3", "P4", "P5"]
    assert {k: v for k, v in before.items() if k != "payments"} == {k: v for k, v in after.items() if k != "payments"}
    assert second.version.manifest["parent"] == first.version.id
    assert second.version.verify() == []


def test_shards_that_do_not_change_are_the_same_files(lender):
    first = lender.imported().version
    lender.only(paid=PAID + "P4,A1,2026-02-04,30.00,\n")
    second = lender.imported(append=True).version
    for table in ("loans", "instalments", "customers", "pauses"):
        assert first.shard_file(table, 0).stat().st_ino == second.shard_file(table, 0).stat().st_ino
    assert first.shard_file("payments", 0).stat().st_ino != second.shard_file("payments", 0).stat().st_ino


def test_file_appended_twice_changes_nothing(lender):
    lender.imported()
    lender.only(paid=PAID + "P4,A1,2026-02-04,30.00,\n")
    second = lender.imported(append=True)
    lender.only(news=PAID + "P4,A1,2026-02-04,30.00,\nP1,A1,2026-01-04,100.00,\n")
    lender.profile["tables"]["payments"]["files"] = ["news.csv"]
    third = lender.imported(append=True)
    assert third.repeated and third.version.id == second.version.id
    assert third.totals["payments"].known == 2


def test_payment_that_contradicts_the_book_is_quarantined(lender, quarantined):
    lender.imported()
    lender.only(paid=PAID + "P1,A1,2026-01-04,77.00,\nP2,A1,2026-01-10,200.00,\nP4,A1,2026-02-04,1.00,\n")
    outcome = lender.imported(append=True)
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [("2", "BOOK-132"), ("3", "BOOK-132")]
    held = {row["payment_id"]: row for row in content(outcome.version)["payments"]}
    assert held["P1"]["amount_minor"] == 10000 and held["P2"]["loan_id"] == "A2" and "P4" in held


def test_loan_customer_and_instalment_take_the_newer_row(lender):
    lender.imported()
    lender.only(
        loans="contract,cust,sum,periods\nA2,K1,9999.00,24\n",
        customers="cust,who,sex,born\nK2,Li Si Si,F,1985-12-30\n",
        plan="contract,no,due,total\nA2,1,2026-01-09,199.00\n",
    )
    outcome = lender.imported(append=True)
    held = content(outcome.version)
    assert [(x["loan_id"], x["customer_id"], x["principal_minor"]) for x in held["loans"]][1] == ("A2", "K1", 999900)
    assert held["customers"][1]["name"] == "Li Si Si"
    assert [row["amount_minor"] for row in held["instalments"] if row["loan_id"] == "A2"] == [19900]
    assert outcome.totals["loans"].replaced == 1


def test_new_loan_moves_the_others_and_all_children_follow(lender):
    lender.imported()
    lender.only(
        loans="contract,cust,sum,periods\nA0,K9,1.00,1\n",
        plan="contract,no,due,total\nA0,1,2026-01-09,1.00\n",
        contacts="cust,phone,rel\nK9,13900000009,self\n",
    )
    outcome = lender.imported(append=True)
    assert outcome.exit_code == 0
    version = outcome.version
    loans = version.read("loans", 0)["loan_id"].to_pylist()
    assert loans == ["A0", "A1", "A2"]
    for table in ("instalments", "payments", "charges", "pauses"):
        rows = version.read(table, 0)
        assert [loans[ix] for ix in rows["loan_ix"].to_pylist()] == rows["loan_id"].to_pylist()
        assert rows.num_rows


def test_reversals_look_into_the_book(lender, quarantined):
    lender.imported()
    lender.only(paid=PAID + "P8,A2,2026-02-04,150.00,P2\nP9,A2,2026-02-05,0.01,P2\n")
    outcome = lender.imported(append=True)
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [("3", "BOOK-131")]


def test_nothing_to_append_to(lender):
    with pytest.raises(ShouyueError, match="BOOK-213"):
        lender.imported(append=True)


def test_days_appended_one_by_one_make_the_book_of_the_last_day(tmp_path):
    from click.testing import CliRunner

    from shouyue.cli.simulate import simulate

    made = CliRunner().invoke(
        simulate,
        ["--loans", "300", "--days", "3", "--as-of", "2026-06-01", "--seed", "4", "--out", str(tmp_path / "news")],
    )
    assert made.exit_code == 0, made.output
    CliRunner().invoke(
        simulate,
        [
            "--loans",
            "300",
            "--days",
            "3",
            "--as-of",
            "2026-06-01",
            "--seed",
            "4",
            "--full",
            "--out",
            str(tmp_path / "all"),
        ],
    )
    days = sorted((tmp_path / "news").iterdir())
    profile = load("demo")
    outcome = None
    for number, day in enumerate(days):
        outcome = import_folder(day, profile, tmp_path / "book", append=number > 0)
        assert outcome.exit_code == 0
    whole = import_folder(tmp_path / "all" / days[-1].name, profile, tmp_path / "whole")
    assert outcome is not None and content(outcome.version) == content(whole.version)


def test_append_over_many_shards_checks_numbers_across_them(lender, quarantined):
    version = lender.imported().version
    tables = {n: pl.DataFrame(version.read(n, 0)) for n in ("loans", "instalments", "payments")}
    build_version(lender.book, tables, shards=8)
    lender.only(paid=PAID + "P1,A2,2026-01-04,100.00,\nP4,A1,2026-02-04,1.00,\nP4,A2,2026-02-04,1.00,\n")
    outcome = lender.imported(append=True)
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [("2", "BOOK-132"), ("4", "BOOK-125")]
    assert outcome.version.shards == 8 and outcome.totals["payments"].added == 1
