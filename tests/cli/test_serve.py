"""The desk as processes: they start together and end together, however the end comes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from shouyue.cli import serving
from tests.cli.conftest import wait_until

pytestmark = pytest.mark.kill


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def state(pid: int) -> tuple[int, str]:
    """Parent and state of a process; (0, "") when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, ""
    return int(fields[1]), fields[0]


def children(pid: int) -> list[int]:
    everybody = [int(p.name) for p in Path("/proc").glob("[0-9]*")]
    return [one for one in everybody if state(one)[0] == pid and state(one)[1] not in ("Z", "")]


def running(pids: list[int]) -> list[int]:
    return [pid for pid in pids if state(pid)[1] not in ("", "Z", "X")]


@pytest.fixture
def served(desk) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A served desk with two web processes and a worker, in a process group of its own, and its address."""
    port = free_port()
    process = subprocess.Popen(
        desk.command("serve", "--port", str(port), "--workers", "2"),
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    assert f"http://localhost:{port}" in said
    yield process, f"http://localhost:{port}"
    process.kill()
    process.wait()
    process.stdout.close()


def test_it_answers_health_and_pages(served):
    _, address = served
    assert get(f"{address}/health/live") == (200, '{"status": "ok"}')
    code, text = get(f"{address}/health/ready")
    assert code == 200 and json.loads(text)["migrations"] is True
    code, text = get(f"{address}/")
    assert code == 200 and 'name="password"' in text  # the sign-in page


def test_its_numbers_are_those_of_all_its_processes(served):
    _, address = served
    for _ in range(40):
        get(f"{address}/health/ready")
    wanted = 'shouyue_requests_total{method="GET",route="health/ready",status="200"} 40.0'
    assert wanted in get(f"{address}/metrics")[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_that_was_started(served, desk, how):
    process, _ = served
    wait_until(lambda: len(children(process.pid)) >= 3)
    started = children(process.pid)
    if how == signal.SIGINT:
        os.killpg(process.pid, how)  # as a terminal does on Ctrl-C, and an impatient person does twice
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    assert process.wait(timeout=40) == 0
    wait_until(lambda: not running(started))  # Python's own helper processes end a moment after us
    assert list((desk.home / "run").iterdir()) == []


def test_killed_it_takes_its_children_with_it(served):
    process, address = served
    wait_until(lambda: len(children(process.pid)) >= 3)
    started = children(process.pid)
    process.kill()
    process.wait()
    wait_until(lambda: not running(started))
    with pytest.raises(OSError):
        get(f"{address}/health/live")


def test_a_worker_whose_parent_died_before_it_looked_ends_too(desk):
    ended = subprocess.Popen(["true"])
    ended.wait()
    orphan = subprocess.run(
        desk.command("worker"),
        env={**desk.environment, "SHOUYUE_PARENT": str(ended.pid)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert orphan.returncode == -signal.SIGTERM


def test_a_worker_that_dies_is_started_again(served):
    process, _ = served

    def workers() -> list[int]:
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(process.pid)}
        return [pid for pid, command in commands.items() if b"worker" in command.split(b"\0")]

    wait_until(workers)
    (first,) = workers()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: workers() not in ([], [first]))


def test_a_taken_port_is_named(desk):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = desk.run("serve", "--port", str(taken.getsockname()[1]), expect=2)
    assert "OPS-002" in said


def test_without_a_wish_the_next_free_port_is_taken():
    first = serving.free_port("127.0.0.1", None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert serving.free_port("127.0.0.1", None) > first


def test_numbers_of_servers_that_are_gone_are_swept_away(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    ended = subprocess.Popen(["true"])
    ended.wait()
    for pid in (ended.pid, os.getppid()):
        (tmp_path / "run" / f"prometheus-{pid}").mkdir(parents=True)
    mine = serving._metrics_folder()
    assert {p.name for p in (tmp_path / "run").iterdir()} == {mine.name, f"prometheus-{os.getppid()}"}


def test_an_unmigrated_database_is_not_served(other_desk):
    assert "OPS-001" in other_desk.run("serve", expect=2)
    assert "OPS-001" in other_desk.run("worker", expect=2)
