"""A desk of its own in a home of its own, worked by the command line as a person would."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shouyue.base import database, embedded


@dataclass
class Desk:
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        given = {k: v for k, v in os.environ.items() if not k.startswith("SHOUYUE_") and k != "DATABASE_URL"}
        return {**given, "SHOUYUE_HOME": str(self.home)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "shouyue", *arguments]

    def run(self, *arguments: str, expect: int = 0, text: str | None = None, **environment: str) -> str:
        """Run `shouyue …`; returns both outputs, asserts the exit code."""
        done = subprocess.run(
            self.command(*arguments),
            env={**self.environment, **environment},
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == expect, said
        return said


def new_home() -> Path:
    """Not pytest's own: another run of pytest takes that from PostgreSQL's user in the middle of a test."""
    place = Path(tempfile.mkdtemp(prefix="shouyue-desk-"))
    place.chmod(0o711)
    # one that does not wait for the disk; it stays, since this process uses it
    database.start(place / "postgres", {"fsync": "off", "full_page_writes": "off"})
    return place


def remove(home: Path) -> None:
    """When the last process has left: one that ends meanwhile would write its lock into the folder."""
    embedded.leave(home / "postgres")
    with (home / "postgres.users").open() as users:
        wait_until(lambda: alone(users.fileno()))
        embedded.stop(home / "postgres")
        shutil.rmtree(home)


def alone(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_until(what: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Migrated and empty; one for all tests of a file, so each uses names of its own."""
    home = new_home()
    made = Desk(home)
    made.run("db", "migrate")
    yield made
    remove(home)


@pytest.fixture
def other_desk() -> Iterator[Desk]:
    """Not even migrated."""
    home = new_home()
    yield Desk(home)
    remove(home)
