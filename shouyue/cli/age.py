"""``shouyue age``: how late is each loan on a day?"""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shouyue.base import money
from shouyue.base.errors import Code
from shouyue.cli.bar import bar

if TYPE_CHECKING:
    import pyarrow as pa

    from shouyue.ageing.convention import Convention
    from shouyue.book.store import Version

NOT_A_DAY = Code(
    "AGE-010",
    zh="{option} 的“{text}”不是日期，应写作 2026-11-24",
    en="'{text}' for {option} is not a day; write it as 2026-11-24",
)
NO_BOOK = Code("AGE-012", zh="没有账册 {book}，请先导入", en="there is no book {book}; import first")
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


@click.command()
@click.option("--book", required=True, help="Name, folder or URL of the book. 账册名称、目录或 URL。")
@click.option("--as-of", required=True, help="The day asked about. 计算日。")
@click.option("--known-at", help="Count only what was booked by this day. 仅计入该日前已入账的数据。")
@click.option("--convention", default="default", show_default=True, help="Name or .toml file. 逾期口径。")
@click.option("--version", "version_id", help="A past version of the book; else the newest. 账册版本。")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help=".csv | .parquet")
@click.option("--workers", type=click.IntRange(1, 1024), help="Threads; all cores where not given. 线程数。")
def age(
    book: str,
    as_of: str,
    known_at: str | None,
    convention: str,
    version_id: str | None,
    out: Path,
    workers: int | None,
) -> None:
    """How late is each loan on a day? 计算每笔合同的逾期天数与欠款。

    Writes one row per loan, sorted by loan; docs/ageing.md describes the columns.
    """
    on = day("--as-of", as_of)
    known = day("--known-at", known_at)
    if on is None:
        raise NOT_A_DAY.error(option="--as-of", text="")
    from shouyue.ageing.convention import load
    from shouyue.ageing.run import BAD_FORMAT, age_table, said, write
    from shouyue.book.stored import book_at

    if out.suffix not in (".csv", ".parquet"):  # before minutes of work
        raise BAD_FORMAT.error(file=out.name)
    rules = load(convention)
    store = book_at(book)
    version = store.version(version_id) if version_id else store.current()
    if version is None:
        raise NO_BOOK.error(book=book)
    began = time.perf_counter()
    with bar("逾期 ageing") as show:
        table = age_table(version, on, known, rules, workers, show)
    try:
        write(table, out, said(version, on, known, rules))
    except OSError as why:
        raise NOT_WRITABLE.error(file=out, why=why.strerror or why) from None
    _summary(table, rules, on, version, out, timedelta(seconds=time.perf_counter() - began))


def _summary(table: pa.Table, rules: Convention, as_of: date, version: Version, out: Path, took: timedelta) -> None:
    import pyarrow.compute as pc

    grouped = table.group_by("bucket").aggregate([("loan_id", "count"), ("overdue_minor", "sum")])
    counts = {row["bucket"]: row for row in grouped.to_pylist()}
    click.echo(f"{as_of}  {rules.name}  {version.id}  {version.currency}")
    click.echo(f"{'阶段 bucket':<10}{'合同 loans':>14}{'逾期金额 overdue':>24}")
    for bucket in rules.buckets:
        row = counts.get(bucket.label)
        loans, overdue = (row["loan_id_count"], row["overdue_minor_sum"]) if row else (0, 0)
        click.echo(f"{bucket.label:<12}{loans:>14,}{_show(overdue, version.currency):>24}")
    total = pc.sum(table.column("overdue_minor")).as_py()
    click.echo(f"{'合计 all':<10}{table.num_rows:>14,}{_show(total, version.currency):>24}")
    click.echo(f"{out}  {took.total_seconds():.2f} s")


def _show(minor: int, currency: str) -> str:
    return f"{money.from_minor(minor, currency):,f}"
