"""The pieces of an ageing on a Spark cluster: a task per shard, and only the list of shards and what became of them
travels; executors read the book and write their pieces themselves.

A task that fails or is lost with its executor is run again by Spark, elsewhere; it writes the same file. Executors must
have this very program, or the bytes might differ: a task says so before it writes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shouyue import __version__
from shouyue.ageing.compiled import digest
from shouyue.ageing.pieces import Job, Piece, age_piece
from shouyue.base.errors import REGISTRY, Code, ShouyueError
from shouyue.base.stores import UNREACHABLE

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NO_SPARK = Code(
    "AGE-032",
    zh="没有安装 Spark：请安装 shouyue[spark]，并装好 Java（{why}）",
    en="Spark is not there: install shouyue[spark], and Java ({why})",
)
GAVE_UP = Code("AGE-033", zh="Spark 任务失败：{why}", en="the Spark job failed: {why}")
OTHER_PROGRAM = Code(
    "AGE-034",
    zh="{host} 上的程序是 {there}，本机是 {here}：各机器须装同一版本",
    en="{host} runs {there} and this machine {here}; all must run the same",
)

#: a task is one thread on one core; what it calls must not open more of them
QUIET = {"spark.executorEnv.OMP_NUM_THREADS": "1", "spark.executorEnv.POLARS_MAX_THREADS": "1"}
_COLUMNS = {
    "shard": pa.int32(),
    "rows": pa.int64(),
    "size": pa.int64(),
    "sha256": pa.string(),
    "tally": pa.string(),
    "seconds": pa.float64(),
    "peak": pa.int64(),
    "host": pa.string(),
    "fault": pa.string(),
}
_ROWS = pa.schema(list(_COLUMNS.items()))
_DDL = (
    "shard int, rows long, size long, sha256 string, tally string, seconds double, peak long, host string, fault string"
)


@contextmanager
def session(master: str | None, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session, stopped at the end unless it was there before. Raises AGE-032 without Spark, or where none begins."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as why:
        raise NO_SPARK.error(why=why) from None
    if master and master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    logging.getLogger("py4j").setLevel(logging.WARNING)  # it tells every connection
    there = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("shouyue age").config(map={**QUIET, **conf})
    builder = builder.config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
    try:
        spark = (builder.master(master) if master else builder).getOrCreate()
    except Exception as why:
        raise NO_SPARK.error(why=_first_line(why)) from why
    try:
        yield spark
    finally:
        if there is None:
            spark.stop()


def age_pieces(job: Job, spark: SparkSession) -> list[Piece]:
    """All pieces of a job, by shard.

    Raises what a piece raised, AGE-033 when Spark gave up, AGE-034 when an executor runs another program.
    """
    shards = job.version.shards
    work = partial(_work, job, program())
    try:
        rows = spark.range(0, shards, 1, shards).mapInArrow(work, _DDL).toArrow().to_pylist()
    except Exception as why:
        raise GAVE_UP.error(why=_first_line(why)) from why
    return [_piece(row) for row in sorted(rows, key=lambda row: row["shard"])]


def program() -> str:
    """The version, and the fingerprint of the kernel."""
    return f"{__version__} {digest()}"


def _work(job: Job, wanted: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What an executor does: age the shards it is given, and say what became of each."""
    for batch in batches:
        for shard_ix in batch.column(0).to_pylist():
            yield pa.RecordBatch.from_pylist([_done(job, shard_ix, wanted)], _ROWS)


def _done(job: Job, shard_ix: int, wanted: str) -> dict[str, Any]:
    try:
        if (there := program()) != wanted:
            raise OTHER_PROGRAM.error(host=os.uname().nodename, there=there, here=wanted)
        piece = age_piece(job, shard_ix)
    except ShouyueError as error:
        if error.code == UNREACHABLE.id:
            raise  # may pass: Spark tries again
        values = {name: str(value) for name, value in error.values.items()}
        return {"shard": shard_ix, "fault": json.dumps({"code": error.code, "values": values})}
    return {**vars(piece), "tally": json.dumps(piece.tally)}


def _piece(row: dict[str, Any]) -> Piece:
    if fault := row.pop("fault"):
        told = json.loads(fault)
        raise REGISTRY[told["code"]].error(**told["values"])
    return Piece(**{**row, "tally": [tuple(pair) for pair in json.loads(row["tally"])]})


_KIND = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit))(?::|$)")


def _first_line(why: Exception) -> str:
    """What Spark says first; of an error of an executor also its kind, without its words, which may name a loan."""
    first, *rest = str(why).strip().splitlines() or [type(why).__name__]
    kinds = [found[1] for line in rest if (found := _KIND.match(line))]
    return " ".join([first[:300], *kinds[-1:]])
