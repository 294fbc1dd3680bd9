"""Pages of a process are made in turns, and a slow one holds nobody up for long."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from shouyue.web.turns import InTurns


def _asked(application: InTurns, path: str) -> threading.Thread:
    asked = threading.Thread(target=lambda: list(application({"PATH_INFO": path}, lambda *_: None)))
    asked.start()
    return asked


def test_pages_are_made_one_after_the_other():
    at_once: list[int] = []
    inside = 0

    def page(environ: dict[str, Any], start_response: object) -> list[bytes]:
        nonlocal inside
        inside += 1
        at_once.append(inside)
        time.sleep(0.01)
        inside -= 1
        return [b""]

    application = InTurns(page, patience=30)
    for asked in [_asked(application, "/") for _ in range(5)]:
        asked.join()
    assert at_once == [1] * 5


def test_a_slow_page_holds_the_next_up_for_its_patience_only():
    slow, quick = threading.Event(), threading.Event()

    def page(environ: dict[str, Any], start_response: object) -> list[bytes]:
        if environ["PATH_INFO"] == "/slow":
            slow.wait(30)
        else:
            quick.set()
        return [b""]

    application = InTurns(page, patience=0.05)
    first = _asked(application, "/slow")
    second = _asked(application, "/quick")
    assert quick.wait(20), "the quick page waits for ever"
    assert first.is_alive()
    slow.set()
    first.join()
    second.join()


def test_a_page_that_fails_gives_its_turn_back():
    def page(environ: dict[str, Any], start_response: object) -> list[bytes]:
        if environ["PATH_INFO"] == "/bad":
            raise ValueError("bad")
        return [b"good"]

    application = InTurns(page, patience=30)
    with pytest.raises(ValueError, match="bad"):
        application({"PATH_INFO": "/bad"}, lambda *_: None)
    assert application({"PATH_INFO": "/"}, lambda *_: None) == [b"good"]
