"""The hidden kinds of customer and what will become of each loan: for checks, never part of an export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from shouyue.base import files
from shouyue.simulator import cast, ledger, people, temper
from shouyue.simulator.lending import NEVER
from shouyue.simulator.people import take


def of(b: ledger.Block) -> pa.Table:
    """A row per loan of the block: temper, its part in the cast, and the days to come."""
    loans, plan = b.loans, b.plan
    n = len(loans)
    part = np.full(n, len(cast.PARTS))
    part[loans.cast.place] = loans.cast.part
    names = [f"{i:02d}-{p.temper}" for i, p in enumerate(cast.PARTS)]
    closes = ledger.closed_on(b)

    def day(values: np.ndarray) -> pa.Array:
        return pa.array(values.astype(np.int32), mask=values >= NEVER).cast(pa.date32())

    return pa.table(
        {
            "loan_id": ledger.loan_ids(loans.number),
            "customer_id": people.customer_ids(loans.customer[loans.owner]),
            "temper": take(temper.NAMES, loans.temper[loans.owner]),
            "part": take([*names, ""], part),
            "closes_on": day(closes),
            "settles_on": day(plan.settles_on),
            "lost_from": day(plan.lost_from),
            "renegotiated_after": pa.array(loans.renegotiated),
        }
    )


def write(blocks: list[pa.Table], path: Path) -> None:
    table = pa.concat_tables(blocks)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(path) as aside:
        if path.suffix == ".csv":
            pa_csv.write_csv(table, aside)
        else:
            pq.write_table(table, aside)
