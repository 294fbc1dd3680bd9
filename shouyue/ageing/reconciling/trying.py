"""Loans aged again as a suspect would have it, many at a time: does everything they state then agree?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from shouyue.ageing import kernel
from shouyue.ageing.columns import DAYS, MONEY
from shouyue.ageing.convention import Convention
from shouyue.ageing.customers import GROUPS
from shouyue.ageing.reconciling.cases import Chosen
from shouyue.ageing.reconciling.terms import FIGURES
from shouyue.ageing.shard import Aged, Rows, age_rows, day_number, lent, rows_of

#: loans aged in one go
AT_A_TIME = 100_000


@dataclass(frozen=True)
class How:
    """A way of counting. ``shift`` moves the day lateness is counted to, and leaves the money where it is."""

    convention: Convention
    known_at: date | None = None
    shift: int = 0


@dataclass(frozen=True)
class Try:
    """One suspicion about one loan: ``cause`` and the ``evidence`` that names it, and how the loan would then be aged.

    ``payments`` and ``charges`` are (row, amount) that count in place of ours. ``how`` names a way of counting;
    ``proven`` needs no ageing: the figures themselves show it.
    """

    place: int
    cause: str
    evidence: str
    how: str = ""
    payments: tuple[tuple[int, int], ...] = ()
    charges: tuple[tuple[int, int], ...] = ()
    proven: bool = False


class Court:
    """Tries suspicions about the chosen loans of a shard. ``rows`` are theirs, in the order of ``chosen.places``."""

    def __init__(self, chosen: Chosen, rows: pl.DataFrame, hows: dict[str, How]):
        self.chosen, self.hows = chosen, hows
        self.theirs = {n: rows[f"theirs_{n}"] for n in FIGURES}
        self.labels = rows["theirs_bucket"].to_list()
        self.closed = rows["theirs_status"].to_list()
        self._read: dict[tuple[Convention, date | None], Rows] = {}

    def judge(self, tries: Sequence[Try]) -> np.ndarray:
        """Which of them explain all that their loan's lender states."""
        holds = np.array([t.proven for t in tries], bool)
        together: dict[str, list[int]] = defaultdict(list)
        for n, one in enumerate(tries):
            if not one.proven:
                together[one.how].append(n)
        for how, numbers in together.items():
            for begin in range(0, len(numbers), AT_A_TIME):
                part = numbers[begin : begin + AT_A_TIME]
                holds[part] = self._agree(self.hows[how], [tries[n] for n in part])
        return holds

    def under(self, how: str) -> np.ndarray:
        """Of every chosen loan: would it agree if all were counted so?"""
        return self._agree(self.hows[how], [Try(n, "", "", how) for n in range(self.chosen.places.size)])

    def _agree(self, how: How, tries: Sequence[Try]) -> np.ndarray:
        rows = self._rows(how)
        places = np.array([t.place for t in tries], np.int64)
        columns, begins = expanded(rows, places)
        paid, charged = np.array(columns.paid), np.array(columns.chg_amount)
        for n, one in enumerate(tries):
            for row, amount in one.payments:
                paid[row - begins["pay_loan"][n]] = amount
            for row, amount in one.charges:
                charged[row - begins["chg_loan"][n]] = amount
        columns = columns._replace(paid=paid, chg_amount=charged)
        as_of = self.chosen.day + timedelta(days=how.shift)
        columns = _moved(columns, day_number(self.chosen.day), how.shift)
        made = Rows(places.size, kernel.Rows(*(lent(values) for values in columns)))
        return self._same(age_rows(made, as_of, how.convention), places, how.convention)

    def _rows(self, how: How) -> Rows:
        key = (how.convention, how.known_at)
        if key not in self._read:
            tables = self.chosen.tables
            children = [tables[name] for name in ("instalments", "payments", "charges", "pauses")]
            self._read[key] = rows_of(
                self.chosen.places.size, *children, known_at=how.known_at, convention=how.convention
            )
        return self._read[key]

    def _same(self, aged: Aged, places: np.ndarray, rules: Convention) -> np.ndarray:
        same = np.ones(places.size, bool)
        owed = aged.money[MONEY.index("outstanding_minor")]
        for name in FIGURES:
            said = self.theirs[name]
            stated = said.is_not_null().to_numpy()[places]
            values = said.fill_null(0).to_numpy()[places]
            same &= ~stated | (values == _figure(aged, name, owed, values))
        bucket = np.searchsorted(rules.edges, aged.days[DAYS.index("dpd")], side="left")
        numbers = {b.label: n for n, b in enumerate(rules.buckets)}
        theirs = np.array([-1 if label is None else numbers.get(label, -2) for label in self.labels], np.int64)[places]
        same &= (theirs == -1) | (theirs == bucket)
        status = np.array([-1 if s is None else int(s == "closed") for s in self.closed], np.int64)[places]
        return same & ((status == -1) | (status == (owed == 0)))


def _figure(aged: Aged, name: str, owed: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Our figure of that name (as ``comparing`` has them)."""
    if name == "dpd":
        return aged.days[DAYS.index("dpd")]
    if name == "outstanding_minor":
        return np.where((theirs < 0) & (owed == 0), -aged.money[MONEY.index("credit_minor")], owed)
    if name == "penalty_minor":
        parts = ("outstanding_penalty_minor", "outstanding_late_fee_minor")
        return np.sum([aged.money[MONEY.index(p)] for p in parts], axis=0)
    return aged.money[MONEY.index(name if name == "overdue_minor" else f"outstanding_{name}")]


def expanded(rows: Rows, places: np.ndarray) -> tuple[kernel.Rows, dict[str, np.ndarray]]:
    """The rows of the loans ``places``, which may come several times, numbered anew in that order.

    With it, for each group of columns, what to take off a row's old number to have its new one.
    """
    made: dict[str, np.ndarray] = {}
    begins: dict[str, np.ndarray] = {}
    for loan, *others in GROUPS:
        edges = np.searchsorted(getattr(rows.columns, loan), np.arange(rows.loans + 1))
        counts = np.diff(edges)[places]
        ends = np.cumsum(counts)
        begins[loan] = edges[:-1][places] - (ends - counts)
        at = np.repeat(begins[loan], counts) + np.arange(int(ends[-1]) if ends.size else 0)
        made[loan] = np.repeat(np.arange(places.size, dtype=np.int32), counts)
        for name in others:
            whole = getattr(rows.columns, name)
            made[name] = whole[at] if whole.size else whole
    return kernel.Rows(**made), begins


def _moved(columns: kernel.Rows, day: int, shift: int) -> kernel.Rows:
    """Money of the day itself counts, and none of the days after, whatever day lateness is counted to."""
    if shift == 0:
        return columns
    if shift > 0:
        return columns._replace(
            paid=np.where(columns.value_day > day, 0, columns.paid),
            chg_amount=np.where(columns.chg_due > day, 0, columns.chg_amount),
        )
    last = np.int32(day + shift)
    return columns._replace(
        value_day=np.where(columns.value_day <= day, np.minimum(columns.value_day, last), columns.value_day),
        chg_due=np.where(columns.chg_due <= day, np.minimum(columns.chg_due, last), columns.chg_due),
    )
