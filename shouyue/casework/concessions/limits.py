"""The delegated limits, from limits.toml, or from concessions.toml beside the lender's own house file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shouyue.base import money
from shouyue.casework import errors
from shouyue.casework.house import house_file

#: what the desk may waive at all; principal, contract interest and contract fees are not among it, whatever a file says
WAIVABLE = ("penalty", "late_fee")


@dataclass(frozen=True)
class Limit:
    """What a role may approve; the keys are explained at the top of limits.toml."""

    role: str
    components: tuple[str, ...]
    amount: str
    share_permille: int
    stages: tuple[str, ...]

    def refuses(
        self, parts: Mapping[str, int], owed: Mapping[str, int], used_minor: int, stage: str, currency: str
    ) -> str:
        """Which part of the limit does not cover it: component, stage, share, amount; empty where all do."""
        if not set(parts) <= set(self.components):
            return "component"
        if self.stages and stage not in self.stages:
            return "stage"
        if any(minor * 1000 > owed.get(name, 0) * self.share_permille for name, minor in parts.items()):
            return "share"
        if used_minor + sum(parts.values()) > money.to_minor(self.amount, currency):
            return "amount"
        return ""


@dataclass(frozen=True)
class Limits:
    valid_days: int
    period_days: int
    by_role: Mapping[str, Limit]


@cache
def limits() -> Limits:
    """Raises WAIV-001 where the file names what the desk never waives, or a role twice."""
    path = house_file("concessions.toml", Path(__file__).with_name("limits.toml"))
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    by_role: dict[str, Limit] = {}
    for entry in raw["limit"]:
        limit = Limit(**{**entry, "components": tuple(entry["components"]), "stages": tuple(entry["stages"])})
        if limit.role in by_role or not set(limit.components) <= set(WAIVABLE):
            raise errors.BAD_LIMITS.error(role=limit.role)
        by_role[limit.role] = limit
    return Limits(raw["valid_days"], raw["period_days"], by_role)
