"""Databases other than PostgreSQL, through connectorx: SQLite here, since it needs no server."""

from __future__ import annotations

import copy
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.databases import foreign
from shouyue.book.databases.foreign_child import _told
from shouyue.book.importing import import_folder
from shouyue.book.profile import parse
from shouyue.book.store import Book
from tests.book.conftest import content
from tests.book.core import PROFILE, VARIABLE

pytest.importorskip("connectorx")

TABLES = """
CREATE TABLE customers (cust text, who text, sex text, born date);
CREATE TABLE contacts (cust text, phone text, rel text);
CREATE TABLE loans (contract text, cust text, sum decimal(18, 2), periods integer, state text);
CREATE TABLE plan (contract text, no integer, due date, total text);
CREATE TABLE paid (id integer, contract text, at timestamp, sum text, undoes integer);
INSERT INTO customers VALUES ('K1', '张三', 'M', '1990-01-02'), ('K2', 'Li Si', NULL, NULL);
INSERT INTO contacts VALUES ('K1', '13900000001', 'self');
INSERT INTO loans VALUES ('A1', 'K1', 1200.10, 12, 'open'), ('A2', 'K2', 2400, 12, NULL);
INSERT INTO plan VALUES ('A1', 1, '2026-01-05', '100.10'), ('A2', 1, '2026-01-09', '200');
INSERT INTO paid VALUES (1, 'A1', '2026-01-04 12:00:00', '100.10', NULL), (2, 'A1', '2026-01-05 12:00:00', '9.99', 1);
"""


@pytest.fixture
def profile(tmp_path, monkeypatch) -> dict[str, Any]:
    path = tmp_path / "core.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(TABLES)
    connection.close()
    monkeypatch.setenv(VARIABLE, f"sqlite://{path}")
    profile = copy.deepcopy(PROFILE)
    profile["tables"]["loans"]["query"] = "SELECT contract, cust, CAST(sum AS text) AS sum, periods, state FROM loans"
    return profile


def test_rows_come_through_the_child(profile, tmp_path):
    seen: list[str] = []
    outcome = import_folder(None, parse(profile), tmp_path / "book", progress=lambda what, _: seen.append(what))
    assert outcome.exit_code == 0
    held = content(outcome.version)
    assert [row["principal_minor"] for row in held["loans"]] == [120010, 240000]
    assert [(row["name"], row["born_on"] is None) for row in held["customers"]] == [("张三", False), ("Li Si", True)]
    assert [(row["payment_id"], row["amount_minor"], row["reversal_of"]) for row in held["payments"]] == [
        ("1", 10010, None),
        ("2", 999, "1"),
    ]
    assert "payments ← 2" in seen
    assert {s["server"] for s in outcome.version.manifest["sources"]} == {"sqlite"}


def test_a_decimal_that_arrives_as_a_float_is_refused(profile, tmp_path):
    profile["tables"]["loans"]["query"] = "SELECT * FROM loans"  # SQLite keeps decimals as floats
    with pytest.raises(ShouyueError) as caught:
        import_folder(None, parse(profile), tmp_path / "book")
    assert caught.value.code == "BOOK-227" and "'sum'" in caught.value.en


def test_a_refused_query_is_told_and_nothing_is_left(profile, tmp_path, capfd):
    profile["tables"]["payments"]["query"] = "SELECT * FROM pays"
    with pytest.raises(ShouyueError) as caught:
        import_folder(None, parse(profile), tmp_path / "book")
    assert (
        caught.value.code == "BOOK-225" and "payments" in caught.value.zh and "no such table: pays" in caught.value.en
    )
    assert not Book(tmp_path / "book").versions() and not list((tmp_path / "book").glob("tmp-*"))
    assert capfd.readouterr() == ("", "")  # the driver's own words stay in the child


def test_without_the_extra_it_says_what_to_install(profile, tmp_path, monkeypatch):
    monkeypatch.setattr(foreign.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ShouyueError) as caught:
        import_folder(None, parse(profile), tmp_path / "book")
    assert caught.value.code == "BOOK-223" and "shouyue[databases]" in caught.value.en


PARENT = """
import json, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-m", "shouyue.book.databases.foreign_child"], stdin=subprocess.PIPE)
endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
work = {"url": "sqlite://:memory:", "queries": [{"table": "x", "path": "/dev/null", "query": endless}]}
child.stdin.write(json.dumps(work).encode() + b"\\n")
child.stdin.flush()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.kill
def test_the_child_ends_with_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(1.5)
    os.kill(child, 0)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while _lives(child):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


SAID = {
    "MySqlError { ERROR 1146 (42S02): Table 'core.pays' doesn't exist }": (
        "query",
        "1146 (42S02)",
        "Table 'core.pays' doesn't exist",
    ),
    "MySqlError { ERROR 1292 (22007): Incorrect date value: 'Zhang San' }": ("query", "1292 (22007)", "…"),
    "ORA-00942: table or view does not exist": ("query", "ORA-00942", "table or view does not exist"),
    "ORA-01722: invalid number 'Zhang San'": ("query", "ORA-01722", "…"),
    "Token error: 'Invalid object name 'pays'.' on server DB01 executing on line 1 (code: 208, state: 1)": (
        "query",
        "–",
        "Invalid object name 'pays'.",
    ),
    "Token error: 'Conversion failed when converting the varchar value 'Zhang San' to data type int.' (code: 245": (
        "query",
        "245",
        "…",
    ),
    "MySqlError { ERROR 1045 (28000): Access denied for user 'lender'@'10.0.0.1' }": ("connect", None, "login"),
    "timed out waiting for connection: Could not connect to address `db01:3306'": ("connect", None, "gone"),
    "anything with Zhang San in it": ("query", "–", "…"),
}


@pytest.mark.parametrize("said", SAID)
def test_of_what_a_driver_says_only_codes_and_words_about_the_query_are_told(said):
    told = _told(said)
    assert (told["what"], told.get("code"), told["why"]) == SAID[said]
