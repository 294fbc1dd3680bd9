"""Every benchmark that needs no server still runs, on a few loans."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.project.repository import ROOT

FEW = {
    "ageing": ["--loans", "300", "--history", "0", "--repeat", "1"],
    "agreement": ["--loans", "200"],
    "delta": ["--loans", "300"],
    "reconcile": ["--loans", "300"],
    "strategy": ["--loans", "3000", "--part", "1000", "--repeat", "1"],
}


@pytest.mark.parametrize("name", FEW)
def test_a_benchmark_runs(name, tmp_path):
    command = [sys.executable, str(ROOT / "bench" / f"{name}.py"), *FEW[name]]
    env = os.environ | {"SHOUYUE_HOME": str(tmp_path)}
    ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("\n") > 2
