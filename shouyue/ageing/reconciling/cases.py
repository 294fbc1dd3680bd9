"""The loans that differ, one by one: what they say, what we say, and the rows that may have led to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shouyue.ageing.reconciling.comparing import names
from shouyue.ageing.reconciling.terms import FIELDS
from shouyue.ageing.shard import BookVersion, net_payments

#: the columns of each table that cases and trials read
COLUMNS = {
    "instalments": (
        "loan_ix", "seq", "version", "due_date", "debit_date", "amount_minor", "fee_minor", "interest_minor",
    ),
    "payments": ("loan_ix", "payment_id", "value_date", "booked_on", "amount_minor", "reversal_of"),
    "charges": ("loan_ix", "charge_id", "due_date", "amount_minor", "kind"),
    "pauses": ("loan_ix", "starts_on", "ends_on"),
}  # fmt: skip


@dataclass(frozen=True)
class Payment:
    """``row`` is its place among the shard's payments that were read; ``net_minor`` what is left of it for us."""

    row: int
    id: str
    value: date
    booked: date
    amount_minor: int
    net_minor: int


@dataclass(frozen=True)
class Charge:
    row: int
    id: str
    kind: str
    due: date
    amount_minor: int


@dataclass(frozen=True)
class Case:
    """A loan that differs. ``theirs`` has only what they state; ``differing`` names the fields that are not the same.

    ``phantom`` is the row of a payment of nothing on the day itself, which a trial may give an amount.
    """

    place: int
    loan_id: str
    theirs: Mapping[str, Any]
    ours: Mapping[str, Any]
    differing: frozenset[str]
    opened_on: date | None
    closed_on: date | None
    phantom: int
    payments: Sequence[Payment] = field(default=(), repr=False)
    charges: Sequence[Charge] = field(default=(), repr=False)
    pauses: Sequence[date] = field(default=(), repr=False)

    def gap(self, name: str) -> int | None:
        """Theirs less ours; None where they do not state it."""
        return self.theirs[name] - self.ours[name] if name in self.theirs else None


class Chosen:
    """The rows of some loans of a shard, numbered anew from 0 in the order of ``places`` (rising).

    Each loan's payments have one more, of nothing, on the day itself (``phantom``).
    """

    def __init__(self, version: BookVersion, shard_ix: int, places: np.ndarray, day: date):
        self.places, self.day = places, day
        number = pl.DataFrame({"loan_ix": places.astype(np.int32), "_n": np.arange(places.size, dtype=np.int32)})
        self.tables = {name: _chosen(version, name, shard_ix, number) for name in COLUMNS}
        payments = pl.DataFrame(pl.from_arrow(self.tables["payments"]))
        phantom = pl.DataFrame(
            {
                "loan_ix": np.arange(places.size, dtype=np.int32),
                "value_date": [day] * places.size,
                "booked_on": [day] * places.size,
                "amount_minor": np.zeros(places.size, np.int64),
            }
        )
        together = pl.concat([payments, phantom.cast({"value_date": pl.Date})], how="diagonal")
        together = together.sort("loan_ix", "value_date", "booked_on", "payment_id", nulls_last=True)
        self.tables["payments"] = together.to_arrow()
        self.phantoms = together["payment_id"].is_null().arg_true().to_numpy()

    def cases(self, rows: pl.DataFrame, known_at: date | None) -> Iterator[Case]:
        """A case for each of ``rows`` (of ``comparing.beside``, in the order of ``places``)."""
        payments, charges, pauses = self._payments(known_at), self._charges(), self._pauses()
        for place, row in enumerate(rows.iter_rows(named=True)):
            yield Case(
                place,
                row["loan_id"],
                {n: v for n in FIELDS if (v := row[f"theirs_{n}"]) is not None},
                {n: row[f"ours_{n}"] for n in FIELDS},
                frozenset(names(row["differs"])),
                row["opened_on"],
                row["closed_on"],
                int(self.phantoms[place]),
                payments.get(place, ()),
                charges.get(place, ()),
                pauses.get(place, ()),
            )

    def _payments(self, known_at: date | None) -> dict[int, list[Payment]]:
        table = self.tables["payments"]
        net = net_payments(table, known_at)
        found: dict[int, list[Payment]] = {}
        columns = (
            table.column(c).to_pylist() for c in ("loan_ix", "payment_id", "value_date", "booked_on", "amount_minor")
        )
        reverses = np.asarray(pc.is_valid(table.column("reversal_of")))
        for row, (loan, number, value, booked, amount) in enumerate(zip(*columns, strict=True)):
            if number is not None and not reverses[row]:
                found.setdefault(loan, []).append(Payment(row, number, value, booked or value, amount, int(net[row])))
        return found

    def _charges(self) -> dict[int, list[Charge]]:
        table = self.tables["charges"]
        found: dict[int, list[Charge]] = {}
        columns = (table.column(c).to_pylist() for c in ("loan_ix", "charge_id", "kind", "due_date", "amount_minor"))
        for row, (loan, *about) in enumerate(zip(*columns, strict=True)):
            found.setdefault(loan, []).append(Charge(row, *about))
        return found

    def _pauses(self) -> dict[int, list[date]]:
        table = self.tables["pauses"]
        found: dict[int, list[date]] = {}
        for loan, starts in zip(
            table.column("loan_ix").to_pylist(), table.column("starts_on").to_pylist(), strict=True
        ):
            found.setdefault(loan, []).append(starts)
        return found


def _chosen(version: BookVersion, name: str, shard_ix: int, number: pl.DataFrame) -> pa.Table:
    table = version.read(name, shard_ix, list(COLUMNS[name]))
    mine = table.filter(pc.is_in(table.column("loan_ix"), pa.array(number["loan_ix"].to_numpy())))
    rows = pl.DataFrame(pl.from_arrow(mine)).join(number, on="loan_ix", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("_n").alias("loan_ix")).drop("_n")
    return rows.to_arrow().cast(table.schema)
