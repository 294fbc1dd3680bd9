"""A few loans of every store are given a part, so that a small demo shows each bucket and each early segment.

The share is small (at most one loan in twenty, sixteen per store), their days follow from the store's number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shouyue.simulator.size import Lender
from shouyue.simulator.temper import INDEX
from shouyue.simulator.workdays import day_of


@dataclass(frozen=True)
class Part:
    """``dpd`` days past due at the anchor, or, where ``late`` is given, an instalment that was paid that late and
    a next one due within ``soon`` days."""

    temper: str
    dpd: tuple[int, int] | None = None
    late: tuple[int, int] | None = None
    soon: tuple[int, int] = (1, 7)
    corporate: bool = False
    settles: bool = False
    paused: bool = False


PARTS: tuple[Part, ...] = (
    Part("forgetful", dpd=(2, 5)),
    Part("strained", dpd=(36, 52)),
    Part("unwilling", dpd=(65, 84)),
    Part("hardship", dpd=(94, 114)),
    Part("vanishing", dpd=(124, 144)),
    Part("unwilling", dpd=(154, 174)),
    Part("vanishing", dpd=(190, 330)),
    Part("strained", late=(17, 23), soon=(2, 6)),  # recovered last month
    Part("habitual", late=(3, 7), soon=(3, 7)),
    Part("early", late=(0, 0), soon=(3, 7), settles=True),
    Part("punctual", late=(0, 0), soon=(3, 7), corporate=True),
    Part("forgetful", late=(6, 10), soon=(3, 7)),  # last period abnormal
    Part("strained", late=(18, 22), soon=(3, 7)),  # recovered last month
    Part("habitual", dpd=(9, 24)),
    Part("strained", dpd=(34, 54), paused=True),
    Part("hardship", dpd=(64, 84)),
)


@dataclass(frozen=True)
class Cast:
    """One row per loan that plays a part: place in the block, its store, key instalment (0-based) and its days."""

    place: np.ndarray
    store: np.ndarray
    part: np.ndarray
    temper: np.ndarray
    key: np.ndarray
    key_due: np.ndarray
    late: np.ndarray  # days the key instalment was paid late; -1 where it is open at the anchor
    term: np.ndarray


def of(lender: Lender, first: int, count: int) -> Cast:
    """The cast among the loans ``first`` … ``first + count - 1``."""
    stores = lender.store_count
    total = min(stores * len(PARTS), lender.loans // 20)
    rows = [_play(lender, n, n - first) for n in range(first, min(first + count, total))]
    columns = np.array(rows, dtype=np.int64).reshape(len(rows), 8).T
    return Cast(*columns)


def _play(lender: Lender, loan: int, place: int) -> tuple[int, ...]:
    role, store = divmod(loan, lender.store_count)
    part = PARTS[role]
    spin = (loan * 0.7548776662466927 + (lender.seed % 1013) / 1013) % 1.0
    key = 6 + int(spin * 5)
    if part.dpd is not None:
        due = _early_in_month(lender.day - _within(part.dpd, spin), +1)
        late = -1
    else:
        soon = _within(part.soon, spin)
        span = range(part.soon[0], part.soon[1] + 1)
        fit = [s for s in span if day_of(lender.day + s).day <= 28] or [1]
        due = _month_before(lender.day + min(fit, key=lambda s: abs(s - soon)))
        late = _within(part.late or (0, 0), spin)
    return place, store, role, INDEX[part.temper], key, due, late, 18 if key > 8 else 12


def _within(span: tuple[int, int], spin: float) -> int:
    return span[0] + int(spin * (span[1] - span[0] + 1))


def _early_in_month(day: int, step: int) -> int:
    """The day, moved until it is a 28th or before: every month has such a due day."""
    while day_of(day).day > 28:
        day -= step
    return day


def _month_before(day: int) -> int:
    this = day_of(day)
    before = this.replace(year=this.year - (this.month == 1), month=(this.month - 2) % 12 + 1)
    return day - (this - before).days
