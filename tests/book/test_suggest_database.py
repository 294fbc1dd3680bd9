"""A profile proposed from a database's tables: it must import as it is."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from shouyue.cli.main import cli
from tests.book.conftest import content
from tests.book.core import VARIABLE, Core, made

TABLES = """
CREATE SCHEMA lend;
CREATE TABLE lend."客户表" (客户编号 text, 客户姓名 text, 性别 text, 出生日期 date);
INSERT INTO lend."客户表" VALUES ('K1', '测试甲', '男', '2000-01-01'), ('K2', '测试乙', '女', '1999-02-02');
CREATE TABLE lend.contracts (contract_no text, customer_no text, "Store" text, principal float8, opened_on timestamptz,
  photo bytea, place inet);
INSERT INTO lend.contracts SELECT 'A' || n, 'K' || 1 + n % 2, 'S1', 1000.5, '2026-01-05 12:00+08', '\\xff', '10.0.0.1'
  FROM generate_series(1, 50) n;
CREATE VIEW lend.repayment_plan AS SELECT contract_no, g AS seq, date '2026-02-05' + g * 30 AS due_date,
  100.25::numeric(18, 2) AS amount_due FROM lend.contracts, generate_series(1, 3) g;
CREATE TABLE lend.repayments (payment_no bigint, contract_no text, paid_on timestamptz, amount money);
INSERT INTO lend.repayments SELECT n, 'A' || n, '2026-02-05 12:00+08', 55.10::numeric::money
  FROM generate_series(1, 20) n;
CREATE TABLE lend.app_log (id bigint, message text, name text);
CREATE TABLE public.loans (loan_id text, customer_id text, principal numeric);
"""


@pytest.fixture
def core(monkeypatch):
    with made("lender_tables") as url:
        core = Core(url)
        core.run(TABLES)
        monkeypatch.setenv(VARIABLE, url)
        yield core


def run(*words: object):
    return CliRunner().invoke(cli, [str(w) for w in words])


def test_what_is_proposed_imports_as_it_is(core, tmp_path):
    out = tmp_path / "lend.toml"
    said = run("profile", "suggest", "--database", VARIABLE, "--schema", "lend", "--out", out)
    assert said.exit_code == 0, said.output
    text = out.read_text("utf-8")
    assert core.url not in text and f'address = "{VARIABLE}"' in text
    assert "photo" not in text.split("[tables.loans.columns]")[0]  # what a book has no use for is not asked for
    assert "测试甲" not in text and "10.0.0.1" not in text
    said = run("import", "--profile", out, "--book", tmp_path / "book")
    assert said.exit_code == 0, said.output
    from shouyue.book.store import Book

    version = Book(tmp_path / "book").current()
    assert version is not None
    held = content(version)
    assert {row["principal_minor"] for row in held["loans"]} == {100050}
    assert {row["amount_minor"] for row in held["payments"]} == {5510}
    assert [row["sex"] for row in held["customers"]] == ["M", "F"]
    assert {str(row["opened_on"]) for row in held["loans"]} == {"2026-01-05"} and len(held["instalments"]) == 150


def test_all_schemas_are_looked_into_where_none_is_named(core):
    said = run("profile", "suggest", "--database", VARIABLE)
    assert "app_log" in said.output and "lend/repayment_plan" in said.output


def test_nothing_is_known_there(core):
    said = run("profile", "suggest", "--database", VARIABLE, "--schema", "nowhere")
    assert "BOOK-311" in str(said.exception) and "nowhere" in str(said.exception)


def test_other_databases_have_to_be_written_by_hand(monkeypatch):
    monkeypatch.setenv(VARIABLE, "mysql://u:hush@h/core")
    said = run("profile", "suggest", "--database", VARIABLE)
    assert "BOOK-310" in str(said.exception) and "hush" not in str(said.exception)


def test_either_a_folder_or_a_database(tmp_path):
    assert run("profile", "suggest").exit_code == 2
    assert run("profile", "suggest", tmp_path, "--database", VARIABLE).exit_code == 2
