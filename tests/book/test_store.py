from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa
import pytest

from shouyue.ageing.one import find, rows_of_loan
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.book.schema import TABLES, shard_of
from shouyue.book.store import Book, VersionWriter

LOANS = [f"L{n:03d}" for n in range(200)]


@pytest.fixture
def tables() -> dict[str, pl.DataFrame]:
    return {
        "loans": pl.DataFrame({"loan_id": LOANS[::-1], "customer_id": [f"C{n % 50}" for n in range(200)]}),
        "customers": pl.DataFrame({"customer_id": [f"C{n}" for n in range(50)]}),
        "instalments": pl.DataFrame(
            {
                "loan_id": LOANS * 3,
                "seq": [3] * 200 + [1] * 200 + [2] * 200,
                "version": [1] * 600,
                "due_date": [date(2026, 3, 1)] * 200 + [date(2026, 1, 1)] * 200 + [date(2026, 2, 1)] * 200,
                "amount_minor": list(range(600)),
            }
        ),
        "payments": pl.DataFrame(
            {
                "payment_id": [f"P{n}" for n in range(200)],
                "loan_id": LOANS,
                "value_date": [date(2026, 1, 2)] * 200,
                "amount_minor": [2**53 + 1] * 200,
            }
        ),
    }


def test_rows_lie_with_their_loan_and_in_order(tables, tmp_path):
    version = build_version(tmp_path / "book", tables, shards=4)
    assert version.shards == 4 and version.rows("instalments") == 600
    for ix in range(4):
        loans = version.read("loans", ix)["loan_id"].to_pylist()
        assert loans == sorted(loans) and {shard_of(loan, 4) for loan in loans} == {ix}
        rows = version.read("instalments", ix)
        assert rows.schema == TABLES["instalments"].arrow_schema()
        assert [loans[at] for at in rows["loan_ix"].to_pylist()] == rows["loan_id"].to_pylist()
        assert rows["seq"].to_pylist() == [1, 2, 3] * len(loans)
        assert version.read("payments", ix)["booked_on"].null_count == 0
        for customer in version.read("customers", ix)["customer_id"].to_pylist():
            assert shard_of(customer, 4) == ix


def test_one_loan_is_found_without_reading_the_rest(tables, tmp_path):
    version = build_version(tmp_path / "book", tables, shards=4)
    rows = version.loan("L042", "instalments", ["seq", "amount_minor"])
    assert rows.to_pylist() == [
        {"seq": 1, "amount_minor": 242},
        {"seq": 2, "amount_minor": 442},
        {"seq": 3, "amount_minor": 42},
    ]
    assert version.loan("nobody", "instalments").num_rows == 0
    assert version.customer("C7", "customers").num_rows == 1


def test_table_without_rows_reads_as_empty_with_its_columns(tables, tmp_path):
    version = build_version(tmp_path / "book", tables)
    assert version.read("charges", 0).schema == TABLES["charges"].arrow_schema()
    assert version.read("pauses", 0, ["starts_on"]).schema == pa.schema([("starts_on", pa.date32())])


def test_sums_beyond_64_bits_stay_exact(tables, tmp_path):
    tables["payments"] = tables["payments"].with_columns(amount_minor=pl.lit(2**62))
    version = build_version(tmp_path / "book", tables)
    assert version.manifest["tables"]["payments"]["money"] == str(200 * 2**62)


def test_same_rows_in_another_order_and_batch_give_the_same_content(tables, tmp_path):
    first = build_version(tmp_path / "one", tables, shards=2)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in tables.items()}
    second = build_version(tmp_path / "two", shuffled, shards=2)
    assert first.id == second.id and first.manifest["content"] == second.manifest["content"]


def test_damage_is_found_by_checksum(tables, tmp_path):
    version = build_version(tmp_path / "book", tables)
    assert version.verify() == []
    path = version.shard_file("loans", 0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    version.shard_file("payments", 0).unlink()
    assert set(version.verify()) == {"loans/shard-0000.parquet", "payments/shard-0000.parquet"}
    with pytest.raises(ShouyueError, match="BOOK-003"):
        version.check()


@pytest.mark.parametrize("damage", ["gone", "cut short", "longer"])
@pytest.mark.parametrize("table", ["loans", "payments"])
def test_damage_is_told_by_whatever_reads_the_file(tables, tmp_path, damage, table):
    version = build_version(tmp_path / "book", tables)
    loan = str(tables["loans"]["loan_id"][0])
    place = find(version, loan)
    path = version.shard_file(table, 0)
    if damage == "gone":
        path.unlink()
    else:
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if damage == "cut short" else data + b"?")
    with pytest.raises(ShouyueError, match="BOOK-003"):
        version.read(table, 0)
    with pytest.raises(ShouyueError, match="BOOK-003"):
        version.loan(loan, table)
    with pytest.raises(ShouyueError, match="BOOK-003"):
        find(version, loan) if table == "loans" else rows_of_loan(version, table, place, ["loan_ix", "amount_minor"])
    if damage == "gone":
        with pytest.raises(ShouyueError, match="BOOK-003"):
            version.shard_files(table)


def test_nothing_is_seen_of_a_version_before_it_is_named_current(tables, tmp_path):
    book = Book(tmp_path / "book")
    assert book.current() is None and book.versions() == []
    first = build_version(book.path, tables)
    with book.lock(), VersionWriter(book, 1, "CNY"):
        assert book.versions() == [first.id]
    orphan = book.path / "versions" / "000002-deadbeef"
    orphan.mkdir()
    (book.path / "tmp-left").mkdir()
    assert book.versions() == [first.id]
    with pytest.raises(ShouyueError, match="BOOK-001"):
        book.version(orphan.name)
    second = build_version(book.path, tables)
    assert not list(book.path.glob("tmp-*")) and not orphan.exists()
    assert book.versions() == [first.id, second.id]
    assert second.manifest["parent"] == first.id


def test_child_without_loan_is_refused_by_the_builder(tables, tmp_path):
    tables["payments"] = tables["payments"].with_columns(loan_id=pl.lit("nobody"))
    with pytest.raises(ValueError, match="no loan"):
        build_version(tmp_path / "book", tables)
    assert Book(tmp_path / "book").current() is None


def test_other_engines_read_a_version_as_it_lies(tables, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    version = build_version(tmp_path / "book", tables, shards=4)
    pattern = str(version.path / "instalments" / "*.parquet")
    rows = duckdb.sql(f"SELECT count(*), sum(amount_minor) FROM '{pattern}'").fetchall()
    assert rows == [(600, sum(range(600)))]
    assert pl.scan_parquet(pattern).select(pl.col("amount_minor").sum()).collect().item() == sum(range(600))
