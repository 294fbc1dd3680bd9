from __future__ import annotations

from shouyue.book.store import Book
from tests.book.conftest import content


def test_same_files_twice_make_no_second_version(lender):
    first = lender.imported()
    again = lender.imported()
    assert not first.repeated and again.repeated
    assert again.version.id == first.version.id and again.exit_code == 0
    assert again.totals == first.totals
    assert Book(lender.book).versions() == [first.version.id]


def test_same_files_with_bad_rows_say_so_again(lender):
    lender.add("paid.csv", "P9,A9,2026-01-04,1.00,")
    first, again = lender.imported(), lender.imported()
    assert (first.exit_code, again.exit_code) == (3, 3)
    assert again.repeated and again.codes == {"BOOK-126": 1} and again.quarantine == first.quarantine


def test_changed_file_or_profile_makes_a_version(lender):
    first = lender.imported()
    lender.add("paid.csv", "P4,A1,2026-02-04,1.00,")
    second = lender.imported()
    lender.profile["tables"]["payments"]["columns"]["channel"] = {"constant": "cash"}
    third = lender.imported()
    assert Book(lender.book).versions() == [o.version.id for o in (first, second, third)]
    assert third.version.manifest["parent"] == second.version.id


def test_comments_and_titles_of_a_profile_change_nothing(lender):
    lender.imported()
    lender.profile["title_zh"] = "新标题"
    assert lender.imported().repeated


def test_going_back_to_older_files_is_a_new_version(lender):
    first = lender.imported()
    lender.add("paid.csv", "P4,A1,2026-02-04,1.00,")
    lender.imported()
    lender.write("paid.csv", (lender.folder / "paid.csv").read_bytes()[: -len("P4,A1,2026-02-04,1.00,\n")])
    third = lender.imported()
    assert not third.repeated and content(third.version) == content(first.version)
