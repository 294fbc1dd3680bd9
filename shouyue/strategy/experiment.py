"""Experiments: customers drawn to arms by a stable hash, so that what a strategy does can be told from what would be.

A customer's place is ``blake2b(salt + US + customer_id)`` of eight bytes, the first the highest, read as a whole number
from 0 up to 2^64 (``US`` is the character U+001F, texts are UTF-8). The arms' shares cut that range in their order: an
arm gets the places from ``floor(2^64 · sum of the shares before it)`` up to ``floor(2^64 · that sum and its own)``, in
whole numbers.

So a customer is in one arm over all his loans and as long as the experiment lives, on every machine; nothing is stored
to know it. Another salt draws anew, independently of this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import blake2b

import numpy as np
import polars as pl

#: whole numbers that a place may be
PLACES = 2**64
#: the experiment that every strategy with a ``[hold_out]`` has, and the arm that gets no reminder call
HOLD_OUT, HELD_OUT, WORKED = "hold_out", "held_out", "worked"


@dataclass(frozen=True)
class Arm:
    id: str
    share: Fraction
    zh: str = ""
    en: str = ""

    def label(self, lang: str) -> str:
        return (self.zh if lang.lower().startswith("zh") else self.en) or self.id


@dataclass(frozen=True)
class Experiment:
    """Arms of customers. The first arm is the one that others are compared with.

    An instalment is unpaid at the cut-off when it is not met ``cut_off_days`` after its due date; cures and amounts are
    looked at ``within_days`` after it. ``planned`` instalments is where the interval is tightest, chosen beforehand.
    """

    id: str
    salt: str
    since: date
    arms: tuple[Arm, ...]
    until: date | None = None
    zh: str = ""
    en: str = ""
    cut_off_days: int = 1
    within_days: int = 30
    planned: int = 20_000

    def lives_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)

    def label(self, lang: str) -> str:
        return (self.zh if lang.lower().startswith("zh") else self.en) or self.id

    def edges(self) -> list[int]:
        """The first place behind each arm."""
        total, edges = Fraction(0), []
        for arm in self.arms:
            total += arm.share
            edges.append(PLACES * total.numerator // total.denominator)
        return edges

    def arm_of(self, customer_id: str) -> str:
        """The customer's arm, one at a time: the plain meaning of ``assign``."""
        at = place(self.salt, customer_id)
        return next(arm.id for arm, edge in zip(self.arms, self.edges(), strict=True) if at < edge)

    def assign(self, customers: pl.Series) -> pl.Series:
        """The arms of many customers."""
        names = pl.Series([arm.id for arm in self.arms], dtype=pl.String)
        edges = np.array(self.edges()[:-1], dtype=np.uint64)
        at = np.searchsorted(edges, places(self.salt, customers.to_list()), side="right")
        return names.gather(pl.Series(at, dtype=pl.UInt32))


def place(salt: str, customer_id: str) -> int:
    digest = blake2b(f"{salt}\x1f{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def places(salt: str, customers: Iterable[str]) -> np.ndarray:
    """``place`` of many customers, uint64."""
    begun = blake2b(f"{salt}\x1f".encode(), digest_size=8)
    digests = bytearray()
    for customer in customers:
        one = begun.copy()
        one.update(customer.encode())
        digests += one.digest()
    return np.frombuffer(bytes(digests), dtype=">u8").astype(np.uint64)
