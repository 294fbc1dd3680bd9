"""Where Numba keeps what it has compiled; import this before ``numba``.

Compiling takes seconds and is kept on disk, so it is paid once. Numba keeps it beside the source, or in the user's
cache folder. An installation that can write neither (a read-only image with no home) would fail instead; there the
product's own folder is used. ``NUMBA_CACHE_DIR``, where set, always wins.
"""

from __future__ import annotations

import os
from pathlib import Path

from shouyue.base import settings


def keep_compiled_code() -> None:
    """Give Numba a folder it can write, if it has none."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    beside = Path(__file__).parent / "__pycache__"
    nearest = beside if beside.exists() else beside.parent
    if not os.access(nearest, os.W_OK):
        folder = settings.home() / "cache" / "numba"
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


keep_compiled_code()
