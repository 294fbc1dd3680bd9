"""Pages of one process, one after the other.

Threads of a process that all make pages take the interpreter from each other with every query: each page then lasts as
long as all of them together. In turns the first is done while the others have not begun, and the median and the slow
end of the answer times both fall (docs/benchmarks.md, "The desk"). A page that takes long holds the others up only for
``PATIENCE``; then they go on beside it, as without turns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

#: seconds that a page waits for the one before it
PATIENCE = 0.15

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class InTurns:
    """A WSGI application whose pages are made one at a time, as long as none takes long."""

    def __init__(self, application: Application, patience: float = PATIENCE):
        self._application = application
        self._patience = patience
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        mine = self._turn.acquire(timeout=self._patience)
        try:
            return self._application(environ, start_response)
        finally:
            if mine:
                self._turn.release()
