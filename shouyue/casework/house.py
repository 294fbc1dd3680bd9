"""Rules of the house, read from house.toml, or from the file named by ``SHOUYUE_HOUSE``."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class House:
    suggested_days: int
    latest_days: int
    grace_days: int
    tolerance_permille: int
    confirm_days: int
    most_parts: int
    morning_ends: time
    retry_at: time
    erase_after_days: int


@cache
def house() -> House:
    path = Path(os.environ.get("SHOUYUE_HOUSE", Path(__file__).with_name("house.toml")))
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    promise, retry = raw["promise"], raw["retry"]
    return House(
        suggested_days=promise["suggested_days"],
        latest_days=promise["latest_days"],
        grace_days=promise["grace_days"],
        tolerance_permille=promise["tolerance_permille"],
        confirm_days=promise["confirm_days"],
        most_parts=promise["most_parts"],
        morning_ends=time.fromisoformat(retry["morning_ends"]),
        retry_at=time.fromisoformat(retry["retry_at"]),
        erase_after_days=raw["retention"]["erase_after_days"],
    )
