"""Files that other programs run."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.conftest import ON_ONE_WORKER

from .repository import ROOT, text, tracked


@pytest.mark.parametrize("script", [".ci/run", "scripts/browser.sh", "scripts/java.sh"])
def test_a_script_can_be_run_and_stops_at_the_first_error(script):
    assert os.access(ROOT / script, os.X_OK)
    assert "set -euo pipefail" in text(script)
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)


def test_ci_checks_and_tests():
    steps = re.findall(r"^step (.*)$", text(".ci/run"), flags=re.MULTILINE)
    assert steps == ["make check", "make test"]


def test_the_modules_that_go_to_one_worker_are_there():
    assert all((ROOT / module).is_file() for module in ON_ONE_WORKER)


def test_the_image_runs_as_an_ordinary_user_what_the_documents_say():
    lines = text("Containerfile").splitlines()
    assert lines.index("USER shouyue") < next(n for n, line in enumerate(lines) if line.startswith("CMD"))
    assert "--require-hashes" in text("Containerfile")
    assert "shouyue db migrate" in lines[-1] and "shouyue serve" in lines[-1]
    for line in lines:
        if line.startswith("COPY"):
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source.removesuffix('/')}" in text(".dockerignore").splitlines()


def test_compose_names_a_postgresql_that_is_new_enough_and_no_secret():
    version = re.search(r"image: \S*postgres:(\d+)", text("compose.yaml"))
    assert version and int(version[1]) >= 15
    assert not re.search(r"(PASSWORD|SECRET_KEY): (?!\$\{)", text("compose.yaml"))


def test_the_repository_holds_no_data_and_nothing_built():
    for path in tracked():
        assert path.suffix not in {".mo", ".pyc", ".parquet", ".xlsx", ".dump", ".tar"} or "tests" in path.parts, path
        assert path.stat().st_size < 1_500_000, path
