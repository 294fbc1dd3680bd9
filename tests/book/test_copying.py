"""A book on a store: what is there is whole, what is pushed or pulled twice is done once, histories never mix."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from shouyue.ageing.run import age_table
from shouyue.base.errors import ShouyueError
from shouyue.base.stores import Store
from shouyue.book.build import build_version
from shouyue.book.copying import pull, push
from shouyue.book.schema import TABLES
from shouyue.book.store import Book, VersionWriter
from shouyue.book.stored import StoredBook, object_name
from shouyue.cli.age import age
from shouyue.cli.book import book as book_command
from tests.ageing.loans import frames
from tests.ageing.test_run import some_loans
from tests.book.stores import KINDS, url_of

AS_OF = date(2023, 3, 31)


@pytest.fixture
def here(tmp_path) -> Book:
    build_version(tmp_path / "here", frames(some_loans()), shards=4)
    return Book(tmp_path / "here")


@pytest.fixture(params=KINDS)
def there(request, tmp_path) -> StoredBook:
    return StoredBook(url_of(request.param, tmp_path))


def next_day(book: Book) -> None:
    """A version in which the payments of shard 1 have changed and all else is as before."""
    parent = book.current()
    assert parent
    with book.lock(), VersionWriter(book, parent.shards, parent.currency, parent) as writer:
        for table in TABLES:
            for ix in range(parent.shards):
                if (table, ix) == ("payments", 1):
                    writer.write(table, ix, parent.read(table, ix).slice(1))
                else:
                    writer.link(table, ix)
        writer.commit(profile=None, sources=[], import_digest=None, control=None)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_is_pushed_ages_the_same_and_comes_back_byte_for_byte(here, there, tmp_path):
    version = here.current()
    assert there.current() is None and there.versions() == []
    first = push(version, there)
    assert (first.files, first.kept) == (len(list(version.files())), 0)
    stored = there.current()
    assert stored.id == version.id and stored.manifest == version.manifest and stored.verify() == []
    assert age_table(stored, AS_OF).equals(age_table(version, AS_OF))
    assert stored.loan("L0007", "payments").equals(version.loan("L0007", "payments"))
    pull(there, None, Book(tmp_path / "back"))
    assert content(tmp_path / "back") == content(here.path)
    assert push(version, there).files == 0


def test_refused_rows_go_along_and_come_back_for_their_owner_alone(here, there, tmp_path):
    version = here.current()
    push(version, there)
    refused = version.path / "quarantine.csv"
    refused.write_text("table\nloans\n", encoding="utf-8-sig")
    assert push(version, there).files == 1 and push(version, there).files == 0  # it came after the version: mended
    with there.current().refused() as lines:
        assert lines.read() == "table\nloans\n"
    pull(there, None, Book(tmp_path / "back"))
    assert content(tmp_path / "back") == content(here.path)
    back = Book(tmp_path / "back").current().quarantine()
    assert back is not None and back.stat().st_mode & 0o077 == 0


def test_the_next_day_carries_only_what_changed_both_ways(here, there, tmp_path):
    back = Book(tmp_path / "back")
    push(here.current(), there)
    pull(there, None, back)
    next_day(here)
    assert push(here.current(), there).files == 1
    assert pull(there, None, back).files == 1
    assert content(back.path) == content(here.path)
    assert there.versions() == here.versions() == back.versions()
    assert age_table(there.version(here.versions()[0]), AS_OF).equals(
        age_table(here.version(here.versions()[0]), AS_OF)
    )


def test_broken_off_at_any_file_the_store_is_as_before_and_the_next_push_ends_it(here, there, monkeypatch):
    push(here.current(), there)
    before = there.versions()
    next_day(here)
    put = Store.put
    left = 0

    def cut(self, name, data):
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        put(self, name, data)
        left -= 1

    for files in range(2):
        left = files
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(Store, "put", cut)
            push(here.current(), there)
        assert there.versions() == before
    push(here.current(), there)
    assert there.versions() == here.versions() and there.current().verify() == []


def test_half_a_file_of_a_killed_push_is_written_again(here, there):
    version = here.current()
    _, file = next(version.files())
    there.store.put(object_name(file), b"half")
    push(version, there)
    assert there.current().verify() == []


def test_damage_is_found_and_only_a_verifying_push_mends_it(here, there):
    version = here.current()
    push(version, there)
    _, file = next(f for f in version.files() if f[0] == "payments")
    there.store.remove(object_name(file))
    with pytest.raises(ShouyueError, match="BOOK-003"):
        age_table(there.current(), AS_OF)
    damaged = version.shard_file("payments", file["shard"]).read_bytes()[:-1] + b"?"
    there.store.put(object_name(file), damaged)
    assert there.current().verify() == [file["path"]]
    assert push(version, there).files == 0
    assert push(version, there, verify=True).files == 1
    assert there.current().verify() == []


def test_a_damaged_local_file_is_never_pushed(here, there):
    version = here.current()
    path = version.shard_file("loans", 0)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ShouyueError, match="BOOK-003"):
        push(version, there)
    assert there.versions() == []


def test_another_books_history_is_refused_both_ways(here, there, tmp_path):
    push(here.current(), there)
    other = build_version(tmp_path / "other", frames(some_loans(5)))
    with pytest.raises(ShouyueError, match="BOOK-005"):
        push(other, there)
    with pytest.raises(ShouyueError, match="BOOK-005"):
        pull(there, None, Book(tmp_path / "other"))
    assert there.versions() == here.versions()
    assert Book(tmp_path / "other").current().id == other.id


def test_an_older_version_is_not_put_on_top_of_a_newer(here, there, tmp_path):
    first = here.current()
    next_day(here)
    push(first, there)
    push(here.current(), there)
    back = Book(tmp_path / "back")
    pull(there, None, back)
    with pytest.raises(ShouyueError, match="BOOK-007"):
        pull(there, first.id, back)
    with pytest.raises(ShouyueError, match="BOOK-001"):
        pull(there, "000009-aaaaaaaa", back)


def test_a_store_that_cannot_be_reached_says_so_without_its_password(tmp_path):
    with pytest.raises(ShouyueError, match="BASE-020"):
        StoredBook("nosuch://host/book").current()
    closed = tmp_path / "file"
    closed.touch()
    with pytest.raises(ShouyueError, match="BASE-021"):
        Store(closed).put("a/b", b"")
    assert "secret" not in str(Store("sftp://me:secret@host/book?token=secret"))


def test_commands(here, tmp_path):
    def said(*words: str) -> str:
        done = CliRunner().invoke(book_command, list(words), catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    url, back = (tmp_path / "store").as_uri(), str(tmp_path / "back")
    files = len(list(here.current().files()))
    assert f"copied {files}" in said("push", str(here.path), url)
    assert f"there already {files}" in said("push", str(here.path), url, "--verify")
    assert "copied" in said("pull", url, back)
    assert said("list", url) == said("list", back) and here.current().id in said("list", url)
    assert f"{files} 个文件完好" in said("verify", url)
    outs = [str(tmp_path / "1.csv"), str(tmp_path / "2.csv")]
    for book, out in zip((url, back), outs, strict=True):
        done = CliRunner().invoke(age, ["--book", book, "--as-of", "2023-03-31", "--out", out], catch_exceptions=False)
        assert done.exit_code == 0
    assert Path(outs[0]).read_bytes() == Path(outs[1]).read_bytes()
    assert pl.read_csv(outs[0]).height == 30


def test_a_command_that_needs_a_local_book_says_how_to_get_one():
    from shouyue.base import settings

    with pytest.raises(ShouyueError, match="shouyue book pull"):
        settings.book_path("s3://bucket/books/main")
