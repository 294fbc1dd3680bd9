"""The desk as processes: web processes and a worker, started together, stopped together.

This process runs the web server and minds the worker. Whatever ends it, the others end too: on Ctrl-C or SIGTERM it
stops them; when it is killed, they notice that their parent has gone.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from shouyue.base import settings
from shouyue.base.errors import Code
from shouyue.cli import lifeline

log = structlog.get_logger("shouyue.serve")
FIRST_PORT = 8000
PORTS_TO_TRY = 50
#: seconds between the starts of a worker that keeps ending
PATIENCE = (1, 2, 5, 15, 60)

PORT_TAKEN = Code(
    "OPS-002",
    zh="{host} 的端口 {port} 已被占用，请用 --port 换一个",
    en="port {port} of {host} is taken; name another with --port",
)


@dataclass(frozen=True)
class Serving:
    """How to serve. ``port`` None takes the first free one from 8000 on."""

    host: str = "127.0.0.1"
    port: int | None = None
    processes: int = 0
    threads: int = 4
    worker: bool = True


def serve(how: Serving, ready: Callable[[str], None] = lambda address: None) -> None:
    """Serve until stopped. ``ready`` is called with the address once the desk answers. Raises OPS-002."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    port = free_port(how.host, how.port)
    address = f"http://{'localhost' if how.host in ('127.0.0.1', '0.0.0.0', '::') else how.host}:{port}"  # noqa: S104
    os.environ[lifeline.PARENT] = str(os.getpid())
    numbers = _metrics_folder()
    multiprocessing.set_start_method("spawn", force=True)  # a web process shares no thread and no connection with us
    connections.close_all()
    stopping = threading.Event()
    minder = threading.Thread(target=_mind_worker, args=(stopping,), name="worker")
    threading.Thread(target=_announce, args=(address, how.host, port, ready, stopping), daemon=True).start()
    if how.worker:
        minder.start()
    try:
        Granian(
            "shouyue.cli.application:application",
            address=how.host,
            port=port,
            interface=Interfaces.WSGI,
            workers=how.processes or processors(),
            blocking_threads=how.threads,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            workers_kill_timeout=20,
        ).serve()
    finally:
        stopping.set()
        if how.worker:
            minder.join()
        shutil.rmtree(numbers, ignore_errors=True)


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_port(host: str, wanted: int | None) -> int:
    """``wanted`` if it is free, else OPS-002; without a wish the first free one from 8000 on."""
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TO_TRY):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError:
                continue
            return port
    raise PORT_TAKEN.error(host=host, port=wanted or FIRST_PORT)


def _metrics_folder() -> Path:
    """Where the web processes write their numbers; folders of servers that are gone are removed."""
    run = settings.home() / "run"
    for old in run.glob("prometheus-*"):
        pid = old.name.removeprefix("prometheus-")
        if not pid.isdigit() or not lifeline.lives(int(pid)):
            shutil.rmtree(old, ignore_errors=True)
    folder = run / f"prometheus-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder


def _announce(address: str, host: str, port: int, ready: Callable[[str], None], stopping: threading.Event) -> None:
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    while not stopping.wait(0.1):
        try:
            with urllib.request.urlopen(f"http://{here}:{port}/health/live", timeout=2):
                break
        except urllib.error.HTTPError:
            break  # an answer, if only that this name is not among SHOUYUE_HOSTS
        except OSError:
            continue
    if not stopping.is_set():
        ready(address)


def _mind_worker(stopping: threading.Event) -> None:
    """Run the worker, start it again when it ends, stop it when we stop."""
    failures = 0
    while not stopping.is_set():
        began = time.monotonic()
        # without close_fds Python spawns instead of forking, which is sound beside threads and other forks
        child = subprocess.Popen([sys.executable, "-m", "shouyue", "worker"], close_fds=False)
        while child.poll() is None and not stopping.wait(0.2):
            pass
        if stopping.is_set():
            _end(child)
            return
        failures = 0 if time.monotonic() - began > 300 else failures + 1
        pause = PATIENCE[min(failures, len(PATIENCE)) - 1]
        log.warning("worker ended", status=child.returncode, again_in_seconds=pause)
        stopping.wait(pause)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(35)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
