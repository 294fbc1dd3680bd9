"""How the kernel is compiled, and where Numba keeps what it has compiled.

Compiling takes seconds and is kept on disk, so it is paid once. Numba notices that a file has changed only in the file
of the function it compiled, not in those of the functions called; so everything is kept in a folder named after what
all the kernel's files say, and a changed kernel finds an empty one. The folder lies beside the source, or, where that
cannot be written (a read-only image with no home), under ``SHOUYUE_HOME``. ``NUMBA_CACHE_DIR``, where set, names the
place instead.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from numba import njit
from numba.core import config

from shouyue.base import settings

HERE = Path(__file__).parent
SOURCES = (Path(__file__), HERE / "columns.py", *sorted((HERE / "kernel").glob("*.py")))


def digest() -> str:
    """Fingerprint of the kernel's source."""
    said = hashlib.sha256()
    for path in SOURCES:
        said.update(path.read_bytes())
    return said.hexdigest()[:16]


def keep_compiled_code() -> None:
    """Give Numba its folder."""
    beside = HERE / "__pycache__"
    if asked := os.environ.get("NUMBA_CACHE_DIR"):
        place = Path(asked)
    elif os.access(beside if beside.exists() else HERE, os.W_OK):
        place = beside
    else:
        place = settings.home() / "cache" / "numba"
    folder = place / f"kernel-{digest()}"
    folder.mkdir(parents=True, exist_ok=True)
    config.CACHE_DIR = str(folder)


keep_compiled_code()

#: compile a function of the kernel: without Python's lock, and kept on disk
compiled = njit(nogil=True, cache=True)

#: the same, woven into its caller: for what runs for every loan and takes whole records of arrays, as a call would copy
#: each of their hundred fields
woven = njit(nogil=True, cache=True, forceinline=True)
