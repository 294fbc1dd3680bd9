from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data with expected answers, beside the checkout; a stranger's clone may not have it."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: tests on real data are skipped")
    return SHARED
