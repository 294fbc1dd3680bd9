"""A file stands at its place whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from shouyue.base import files


def test_a_failed_write_leaves_what_was_there_and_nothing_beside(tmp_path):
    path = tmp_path / "said.json"
    files.write_text(path, "before")
    with pytest.raises(TypeError):
        files.write_json(path, object())
    with pytest.raises(RuntimeError), files.whole(path, flushed=True) as aside:
        aside.write_text("half of what sh")
        raise RuntimeError
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["said.json"]


def test_a_killed_writer_leaves_what_was_there(tmp_path):
    path = tmp_path / "said.json"
    files.write_text(path, "before")
    code = (
        "import os, signal, sys; from pathlib import Path; from shouyue.base import files\n"
        "with files.whole(Path(sys.argv[1]), private=True) as aside:\n"
        "    aside.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -signal.SIGKILL
    assert path.read_text() == "before"
    files.write_text(path, "after")
    assert path.read_text() == "after"


def test_many_writers_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "said.txt"
    texts = [str(n) * 200_000 for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: files.write_text(path, text), texts * 4))
    assert path.read_text() in texts
    assert len(list(tmp_path.iterdir())) == 1


def test_a_private_file_is_never_readable_by_others(tmp_path):
    path = tmp_path / "key"
    seen = []
    old = os.umask(0)
    try:
        with files.whole(path, private=True) as aside:
            seen.append(aside.stat().st_mode & 0o777)
            aside.write_text("secret")
    finally:
        os.umask(old)
    assert [*seen, path.stat().st_mode & 0o777] == [0o600, 0o600]
