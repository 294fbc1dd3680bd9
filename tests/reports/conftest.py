from __future__ import annotations

import pytest

from shouyue.base import clock
from tests import factories


@pytest.fixture
def afternoon(db, tmp_path, monkeypatch):
    """A desk in the afternoon, with a home of its own."""
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    with clock.at(factories.AFTERNOON):
        yield factories.desk()
