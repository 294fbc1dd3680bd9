"""The pieces of an ageing on real executors: the bytes of one machine, and a lost executor loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pyspark
import pytest
from click.testing import CliRunner

from shouyue.ageing import pieces, spark
from shouyue.ageing.convention import load
from shouyue.ageing.pieces import Job
from shouyue.base.errors import ShouyueError
from shouyue.base.stores import Store
from shouyue.book.build import build_version
from shouyue.book.copying import push
from shouyue.book.store import Book
from shouyue.book.stored import StoredBook
from shouyue.cli.age import age
from tests.ageing.test_pieces import content, run, shared_customers

AS_OF = date(2023, 3, 31)
SHARDS = 16
MASTER = "local-cluster[2,1,1024]"
CONF = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.log.level": "ERROR",
}

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None and os.geteuid() != 0,
    reason="no Java 17, and no root to install it: scripts/java.sh",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A home of its own: there the executors' folders lie, named by the second in which a cluster began."""
    home = tmp_path_factory.mktemp("spark")
    for entry in Path(pyspark.__file__).parent.iterdir():
        (home / entry.name).symlink_to(entry)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patched.setenv("SPARK_HOME", str(home))
        with spark.session(MASTER, CONF) as session:
            yield session
            assert (home / "work" / session.sparkContext.applicationId).is_dir()


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> StoredBook:
    """A book on a store that all reach: a shared folder by URL."""
    folder = tmp_path_factory.mktemp("books")
    build_version(folder / "here", shared_customers(2000), shards=SHARDS)
    there = StoredBook((folder / "there").as_uri())
    push(Book(folder / "here").current(), there)
    return there


@pytest.fixture
def job(stored, tmp_path) -> Job:
    version = stored.current()
    return Job(stored.store.url, version.id, AS_OF, None, load("default"), Store(tmp_path / "out"))


def by_spark(job: Job, cluster) -> list[pieces.Piece]:
    pieces.begin(job)
    pieces.share_customers(job)
    made = spark.age_pieces(job, cluster)
    pieces.finish(job, made)
    return made


def executors(cluster) -> list[int]:
    """Processes of the executors below this very cluster's JVM."""
    told = subprocess.run(["ps", "-e", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in told.stdout.splitlines()]
    family = {cluster.sparkContext._gateway.proc.pid}
    while grown := {int(pid) for pid, parent, *_ in rows if int(parent) in family} - family:
        family |= grown
    return [int(pid) for pid, _, *args in rows if int(pid) in family and "CoarseGrainedExecutorBackend" in args[0]]


@pytest.mark.parametrize("convention", ["default", "customers"])
def test_the_same_bytes_as_on_one_machine(cluster, job, tmp_path, convention):
    if convention == "customers":
        job = replace(job, convention=replace(load("eba"), customer_dpd="effective"), known_at=date(2023, 2, 1))
    alone = replace(job, out=Store(tmp_path / "alone"))
    run(alone)  # first: what is compiled here, executors find
    made = by_spark(job, cluster)
    assert content(job) == content(alone)
    assert sum(piece.rows for piece in made) == 2000 and all(piece.peak > 2**20 for piece in made)


def test_a_killed_executor_loses_nothing(cluster, job, tmp_path):
    first = executors(cluster)
    assert len(first) == 2
    failed: list[BaseException] = []

    def work() -> None:
        try:
            by_spark(job, cluster)
        except BaseException as why:
            failed.append(why)

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive() and not (done := len(job.out.names())):
        time.sleep(0.002)
    os.kill(first[0], signal.SIGKILL)
    assert thread.is_alive() and done < SHARDS / 2
    thread.join(timeout=120)
    assert not thread.is_alive() and not failed
    assert first[0] not in executors(cluster)
    alone = replace(job, out=Store(tmp_path / "alone"))
    run(alone)
    assert content(job) == content(alone)


def test_a_fault_in_the_book_comes_back_with_its_code(cluster, tmp_path):
    tables = shared_customers()
    tables["instalments"] = tables["instalments"].with_columns(
        amount_minor=pl.when(pl.col("loan_id") == "L0007").then(-1).otherwise("amount_minor")
    )
    version = build_version(tmp_path / "book", tables, shards=2)
    job = Job(str(tmp_path / "book"), version.id, AS_OF, None, load("default"), Store(tmp_path / "out"))
    with pytest.raises(ShouyueError, match=r"AGE-003.*L0007"):
        by_spark(job, cluster)
    assert pieces.MANIFEST not in content(job)


def test_an_executor_with_another_program_writes_nothing(cluster, job, monkeypatch):
    monkeypatch.setattr(spark, "program", lambda: "0.0.1 of the driver")
    with pytest.raises(ShouyueError, match=r"AGE-034.*0\.0\.1"):
        by_spark(job, cluster)
    assert content(job) == {}


def test_a_folder_that_only_the_executors_reach_is_told(cluster, job):
    memory = replace(job, out=Store("memory://of-each-process/out"))
    with pytest.raises(ShouyueError, match="AGE-031"):
        by_spark(memory, cluster)


@pytest.mark.parametrize("name", ["aged.csv", "aged/"])
def test_the_command_writes_what_the_local_engine_writes(cluster, stored, tmp_path, name):
    """The command takes up the session that is there, as it does under spark-submit."""
    for engine in ("local", "spark"):
        (tmp_path / engine).mkdir()
        words = ["--book", stored.store.url, "--as-of", "2023-03-31", "--engine", engine, "--out"]
        told = CliRunner().invoke(age, [*words, f"{tmp_path / engine}/{name}"], catch_exceptions=False)
        assert told.exit_code == 0
        assert ("笔/秒/核" in told.output) == (engine == "spark")
    ours, theirs = (
        {p.relative_to(tmp_path / e): p.read_bytes() for p in (tmp_path / e).rglob("*") if p.is_file()}
        for e in ("local", "spark")
    )
    assert ours == theirs and ours
