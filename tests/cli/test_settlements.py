"""What settles a loan, on the command line: out of the book alone, and plain where it cannot be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner

from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.cli.settlements import settlements
from tests.ageing.loans import frames
from tests.ageing.test_settling import LOAN, OPENED


@pytest.fixture
def book(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path))
    build_version(tmp_path / "b", frames([replace(LOAN, opened=OPENED)] * 2), shards=2)
    return "b"


def ask(book: str, *more: str, loan: str = "L0000"):
    given = ["quote", loan, "--book", book, "--as-of", "2026-03-10", "--on", date(2026, 3, 16).isoformat(), *more]
    return CliRunner().invoke(settlements, given, catch_exceptions=True)


def test_it_says_the_parts_the_sum_and_what_is_saved(book):
    said = ask(book)
    assert said.exit_code == 0, said.output
    assert "405.81" in said.output and "54.19" in said.output and "15/31" in said.output and "statute" in said.output


def test_of_several_loans_it_says_each_and_the_whole(book):
    said = ask(book, "L0001", "L0000")
    assert said.exit_code == 0, said.output
    assert said.output.count("405.81") == 2 and "CNY · 2 loans 份合同: " in said.output and "811.62" in said.output


@pytest.mark.parametrize(
    ("more", "loan", "code"),
    [((), "none", "AGE-008"), (("--terms", "x"), "L0000", "SETL-015"), (("--on", "soon"), "L0000", "AGE-010")],
)
def test_what_cannot_be_said_is_told(book, more, loan, code):
    error = ask(book, *more, loan=loan).exception
    assert isinstance(error, ShouyueError) and error.code == code
