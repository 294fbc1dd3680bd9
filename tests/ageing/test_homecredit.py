"""Real records of a consumer lender, aged by an independent program: ours agrees to the last cent and day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from shouyue.ageing.run import age
from shouyue.book.build import build_version

AS_OF = date(2023, 6, 30)


def book_of(folder: Path, home: Path):
    def read(name: str) -> pl.DataFrame:
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
        return frame.rename({"contract_no": "loan_id"})

    def minor(column: str) -> pl.Expr:
        return (pl.col(column).cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64).alias("amount_minor")

    return build_version(
        home / "homecredit",
        {
            "loans": read("loans").select("loan_id", customer_id="customer_no"),
            "instalments": read("instalments").select(
                "loan_id",
                pl.col("seq").cast(pl.Int32),
                pl.col("version").cast(pl.Int32),
                pl.col("due_date").str.to_date(),
                minor("amount_due"),
            ),
            "payments": read("payments").select(
                "loan_id", minor("amount"), payment_id="payment_no", value_date=pl.col("paid_on").str.to_date()
            ),
        },
        shards=4,
    )


@pytest.mark.shared
def test_every_loan_equals_the_expected_file(shared_data, tmp_path):
    out = tmp_path / "aged.csv"
    age(book_of(shared_data / "homecredit", tmp_path), AS_OF, out=out)
    ours = pl.read_csv(out, infer_schema=False)
    expected = pl.read_csv(shared_data / "homecredit" / "expected_2023-06-30.csv", infer_schema=False)
    expected = expected.rename({"contract_no": "loan_id"}).sort("loan_id")
    assert expected.height == 1772
    assert ours.select(expected.columns).equals(expected)
