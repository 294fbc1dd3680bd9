"""``shouyue reconcile``: does the lender's own system say the same of his loans as we do, and if not, why?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shouyue.base import cells, files, money
from shouyue.base.errors import Code
from shouyue.cli.age import NOT_WRITABLE, day
from shouyue.cli.bar import bar

if TYPE_CHECKING:
    from shouyue.ageing.reconciling.run import Reconciliation

BAD_OUT = Code(
    "AGE-021",
    zh="输出文件 {file} 须以 .xlsx、.csv、.parquet 或 .json 结尾",
    en="the output file {file} must end in .xlsx, .csv, .parquet or .json",
)
#: exit codes
AGREED, DIFFERENT = 0, 3
SHOWN = 10


@click.command()
@click.option("--book", required=True, help="Name, folder or URL of the book. 账册名称、目录或 URL。")
@click.option("--as-of", help="The day of the lender's balances; the newest where not given. 余额日期。")
@click.option("--convention", default="default", show_default=True, help="Name or .toml file. 逾期口径。")
@click.option("--known-at", help="Count only what was booked by this day. 仅计入该日前已入账的数据。")
@click.option(
    "--examine", type=click.IntRange(0), help="Differing loans whose cause is looked for; else 50,000. 查因上限。"
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=".xlsx | .csv | .parquet | .json")
@click.option("--workers", type=click.IntRange(1, 1024), help="Threads; all cores where not given. 线程数。")
def reconcile(
    book: str,
    as_of: str | None,
    convention: str,
    known_at: str | None,
    examine: int | None,
    out: Path | None,
    workers: int | None,
) -> None:
    """Hold the lender's own balances and days past due against ours, with the likely cause of each difference.

    与放贷机构自己的余额、逾期天数对账，逐笔给出差异的可能原因。Exit 0 agreed 一致, 3 differences 有差异.
    """
    if out is not None and out.suffix not in (".xlsx", ".csv", ".parquet", ".json"):
        raise BAD_OUT.error(file=out.name)
    on, known = day("--as-of", as_of), day("--known-at", known_at)
    from shouyue.ageing.reconciling import run
    from shouyue.book.stored import book_at

    store, most = book_at(book), run.EXAMINED if examine is None else examine
    with bar("对账 reconcile") as show:
        found = run.reconcile(store, on, convention, known, most, workers, show)
    for line in told(found.summary):
        click.echo(line)
    if out is not None:
        try:
            write(found, out)
        except OSError as why:
            raise NOT_WRITABLE.error(file=out, why=why.strerror or why) from None
        click.echo(str(out))
    sys.exit(AGREED if found.agrees else DIFFERENT)


def told(s: dict[str, Any]) -> Iterator[str]:
    """The sums in both languages, as much as fits a screen."""
    from shouyue.reports import reconciliation_sheets as sheets

    known = f"  known_at {s['known_at']}" if s["known_at"] else ""
    yield f"{s['as_of']}  {s['book']} {s['version']}  {s['source']}  {s['convention']}{known}"
    for one in s["states"]:
        yield f"  {sheets.STATE[one['state']]}   {one['loans']:,}"
        for name in ("outstanding_minor", "overdue_minor"):
            sums = "   ".join(f"{words} {_show(one[f'{side}_{name}'], one)}" for side, words in sheets.SIDE.items())
            yield f"      {sheets.FIELD[name]}   {sums}"
    yield "  各项 fields"
    for one in s["fields"]:
        yield f"    {sheets.FIELD[one['field']]}   {one['different']:,} / {one['stated']:,} 不一致 different"
    if s["other_labels"]:
        yield f"  对方的阶段名称未参与比较 their stages have other names: {', '.join(s['other_labels'])}"
    if s["causes"]:
        yield "  可能原因 likely causes"
    for one in s["causes"]:
        sums = "  ".join(f"{_show(m['gap_minor'], m)} (|{_show(m['gap_absolute_minor'], m)}|)" for m in one["money"])
        yield f"    {sheets.cause(one['cause'])}   {one['loans']:,}   {sums}"
        for some in one["evidence"][:SHOWN]:
            against = f"   反例 contradicted by {some['contradicted']:,}" if some["contradicted"] else ""
            yield f"      {some['evidence']}   {some['loans']:,}{against}"
    if s["examined"] < sum(o["loans"] for o in s["states"] if o["state"] == "different"):
        yield f"  逐笔查因 causes looked for   {s['examined']:,}   上限 limit {s['examine']:,}"


def _show(minor: int, row: dict[str, Any]) -> str:
    return money.show(minor, row["currency"])


def write(found: Reconciliation, out: Path) -> None:
    """The differences as lines or columns, with the sums as a workbook, or the sums alone as JSON."""
    from shouyue.reports import reconciliation_sheets as sheets

    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".xlsx":
        sheets.write_workbook(found.summary, found.differences, out)
        return
    if out.suffix == ".csv":
        cells.write_csv(out, sheets.head(), sheets.rows(found.differences))
        return
    if out.suffix == ".json":
        files.write_json(out, found.summary)
        return
    with files.whole(out) as aside:
        found.differences.write_parquet(aside)
