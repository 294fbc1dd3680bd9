"""A lender's database as the source: the same rows, checks and totals as from files."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.importing import Outcome, import_folder
from shouyue.book.profile import parse
from shouyue.book.store import Book
from tests.book.conftest import Lender, content
from tests.book.core import PROFILE, TABLES, VARIABLE, Core, made


@pytest.fixture
def core(monkeypatch):
    with made("lender_core") as url:
        core = Core(url)
        core.run(TABLES)
        monkeypatch.setenv(VARIABLE, url)
        yield core


@pytest.fixture
def profile() -> dict[str, Any]:
    return copy.deepcopy(PROFILE)


@pytest.fixture
def take(core, profile, tmp_path):
    def taken(**how: Any) -> Outcome:
        return import_folder(None, parse(profile), tmp_path / "book", **how)

    return taken


def test_the_same_book_as_from_files(take, tmp_path):
    outcome = take()
    assert outcome.exit_code == 0
    files = Lender(tmp_path)
    for table in ("charges", "pauses"):
        del files.profile["tables"][table]
    files.write("customers.csv", "cust,who,sex,born\nK1,Zhang San,M,1990-01-02\nK2,李四,F,1985-12-30\n")
    files.book = tmp_path / "by-file"
    expected = content(files.imported().version)
    held = content(outcome.version)
    for row in held["loans"]:
        assert row.pop("product") == {"A1": "open", "A2": None}[row["loan_id"]]
    for row in expected["loans"]:
        row.pop("product")
    # the core numbers its payments, the file's numbers begin with a P
    for row in expected["payments"]:
        row["payment_id"] = row["payment_id"].removeprefix("P")
        row["reversal_of"] = row["reversal_of"] and row["reversal_of"].removeprefix("P")
    assert held == expected


def test_rows_are_told_with_table_and_number_and_totals_balance(core, take, quarantined):
    core.run(
        "INSERT INTO paid VALUES (4, 'A9', '2026-01-12', 10, NULL), (5, 'A1', '2026-01-12', 1.005, NULL), "
        "(6, 'A1', 'infinity', 7, NULL), (7, NULL, '2026-01-12', 8, NULL), (8, 'A1', '2026-01-12', 'NaN', NULL)"
    )
    outcome = take()
    rows = {r["raw"].split('"id": ')[1][0]: r for r in quarantined(outcome)}
    assert {key: r["code"] for key, r in rows.items()} == {
        "4": "BOOK-126", "5": "BOOK-108", "6": "BOOK-114", "7": "BOOK-105", "8": "BOOK-106",
    }  # fmt: skip
    assert {r["file"] for r in rows.values()} == {"query:payments"}
    assert rows["5"]["line"] == "5" and json.loads(rows["5"]["raw"])["sum"] == "1.005"
    totals = outcome.totals["payments"]
    assert (totals.read, totals.accepted, totals.quarantined) == (8, 3, 5)
    assert totals.read_money == totals.accepted_money + totals.quarantined_money == 35000 + 1000 + 700 + 800


def test_amounts_keep_every_digit(core, take, profile, quarantined):
    core.run(
        "UPDATE loans SET sum = 9999999999999.99 WHERE contract = 'A1'",
        "UPDATE paid SET sum = 123456789012.10 WHERE id = 1",
    )
    outcome = take()
    held = content(outcome.version)
    assert held["loans"][0]["principal_minor"] == 999_999_999_999_999
    assert held["payments"][0]["amount_minor"] == 12_345_678_901_210


@pytest.mark.parametrize(("kind", "code"), [("float8", "BOOK-227"), ("real", "BOOK-227"), ("money", "BOOK-228")])
def test_an_amount_that_is_no_exact_number_is_refused(kind, code, take, profile):
    profile["tables"]["loans"]["query"] = f"SELECT contract, cust, sum::{kind} AS sum, periods, state FROM loans"
    with pytest.raises(ShouyueError) as caught:
        take()
    assert caught.value.code == code and "sum" in caught.value.en


def test_types_that_hold_no_text_are_refused_by_name_and_unread_ones_do_not_matter(take, profile):
    profile["tables"]["loans"]["query"] = "SELECT *, '10.0.0.1'::inet AS place, interval '1 day' AS gap FROM loans"
    assert take().exit_code == 0
    profile["tables"]["loans"]["columns"]["store"] = "place"
    with pytest.raises(ShouyueError) as caught:
        take()
    assert caught.value.code == "BOOK-228" and "inet" in caught.value.en


def test_a_moment_becomes_the_day_of_the_lenders_zone(core, take, profile):
    core.run("UPDATE paid SET at = '2026-01-04 17:00+00' WHERE id = 1")  # past midnight in China
    day = lambda outcome: str(content(outcome.version)["payments"][0]["value_date"])  # noqa: E731
    assert day(take()) == "2026-01-05"
    profile["tables"]["payments"]["columns"]["value_date"] = {"from": "at", "zone": "UTC"}
    assert day(take()) == "2026-01-04"
    profile["defaults"] = {"zone": "Nowhere/City"}
    with pytest.raises(ShouyueError, match="BOOK-303"):
        take()


def test_texts_of_a_server_that_knows_no_encoding(monkeypatch, profile, tmp_path, quarantined):
    with made("lender_bytes", "ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'") as url:
        core = Core(url)
        core.run(TABLES)
        core.run("UPDATE customers SET who = convert_from('\\xc1aacda8', 'SQL_ASCII') WHERE cust = 'K1'")  # 联通
        core.run("INSERT INTO customers VALUES ('K3', convert_from('\\xff20', 'SQL_ASCII'), 'M', '1990-01-02')")
        monkeypatch.setenv(VARIABLE, url)
        profile["defaults"] = {"encoding": "gb18030"}
        profile["tables"]["customers"]["query"] = "SELECT * FROM customers ORDER BY cust"
        core.run("UPDATE customers SET who = 'Li Si' WHERE cust = 'K2'")
        outcome = import_folder(None, parse(profile), tmp_path / "book")
        assert [row["name"] for row in content(outcome.version)["customers"]] == ["联通", "Li Si"]
        [bad] = quarantined(outcome)
        assert (bad["code"], bad["line"]) == ("BOOK-101", "3") and "\\xff" in json.loads(bad["raw"])["who"]


def test_the_same_rows_twice_make_no_second_version_whatever_their_order(core, take, tmp_path):
    first = take()
    core.run(
        "DELETE FROM plan WHERE no = 1 AND contract = 'A1'", "INSERT INTO plan VALUES ('A1', 1, '2026-01-05', 100)"
    )
    again = take()
    assert again.repeated and again.version.id == first.version.id
    core.run("UPDATE plan SET total = 101 WHERE no = 2")
    assert not take().repeated
    assert len(Book(tmp_path / "book").versions()) == 2


def test_news_are_appended_from_a_query(core, take, profile):
    take()
    core.run("INSERT INTO paid VALUES (4, 'A1', '2026-02-04 12:00+08', 30.00, NULL)")
    profile["tables"] = {"payments": {**profile["tables"]["payments"], "query": "SELECT * FROM paid WHERE id > 3"}}
    outcome = take(append=True)
    assert outcome.totals["payments"].added == 1
    assert [row["payment_id"] for row in content(outcome.version)["payments"]] == ["1", "2", "3", "4"]
    profile["tables"]["payments"]["query"] = "SELECT * FROM paid WHERE id > 4"  # a day without news
    assert take(append=True).repeated


def test_a_query_may_ask_for_what_came_since_the_books_day(core, take, profile):
    take(day=date(2026, 1, 11))
    core.run("INSERT INTO paid VALUES (4, 'A1', '2026-01-12 12:00+08', 30, NULL), (5, 'A1', '2026-01-13', 1, NULL)")
    query = "SELECT * FROM paid WHERE at::date > DATE :since AND at::date <= :day::date"
    profile["tables"] = {"payments": {**profile["tables"]["payments"], "query": query}}
    outcome = take(append=True, day=date(2026, 1, 12))
    totals = outcome.totals["payments"]
    assert (totals.read, totals.added) == (1, 1) and outcome.version.manifest["day"] == "2026-01-12"
    with pytest.raises(ShouyueError, match="BOOK-231"):
        take(append=True)


def test_tables_of_files_stand_beside_those_of_queries(take, profile, core, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "plan.csv").write_text("contract,no,due,total\nA1,1,2026-01-05,77.00\n")
    profile["tables"]["instalments"].pop("query")
    profile["tables"]["instalments"]["files"] = ["plan.csv"]
    with pytest.raises(ShouyueError, match="BOOK-217"):
        take()
    outcome = import_folder(folder, parse(profile), tmp_path / "book")
    assert [row["amount_minor"] for row in content(outcome.version)["instalments"]] == [7700]


def test_what_the_core_says_it_is_owed_comes_from_its_own_query_of_the_day(take, profile, core):
    core.run("CREATE TABLE said (contract text, day date, owed numeric(18, 2), dpd integer)")
    core.run("INSERT INTO said VALUES ('A1', '2026-02-06', 100, 1), ('A2', '2026-02-05', 50, 27), ('A2', NULL, 1, 1)")
    profile["tables"]["balances"] = {
        "query": "SELECT * FROM said WHERE day >= DATE :day OR day IS NULL",
        "columns": {"loan_id": "contract", "stated_on": "day", "outstanding_minor": "owed", "dpd": "dpd"},
    }
    outcome = take(day=date(2026, 2, 6))
    (row,) = content(outcome.version)["balances"]
    assert (row["loan_id"], row["outstanding_minor"], row["dpd"]) == ("A1", 10000, 1)
    assert (outcome.totals["balances"].read, outcome.codes) == (2, {"BOOK-105": 1})


def test_the_manifest_names_the_query_and_the_server_but_not_the_place(take, core):
    manifest = take().version.manifest
    [loans] = [s for s in manifest["sources"] if s["table"] == "loans"]
    assert loans["file"] == "query:loans" and loans["rows"] == 2 and loans["server"].startswith("PostgreSQL ")
    assert core.url not in json.dumps(manifest) and "postgresql://" not in json.dumps(manifest)


def test_progress_rises_to_the_end(take):
    seen: list[tuple[str, float]] = []
    take(progress=lambda what, done: seen.append((what, done)))
    shares = [done for _, done in seen]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] <= 1
    assert any(what.startswith("payments ← 3") for what, _ in seen)


def test_a_profile_takes_a_query_in_place_of_files(tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'extends = "native"\n[database]\naddress = "CORE"\n[tables.payments]\nquery = "SELECT * FROM payments"\n'
    )
    from shouyue.book.profile import load

    found = load(mine)
    assert found.tables["payments"].query and not found.tables["payments"].files and found.tables["loans"].files
    (tmp_path / "base.toml").write_text(mine.read_text())
    mine.write_text('extends = "base.toml"\n[tables.payments]\nfiles = ["p.csv"]\n')
    assert load(mine).tables["payments"].files == ("p.csv",) and load(mine).tables["payments"].query is None


FAULTS = {
    "files and a query": (lambda p: p["tables"]["loans"].update(files=["x.csv"]), "query"),
    "an empty query": (lambda p: p["tables"]["loans"].update(query=" ; "), "query"),
    "a query and no database": (lambda p: p.pop("database"), "tables.customers.query"),
    "an address in the profile": (
        lambda p: p["database"].update(address="postgresql://u:hush@db/core"),
        "database.address",
    ),
    "an unknown key": (lambda p: p["database"].update(url="postgresql://u:hush@db/core"), "database.url"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_profile_is_told_and_no_address_is_repeated(kind, profile):
    spoil, place = FAULTS[kind]
    spoil(profile)
    with pytest.raises(ShouyueError) as caught:
        parse(profile)
    assert caught.value.code == "BOOK-303" and place in caught.value.en and "hush" not in str(caught.value)
