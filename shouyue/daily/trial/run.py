"""The use case: a base and a candidate strategy on a book and a day, worked part by part, kept with their rows.

Everything lies in a folder of the trial's own; ``summary.json`` is written last. A trial that was killed is run again
on the same folder and goes on behind the parts that are whole. The same inputs give the same files.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from shouyue import strategy as strategies
from shouyue.ageing import convention as conventions
from shouyue.base import files, settings
from shouyue.base.errors import Code
from shouyue.book.store import Book, Version
from shouyue.compliance import pack as packs
from shouyue.daily import deciding, errors, figures
from shouyue.daily.figures import Figures
from shouyue.daily.models import DailyRun
from shouyue.daily.trial import aside, cash, comparing, knowing, law, numbers, workload
from shouyue.daily.trial.knowing import Knowledge
from shouyue.strategy import Strategy, differing, flows

#: what a trial does, in order; a progress callback is told the stage and how far it is
STAGES = ("age", "know", "decide", "law", "cash", "sum")
#: loans decided at a time, by two strategies: bounds the memory of a trial, whatever the book's size
LOANS_AT_A_TIME = 400_000
#: grows when the same inputs give other files
FORMAT = 4
#: rows of customers, part by part: with a case, and with none because the work on them is ended
KINDS = ("cases", "ended")
#: what sums are shown by
GROUPS = ("store", "phase", "segment", "stage", "treatment", "band")

Progress = Callable[[str, int, int], None]

NO_SUCH_DAY = Code(
    "TRY-001",
    zh="账册 {book} 的数据只到 {last}，不能试算 {as_of}；可试算过去的日子或次日",
    en="book {book} holds data up to {last}; {as_of} cannot be tried. Try a past day or the day after",
)


@dataclass(frozen=True)
class Question:
    """What is asked. ``version`` is a version of the book; where left out, the one the day was published from, or the
    current one. ``known_at`` as in the daily cycle. ``desk`` False leaves out what the desk knows; ``persons`` then
    still takes what no strategy has made (``knowing.of_persons``). ``rep_minutes`` is a day of every rep; where left
    out, as the desk has them."""

    book: str
    as_of: date
    base: Strategy
    candidate: Strategy
    convention: str = "default"
    known_at: date | None = None
    version: str | None = None
    hours: law.Hours = field(default_factory=law.Hours)
    desk: bool = True
    rep_minutes: int | None = None
    persons: bool = False


@dataclass(frozen=True)
class Trial:
    """A finished trial: its sums, and the folder with the rows behind them."""

    summary: Mapping[str, Any]
    folder: Path

    def cases(self) -> pl.LazyFrame:
        """One row per customer with a case on either side: ``comparing.side_by_side`` and what ``law.judge`` adds."""
        return self._rows("cases")

    def ended(self) -> pl.LazyFrame:
        """The same of customers who would have a case, were the work on them not ended."""
        return self._rows("ended") if (self.folder / "ended.parquet").exists() else self.cases().clear()

    def _rows(self, name: str) -> pl.LazyFrame:
        rows = pl.scan_parquet(self.folder / f"{name}.parquet")
        if "now_aside" in rows.collect_schema():
            return rows
        held = {side: pl.when(pl.col(f"{side}_hold")).then(pl.lit(aside.HELD)) for side in aside.SIDES}
        return rows.with_columns(why.alias(f"{side}_aside") for side, why in held.items())  # of an earlier format

    def loans(self) -> pl.LazyFrame:
        """Every loan with the rows that decided it on either side: ``strategy.flows.fired``."""
        return pl.scan_parquet(sorted(self.folder.glob("loans-*.parquet")))

    def stakes(self) -> pl.LazyFrame:
        """The loans behind the estimate of cash: ``cash.stakes`` of those on a list."""
        return cash.listed(pl.scan_parquet(sorted(self.folder.glob("stakes-*.parquet"))), self.cases())


def simulate(asked: Question, folder: Path, workers: int | None = None, progress: Progress | None = None) -> Trial:
    """Work the question out into ``folder``; one that is finished there already is only read.

    Raises DAY-005 without an import, BOOK-001 for an unknown version, STRAT-… and AGE-… of the rooms below.
    """
    tell = progress or (lambda _stage, _done, _whole: None)
    version = version_of(asked)
    rules = conventions.load(asked.convention)
    with_pack = packs.active()
    tell("age", 0, 1)
    aged = figures.aged_in(
        folder / "aged", version, asked.as_of, asked.known_at, rules, workers, lambda d, w: tell("age", d, w)
    )
    tell("know", 0, 1)
    known = _known(asked, aged)
    if asked.rep_minutes is not None:
        known = known.with_days_of(asked.rep_minutes)
    tell("know", 1, 1)
    inputs = _inputs(asked, aged, known, with_pack.digest)
    if done := _finished(folder, inputs):
        return done
    parts = max(1, -(-version.rows("loans") // LOANS_AT_A_TIME))
    for number in range(parts):
        tell("decide", number, parts)
        _part(asked, aged, known.facts, folder, number, parts, known.ended)
    tell("decide", parts, parts)
    rows, gone = (pl.read_parquet(sorted(folder.glob(f"{n}-*.parquet"))).sort("customer_id") for n in KINDS)
    tell("law", 0, 1)
    rows, gone = _judged(asked, aged, known, with_pack, rows), aside.marked(gone, known.ended)
    tell("law", 1, 1)
    tell("cash", 0, 1)
    estimated = _cash(asked, aged, folder, rows, workers, lambda d, w: tell("cash", d, w))
    tell("sum", 0, 1)
    summary = {
        "format": FORMAT,
        "inputs": inputs,
        "totals": comparing.totals(rows),
        "by": {name: comparing.by(rows, name) for name in GROUPS},
        "moves": comparing.moves(rows),
        "workload": workload.workload(rows, known.capacity),
        "aside": aside.lines(rows, gone, lambda rule: law.words(with_pack, rule, asked.as_of)),
        "law": law.summary(with_pack, asked.as_of, asked.hours, rows),
        "cash": estimated,
        "difference": _difference(asked),
        "flows": flows.merged([pl.read_parquet(p) for p in sorted(folder.glob("flows-*.parquet"))]).to_dict(
            as_series=False
        ),
    }
    done = _close(folder, rows, gone, summary)
    tell("sum", 1, 1)
    return done


def _known(asked: Question, aged: Figures) -> Knowledge:
    if asked.desk:
        return knowing.of_desk(aged)
    return knowing.of_persons(aged) if asked.persons else knowing.of_book(aged)


def version_of(asked: Question) -> Version:
    """The version of the book that is asked about."""
    path = settings.book_path(asked.book)
    book = Book(path)
    current = book.current()
    if current is None:
        raise errors.NO_BOOK.error(book=path.name)
    wanted = asked.version
    if wanted is None and asked.desk:
        run = DailyRun.objects.filter(as_of=asked.as_of, book=path.name).order_by("-published_at").first()
        wanted = run.book_version if run and run.book_version in book.versions() else None
    return book.version(wanted) if wanted else current


def _inputs(asked: Question, aged: Figures, known: Knowledge, pack_digest: str) -> dict[str, Any]:
    """Everything the result depends on, by name and by digest."""
    sides = {
        side: {"id": s.id, "digest": s.digest, "zh": s.zh, "en": s.en}
        for side, s in (("base", asked.base), ("candidate", asked.candidate))
    }
    return {
        "format": FORMAT,
        "book": settings.book_path(asked.book).name,
        "version": aged.version.id,
        "content": aged.version.manifest["content"],
        "as_of": asked.as_of.isoformat(),
        "known_at": asked.known_at.isoformat() if asked.known_at else None,
        "convention": aged.convention.name,
        "convention_digest": aged.convention.digest(),
        "pack_digest": pack_digest,
        "hours": str(asked.hours),
        "desk": known.desk,
        "persons": asked.persons,
        "rep_minutes": asked.rep_minutes,
        "knowledge": known.digest(),
        "loans": aged.version.rows("loans"),
        "cash_days": cash.DAYS,
        "cash_months": cash.MONTHS,
        **sides,
    }


def _finished(folder: Path, inputs: Mapping[str, Any]) -> Trial | None:
    """What is done already in the folder. What was begun with other inputs is removed."""
    about = folder / "about.json"
    text = json.dumps(inputs, ensure_ascii=False, sort_keys=True, indent=1)
    if about.exists() and about.read_text("utf-8") == text:
        if (folder / "summary.json").exists():
            shutil.rmtree(folder / "aged", ignore_errors=True)
            return read(folder)
        return None
    (folder / "summary.json").unlink(missing_ok=True)
    for left in folder.glob("*.parquet"):
        left.unlink()
    _write(about, text)
    return None


def read(folder: Path) -> Trial | None:
    """A finished trial; None where there is none."""
    try:
        return Trial(json.loads((folder / "summary.json").read_text("utf-8")), folder)
    except FileNotFoundError:
        return None


def _part(
    asked: Question, aged: Figures, facts: pl.DataFrame, folder: Path, number: int, parts: int, ended: Iterable[str]
) -> None:
    """Decide one part of the customers by both strategies; its files, the flows last, say that it is whole."""
    if (folder / f"flows-{number:04d}.parquet").exists():
        return
    asking = deciding.asked_about(aged, facts, number, parts)
    was = strategies.evaluate(asked.base, asking)
    now = strategies.evaluate(asked.candidate, asking)
    was_cases, now_cases = deciding.work(asked.base, was, asking), deciding.work(asked.candidate, now, asking)
    fired = flows.fired(asked.base, was, asked.candidate, now)
    gone = pl.col("customer_id").is_in(list(ended))
    files = {
        "ended": comparing.side_by_side(was_cases.filter(gone), now_cases.filter(gone)),
        "cases": comparing.side_by_side(was_cases.filter(~gone), now_cases.filter(~gone)),
        "stakes": cash.stakes(asking, was_cases.filter(~gone), now_cases.filter(~gone), cash.DAYS),
        "loans": fired,
        "flows": flows.flows(fired),
    }
    for name, frame in files.items():
        _parquet(folder / f"{name}-{number:04d}.parquet", frame)


def _judged(asked: Question, aged: Figures, known: Knowledge, with_pack, rows: pl.DataFrame) -> pl.DataFrame:
    customers = rows["customer_id"]
    whole = law.Law(
        with_pack,
        asked.as_of,
        asked.hours,
        settings.zone(),
        numbers.first(aged, customers, known),
        numbers.told(aged, customers, with_pack, known),
        known.placed,
        numbers.several(aged, customers, known) if with_pack.heeds_every_place else {},
        lambda some: numbers.further(aged, some, known),
    )
    return whole.judge(rows)


def _cash(
    asked: Question, aged: Figures, folder: Path, rows: pl.DataFrame, workers: int | None, progress
) -> dict[str, Any]:
    starts = cash.months(asked.as_of)
    published = knowing.days_with_a_desk(settings.book_path(asked.book).name) if asked.desk else []
    reached = [
        knowing.reached_between(start, end) if published and published[0] <= start else None
        for start, end in zip(starts, [asked.as_of, *starts], strict=False)
    ]
    past = cash.experience(aged, reached=reached, workers=workers, progress=progress)
    staked = cash.listed(pl.scan_parquet(sorted(folder.glob("stakes-*.parquet"))), rows.lazy()).collect()
    return {
        "days": cash.DAYS,
        "starts": [s.isoformat() for s in starts],
        "currencies": cash.estimate(past, staked),
    }


def _difference(asked: Question) -> dict[str, Any]:
    found = differing.differ(asked.base, asked.candidate)
    return {"keys": [asdict(k) for k in found.keys], "rows": [asdict(r) for r in found.rows]}


def _close(folder: Path, rows: pl.DataFrame, gone: pl.DataFrame, summary: Mapping[str, Any]) -> Trial:
    _parquet(folder / "cases.parquet", rows)
    _parquet(folder / "ended.parquet", gone)
    _write(folder / "summary.json", json.dumps(summary, ensure_ascii=False, indent=1, default=_plain))
    shutil.rmtree(folder / "aged", ignore_errors=True)
    for name in KINDS:
        for left in folder.glob(f"{name}-*.parquet"):
            left.unlink()
    done = read(folder)
    assert done is not None
    return done


def digest(summary: Mapping[str, Any]) -> str:
    """SHA-256 of the inputs of a trial: what it is known by."""
    return hashlib.sha256(json.dumps(summary["inputs"], sort_keys=True).encode()).hexdigest()


def _parquet(path: Path, frame: pl.DataFrame) -> None:
    with files.whole(path) as aside:
        frame.write_parquet(aside, compression="zstd", compression_level=1)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, text)


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
