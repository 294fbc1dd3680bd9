"""``shouyue history``: a loan's days past due on every day, and what changed them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shouyue.base import cells, clock, files, money
from shouyue.base.errors import Code
from shouyue.cli.age import NOT_WRITABLE, day, version_of

if TYPE_CHECKING:
    import numpy as np

    from shouyue.ageing.events import Event
    from shouyue.ageing.history import History

BAD_FORMAT = Code(
    "AGE-014", zh="输出文件 {file} 须以 .csv 或 .json 结尾", en="the output file {file} must end in .csv or .json"
)
WORDS = {
    "past_due": "逾期未还 past due",
    "missed": "漏还一期 payment missed",
    "payment": "还款 payment",
    "reversal": "冲正 reversal",
    "charge": "费用 charge",
    "pause": "暂停 pause",
    "pause_over": "暂停结束 pause over",
    "material": "超过阈值 material",
    "immaterial": "未超阈值 immaterial",
}
ROWS_OF_THE_CHART = 8
BLOCKS = " ▁▂▃▄▅▆▇█"


@click.command()
@click.argument("loan")
@click.option("--book", required=True, help="Name, folder or URL of the book. 账册名称、目录或 URL。")
@click.option("--from", "start", help="First day; by default the loan's own, at most three years back. 起始日。")
@click.option("--to", "end", help="Last day; by default today or the loan's own last day. 截止日。")
@click.option("--known-at", help="Count only what was booked by this day. 仅计入该日前已入账的数据。")
@click.option("--convention", default="default", show_default=True, help="Name or .toml file. 逾期口径。")
@click.option("--version", "version_id", help="A past version of the book; else the newest. 账册版本。")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=".csv (days) | .json (all)")
def history(
    loan: str,
    book: str,
    start: str | None,
    end: str | None,
    known_at: str | None,
    convention: str,
    version_id: str | None,
    out: Path | None,
) -> None:
    """LOAN's days past due on every day, by bucket, and what changed them. 合同逐日的逾期天数与变动原因。

    ``seen`` is what was known on the day itself: it differs where a payment was booked late or taken back.
    """
    first, last, known = day("--from", start), day("--to", end), day("--known-at", known_at)
    if out is not None and out.suffix not in (".csv", ".json"):
        raise BAD_FORMAT.error(file=out.name)
    from shouyue.ageing.convention import load
    from shouyue.ageing.history import check_span, history_of, span_of
    from shouyue.ageing.one import find, read_tables

    rules = load(convention)
    version = version_of(book, version_id)
    tables = read_tables(version, find(version, loan), rules)
    usual = span_of(tables, last or clock.today())
    last = last or (max(first, usual[1]) if first else usual[1])
    first = first or min(usual[0], last)
    check_span(first, last)
    found = history_of(tables, first, last, known, rules)
    about = {
        "loan": loan,
        "book_version": version.id,
        "currency": version.currency,
        "convention": rules.name,
        "convention_digest": rules.digest(),
        "known_at": known.isoformat() if known else None,
    }
    for line in told(found, about):
        click.echo(line)
    if out is not None:
        try:
            write(found, about, out)
        except OSError as why:
            raise NOT_WRITABLE.error(file=out, why=why.strerror or why) from None
        click.echo(f"{out}")


def told(found: History, about: dict[str, Any]) -> Iterator[str]:
    """The history for a person at a terminal."""
    known = f"   知悉 known {about['known_at']}" if about["known_at"] else ""
    yield f"{about['loan']}   {about['convention']}   {about['book_version']}   {about['currency']}{known}"
    yield from _chart(found)
    yield f"{'阶段 bucket':<14}{'起 from':<11}  {'止 to':<11}{'天数 days':>8}{'最高 worst':>10}"
    for stay in found.stays():
        yield f"{stay.bucket:<16}{stay.first}   {stay.last}  {(stay.last - stay.first).days + 1:>8,}{stay.worst:>11,}"
    yield "变动 what changed it"
    for event in found.events:
        yield _event(event, about["currency"])


def _chart(found: History) -> Iterator[str]:
    """Columns of the worst day each, the highest in the top row."""
    width = max(20, min(shutil.get_terminal_size((100, 24)).columns - 8, found.dpd.size))
    worst = _columns(found.dpd, width)
    top = max(max(worst), 1)
    levels = [-(-value * ROWS_OF_THE_CHART * 8 // top) for value in worst]
    for row in reversed(range(ROWS_OF_THE_CHART)):
        label = top if row == ROWS_OF_THE_CHART - 1 else 0 if row == 0 else ""
        yield f"{label:>6} " + "".join(BLOCKS[min(8, max(0, level - 8 * row))] for level in levels).rstrip()
    yield f"{'':>7}{found.start}{found.end.isoformat():>{max(11, len(worst) - 10)}}"


def _columns(line: np.ndarray, width: int) -> list[int]:
    import numpy as np

    return [int(part.max()) for part in np.array_split(line, min(width, line.size))]


def _event(event: Event, currency: str) -> str:
    amount = f"{money.from_minor(event.minor, currency):,f}" if event.minor else ""
    moved = "" if event.dpd is None else f"{event.dpd[0]} → {event.dpd[1]}"
    more = []
    if event.seq is not None:
        more.append(f"第 {event.seq} 期 no. {event.seq}")
    if event.other and event.kind in ("past_due", "reversal"):
        more.append(f"{'还款日 due' if event.kind == 'past_due' else '原入账日 paid'} {event.other}")
    if event.kind == "pause" and event.other:
        more.append(f"至 until {event.other}")
    if event.late_known:
        seen = "" if event.seen is None else f" ({event.seen[0]} → {event.seen[1]})"
        more.append(f"记账 booked {event.learned}{seen}")
    elif event.kind == "reversal" and event.seen is not None:
        more.append(f"所见 seen {event.seen[0]} → {event.seen[1]}")
    if event.taken_back:
        more.append(f"被冲正 taken back {money.from_minor(event.taken_back, currency):,f}")
    return f"  {event.day}  {moved:>11}  {amount:>16}  {WORDS[event.kind]}   {'   '.join(more)}".rstrip()


def write(found: History, about: dict[str, Any], out: Path) -> None:
    """Every day as lines, or days and events as JSON; the file appears whole or not at all."""
    from shouyue.ageing.shard import day_number, day_of

    begin = day_number(found.start)
    labels = [bucket.label for bucket in found.convention.buckets]
    days = [
        {"day": day_of(begin + n).isoformat(), "dpd": dpd, "bucket": labels[place], "seen": seen}
        for n, (dpd, place, seen) in enumerate(
            zip(found.dpd.tolist(), found.buckets().tolist(), found.seen.tolist(), strict=True)
        )
    ]
    if out.suffix == ".csv":
        cells.write_csv(out, list(days[0]), (list(day.values()) for day in days))
        return
    files.write_json(out, {**about, "days": days, "events": [vars(event) for event in found.events]}, default=str)
