"""The chain's root of each day, and the check of it outside, by a program that knows nothing of Shouyue."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from shouyue.base import clock
from shouyue.cli.audit import audit as command
from shouyue.compliance import audit, sealing
from shouyue.compliance.models import AuditSeal

from .test_replay import behind_the_triggers

pytestmark = pytest.mark.django_db
FIRST = datetime.fromisoformat("2026-11-20T10:00:00+08:00")


@pytest.fixture
def three_days():
    """Two entries a day from the 20th to the 22nd; it is the 23rd."""
    for n in range(6):
        with clock.at(FIRST + timedelta(days=n // 2, hours=n % 2)):
            audit.record("note.add", f"case:{n}", {"order": n, "reason": "电话", "more": [None, True]}, None)
    with clock.at(FIRST + timedelta(days=3)):
        yield


def outside(folder: Path, *roots: str) -> subprocess.CompletedProcess:
    """Export, write the program, and run it without site packages in an empty environment."""
    run = CliRunner()
    chain, program = folder / "chain.jsonl", folder / "verify_audit.py"
    assert run.invoke(command, ["export", str(chain)]).exit_code == 0
    assert run.invoke(command, ["verifier", str(program)]).exit_code == 0
    more = []
    if roots:
        (folder / "roots.txt").write_text("# published\n" + "\n".join(roots) + "\n")
        more = ["--roots", str(folder / "roots.txt")]
    return subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(chain), *more],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={},
        encoding="utf-8",
    )


def test_every_day_that_is_over_is_sealed_once(three_days):
    assert sealing.seal(date(2026, 11, 23)) is None, "today is not over"
    assert sealing.seal(date(2026, 11, 20)).seq == 2
    assert [s.seq for s in sealing.seal_missing()] == [4, 6]
    assert sealing.seal_missing() == [] and AuditSeal.objects.count() == 3
    printed = CliRunner().invoke(command, ["seal"]).output.splitlines()
    assert [line.split()[1] for line in printed] == ["2026-11-20", "2026-11-21", "2026-11-22"]


def test_the_chain_is_checked_outside_with_its_roots(three_days, tmp_path):
    sealing.seal(date(2026, 11, 20))
    sealing.seal_missing()
    roots = CliRunner().invoke(command, ["seal"]).output.splitlines()
    done = outside(tmp_path, *roots)
    assert (done.returncode, done.stdout) == (0, "intact 完整: 6 entries, 3 roots\n"), done


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE compliance_auditentry SET actor = 'nobody' WHERE seq = 4", "entry 4 was edited"),
        ("UPDATE compliance_auditentry SET data = '{}' WHERE seq = 1", "entry 1 was edited"),
        ("DELETE FROM compliance_auditentry WHERE seq = 3", "entry 3 is missing"),
        ("DELETE FROM compliance_auditentry WHERE seq > 4", "entry 6 is missing: it was sealed"),
    ],
)
def test_a_row_altered_in_the_database_is_named_inside_and_outside(three_days, tmp_path, change, says):
    sealing.seal_missing()
    roots = CliRunner().invoke(command, ["seal"]).output.splitlines()
    with behind_the_triggers() as cursor:
        cursor.execute(change)
    done = outside(tmp_path, *roots)
    assert done.returncode == 2 and says in done.stdout
    inside = CliRunner().invoke(command, ["verify"])
    assert inside.exit_code == 2
    assert f"entry {says.split()[1]}" in inside.output or "entry 5" in inside.output


def test_a_chain_rewritten_to_its_end_is_found_by_a_root(three_days, tmp_path):
    from .test_audit import rehash

    sealing.seal_missing()
    roots = CliRunner().invoke(command, ["seal"]).output.splitlines()
    with behind_the_triggers() as cursor:
        cursor.execute("UPDATE compliance_auditentry SET actor = 'nobody' WHERE seq = 3")
        previous = None
        for seq in range(3, 7):
            rehash(cursor, seq, previous)
            previous = sealing.AuditEntry.objects.get(seq=seq).hash
    assert outside(tmp_path).returncode == 0, "in itself it fits"
    assert "entry 6 is not the one that was sealed" in outside(tmp_path, *roots).stdout
    assert CliRunner().invoke(command, ["verify"]).exit_code == 2, "the seals in the database are checked as well"


def test_a_file_that_is_no_export_is_said_to_be_unreadable(tmp_path, three_days):
    outside(tmp_path)
    (tmp_path / "chain.jsonl").write_text("not json\n")
    program = tmp_path / "verify_audit.py"
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(tmp_path / "chain.jsonl")], capture_output=True, check=False
    )
    assert done.returncode == 1
