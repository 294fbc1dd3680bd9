"""How fast are My day and the case page with 200,000 open cases and 200 reps at work?

Fills a database of its own with made-up cases, starts the server, and lets every rep open his list, a case, his list …
with a pause between pages, server and load on the same machine. Prints the answer times of each page beside those of
the same pages asked for by one rep alone, and the processor time that the server and its database took for a page: on a
busy machine answer times grow with everything else that runs, processor time hardly does. Loopback only; it stops by
itself. ``--cases``, ``--reps``, ``--pause`` and ``--seconds`` change the size.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from psycopg import sql
from yardstick.home import home

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

FILL = Path(__file__).with_suffix(".sql")


def by_day() -> None:
    """Let this process and those it starts work by day: at night lists are empty, since nobody may be called."""
    from shouyue.base import clock, settings
    from shouyue.cli.demo import into_the_morning

    ahead = into_the_morning(clock.now().astimezone(ZoneInfo(settings.zone())))
    os.environ["SHOUYUE_CLOCK_AHEAD"] = str(int(ahead.total_seconds()))


def fill(cases: int, reps: int) -> list[str]:
    """A desk of that size; returns a signed-in session per rep."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from shouyue.base import clock

    call_command("migrate", verbosity=0)
    values = {"cases": cases, "reps": reps, "stores": max(1, reps // 5), "day": clock.today().isoformat()}
    with connection.cursor() as cursor:
        _default_columns(cursor)
        for statement in FILL.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    sessions = signed_in()
    connection.close()
    return sessions


def signed_in() -> list[str]:
    """A session for every rep."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from shouyue.people.models import User

    sessions = []
    for user in User.objects.filter(role="rep"):
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        sessions.append(session.session_key)
    return sessions


def _default_columns(cursor: CursorWrapper) -> None:
    """Give the tables what Django fills in by itself, so that the script names only the columns it is about."""
    from django.apps import apps
    from django.db import connection
    from django.db.models import NOT_PROVIDED

    for model in (m for m in apps.get_models() if m.__module__.startswith("shouyue.")):
        for field in model._meta.local_concrete_fields:
            default = "" if field.empty_strings_allowed and field.default is NOT_PROVIDED else field.default
            if field.primary_key or field.null or default is NOT_PROVIDED:
                continue
            value = field.get_db_prep_save(default() if callable(default) else default, connection)
            column = sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}").format(
                sql.Identifier(model._meta.db_table), sql.Identifier(field.column), value
            )
            cursor.execute(column)


class Line:
    """A rep's browser: one connection kept open."""

    def __init__(self, port: int, session: str):
        self.port, self.cookie = port, f"sessionid={session}"
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, bytes, float]:
        """Status, body and seconds until the last byte."""
        began = time.perf_counter()
        for again in (True, False):
            if self.streams is None:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                status, body = await self._ask(*self.streams, path)
                return status, body, time.perf_counter() - began
            except (ConnectionError, asyncio.IncompleteReadError):
                self.streams = None
                if not again:
                    raise
        raise AssertionError("unreachable")

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> tuple[int, bytes]:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {self.cookie}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        if found := re.search(r"content-length: (\d+)", head, re.IGNORECASE):
            return status, await reader.readexactly(int(found[1]))
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return status, body


async def work(port: int, sessions: list[str], pause: float, seconds: float) -> dict[str, list[float]]:
    """Every rep opens his list and then cases of it, pausing between pages."""
    times: dict[str, list[float]] = {"my day": [], "case page": []}
    end = time.monotonic() + seconds

    async def rep(session: str, number: int) -> None:
        line, dice = Line(port, session), random.Random(number)
        await asyncio.sleep(dice.uniform(0, pause))
        cases: list[str] = []
        while time.monotonic() < end:
            page, path = ("case page", cases.pop()) if cases else ("my day", "/")
            status, body, took = await line.get(path)
            if status != 200:
                raise SystemExit(f"{path} answered {status}")
            times[page].append(took)
            if page == "my day":
                found = re.findall(rb'href="(/cases/\d+/)"', body)
                cases = [c.decode() for c in dice.sample(found, min(3, len(found)))]
            await asyncio.sleep(dice.uniform(0.8, 1.2) * pause)

    await asyncio.gather(*(rep(s, n) for n, s in enumerate(sessions)))
    return times


async def alone(port: int, session: str, pages: int = 40) -> dict[str, float]:
    """Median seconds of each page when one rep asks for one after the other."""
    line = Line(port, session)
    _, body, _ = await line.get("/")
    cases = re.findall(rb'href="(/cases/\d+/)"', body)
    times: dict[str, list[float]] = {"my day": [], "case page": []}
    for number in range(pages):
        for page, path in (("my day", "/"), ("case page", cases[number % len(cases)].decode())):
            _, _, took = await line.get(path)
            times[page].append(took)
    return {page: statistics.median(took) for page, took in times.items()}


def processor_seconds(server: int, of: Path) -> tuple[float, float]:
    """What the server and the database below ``of`` have used so far, with children that have ended. Linux only."""
    web = database = 0.0
    tick = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            parents[int(place.name)], used[int(place.name)] = int(fields[1]), sum(map(int, fields[11:15])) / tick
            if str((place / "cwd").readlink()).startswith(str(of)):
                database += used[int(place.name)]
        except OSError:
            continue
    for pid, seconds in used.items():
        above = pid
        while above not in (server, 0):
            above = parents.get(above, 0)
        web += seconds if above == server else 0.0
    return web, database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(port: int) -> subprocess.Popen:
    server = subprocess.Popen(
        [sys.executable, "-m", "shouyue", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(1800):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)
    server.kill()
    raise SystemExit("the server did not start")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=200_000)
    asked.add_argument("--reps", type=int, default=200)
    asked.add_argument("--pause", type=float, default=5.0)
    asked.add_argument("--seconds", type=float, default=60.0)
    told = asked.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "shouyue.web.settings"
    with home() as place:
        by_day()
        began = time.monotonic()
        sessions = fill(told.cases, told.reps)
        print(f"{told.cases:,} open cases filled in {time.monotonic() - began:.0f} s", flush=True)
        port = free_port()
        server = serve(port)
        try:
            asyncio.run(work(port, sessions, told.pause, min(10.0, told.seconds)))  # warm
            lonely = asyncio.run(alone(port, sessions[0]))
            before = processor_seconds(server.pid, place)
            times = asyncio.run(work(port, sessions, told.pause, told.seconds))
            after = processor_seconds(server.pid, place)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    print(f"{told.reps} reps, {told.pause:g} s between pages, {told.seconds:g} s, {os.cpu_count()} cores, one machine")
    pages = sum(map(len, times.values()))
    for page, took in times.items():
        cuts, one = [1000 * cut for cut in statistics.quantiles(took, n=100)], 1000 * lonely[page]
        print(
            f"{page:10} {len(took):6,} pages   median {cuts[49]:6.1f} ms   p95 {cuts[94]:6.1f} ms   "
            f"p99 {cuts[98]:6.1f} ms   alone {one:6.1f} ms   p95/alone {cuts[94] / one:.1f}"
        )
    web, database = ((now - then) * 1000 / pages for now, then in zip(after, before, strict=True))
    print(f"processor time a page: web {web:.1f} ms, database {database:.1f} ms; {pages / told.seconds:.1f} pages/s")


if __name__ == "__main__":
    main()
