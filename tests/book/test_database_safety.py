"""Reading a lender's database harms neither side: it cannot write, tells no secret, and leaves the book whole."""

from __future__ import annotations

import copy
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.databases.address import Address, address
from shouyue.book.importing import import_folder
from shouyue.book.profile import parse
from shouyue.book.store import Book
from tests.book.core import PROFILE, TABLES, VARIABLE, Core, made

SECRET = "hush:/@%s"
COMMAND = [sys.executable, "-c", "from shouyue.cli.main import main; main()"]


@pytest.fixture(scope="module")
def server():
    with made("lender_safety") as url:
        core = Core(url)
        core.run(TABLES)
        yield core


@pytest.fixture
def core(server, monkeypatch):
    monkeypatch.setenv(VARIABLE, server.url)
    return server


@pytest.fixture
def profile() -> dict[str, Any]:
    return copy.deepcopy(PROFILE)


WRITES = {
    "an insert": "INSERT INTO customers VALUES ('X', 'x', 'M', NULL) RETURNING cust, who, sex, born",
    "an insert in a WITH": "WITH x AS (DELETE FROM customers RETURNING *) SELECT * FROM x",
    "a function that writes": "SELECT setval('tick', 7)::text AS cust, 'x' AS who, 'M' AS sex, NULL::date AS born",
    "two commands": "SELECT * FROM customers; DROP TABLE customers",
    "a way out of the brackets": "SELECT * FROM customers) x; DROP TABLE customers; SELECT * FROM (SELECT 1",
    "a comment over the bracket": "SELECT * FROM customers) x; DROP TABLE customers --",
    "the end of the transaction": "COMMIT",
    "another mode": "SET TRANSACTION READ WRITE",
}


@pytest.mark.parametrize("kind", WRITES)
def test_nothing_can_be_written(kind, core, profile, tmp_path):
    core.run("CREATE SEQUENCE IF NOT EXISTS tick")
    before = core.rows("SELECT count(*), (SELECT last_value FROM tick) FROM customers")
    profile["tables"]["customers"]["query"] = WRITES[kind]
    with pytest.raises(ShouyueError) as caught:
        import_folder(None, parse(profile), tmp_path / "book")
    assert caught.value.code in ("BOOK-225", "BOOK-230")
    assert core.rows("SELECT count(*), (SELECT last_value FROM tick) FROM customers") == before
    assert not Book(tmp_path / "book").versions() and not list((tmp_path / "book").glob("tmp-*"))


def test_all_tables_are_of_one_moment(core, profile, tmp_path):
    """A loan paid out while the tables are read comes with its plan and payments, or not at all."""
    profile["tables"]["loans"]["query"] = "SELECT l.* FROM loans l, pg_sleep(0.3) WHERE contract NOT IN ('Z')"
    seen = threading.Event()
    failed: list[BaseException] = []

    def lend() -> None:
        try:
            seen.wait(20)
            core.run("INSERT INTO loans VALUES ('A3', 'K1', 1, 1)")
            core.run("INSERT INTO plan VALUES ('A3', 1, '2026-01-05', 1)")
        except BaseException as why:
            failed.append(why)

    lender = threading.Thread(target=lend)
    lender.start()
    try:
        outcome = import_folder(None, parse(profile), tmp_path / "book", progress=lambda *_: seen.set())
        lender.join()
    finally:
        seen.set()
        core.run("DELETE FROM plan WHERE contract = 'A3'", "DELETE FROM loans WHERE contract = 'A3'")
    assert not failed and outcome.exit_code == 0
    assert outcome.totals["loans"].read == 2 and outcome.totals["instalments"].read == 3


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://lender:{secret}@127.0.0.1:1/core",
        "postgresql://lender:{secret}@[::1/core",
        "postgresql://lender:{secret}@localhost:{secret}/core",
        "postgresql://lender@localhost/core?password={secret}&sslmode={secret}",
        "host=127.0.0.1 port=1 password='{secret}'",
        "mysql+pymysql://lender:{secret}@127.0.0.1:1/core",
        "jdbc:oracle:{secret}",
        "{secret}",
    ],
)
def test_no_error_tells_the_address(url, profile, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv(VARIABLE, url.replace("{secret}", SECRET))
    with pytest.raises(ShouyueError) as caught:
        import_folder(None, parse(profile), tmp_path / "book")
    assert caught.value.code in ("BOOK-222", "BOOK-223", "BOOK-224")
    assert VARIABLE in caught.value.zh and VARIABLE in caught.value.en
    out, err = capfd.readouterr()
    for said in (str(caught.value), repr(caught.value.values), out, err):
        assert "hush" not in said
    assert caught.value.__context__ is None or caught.value.__suppress_context__  # no traceback shows the driver's


def test_an_address_shows_itself_to_nobody(monkeypatch):
    monkeypatch.setenv(VARIABLE, "postgresql://lender:p%40ss@db.example/core")
    found = address(VARIABLE)
    assert "p%40ss" not in repr(found) and "example" not in repr(found)
    said = found.scrubbed("at postgresql://x:y@z/w: no user with p@ss or p%40ss, lender:p%40ss@db.example")
    assert said == "at *** no user with *** or ***, ***"
    assert Address("V", "mysql", "mysql://u:a@b/c@h/d").scrubbed("a@b/c") == "***"
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ShouyueError, match="BOOK-221"):
        address(VARIABLE)


def test_a_refused_query_says_why_and_a_rows_value_is_not_told(core, profile, tmp_path):
    def refusal(query: str) -> ShouyueError:
        profile["tables"]["customers"]["query"] = query
        with pytest.raises(ShouyueError) as caught:
            import_folder(None, parse(profile), tmp_path / "book")
        return caught.value

    unknown = refusal("SELECT * FROM clients")
    assert unknown.code == "BOOK-225" and "42P01" in unknown.en and '"clients"' in unknown.zh
    value = refusal("SELECT cust, who::integer AS who, sex, born FROM customers")
    assert value.code in ("BOOK-225", "BOOK-230") and "Zhang" not in str(value) and "customers" in value.en
    later = "CASE WHEN n < 90000 THEN 'x' ELSE ('Zhang' || n)::integer::text END"
    stopped = refusal(f"SELECT n::text AS cust, {later} AS who, 'M' AS sex, NULL::date AS born "
                      "FROM generate_series(1, 100000) n")  # fmt: skip
    assert stopped.code == "BOOK-230" and "Zhang" not in str(stopped)


def test_a_connection_that_is_cut_leaves_the_book_as_it_was(core, profile, tmp_path):
    first = import_folder(None, parse(profile), tmp_path / "book").version
    profile["tables"]["payments"]["query"] = (
        "SELECT n + 10 AS id, 'A1' AS contract, now() AS at, 1.00 AS sum, NULL::bigint AS undoes "
        "FROM generate_series(1, 3000000) n"
    )
    begun = threading.Event()

    def cut() -> None:
        begun.wait(20)
        with psycopg.connect(core.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    cutting = threading.Thread(target=cut)
    cutting.start()
    with pytest.raises(ShouyueError) as caught:
        import_folder(
            None,
            parse(profile),
            tmp_path / "book",
            progress=lambda what, _: begun.set() if what.startswith("payments ←") and what != "payments ← 0" else None,
        )
    cutting.join()
    assert caught.value.code == "BOOK-226"
    assert Book(tmp_path / "book").versions() == [first.id]
    assert not list((tmp_path / "book").glob("tmp-*"))


# --- processes


def write(profile: dict[str, Any], path: Path, **queries: str) -> Path:
    from shouyue.book.profile_text import literal

    lines = ['name = "core"', 'currency = "CNY"', f'[database]\naddress = "{VARIABLE}"']
    for name, table in profile["tables"].items():
        query = queries.get(name, table["query"])
        lines += [f"[tables.{name}]", f"query = {literal(query)}", f"columns = {literal(table['columns'])}"]
    path.write_text("\n".join(lines))
    return path


MANY = (
    "SELECT n + 10 AS id, 'A' || 1 + n % 2 AS contract, timestamptz '2026-02-01' + n % 20 * interval '1 day' AS at, "
    "1.00 AS sum, NULL::bigint AS undoes, repeat('x', 400) || n AS note FROM generate_series(1, {rows}) n"
)


def command(path: Path, book: Path, *more: str) -> list[str]:
    return [*COMMAND, "import", "--profile", str(path), "--book", str(book), *more]


@pytest.mark.kill
def test_killed_while_reading_the_book_is_as_before(core, profile, tmp_path):
    small, big = (
        write(profile, tmp_path / "a.toml"),
        write(profile, tmp_path / "b.toml", payments=MANY.format(rows=60_000)),
    )
    assert subprocess.run(command(small, tmp_path / "book"), capture_output=True).returncode == 0
    book = Book(tmp_path / "book")
    [before] = book.versions()
    began = time.monotonic()
    assert subprocess.run(command(big, tmp_path / "whole"), capture_output=True).returncode == 0
    lasts = time.monotonic() - began
    chance = random.Random(5)
    for _ in range(4):
        running = subprocess.Popen(command(big, book.path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(lasts * chance.uniform(0.3, 0.95))
        running.kill()
        running.wait()
        current = book.current()
        assert current is not None and current.verify() == []
        if len(book.versions()) == 2:
            break
        assert book.versions() == [before]
    assert subprocess.run(command(big, book.path), capture_output=True).returncode == 0
    assert len(book.versions()) == 2 and not list(book.path.glob("tmp-*"))


@pytest.mark.kill
def test_control_c_ends_it_at_once_and_the_server_is_left_alone(core, profile, tmp_path):
    endless = "SELECT p.* FROM paid p, pg_sleep(60)"
    path = write(profile, tmp_path / "a.toml", payments=endless)
    running = subprocess.Popen(command(path, tmp_path / "book"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stderr is not None
    while b"payments" not in running.stderr.readline():
        pass
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    began = time.monotonic()
    running.wait(20)
    assert time.monotonic() - began < 10
    assert running.returncode not in (0, 3) and not list((tmp_path / "book").glob("tmp-*"))
    deadline = time.monotonic() + 10
    asking = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    while core.rows(asking) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.kill
def test_memory_holds_a_batch_and_not_the_table(core, profile, tmp_path):
    """250 MB of rows under a limit that the process could not keep if it held them."""
    code = (
        "import sys, resource; from pathlib import Path\n"
        "from shouyue.book.databases import fetch; from shouyue.book.profile import load\n"
        "def peak(): return int(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1]) >> 10\n"
        "small, big = load(sys.argv[1]), load(sys.argv[2])\n"
        "fetch(small, {}, Path(sys.argv[3]) / 'a', lambda *_: None); before = peak()\n"
        "rows = fetch(big, {}, Path(sys.argv[3]) / 'b', lambda *_: None)[-1].rows; print(before, peak(), rows)\n"
    )
    small = write(profile, tmp_path / "a.toml", payments=MANY.format(rows=1_000))
    big = write(profile, tmp_path / "b.toml", payments=MANY.format(rows=600_000))
    ended = subprocess.run(
        [sys.executable, "-c", code, str(small), str(big), str(tmp_path)], capture_output=True, text=True, check=True
    )
    before, after, rows = map(int, ended.stdout.split())
    assert rows == 600_000
    assert after - before < 80, f"{before} MiB before, {after} MiB at the peak"


def test_no_secret_in_what_an_import_leaves_behind(core, profile, tmp_path, monkeypatch):
    """Run with a password in the address: neither manifest, quarantine, output nor folders hold it."""
    url = re.sub(r"//([^@/]*)@", r"//\1:hushhush@", core.url, count=1)
    monkeypatch.setenv(VARIABLE, url)
    path = write(profile, tmp_path / "a.toml")
    ended = subprocess.run(command(path, tmp_path / "book"), capture_output=True, env=dict(os.environ))
    assert ended.returncode == 0, ended.stderr
    assert b"hushhush" not in ended.stdout + ended.stderr
    for left in (tmp_path / "book").rglob("*"):
        assert not left.is_file() or b"hushhush" not in left.read_bytes()
