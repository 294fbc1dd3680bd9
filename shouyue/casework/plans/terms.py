"""The house's limits of payment plans, from terms.toml, or from plans.toml beside the lender's own house file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shouyue.base import money
from shouyue.casework.house import house_file


@dataclass(frozen=True)
class Terms:
    least: str
    fewest: int
    first_within_days: int
    grace_days: int
    tolerance_permille: int
    share_permille: int
    longest_months: Mapping[str, int]

    def least_minor(self, currency: str) -> int:
        return money.to_minor(self.least, currency)


@cache
def terms() -> Terms:
    path = house_file("plans.toml", Path(__file__).with_name("terms.toml"))
    return Terms(**tomllib.loads(path.read_text(encoding="utf-8")))
