"""The hidden kinds of customer. No export holds them; ``--truth`` writes them for checks.

Shares and odds are set so that a book looks like a consumer instalment lender's: about one loan in ten is late at
some time of a month, most of these pay within the first week, and of what passes 30 days about half passes 60.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Temper:
    """``late`` is the chance that an instalment is a few days late, ``stop`` that a longer stop begins with it.

    ``deep`` bends the length of a stop (above 1: longer). ``part`` is the chance that a late instalment is paid in
    two parts. ``debit`` is the share that lets the account be debited. ``answers``, ``heeds`` and ``keeps`` are the
    chances to answer a call, to pay because of a talk, and to keep a promise.
    """

    name: str
    share: float
    late: float
    stop: float
    deep: float
    part: float
    debit: float
    answers: float
    heeds: float
    promises: float
    keeps: float
    lateness: tuple[tuple[int, int, int], ...]  # (from days, to days, weight)
    ahead: tuple[tuple[int, int, int], ...]
    moods: tuple[str, ...]
    reasons: tuple[str, ...]


TECHNICAL = ((1, 1, 24), (2, 2, 15), (3, 3, 9), (4, 7, 10), (8, 15, 3))
ON_DAY = ((0, 0, 58), (-1, -1, 3), (-3, -2, 3))

TEMPERS: tuple[Temper, ...] = (
    Temper(
        "punctual", 0.615, 0.022, 0.0018, 0.6, 0.02, 0.92, 0.62, 0.35, 0.9, 0.94,
        TECHNICAL, ON_DAY, ("friendly", "friendly", "hesitant"), ("debit_failed", "away", "forgot"),
    ),
    Temper(
        "early", 0.130, 0.006, 0.0008, 0.6, 0.01, 0.30, 0.66, 0.35, 0.9, 0.97,
        TECHNICAL, ((-2, -1, 24), (-5, -3, 28), (-9, -6, 12)), ("friendly",), ("away", "debit_failed"),
    ),
    Temper(
        "forgetful", 0.120, 0.17, 0.005, 0.7, 0.04, 0.45, 0.55, 0.42, 0.85, 0.84,
        ((1, 1, 22), (2, 2, 15), (3, 3, 9), (4, 7, 12), (8, 15, 5), (16, 26, 1)),
        ((0, 0, 40), (-2, -1, 24)), ("friendly", "hesitant", "silent"), ("forgot", "away", "debit_failed"),
    ),
    Temper(
        "habitual", 0.050, 0.66, 0.012, 0.9, 0.10, 0.20, 0.46, 0.16, 0.8, 0.62,
        ((1, 3, 24), (4, 7, 24), (8, 14, 13), (15, 25, 3)),
        ((0, 0, 50), (-1, -1, 14)), ("experienced", "experienced", "hesitant", "angry"), ("habit", "cash_flow"),
    ),
    Temper(
        "strained", 0.050, 0.30, 0.050, 1.0, 0.22, 0.25, 0.42, 0.14, 0.7, 0.48,
        ((1, 3, 16), (4, 7, 20), (8, 15, 18), (16, 28, 10)),
        ((0, 0, 50), (-1, -1, 14)), ("hesitant", "silent", "in_need"), ("cash_flow", "business"),
    ),
    Temper(
        "hardship", 0.015, 0.18, 0.090, 1.7, 0.25, 0.25, 0.40, 0.06, 0.55, 0.30,
        ((1, 7, 24), (8, 15, 24), (16, 28, 16)), ((0, 0, 64),), ("in_need", "silent"), ("hardship", "business"),
    ),
    Temper(
        "unwilling", 0.011, 0.25, 0.085, 2.4, 0.05, 0.15, 0.22, 0.04, 0.45, 0.14,
        ((1, 7, 24), (8, 15, 24), (16, 28, 16)), ((0, 0, 64),), ("angry", "experienced"), ("unwilling", "dispute"),
    ),
    Temper(
        "vanishing", 0.009, 0.10, 0.085, 9.0, 0.02, 0.30, 0.05, 0.02, 0.4, 0.10,
        ((1, 7, 40), (8, 15, 24)), ((0, 0, 64),), ("silent",), ("hardship", "unwilling"),
    ),
)  # fmt: skip

NAMES = tuple(t.name for t in TEMPERS)
INDEX = {name: n for n, name in enumerate(NAMES)}
SHARES = np.array([t.share for t in TEMPERS])


def column(field: str) -> np.ndarray:
    """One number of every temper, float64, by index of the temper."""
    return np.array([getattr(t, field) for t in TEMPERS], dtype=np.float64)


SLOTS = 256


def _table(rows: tuple[tuple[int, int, int], ...]) -> np.ndarray:
    days = np.concatenate([np.linspace(a, b, 64 * w, endpoint=True) for a, b, w in rows])
    return np.rint(days[np.linspace(0, len(days) - 1, SLOTS).astype(int)]).astype(np.int16)


#: days late, and days ahead (below zero), by temper and slot; a draw of a slot is a draw of days
LATENESS = np.stack([_table(t.lateness) for t in TEMPERS])
AHEAD = np.stack([_table(t.ahead) for t in TEMPERS])

#: days a stop lasts -> share of stops that last longer
STOP_DAYS = np.array([8, 16, 30, 60, 90, 120, 150, 180, 360, 540, 720, 1080], dtype=np.float64)
STOP_LEFT = np.array([1, 0.74, 0.52, 0.31, 0.215, 0.168, 0.14, 0.122, 0.094, 0.078, 0.066, 0.05])


def stop_length(u: np.ndarray, deep: np.ndarray) -> np.ndarray:
    """Days a stop lasts for even draws ``u``, float64; infinite for the share that never pays again."""
    left = u**deep
    days = np.interp(-left, -STOP_LEFT, STOP_DAYS)
    return np.where(left < STOP_LEFT[-1], np.inf, days)
