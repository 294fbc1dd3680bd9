"""Files that cannot be taken in at all: a code, exit 2, and the book as it was."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.store import Book


def _zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (70 << 20))
    return out.getvalue()


CASES = {
    "mandatory table missing": ("BOOK-202", lambda lender: (lender.folder / "plan.csv").unlink()),
    "header missing": ("BOOK-204", lambda lender: lender.write("paid.csv", "id,contract,day,money,undoes\n")),
    "header twice": ("BOOK-205", lambda lender: lender.write("paid.csv", "id,contract,day,sum,sum,undoes\n")),
    "wrong encoding throughout": (
        "BOOK-206",
        lambda lender: lender.write("loans.csv", "合同,客户\nA1,K1\n".encode("gb18030")),
    ),
    "empty file": ("BOOK-207", lambda lender: lender.write("loans.csv", "")),
    "blank file": ("BOOK-207", lambda lender: lender.write("loans.csv", "\n\n  \n")),
    "half a workbook": (
        "BOOK-208",
        lambda lender: _as_file(lender, "loans", "loans.xlsx", b"PK\x03\x04 and then nothing"),
    ),
    "half a Parquet file": ("BOOK-208", lambda lender: _as_file(lender, "loans", "loans.parquet", b"PAR1....PAR1")),
    "cut off gzip": (
        "BOOK-208",
        lambda lender: _as_file(lender, "loans", "loans.csv.gz", gzip.compress(b"contract,cust\n" * 9)[:-9]),
    ),
    "zip bomb": ("BOOK-209", lambda lender: _as_file(lender, "loans", "loans.xlsx", _zip_bomb())),
    "not one good loan": ("BOOK-211", lambda lender: lender.write("loans.csv", "contract,cust,sum,periods\n,K1,x,y\n")),
    "loans without rows": ("BOOK-211", lambda lender: lender.write("loans.csv", "contract,cust,sum,periods\n")),
}


def _as_file(lender, table: str, name: str, content: bytes) -> None:
    lender.write(name, content)
    lender.profile["tables"][table]["files"] = [name]


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("before", [False, True], ids=["new book", "book with a version"])
def test_bad_file_stops_the_import_and_leaves_the_book(kind, before, lender):
    code, spoil = CASES[kind]
    first = lender.imported().version.id if before else None
    spoil(lender)
    with pytest.raises(ShouyueError) as caught:
        lender.imported()
    assert caught.value.code == code
    book = Book(lender.book)
    current = book.current()
    assert (current.id if current else None) == first
    assert book.versions() == ([first] if first else [])
    assert not list(lender.book.glob("tmp-*"))


def test_folder_that_is_not_there(lender):
    lender.folder = lender.folder / "elsewhere"
    with pytest.raises(ShouyueError) as caught:
        lender.imported()
    assert caught.value.code == "BOOK-201"


def test_rows_of_an_import_without_a_good_loan_are_kept(lender, tmp_path):
    lender.write("loans.csv", "contract,cust,sum,periods\n,K1,x,y\n")
    with pytest.raises(ShouyueError):
        lender.imported(quarantine_dir=tmp_path / "out")
    [kept] = (tmp_path / "out").iterdir()
    assert ",K1,x,y" in kept.read_text("utf-8-sig")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_two_imports_at_once_do_not_mix(lender):
    with Book(lender.book).lock(), pytest.raises(ShouyueError) as caught:
        lender.imported()
    assert caught.value.code == "BOOK-002"
