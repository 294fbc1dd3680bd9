"""How big the lender is: stores, blocks of loans, and the anchor day that everything hangs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from shouyue.base.errors import Code
from shouyue.simulator import words
from shouyue.simulator.workdays import number

LOANS_PER_STORE = 2_500
#: loans made together; a block is the unit of memory and of work
BLOCK = 20_000
#: blocks of loans paid out after the anchor day: one per day, far above the others
LATER = 1_000_000
MAX_LOANS = 100_000_000

BAD_SIZE = Code(
    "SIM-001",
    zh="贷款数应在 1 到 {most} 之间，种子和天数不能为负，天数不超过 1000",
    en="loans must be 1 to {most}, seed and days not negative, days at most 1000",
)


@dataclass(frozen=True)
class Store:
    code: str
    name: str
    region: str
    city: str


@dataclass(frozen=True)
class Lender:
    """A lender of ``loans`` loans at the anchor day. Same values, same lender."""

    loans: int
    seed: int
    anchor: date

    def __post_init__(self) -> None:
        if not 1 <= self.loans <= MAX_LOANS or self.seed < 0:
            raise BAD_SIZE.error(most=MAX_LOANS)

    @property
    def day(self) -> int:
        return number(self.anchor)

    @property
    def store_count(self) -> int:
        if self.loans < 30:
            return 1
        return max(3 if self.loans < 2_000 else 4, -(-self.loans // LOANS_PER_STORE))

    @property
    def stores(self) -> list[Store]:
        return [_store(n) for n in range(self.store_count)]

    @property
    def blocks(self) -> range:
        return range(-(-self.loans // BLOCK))

    def span(self, block: int) -> tuple[int, int]:
        """First loan of a block and how many it has, by number of the loan."""
        if block >= LATER:
            per_day = self.later_per_day
            return self.loans + (block - LATER) * per_day, per_day
        first = block * BLOCK
        return first, min(BLOCK, self.loans - first)

    @property
    def later_per_day(self) -> int:
        """New loans of a day after the anchor: the pace at which the loans of the book were paid out."""
        return -(-self.loans // 480)

    def customers_store(self, customers: np.ndarray) -> np.ndarray:
        """Store of each customer, spread evenly, bigger stores getting more. int32."""
        stores = self.store_count
        weights = 0.75 + 0.5 * ((np.arange(stores) * 0.618034 + (self.seed % 97) / 97) % 1.0)
        edges = np.cumsum(weights) / weights.sum()
        place = (customers * 0.6180339887498949 + (self.seed % 1009) / 1009) % 1.0
        return np.searchsorted(edges, place, side="right").clip(0, stores - 1).astype(np.int32)


def _store(n: int) -> Store:
    region, cities = words.REGIONS[(n // 2) % len(words.REGIONS)]
    lap = n // (2 * len(words.REGIONS))
    city = cities[(lap * 2 + n % 2) % len(cities)]
    quarter = words.QUARTERS[(lap * 2 // len(cities)) % len(words.QUARTERS)]
    again = lap * 2 // (len(cities) * len(words.QUARTERS))
    suffix = str(again + 1) + "店" if again else "店"
    return Store(f"S{n + 1:03d}", f"{city}{quarter}{suffix}", region, city)
