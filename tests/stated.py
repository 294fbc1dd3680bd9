"""A statement of the lender's core about the loans of ``tests.factories``' desk, reconciled."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from shouyue.ageing.run import age_table
from shouyue.book.build import build_version
from shouyue.book.schema import TABLES
from shouyue.book.shelving import frame_schema
from shouyue.casework.models import Loan as DeskLoan
from shouyue.daily import balances
from shouyue.daily.models import Reconciled
from tests.ageing.loans import frames
from tests.factories import TODAY
from tests.published import loan

#: loans of the core that no case of the desk is about
OTHERS = ("N1", "N2")


def reconciled(books: Path) -> Reconciled:
    """The core counts a day more on every second loan, and has one that the book does not know."""
    names = sorted({*DeskLoan.objects.values_list("loan_id", flat=True), *OTHERS})
    tables = frames([loan(late_booking=True) for _ in names], names)
    tables["loans"] = tables["loans"].with_columns(store=pl.lit("S1"))
    version = build_version(books / "stated", tables)
    aged = pl.DataFrame(pl.from_arrow(age_table(version, TODAY)))
    theirs = aged.with_row_index().select(
        "loan_id",
        "overdue_minor",
        "outstanding_minor",
        stated_on=pl.lit(TODAY),
        dpd=pl.col("dpd") + pl.col("index") % 2,
    )
    stranger = pl.DataFrame({"loan_id": ["Z9"], "stated_on": [TODAY], "dpd": [3], "outstanding_minor": [700]})
    said = pl.concat([theirs, stranger], how="diagonal_relaxed")
    schema = frame_schema(TABLES["balances"])
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in said.columns]
    tables["balances"] = said.with_columns(missing).select(*schema).cast(schema)
    made = balances.reconcile(build_version(books / "stated", tables), TODAY, "default")
    assert made is not None
    return made
