from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shouyue.simulator import export
from shouyue.simulator.size import Lender
from tests.simulator.books import Book, read

DAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Book:
    """The demo's size: 3,000 loans in four stores."""
    return _export(3_000, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def large(tmp_path_factory) -> Book:
    return _export(45_000, tmp_path_factory.mktemp("large"))


def _export(loans: int, out: Path) -> Book:
    export.write(Lender(loans, 7, DAY), out, balances=loans < 10_000)
    return read(out, DAY)
