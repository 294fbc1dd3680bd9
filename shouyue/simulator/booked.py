"""What the core has booked of the instructions it was given, block by block: waivers and contact data.

Each entry has the day on which it was booked, so that the books of an earlier day are as they were. Early settlements
are not here: they change the block's plan (``told``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from shouyue.simulator.columns import COLUMNS

Row = dict[str, Any]


@dataclass
class Booked:
    """``waivers_`` (day, instalment's row, month of the penalty or 0 for the late fee, minor units); ``details``
    (day, customer, columns of ``customers``); ``lists`` (day, customer, the whole list of his numbers).
    """

    waivers_: list[tuple[int, int, int, int]] = field(default_factory=list)
    details: list[tuple[int, str, Row]] = field(default_factory=list)
    lists: list[tuple[int, str, list[Row]]] = field(default_factory=list)

    # ------------------------------------------------------------------ charges
    def waivers(self, since: int, until: int) -> list[tuple[int, int]]:
        """The charges (row, month) of which something was waived after ``since`` and by ``until``."""
        return sorted({(row, month) for day, row, month, _ in self.waivers_ if since < day <= until})

    def waived(self, rows: np.ndarray, months: np.ndarray, until: int) -> np.ndarray:
        """What was waived of each charge by the day. int64 minor units."""
        found = np.zeros(len(rows), np.int64)
        for day, row, month, minor in self.waivers_:
            if day <= until:
                found[(rows == row) & (months == month)] += minor
        return found

    def waived_of(self, rows: np.ndarray, days: np.ndarray) -> np.ndarray:
        """What was waived of all charges of each instalment by its day in ``days``. int64 minor units."""
        found = np.zeros(len(rows), np.int64)
        for day, row, _, minor in self.waivers_:
            found[(rows == row) & (days >= day)] += minor
        return found

    # ------------------------------------------------------------------ contact data
    def of_customers(self, since: int, until: int) -> list[str]:
        """The customers of whom something else is known."""
        return sorted({customer for day, customer, _ in self.details if since < day <= until})

    def of_contacts(self, since: int, until: int) -> list[str]:
        """The customers whose numbers are others."""
        return sorted({customer for day, customer, _ in self.lists if since < day <= until})

    def customers(self, table: pa.Table, until: int) -> pa.Table:
        """The customers as they are known on the day."""
        return self._replaced(
            table, "customers", self.of_customers(-(10**6), until), lambda rows: self._said(rows, until)
        )

    def contacts(self, table: pa.Table, until: int) -> pa.Table:
        """The numbers as they are known on the day."""
        return self._replaced(
            table, "contacts", self.of_contacts(-(10**6), until), lambda rows: self.numbers(rows, until)
        )

    def numbers(self, rows: list[Row], until: int) -> list[Row]:
        """One customer's numbers on the day; ``rows`` has those that were booked first."""
        customer = rows[0]["customer_id"]
        return next((new for day, of, new in reversed(self.lists) if of == customer and day <= until), rows)

    def _said(self, rows: list[Row], until: int) -> list[Row]:
        row = dict(rows[0])
        for day, customer, said in self.details:
            if customer == row["customer_id"] and day <= until:
                row |= said
        return [row]

    def _replaced(
        self, table: pa.Table, name: str, customers: list[str], renew: Callable[[list[Row]], list[Row]]
    ) -> pa.Table:
        """The table with the rows of these customers renewed, each in its place."""
        if not customers:
            return table
        wanted, rows, seen = set(customers), [], set()
        whole = table.to_pylist()
        by: dict[str, list[Row]] = {}
        for row in whole:
            if row["customer_id"] in wanted:
                by.setdefault(row["customer_id"], []).append(row)
        for row in whole:
            customer = row["customer_id"]
            if customer not in wanted:
                rows.append(row)
            elif customer not in seen:
                seen.add(customer)
                rows += renew(by[customer])
        return pa.Table.from_pylist(rows, schema=COLUMNS[name])
