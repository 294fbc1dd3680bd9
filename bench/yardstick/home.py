"""A home of its own for a benchmark that needs a database: the embedded server and all its files go with it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def home() -> Iterator[Path]:
    """``SHOUYUE_HOME`` for the time being. The server is stopped before its folder goes."""
    from shouyue.base import database, embedded

    with tempfile.TemporaryDirectory(prefix="shouyue-bench-") as folder:
        place = Path(folder)
        place.chmod(0o711)  # the database's own user passes through
        os.environ["SHOUYUE_HOME"] = folder
        try:
            yield place
        finally:
            embedded.stop(database.folder())
