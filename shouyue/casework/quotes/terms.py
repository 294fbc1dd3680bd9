"""The terms of settling early, from terms.toml, or from quotes.toml beside the lender's own house file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from shouyue.ageing.settling import Terms
from shouyue.base import money
from shouyue.base.errors import ShouyueError
from shouyue.casework import errors
from shouyue.casework.house import house_file

_AMOUNTS = {"fee_least": "fee_least_minor", "fee_most": "fee_most_minor"}


@dataclass(frozen=True)
class Entry:
    """The terms of some contracts; ``said`` are those of ``ageing.settling.Terms``, amounts as the file writes them."""

    products: frozenset[str]
    opened_from: date | None
    opened_until: date | None
    said: Mapping[str, Any]

    def fits(self, product: str, opened: date | None) -> bool:
        """One whose day nobody knows fits only terms that ask for none."""
        if self.products and product not in self.products:
            return False
        if opened is None:
            return self.opened_from is None and self.opened_until is None
        return (self.opened_from or opened) <= opened <= (self.opened_until or opened)

    def terms(self, currency: str) -> Terms:
        amounts = {key: money.to_minor(self.said[key], currency) for key in _AMOUNTS if key in self.said}
        said: dict[str, Any] = {_AMOUNTS.get(key, key): amounts.get(key, value) for key, value in self.said.items()}
        return Terms(**said)


@dataclass(frozen=True)
class Rules:
    notice_days: int
    latest_days: int
    booking_days: int
    core_days: int
    entries: tuple[Entry, ...]

    def terms(self, product: str, opened: date | None, currency: str) -> Terms | None:
        """What the contract says; None where the lender gave no terms for it."""
        found = next((one for one in self.entries if one.fits(product, opened)), None)
        return found.terms(currency) if found else None


@cache
def rules() -> Rules:
    """Raises SETL-001 naming what is wrong in the file."""
    return read(house_file("quotes.toml", Path(__file__).with_name("terms.toml")))


def read(path: Path) -> Rules:
    """Raises SETL-001."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = tuple(_entry(one) for one in raw.pop("terms"))
        if not entries or not all(isinstance(n, int) and n >= 0 for n in raw.values()):
            raise ValueError("days are whole numbers, and there is at least one entry of terms")
        _twice(entry.said["name"] for entry in entries)
        return Rules(**raw, entries=entries)
    except ShouyueError as error:
        raise errors.BAD_TERMS.error(file=path.name, zh=error.zh, en=error.en) from None
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise errors.BAD_TERMS.error(file=path.name, zh=str(error), en=str(error)) from None


def _entry(said: dict[str, Any]) -> Entry:
    products = said.pop("products", [])
    if not isinstance(products, list):
        raise TypeError("products is a list")
    begins, ends = said.pop("opened_from", None), said.pop("opened_until", None)
    if not all(day is None or type(day) is date for day in (begins, ends)):
        raise TypeError("opened_from and opened_until are days")
    made = Entry(frozenset(products), begins, ends, said)
    made.terms("CNY")
    return made


def _twice(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{name} twice")
        seen.add(name)
