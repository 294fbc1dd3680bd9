"""Finding a strategy by name or path, and reading it. shouyue.strategy.layout takes the file apart."""

from __future__ import annotations

import hashlib
import tomllib
from decimal import Decimal
from pathlib import Path

from shouyue.base import settings
from shouyue.strategy import faults
from shouyue.strategy.faults import StrategyError
from shouyue.strategy.layout import Reading
from shouyue.strategy.model import Strategy

SHIPPED = Path(__file__).parent / "shipped"


def folders() -> list[Path]:
    """Where strategies given by name are looked for: the lender's own first, then those shipped."""
    return [settings.home() / "strategies", SHIPPED]


def known() -> dict[str, Path]:
    """Strategies that may be given by name."""
    found: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, path)
    return found


def load(name_or_path: str | Path) -> Strategy:
    """The strategy of that name, or in that file.

    Raises StrategyError: STRAT-001 unknown name, STRAT-002 no TOML, STRAT-003 with ``findings`` naming every fault
    by file, table and row.
    """
    strategy = draft(name_or_path)
    usable(strategy)
    return strategy


def usable(strategy: Strategy) -> None:
    """Raises STRAT-003, with every finding, when reading the strategy found errors."""
    errors = tuple(f for f in strategy.faults if f.severity == "error")
    if errors:
        first = errors[0]
        error = faults.UNUSABLE.error(
            name=strategy.name,
            count=len(errors),
            first_zh=f"{first.place} {first.zh}",
            first_en=f"{first.place} {first.en}",
        )
        assert isinstance(error, StrategyError)
        error.findings = strategy.faults
        raise error


def draft(name_or_path: str | Path) -> Strategy:
    """Like ``load``, but a strategy with faults comes back with them in ``faults``, for a check to show."""
    path = Path(name_or_path)
    if not (path.suffix == ".toml" and path.is_file()):
        by_name = known()
        if str(name_or_path) not in by_name:
            raise faults.NO_STRATEGY.error(name=name_or_path, known=", ".join(by_name) or "–")
        path = by_name[str(name_or_path)]
    return read(path.read_bytes(), path.name)


def read(content: bytes | str, file: str = "strategy.toml") -> Strategy:
    """A strategy from the bytes of its file. Raises STRAT-002 when it is no TOML; other faults are in ``faults``."""
    data = content.encode() if isinstance(content, str) else content
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        raw = tomllib.loads(text, parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise faults.NOT_TOML.error(file=file, why=error) from None
    return Reading(raw, text, file, hashlib.sha256(data).hexdigest()).strategy()
