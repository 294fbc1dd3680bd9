"""``shouyue age`` as a person types it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from shouyue.ageing.run import age_table
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.book.store import Book
from shouyue.cli.age import age
from tests.ageing.loans import frames
from tests.ageing.test_run import some_loans


@pytest.fixture
def book(tmp_path) -> Path:
    build_version(tmp_path / "books" / "b", frames(some_loans()), shards=2)
    return tmp_path / "books" / "b"


def run(*words: object):
    return CliRunner().invoke(age, [str(w) for w in words], catch_exceptions=True)


def test_writes_the_file_and_says_what_is_in_it(book, tmp_path):
    out = tmp_path / "aged.csv"
    told = run("--book", book, "--as-of", "2023-03-31", "--out", out)
    assert told.exit_code == 0, told.output
    aged = pl.read_csv(out, try_parse_dates=True)
    assert aged["loan_id"].to_list() == sorted(aged["loan_id"].to_list())
    lines = {line.split()[0]: line.split() for line in told.output.splitlines()}
    for bucket, loans, overdue in aged.group_by("bucket").agg(pl.len(), pl.col("overdue_minor").sum()).iter_rows():
        assert lines[bucket] == [bucket, str(loans), f"{overdue / 100:,.2f}"]
    assert lines["合计"][2:] == [str(aged.height), f"{aged['overdue_minor'].sum() / 100:,.2f}"]
    assert str(out) in told.output and " s" in told.output


def test_known_at_and_convention_and_version_are_obeyed(book, tmp_path):
    first = Book(book).current()
    assert first
    build_version(book, frames(some_loans(3)))
    out = tmp_path / "aged.parquet"
    told = run(
        "--book", book, "--as-of", "2023-03-31", "--known-at", "2023-01-01", "--convention", "fineract",
        "--version", first.id, "--out", out, "--workers", 1,
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    wanted = pl.DataFrame(age_table(first, date(2023, 3, 31), date(2023, 1, 1), "fineract")).sort("loan_id")
    assert pl.read_parquet(out).equals(wanted)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--as-of", "31.03.2023"], "AGE-010"),
        (["--as-of", "2023-02-30"], "AGE-010"),
        (["--as-of", "20230331"], "AGE-010"),
        (["--as-of", "2023-03-31", "--known-at", "soon"], "AGE-010"),
        (["--as-of", "9999-03-31"], "AGE-007"),
        (["--as-of", "2023-03-31", "--convention", "none-such"], "AGE-001"),
        (["--as-of", "2023-03-31", "--version", "000099-00000000"], "BOOK-001"),
    ],
)
def test_slips_have_their_code_and_write_nothing(book, tmp_path, words, code):
    out = tmp_path / "aged.csv"
    told = run("--book", book, "--out", out, *words)
    assert isinstance(told.exception, ShouyueError)
    assert told.exception.code == code
    assert not out.exists()


def test_other_kinds_of_file_absent_books_and_closed_folders_are_refused(book, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    for path, out, code in (
        (book, tmp_path / "aged.xlsx", "AGE-006"),
        (tmp_path / "no" / "book", tmp_path / "aged.csv", "AGE-012"),
        (book, blocked / "aged.csv", "AGE-011"),
    ):
        told = run("--book", path, "--as-of", "2023-03-31", "--out", out)
        assert isinstance(told.exception, ShouyueError)
        assert told.exception.code == code


def test_the_installed_command_exits_with_2_and_both_languages_on_a_slip(book, tmp_path):
    words = ["age", "--book", str(book), "--as-of", "tomorrow", "--out", str(tmp_path / "a.csv")]
    told = subprocess.run(
        [sys.executable, "-c", "from shouyue.cli.main import main; main()", *words],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 2
    assert "AGE-010" in told.stderr and "不是日期" in told.stderr and "is not a day" in told.stderr
