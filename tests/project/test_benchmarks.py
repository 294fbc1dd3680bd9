"""Every benchmark runs from its beginning to its end, in the smallest size: one that nobody runs goes stale unseen."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.project.repository import ROOT

SMALLEST = {
    "ageing": "--loans 2000 --history 500 --repeat 1",
    "agreement": "--loans 200",
    "daily": "--loans 2000 --reps 1 --pause 0.2",
    "database": "--loans 300",
    "delta": "--loans 300",
    "desk": "--cases 200 --reps 2 --pause 0.2 --seconds 1",
    "gate": "--workers 2 --people 2 --seconds 0.5",
    "history": "--loans 300 --repeat 2",
    "letters": "--letters 4",
    "reconcile": "--loans 300",
    "simulator": "2000",
    "strategy": "--loans 3000 --part 1000 --repeat 1",
}
#: two fixed sizes of book, one of a million loans
LARGE = {"scale"}


def test_every_benchmark_is_here():
    assert {file.stem for file in (ROOT / "bench").glob("*.py")} == SMALLEST.keys() | LARGE


@pytest.mark.parametrize("name", SMALLEST)
def test_it_runs_to_its_end(name, tmp_path):
    tmp_path.chmod(0o711)
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / f"{name}.py"), *SMALLEST[name].split()],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        | {"SHOUYUE_HOME": str(tmp_path)},
    )
    server = tmp_path / "postgres" / "log"
    log = server.read_text(errors="replace") if server.exists() else ""
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{log[-2000:]}"
    assert any(character.isdigit() for character in done.stdout)
