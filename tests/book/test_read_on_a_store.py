"""A loan's history, a reconciliation and a comparison read a book where it lies, as a local one, and no more of it."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from shouyue.ageing.convention import load
from shouyue.ageing.history import loan_history
from shouyue.ageing.moving import Question, work_out
from shouyue.ageing.reconciling.run import reconcile
from shouyue.base.errors import ShouyueError
from shouyue.base.stores import Ranged, Store
from shouyue.book import store as local
from shouyue.book.build import build_version
from shouyue.book.copying import push
from shouyue.book.quarantine import COLUMNS
from shouyue.book.schema import TABLES
from shouyue.book.shelving import frame_schema
from shouyue.book.store import Book
from shouyue.book.stored import StoredBook, object_name
from shouyue.cli.convention import convention
from shouyue.cli.history import history
from shouyue.cli.reconcile import reconcile as reconcile_command
from tests.ageing.loans import frames
from tests.ageing.test_run import some_loans
from tests.book.stores import KINDS, url_of

DAY = date(2023, 3, 31)
SPAN = (DAY - timedelta(days=200), DAY)


@pytest.fixture
def here(tmp_path, monkeypatch) -> Book:
    """A book in which each loan's rows are some groups of a shard, and a core that states a few figures."""
    monkeypatch.setattr(local, "ROW_GROUP", 4)
    tables = frames(some_loans())
    names = tables["loans"]["loan_id"].to_list()
    stated = [{"loan_id": name, "stated_on": DAY, "dpd": n % 3} for n, name in enumerate(names)]
    tables["balances"] = pl.DataFrame(stated, schema=frame_schema(TABLES["balances"]))
    build_version(tmp_path / "here", tables, shards=4)
    return Book(tmp_path / "here")


@pytest.fixture(params=KINDS)
def there(request, here, tmp_path) -> StoredBook:
    book = StoredBook(url_of(request.param, tmp_path))
    push(here.current(), book)
    return book


def refuse(version, loan: str) -> None:
    """As an import leaves it that put a row of this loan into quarantine."""
    with (version.path / "quarantine.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        rows.writerow({"table": "loans", "file": "loans.csv", "line": "3", "code": "BOOK-105", "raw": f"{loan},张三"})


def test_a_loan_that_the_import_refused_is_named_on_the_store_as_beside_the_import(tmp_path, kind):
    tables = frames(some_loans())
    stated = [{"loan_id": "L-REFUSED", "stated_on": DAY, "dpd": 3}]
    tables["balances"] = pl.DataFrame(stated, schema=frame_schema(TABLES["balances"]))
    build_version(tmp_path / "here", tables, shards=4)
    books = Book(tmp_path / "here"), StoredBook(url_of(kind, tmp_path))
    refuse(books[0].current(), "L-REFUSED")
    push(books[0].current(), books[1])
    found = [reconcile(book, DAY).differences for book in books]
    told = found[1].filter(pl.col("loan_id") == "L-REFUSED").select("cause", "evidence").row(0)
    assert told == ("quarantined", "loans.csv:3 BOOK-105") and found[0].equals(found[1])


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def fetched(monkeypatch) -> list[tuple[str, int]]:
    """Every shard, or part of one, that was fetched, with its bytes."""
    asked: list[tuple[str, int]] = []
    get, part = Store.get, Store.part

    def whole(self, name):
        data = get(self, name)
        asked.append((name, len(data or b"")))
        return data

    def some(self, name, start, end):
        data = part(self, name, start, end)
        asked.append((name, len(data)))
        return data

    monkeypatch.setattr(Store, "get", whole)
    monkeypatch.setattr(Store, "part", some)
    return asked


def test_a_loans_history_is_the_local_one_and_reads_its_own_shard_alone(here, there, fetched):
    own, far = here.current(), there.current()
    for loan in ("L0000", "L0007", "L0029"):
        fetched.clear()
        found, expected = loan_history(far, loan, *SPAN), loan_history(own, loan, *SPAN)
        assert np.array_equal(found.dpd, expected.dpd) and np.array_equal(found.seen, expected.seen)
        assert found.events == expected.events
        shard = f"shard-{own.locate(loan):04d}"
        assert fetched and all(shard in name for name, _ in fetched)


def test_a_part_of_a_shard_is_fetched_and_no_more(there, fetched):
    version = there.current()
    file = next(f for t, f in version.files() if t == "instalments")
    name, size = object_name(file), file["bytes"]
    source = Ranged(there.store, name, size)
    whole = there.store.get(name)
    fetched.clear()
    source.seek(-8, 2)
    assert source.read() == whole[-8:] and source.read() == b"" and source.tell() == size
    source.seek(4)
    assert source.read(10) == whole[4:14]
    assert [n for _, n in fetched] == [8, 10]


def test_a_reconciliation_is_the_local_one(here, there):
    far, own = reconcile(there, None), reconcile(here, None)
    assert far.differences.equals(own.differences) and own.differences.height
    assert far.summary == own.summary | {"book": "book"}


def test_a_comparison_of_conventions_is_the_local_one(here, there, tmp_path):
    rules = load("default"), load("fineract")
    far, own = (
        work_out(Question(book.current(), DAY, None, *rules), tmp_path / name)
        for book, name in ((there, "far"), (here, "own"))
    )
    assert far.summary["cells"] == own.summary["cells"]
    assert far.rows().collect().equals(own.rows().collect())


def test_what_is_gone_or_cut_short_on_the_store_is_said(here, there):
    file = next(f for t, f in there.current().files() if t == "loans" and f["shard"] == here.current().locate("L0007"))
    there.store.put(object_name(file), b"PAR1")
    for _ in range(2):
        with pytest.raises(ShouyueError, match="BOOK-003"):
            loan_history(there.current(), "L0007", *SPAN)
        there.store.remove(object_name(file))


def test_a_store_that_fails_while_it_is_read_is_no_damage(here, there, monkeypatch):
    def refuse(self, name, start, end):
        with self._at(name):
            raise ConnectionResetError("gone")

    monkeypatch.setattr(Store, "part", refuse)
    with pytest.raises(ShouyueError, match="BASE-021"):
        loan_history(there.current(), "L0007", *SPAN)


def test_the_commands_take_a_url(here, there, tmp_path):
    def typed(command, *words: object) -> str:
        done = CliRunner().invoke(command, [str(w) for w in words], catch_exceptions=False)
        assert done.exit_code in (0, 3), done.output
        return done.output

    for n, book in enumerate((here.path, there.store.url)):
        typed(history, "L0007", "--book", book, "--to", DAY, "--out", tmp_path / f"days-{n}.csv")
        typed(reconcile_command, "--book", book, "--out", tmp_path / f"sums-{n}.json")
        on = ("--as-of", DAY, "--out", tmp_path / f"moves-{n}.csv")
        typed(convention, "compare", "default", "fineract", "--book", book, *on)
    for name in ("days", "moves"):
        one, two = ((tmp_path / f"{name}-{n}.csv").read_bytes() for n in range(2))
        assert one == two
    sums = [json.loads((tmp_path / f"sums-{n}.json").read_text()) for n in range(2)]
    assert [s.pop("book") for s in sums] == ["here", "book"] and sums[0] == sums[1]
    nobody = CliRunner().invoke(history, ["L0007", "--book", "sftp://me:secret@host/book"])
    assert "secret" not in str(nobody.exception)
