"""A run killed at any moment leaves the day before, or the new day whole; running again gives the same desk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from shouyue.book.build import build_version
from shouyue.compliance import audit
from shouyue.daily.cycle import STAGES
from shouyue.people.models import Store, User
from shouyue.simulator import export
from shouyue.simulator.size import Lender
from tests.daily.dump import dump

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]

FIRST, SECOND = date(2026, 11, 24), date(2026, 11, 25)
#: a run in a process of its own, telling each stage as it begins
RUN = """
import sys
from datetime import date
import django
django.setup()
from shouyue.daily.cycle import run
print("ready", flush=True)
sys.stdin.readline()
run(date.fromisoformat(sys.argv[1]), sys.argv[2], progress=lambda s, d, w: print(s, d, flush=True))
print("done", flush=True)
"""


def address(database: str) -> str:
    values = connection.settings_dict
    host = values["HOST"] or values.get("OPTIONS", {}).get("host", "")
    parts = {"host": host, "port": values["PORT"], "user": values["USER"], "password": values["PASSWORD"]}
    return psycopg.conninfo.make_conninfo(dbname=database, **{k: v for k, v in parts.items() if v})


def url(database: str) -> str:
    values = psycopg.conninfo.conninfo_to_dict(address(database))
    query = f"?host={values['host']}" if str(values.get("host", "")).startswith("/") else ""
    place = "" if query else f"{values.get('host', '')}:{values.get('port', 5432)}"
    password = f":{values['password']}" if values.get("password") else ""
    return f"postgresql://{values.get('user', 'postgres')}{password}@{place}/{database}{query}"


class Run:
    """A day published by another process, which begins when told to."""

    def __init__(self, database: str, day: date, book: Path):
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, day.isoformat(), str(book)],
            env={**os.environ, "DATABASE_URL": url(database), "SHOUYUE_SECRET_KEY": settings.SECRET_KEY},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self) -> None:
        assert self.process.stdin
        assert self.until("ready"), "the run did not come up"
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def until(self, line: str) -> bool:
        """Wait until the run says so; False when it ended before."""
        assert self.process.stdout
        return any(said.strip() == line for said in self.process.stdout)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def finish(self) -> None:
        self.begin()
        assert self.until("done")
        assert self.process.wait() == 0


@pytest.fixture
def book(tmp_path) -> Path:
    """The first day of a simulated lender; the second lies beside it."""
    export.write(Lender(3_000, 11, FIRST), tmp_path / "export", 1, full=True)
    add(tmp_path, FIRST)
    return tmp_path / "book"


def add(folder: Path, day: date) -> None:
    files = (folder / "export" / day.isoformat()).glob("*.parquet")
    build_version(folder / "book", {p.stem: pl.read_parquet(p) for p in files})


def state(database: str) -> dict:
    with psycopg.connect(address(database)) as reading:
        return dump(reading)


def test_killed_anywhere_and_run_again_it_is_as_if_nothing_had_happened(book, tmp_path):
    database = connection.settings_dict["NAME"]
    stores = pl.read_parquet(tmp_path / "export" / FIRST.isoformat() / "loans.parquet")["store"].unique().sort()
    for code in stores[:-1]:  # one store has nobody
        shop = Store.objects.create(code=code)
        User.objects.bulk_create([User(username=f"{code}-{n}", role="rep", store=shop) for n in range(2)])
    connection.close()
    Run(database, FIRST, book).finish()
    add(tmp_path, SECOND)
    reference = f"{database}_reference"
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        # a template must have no visitors, and a live server that other tests left up keeps its connections
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
        server.execute(f'DROP DATABASE IF EXISTS "{reference}"')
        server.execute(f'CREATE DATABASE "{reference}" TEMPLATE "{database}"')
        try:
            before = state(database)
            assert before["casework_case"]
            Run(reference, SECOND, book).finish()
            wanted = state(reference)
            assert wanted["casework_case"] != before["casework_case"]
            chance, cut_short = random.Random(20261125), 0
            waiting = Run(database, SECOND, book)
            stages = [stage for stage in STAGES if stage != "reconcile"]  # this lender states no balances
            for stage in (*stages, *chance.choices(("loans", "publish"), k=3)):
                run, waiting = waiting, Run(database, SECOND, book)  # the next one warms up meanwhile
                run.begin()
                assert run.until(f"{stage} 0")
                time.sleep(chance.random() * 0.03)
                run.kill()
                now = state(database)
                assert now in (before, wanted)
                cut_short += now == before
            assert cut_short >= 4, "the kills came too late to mean anything"
            waiting.finish()
            assert state(database) == wanted
            Run(database, SECOND, book).finish()
            assert state(database) == wanted
            assert audit.verify().ok
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{reference}" WITH (FORCE)')
