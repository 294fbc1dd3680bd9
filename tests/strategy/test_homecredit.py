"""The standard strategy on real records: the lists are those that the independently computed arrears ask for."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from shouyue.ageing.run import age_table
from shouyue.book.build import build_version
from shouyue.strategy import cases, decide, load
from shouyue.strategy.features import features

AS_OF = date(2023, 6, 30)


@pytest.mark.shared
def test_the_lists_of_a_real_day(shared_data, tmp_path):
    def read(name: str) -> pl.DataFrame:
        frame = pl.read_csv(shared_data / "homecredit" / f"{name}.csv", infer_schema=False)
        return frame.rename({"contract_no": "loan_id"})

    def minor(column: str) -> pl.Expr:
        return (pl.col(column).cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64).alias("amount_minor")

    numbers, due = pl.col("seq", "version").cast(pl.Int32), pl.col("due_date").str.to_date()
    paid = pl.col("paid_on").str.to_date().alias("value_date")
    tables = {
        "loans": read("loans").select("loan_id", customer_id="customer_no"),
        "instalments": read("instalments").select("loan_id", numbers, due, minor("amount_due")),
        "payments": read("payments").select("loan_id", paid, minor("amount"), payment_id="payment_no"),
    }
    version = build_version(tmp_path / "book", tables, shards=2)
    aged = pl.DataFrame(age_table(version, AS_OF))
    frame = features(aged, tables["loans"], pl.DataFrame(), AS_OF)
    decided = decide(load("standard"), frame)
    expected = read("expected_2023-06-30").with_columns(
        pl.col("dpd", "overdue_minor").cast(pl.Int64), pl.col("next_due").str.to_date(strict=False)
    )
    late = expected.filter((pl.col("dpd") > 0) & (pl.col("overdue_minor") >= 2000))
    to_due = (pl.col("next_due") - AS_OF).dt.total_days()
    due_soon = expected.filter(to_due.is_between(1, 2)).join(late, on="loan_id", how="anti")

    def listed(**where: str) -> list[str]:
        return decided.filter(**where)["loan_id"].to_list()

    assert listed(phase="collection") == sorted(late["loan_id"])
    assert listed(stage="due") == sorted(due_soon["loan_id"])
    assert late.height > 0
    worked = decided.filter(pl.col("phase").is_not_null())["customer_id"]
    assert set(cases(decided, frame)["customer_id"]) == set(worked)
