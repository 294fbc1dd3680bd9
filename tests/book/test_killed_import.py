"""An import killed at any moment leaves the book as before or as after, and the next one works."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from shouyue.book.store import Book
from tests.book.conftest import content

pytestmark = pytest.mark.kill

COMMAND = [sys.executable, "-c", "from shouyue.cli.main import main; main()"]


def started(folder, book, *more: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*COMMAND, "import", str(folder), "--profile", "demo", "--book", str(book), *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    root = tmp_path_factory.mktemp("export")
    subprocess.run(
        [
            *COMMAND,
            "simulate",
            "--loans",
            "4000",
            "--days",
            "1",
            "--as-of",
            "2026-06-01",
            "--format",
            "csv",
            "--out",
            str(root),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return sorted(root.iterdir())


def test_killed_anywhere_the_book_is_as_before_or_as_after(export, tmp_path):
    full, news = export
    assert started(full, tmp_path / "whole").wait() == 0
    began = time.monotonic()
    assert started(news, tmp_path / "whole", "--append").wait() == 0
    lasts = time.monotonic() - began
    before, after = Book(tmp_path / "whole").versions()
    expected = content(Book(tmp_path / "whole").version(after))

    moment = random.Random(7)
    seen = set()
    book = Book(tmp_path / "book")
    assert started(full, book.path).wait() == 0
    for attempt in range(14):
        running = started(news, book.path, "--append")
        # most of the time goes into starting; the writing at the end is where it could hurt
        low, high = [(0.2, 0.6), (0.6, 1.0), (0.8, 1.0)][attempt % 3]
        time.sleep(lasts * moment.uniform(low, high))
        running.send_signal(signal.SIGKILL)
        running.wait()
        current = book.current()
        assert current is not None and current.id in (before, after)
        assert current.verify() == []
        seen.add(current.id)
        if current.id == after:
            break
    assert before in seen
    assert started(news, book.path, "--append").wait() == 0
    current = book.current()
    assert current is not None and current.id == after and content(current) == expected
    assert not list(book.path.glob("tmp-*"))


def test_first_import_killed_leaves_no_book(export, tmp_path):
    full, _ = export
    moment = random.Random(11)
    began = time.monotonic()
    assert started(full, tmp_path / "whole").wait() == 0
    lasts = time.monotonic() - began
    book = Book(tmp_path / "book")
    for _ in range(6):
        running = started(full, book.path)
        time.sleep(lasts * moment.uniform(0.2, 0.95))
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert book.versions() in ([], Book(tmp_path / "whole").versions())
    assert started(full, book.path).wait() == 0
    assert book.versions() == Book(tmp_path / "whole").versions()
    assert not list(book.path.glob("tmp-*"))


@pytest.mark.parametrize("step", ["fsync", "rename", "replace"])
def test_dying_at_each_write_of_the_commit(step, export, tmp_path):
    """Not at random: the process ends itself at the n-th call of what makes a version durable."""
    full, news = export
    assert started(full, tmp_path / "book").wait() == 0
    book = Book(tmp_path / "book")
    [before] = book.versions()
    dying = (
        "import os, pathlib, sys\n"
        f"calls, stop, step = 0, int(sys.argv.pop()), {step!r}\n"
        "owner = os if step == 'fsync' else pathlib.Path\n"
        "real = getattr(owner, step)\n"
        "def counted(*a):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    if calls == stop: os._exit(9)\n"
        "    return real(*a)\n"
        "setattr(owner, step, counted)\n"
        "from shouyue.cli.main import main\n"
        "main()\n"
    )
    finished = False
    for stop in range(1, 60, 3 if step == "fsync" else 1):
        ended = subprocess.run(
            [
                sys.executable,
                "-c",
                dying,
                "import",
                str(news),
                "--profile",
                "demo",
                "--book",
                str(book.path),
                "--append",
                str(stop),
            ],
            capture_output=True,
        )
        current = book.current()
        assert current is not None and current.verify() == []
        if ended.returncode == 0:
            finished = True
            break
        assert ended.returncode == 9
        if current.id != before:  # it died after the last step that counts
            assert started(news, book.path, "--append").wait() == 0
            finished = True
            break
    assert finished and len(book.versions()) == 2
    assert not list(book.path.glob("tmp-*"))
