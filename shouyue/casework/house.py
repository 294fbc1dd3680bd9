"""Rules of the house, read from house.toml, or from the file named by ``SHOUYUE_HOUSE``.

Other files of the house (matters.toml, plans.toml, concessions.toml, quotes.toml, lost_contact.toml, reasons.toml,
manners.toml, interview.toml) are looked for beside the one that is named, and are the shipped ones where they are not
there.
"""

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
    placement_days: int
    placement_warn_days: int
    contact_days: int


def house_file(name: str, shipped: Path) -> Path:
    """The lender's own file of that name, else the shipped one."""
    named = os.environ.get("SHOUYUE_HOUSE")
    own = Path(named).with_name(name) if named else shipped
    return own if own.exists() else shipped


@cache
def house() -> House:
    path = Path(os.environ.get("SHOUYUE_HOUSE", Path(__file__).with_name("house.toml")))
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    promise, retry, agency = raw["promise"], raw["retry"], raw.get("agency", {})
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
        placement_days=agency.get("placement_days", 90),
        placement_warn_days=agency.get("warn_days", 14),
        contact_days=raw.get("core", {}).get("contact_days", 7),
    )
