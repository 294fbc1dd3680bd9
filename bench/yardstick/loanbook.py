"""A deterministic book of any size, written shard by shard in the order it is stored: memory holds a shard or two.

Everything of a loan follows from its number alone, by hashing: the loans of a small book are the first loans of a
large one. Loans have 6, 12 or 18 monthly instalments, as many each, paid out over the eighteen months before
``AS_OF``; a book of ``years`` has that many times the instalments over that many times the past. Of the borrowers 55 %
pay ahead of time, 25 % on the day, 12 % up to 24 days late, and 8 % stop. Some pay in two parts; a payment in ten is
booked two days later; three in a thousand are reversed (a debit that bounced), and half of those are made good.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from shouyue.book.schema import TABLES, shard_count
from shouyue.book.shelving import crc
from shouyue.book.store import Book, Version, VersionWriter

AS_OF = date(2025, 6, 30)
TODAY = np.datetime64(AS_OF, "D")
#: raised when the same number of loans comes to mean another book
EDITION = 1
BLOCK = 1_000_000
#: payments a loan can have in a month: two parts, a reversal, one made good
KINDS = 4
EARLY, ON_THE_DAY, LATE, STOPS = range(4)


def opened(folder: Path, loans: int, years: int = 1) -> Version:
    """The book of ``loans`` loans kept under ``folder``, built where it is not there yet."""
    place = folder / f"book-{loans}-{years}y"
    told = place / "made.json"
    made = {"edition": EDITION, "schema": {name: [f.name for f in table.fields] for name, table in TABLES.items()}}
    version = Book(place).current()
    if version and told.exists() and json.loads(told.read_text()) == made:
        return version
    print(f"building {place} …", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    version = build(place, loans, years)
    told.write_text(json.dumps(made))
    return version


def build(place: Path, loans: int, years: int = 1, shards: int | None = None) -> Version:
    """Write the book at ``place``; in as many shards as an import would make where none are asked for."""
    shards = shards or shard_count(loans)
    numbers = _numbers_by_shard(loans, shards)
    book = Book(place)
    with book.lock(), VersionWriter(book, shards, "CNY") as writer, ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda ix: _write(writer, ix, numbers[ix], years), range(shards)))
        return writer.commit(profile=None, sources=[], import_digest=None, control=None)


def _numbers_by_shard(loans: int, shards: int) -> list[np.ndarray]:
    parts: list[list[np.ndarray]] = [[] for _ in range(shards)]
    for begin in range(0, loans, BLOCK):
        block = np.arange(begin, min(begin + BLOCK, loans))
        places = crc(_names("A", 9, block)) % np.uint32(shards)
        for ix, part in enumerate(parts):
            part.append(block[places == ix])
    return [np.concatenate(part) for part in parts]


def _names(letter: str, digits: int, numbers: np.ndarray) -> pl.Series:
    return letter + pl.Series(numbers).cast(pl.String).str.zfill(digits)


def chance(numbers: np.ndarray, question: int) -> np.ndarray:
    """A number of 53 random bits in [0, 1) for each number and question: the finalizer of SplitMix64."""
    z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(question * 0xD1342543DE82EF95 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def drawn(numbers: np.ndarray, question: int, low: int, high: int) -> np.ndarray:
    """A whole number of ``low`` to ``high - 1`` for each."""
    return low + (chance(numbers, question) * (high - low)).astype(np.int64)


def _write(writer: VersionWriter, ix: int, number: np.ndarray, years: int) -> None:
    """One shard: loans in the order of their numbers, which is that of their names."""
    terms = drawn(number, 1, 1, 4) * 6 * years
    opened = TODAY.astype("datetime64[M]") - 17 * years + drawn(number, 2, 0, 18 * years)
    pay_day = drawn(number, 3, 0, 28)
    whole = drawn(number, 4, 20_000, 300_000)
    names = _names("A", 9, number).to_arrow()
    _shelve(writer, "loans", ix, {"loan_id": names, "customer_id": _names("C", 9, number).to_arrow()})
    loan = np.repeat(np.arange(number.size), terms)
    seq = np.arange(loan.size) - np.repeat(np.cumsum(terms) - terms, terms)
    due = (opened[loan] + seq + 1).astype("datetime64[D]") + pay_day[loan]
    amount = whole[loan]
    _shelve(
        writer,
        "instalments",
        ix,
        {
            "loan_ix": loan,
            "loan_id": names.take(pa.array(loan)),
            "seq": seq + 1,
            "version": np.ones(loan.size, np.int32),
            "due_date": due,
            "amount_minor": amount,
            "fee_minor": amount // 50,
            "interest_minor": amount // (8 + seq),
        },
    )
    _shelve(writer, "payments", ix, _payments(number, names, loan, seq, due, amount, years))


def _payments(
    number: np.ndarray,
    names: pa.Array,
    loan: np.ndarray,
    seq: np.ndarray,
    due: np.ndarray,
    amount: np.ndarray,
    years: int,
) -> dict[str, object]:
    month = number[loan] * 256 + seq  # its own number
    habit = np.searchsorted([0.55, 0.80, 0.92], chance(number, 5), side="right")
    stops = np.where(habit == STOPS, drawn(number, 6, 0, 12 * years), 10**6)
    delay = np.choose(habit[loan], [-1, 0, 1, 1]) * drawn(month, 7, 0, 25)
    first_on = due + delay
    made = seq < stops[loan]
    split = made & (chance(month, 8) < 0.06)
    bounced = made & (chance(month, 9) < 0.003)
    again = bounced & (chance(month, 10) < 0.5)
    first = np.where(split, amount // 2, amount)
    kinds = [  # which months, value day, booking day, amount
        (made, first_on, np.where(chance(month, 11) < 0.9, 0, 2), first),
        (split, first_on + 9, np.where(chance(month, 12) < 0.9, 0, 2), amount - first),
        (bounced, first_on, np.full(loan.size, 3), first),
        (again, first_on + 7, np.zeros(loan.size, np.int64), first),
    ]
    rows = [np.flatnonzero(which & (value <= TODAY)) for which, value, _, _ in kinds]
    kind = np.repeat(np.arange(KINDS), [r.size for r in rows])
    value = np.concatenate([k[1][r] for k, r in zip(kinds, rows, strict=True)])
    booked = value + np.concatenate([k[2][r] for k, r in zip(kinds, rows, strict=True)])
    money = np.concatenate([k[3][r] for k, r in zip(kinds, rows, strict=True)])
    row = np.concatenate(rows)
    serial = (number[loan[row]] * 54 * years + seq[row]) * KINDS + kind
    order = np.lexsort((serial, booked, value, loan[row]))
    serial, row, kind = serial[order], row[order], kind[order]
    taken_back = pl.select(pl.when(pl.Series(kind == 2)).then(_names("P", 11, serial - 2))).to_series()
    return {
        "payment_id": _names("P", 11, serial).to_arrow(),
        "loan_ix": loan[row],
        "loan_id": names.take(pa.array(loan[row])),
        "value_date": value[order],
        "booked_on": booked[order],
        "amount_minor": money[order],
        "reversal_of": taken_back.to_arrow(),
    }


def _shelve(writer: VersionWriter, table: str, ix: int, columns: dict[str, object]) -> None:
    """Write columns already in the table's order; those left out are empty."""
    schema = TABLES[table].arrow_schema()
    rows = len(columns["loan_id"])  # type: ignore[arg-type]
    arrays = [pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(rows, f.type) for f in schema]
    writer.write(table, ix, pa.Table.from_arrays(arrays, schema=schema))
