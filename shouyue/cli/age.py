"""``shouyue age``: how late is each loan on a day?"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shouyue.base import money, settings
from shouyue.base.errors import Code
from shouyue.base.stores import Store, is_url, shown
from shouyue.cli.bar import bar

if TYPE_CHECKING:
    import pyarrow as pa

    from shouyue.ageing.pieces import Job, Piece, Tally
    from shouyue.ageing.run import Progress
    from shouyue.book.store import Version

NOT_A_DAY = Code(
    "AGE-010",
    zh="{option} 的“{text}”不是日期，应写作 2026-11-24",
    en="'{text}' for {option} is not a day; write it as 2026-11-24",
)
NO_BOOK = Code("AGE-012", zh="没有账册 {book}，请先导入", en="there is no book {book}; import first")
NOT_A_SETTING = Code(
    "AGE-035", zh="--conf 的“{text}”应写作 名称=值", en="'{text}' for --conf is not of the form NAME=VALUE"
)
NOT_WRITABLE = Code("AGE-011", zh="无法写入 {file}：{why}", en="cannot write {file}: {why}")


def day(option: str, text: str | None) -> date | None:
    """The day a person typed. Raises AGE-010."""
    if text is None:
        return None
    try:
        if len(text) != len("2026-11-24"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise NOT_A_DAY.error(option=option, text=text[:40]) from None


def version_of(book: str, version_id: str | None) -> Version:
    """A version of a book by name, path or URL, the newest where no id is given. Raises AGE-012, BOOK-001."""
    from shouyue.book.stored import book_at

    store = book_at(book)
    version = store.version(version_id) if version_id else store.current()
    if version is None:
        raise NO_BOOK.error(book=shown(book))
    return version


@click.command()
@click.option("--book", required=True, help="Name, folder or URL of the book. 账册名称、目录或 URL。")
@click.option("--as-of", required=True, help="The day asked about. 计算日。")
@click.option("--known-at", help="Count only what was booked by this day. 仅计入该日前已入账的数据。")
@click.option("--convention", default="default", show_default=True, help="Name or .toml file. 逾期口径。")
@click.option("--version", "version_id", help="A past version of the book; else the newest. 账册版本。")
@click.option(
    "--out", required=True, help="FILE.csv, FILE.parquet, or FOLDER/ for a file per shard; path or URL. 输出。"
)
@click.option("--workers", type=click.IntRange(1, 1024), help="Threads; all cores where not given. 线程数。")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True, help="计算引擎。")
@click.option("--master", help="Spark's master: yarn, k8s://…, spark://…, local[4]. Spark 主节点。")
@click.option("--conf", multiple=True, metavar="NAME=VALUE", help="A setting of Spark; repeat as needed. Spark 参数。")
def age(
    book: str,
    as_of: str,
    known_at: str | None,
    convention: str,
    version_id: str | None,
    out: str,
    workers: int | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
) -> None:
    """How late is each loan on a day? 计算每份合同的逾期天数与欠款。

    Writes one row per loan, sorted by loan; docs/ageing.md describes the columns, docs/scale.md folders and Spark.
    """
    on = day("--as-of", as_of)
    known = day("--known-at", known_at)
    if on is None:
        raise NOT_A_DAY.error(option="--as-of", text="")
    from shouyue.ageing.convention import load
    from shouyue.ageing.pieces import Job
    from shouyue.ageing.run import check_format, said

    place = Out(out)
    if not place.is_folder:  # before minutes of work
        check_format(out)
    rules = load(convention)
    of_spark = dict(map(_setting, conf))
    version = version_of(book, version_id)
    where = book if is_url(book) else str(settings.book_path(book))
    job = Job(where, version.id, on, known, rules, place.folder(said(version, on, known, rules)))
    began = time.perf_counter()
    if engine == "spark":
        done = _by_spark(job, place, master, of_spark, workers)
    else:
        with bar("逾期 ageing") as show:
            done = _here(job, place, workers, show)
    _summary(job, done)
    click.echo(f"{place}  {time.perf_counter() - began:.2f} s")
    if engine == "spark":
        _tasks(done.pieces)


@dataclass(frozen=True)
class Out:
    """Where a person wants the ageing: a file, or a folder when it ends in a slash; here or on a store."""

    text: str

    def __str__(self) -> str:
        return str(Store(self.text)) if is_url(self.text) else self.text

    @property
    def is_folder(self) -> bool:
        return self.text.endswith("/")

    def folder(self, about: dict[str, str]) -> Store:
        """The folder of the pieces: the one asked for, or one beside the file, of this ageing alone."""
        if self.is_folder:
            return Store(self.text)
        parent, _, name = (self.text if is_url(self.text) else str(Path(self.text).resolve())).rpartition("/")
        digest = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:12]
        return Store(f"{parent}/.{name}.{digest}.parts")

    def write(self, table: pa.Table, about: dict[str, str]) -> None:
        """The table as the file. Raises AGE-011."""
        from shouyue.ageing.run import write

        try:
            if not is_url(self.text):
                write(table, Path(self.text), about)
                return
            parent, _, name = self.text.rpartition("/")
            with tempfile.TemporaryDirectory() as here:
                write(table, Path(here, name), about)
                Store(parent).put(name, Path(here, name).read_bytes())
        except OSError as why:
            raise NOT_WRITABLE.error(file=self, why=why.strerror or type(why).__name__) from None


@dataclass(frozen=True)
class Done:
    """What was aged: the loans and overdue of each bucket, and the pieces where there were some."""

    tally: Tally
    pieces: list[Piece]


def _here(job: Job, place: Out, workers: int | None, show: Progress) -> Done:
    from shouyue.ageing import pieces, run

    if place.is_folder:
        pieces.begin(job)
        pieces.share_customers(job, workers)
        made = pieces.age_pieces(job, workers, show)
        pieces.finish(job, made)
        return Done(pieces.added([piece.tally for piece in made]), made)
    table = run.age_table(job.version, job.as_of, job.known_at, job.convention, workers, show)
    place.write(table, job.about())
    return Done(pieces.tally(table, job.convention), [])


def _by_spark(job: Job, place: Out, master: str | None, conf: dict[str, str], workers: int | None) -> Done:
    from shouyue.ageing import pieces, spark

    with spark.session(master, conf) as session:
        pieces.begin(job)
        pieces.share_customers(job, workers)
        made = spark.age_pieces(job, session)
    pieces.finish(job, made)
    if not place.is_folder:
        place.write(pieces.assembled(job, made), job.about())
        job.out.remove_all()
    return Done(pieces.added([piece.tally for piece in made]), made)


def _setting(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise NOT_A_SETTING.error(text=text[:80])
    return name, value


def _summary(job: Job, done: Done) -> None:
    currency = job.version.currency
    click.echo(f"{job.as_of}  {job.convention.name}  {job.version_id}  {currency}")
    click.echo(f"{'阶段 bucket':<10}{'合同 loans':>14}{'逾期金额 overdue':>24}")
    for bucket, (loans, overdue) in zip(job.convention.buckets, done.tally, strict=True):
        click.echo(f"{bucket.label:<12}{loans:>14,}{_show(overdue, currency):>24}")
    loans, overdue = (sum(column) for column in zip(*done.tally, strict=True))
    click.echo(f"{'合计 all':<10}{loans:>14,}{_show(overdue, currency):>24}")


def _tasks(pieces: list[Piece]) -> None:
    """What the tasks took: the measured inputs of docs/scale.md."""
    seconds = sum(piece.seconds for piece in pieces)
    loans = sum(piece.rows for piece in pieces)
    slowest, peak = max(piece.seconds for piece in pieces), max(piece.peak for piece in pieces)
    click.echo(
        f"{len(pieces):,} 个任务 tasks  合计 together {seconds:,.1f} s  最慢 slowest {slowest:,.1f} s  "
        f"{loans / seconds:,.0f} 笔/秒/核 loans/s/core  内存 memory {peak / 2**20:,.0f} MiB"
    )


def _show(minor: int, currency: str) -> str:
    return f"{money.from_minor(minor, currency):,f}"
