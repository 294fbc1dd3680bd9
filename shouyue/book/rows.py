"""A chunk of a table: parsed, its faults found, good rows apart from bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from shouyue.book import faults
from shouyue.book.parsing import DAY_LIKE, Parsed, parsed, texts
from shouyue.book.profile import Column, Profile, TableProfile
from shouyue.book.schema import TABLES
from shouyue.book.shelving import POLARS, shard_key
from shouyue.book.sources import RawChunk

PARTS = ("principal_minor", "interest_minor", "fee_minor")


@dataclass
class Checked:
    """``good``: schema columns, ``_line``, ``_sent``, ``_gone``. ``bad``: a chunk's share of ``quarantine.COLUMNS``.

    ``money`` and ``unreadable`` are of all its rows: the sum of readable amounts (whatever else is wrong with the
    row), and how many rows have an amount that cannot be read.
    """

    good: pl.DataFrame
    bad: pl.DataFrame
    money: int
    unreadable: int
    #: identities of loans among the bad rows, where they could be read
    lost_loans: list[str]


class Checker:
    """Parses the chunks of one file of a table: bound to the file's headers and column types."""

    def __init__(
        self, profile: Profile, table: TableProfile, file: str, headers: Sequence[str], upon_book: bool = False
    ):
        self.profile, self.table, self.file = profile, table, file
        self.spec = TABLES[table.name]
        #: may the file leave out what is mandatory, since the book has it
        self.partial = upon_book and table.absent == "keep"
        self.positions = self._positions(headers)

    def _positions(self, headers: Sequence[str]) -> dict[str, int]:
        """Places of the headers the profile names. Raises BOOK-204, -205."""
        places: dict[str, int] = {}
        if self.table.deleted is not None:
            self.mark = self._place(headers, self.table.deleted.header)
        for column in self.table.columns:
            for source in column.sources:
                at = [n for n, h in enumerate(headers) if h == source.strip()]
                if not at and column.optional:
                    continue
                places[source] = self._place(headers, source)
        self.columns = [
            c for c in self.table.columns if c.derive is None and all(source in places for source in c.sources)
        ]
        return places

    def _place(self, headers: Sequence[str], header: str) -> int:
        at = [n for n, h in enumerate(headers) if h == header.strip()]
        if not at:
            found = ", ".join(h for h in headers if h)[:400]
            raise faults.NO_HEADER.error(file=self.file, header=header, found=found)
        if len(at) > 1:
            raise faults.HEADER_TWICE.error(file=self.file, header=header)
        return at[0]

    @property
    def given(self) -> frozenset[str]:
        """The columns for which the file itself has a value."""
        return frozenset(c.target for c in self.columns if c.sources)

    def check(self, chunk: RawChunk) -> Checked:
        frame = chunk.frame.with_columns(pl.Series("_line", chunk.lines, pl.Int64))
        read = texts(frame, self.columns, {f.name: f for f in self.spec.fields}, self.positions)
        each = {
            c.target: parsed(self.spec.field(c.target), c, read.schema[f"={c.target}"], self.profile.currency)
            for c in self.columns
        }
        values = read.select(
            "_line",
            *(p.value.alias(name) for name, p in each.items()),
            *(p.fault.alias(f"!{name}") for name, p in each.items()),
        )
        values = self._completed(values, chunk)
        values = self._judged(values, each)
        values = self._without_faults_of_gone(values, chunk)
        flags = [c for c in values.columns if c.startswith("!")]
        wrong = values.select(pl.max_horizontal(pl.col(flags)) > 0).to_series()
        money, unreadable = self._money(values)
        names = [f.name for f in self.spec.fields]
        good = values.filter(~wrong) if wrong.any() else values
        sent = pl.col(self.spec.money) if self.spec.money else pl.lit(None, pl.Int64)
        good = good.select(*names, "_line", sent.alias("_sent"), "_gone")
        bad = self._bad(read, values, each, wrong, chunk, flags)
        lost: list[str] = []
        if self.table.name == "loans" and wrong.any():
            lost = values.filter(wrong)["loan_id"].drop_nulls().to_list()
        return Checked(good, bad, money, unreadable + len(chunk.bad) * (self.spec.money is not None), lost)

    def _completed(self, values: pl.DataFrame, chunk: RawChunk) -> pl.DataFrame:
        """All columns of the schema: parts summed, days filled in, numbers derived, the rest null."""
        given = set(values.columns)
        more: list[pl.Expr] = []
        if self.table.name == "instalments":
            parts = [p for p in PARTS if p in given]
            if parts:
                any_part = pl.any_horizontal(pl.col(p).is_not_null() for p in parts)
                total = pl.when(any_part).then(pl.sum_horizontal(parts))
                if "amount_minor" not in given:
                    whole = pl.all_horizontal(pl.col(f"!{p}") == 0 for p in parts)
                    more.append(pl.when(whole).then(total).alias("amount_minor"))
                else:
                    asked = pl.col("amount_minor").is_null() & (pl.col("!amount_minor") == 0)
                    more.append(pl.when(asked).then(total).otherwise(pl.col("amount_minor")).alias("amount_minor"))
        if self.table.name == "payments":
            booked = pl.col("booked_on") if "booked_on" in given else pl.lit(None, pl.Date)
            more.append(pl.coalesce(booked, pl.col("value_date")).alias("booked_on"))
        values = values.with_columns(more)
        for column in self.table.columns:
            if column.derive:
                values = values.with_columns(self._derived(column, values, chunk).alias(column.target))
        missing = [f for f in self.spec.fields if f.name not in values.columns]
        return values.with_columns(pl.lit(None, POLARS[f.kind]).alias(f.name) for f in missing)

    def _derived(self, column: Column, values: pl.DataFrame, chunk: RawChunk) -> pl.Series:
        """A number for rows that have none: from what the row says, or from where it stands."""
        if column.derive == "position":
            return pl.Series([f"{self.file}:{line}" for line in chunk.lines.tolist()], dtype=pl.String)
        said = values.select(c for c in values.columns if not c.startswith(("!", "_")))
        text = said.select(pl.concat_str(pl.all().cast(pl.String).fill_null(""), separator="\x1f")).to_series()
        return pl.Series([_digest(t) for t in text], dtype=pl.String)

    def _judged(self, values: pl.DataFrame, each: dict[str, Parsed]) -> pl.DataFrame:
        """Faults that take more than one value, or the want of one."""
        judged: list[pl.Expr] = []
        for f in self.spec.fields:
            if f.need == "key" or (f.need == "must" and not (self.partial and f.name not in self.given)):
                flag = f"!{f.name}"
                known = pl.col(flag) if flag in values.columns else pl.lit(0, pl.UInt8)
                empty = pl.col(f.name).is_null() & (known == 0)
                judged.append(pl.when(empty).then(pl.lit(faults.MISSING, pl.UInt8)).otherwise(known).alias(flag))
        values = values.with_columns(judged)
        if self.table.name == "instalments" and self.table.parts == "check" and "amount_minor" in each:
            given = [p for p in PARTS if p in each]
            if {"principal_minor", "interest_minor"} <= set(given):
                full = pl.all_horizontal(pl.col(p).is_not_null() for p in PARTS[:2])
                off = full & (pl.sum_horizontal(given) != pl.col("amount_minor"))
                values = values.with_columns(_also("amount_minor", off, faults.PARTS))
        if self.table.name == "payments":
            values = values.with_columns(_also("amount_minor", pl.col("amount_minor") == 0, faults.ZERO))
        if self.table.name == "pauses":
            back = pl.col("ends_on") < pl.col("starts_on")
            values = values.with_columns(_also("ends_on", back, faults.PAUSE_ORDER))
        return values

    def _without_faults_of_gone(self, values: pl.DataFrame, chunk: RawChunk) -> pl.DataFrame:
        """Of a row that is to go only what it is known by must be in order."""
        if self.table.deleted is None:
            return values.with_columns(pl.lit(False).alias("_gone"))
        said = chunk.frame.select(pl.col(str(self.mark)).cast(pl.String).str.strip_chars()).to_series()
        gone = said.is_in(list(self.table.deleted.values)).fill_null(False)
        needed = {*self.table.identity, shard_key(self.spec)}
        flags = [c for c in values.columns if c.startswith("!") and c[1:] not in needed]
        forgiven = [pl.when("_gone").then(pl.lit(0, pl.UInt8)).otherwise(pl.col(f)).alias(f) for f in flags]
        return values.with_columns(gone.alias("_gone")).with_columns(forgiven)

    def _money(self, values: pl.DataFrame) -> tuple[int, int]:
        if self.spec.money is None:
            return 0, 0
        amount = pl.col(self.spec.money)
        flag = f"!{self.spec.money}"
        told = pl.col(flag) > 0 if flag in values.columns else pl.lit(False)
        row = values.select(
            total=amount.cast(pl.Int128).sum(), unread=(amount.is_null() & told).cast(pl.UInt32).sum()
        ).row(0)
        return int(row[0] or 0), int(row[1] or 0)

    def _bad(
        self,
        read: pl.DataFrame,
        values: pl.DataFrame,
        each: dict[str, Parsed],
        wrong: pl.Series,
        chunk: RawChunk,
        flags: Sequence[str],
    ) -> pl.DataFrame:
        """The bad rows as the quarantine keeps them, the unsplittable lines among them."""
        parts = []
        if wrong.any():
            places = np.flatnonzero(wrong.to_numpy())
            shown = read[places].select(pl.col(f"={name}").cast(pl.String) for name in each)
            rows = pl.concat([values[places], shown], how="horizontal")
            parts.append(_told(rows, flags, self.spec.money).with_columns(pl.Series("raw", chunk.raw(places.tolist()))))
        if chunk.bad:
            parts.append(
                pl.DataFrame(
                    {
                        "line": pl.Series([b.line for b in chunk.bad], dtype=pl.Int64),
                        "field": pl.Series([""] * len(chunk.bad)),
                        "value": pl.Series([""] * len(chunk.bad)),
                        "fault": pl.Series([b.fault for b in chunk.bad], dtype=pl.UInt8),
                        "also": pl.Series([""] * len(chunk.bad)),
                        "money": pl.Series([None] * len(chunk.bad), dtype=pl.Int64),
                        "raw": pl.Series([b.raw for b in chunk.bad], dtype=pl.String),
                    }
                )
            )
        return pl.concat(parts) if parts else BAD.clear()


BAD = pl.DataFrame(
    schema={
        "line": pl.Int64,
        "field": pl.String,
        "value": pl.String,
        "fault": pl.UInt8,
        "also": pl.String,
        "money": pl.Int64,
        "raw": pl.String,
    }
)


def _told(rows: pl.DataFrame, flags: Sequence[str], money: str | None) -> pl.DataFrame:
    """First fault of each row with its field and value, and the others in one text."""
    refined = []
    for flag in flags:
        shown = f"={flag[1:]}"
        if shown in rows.columns:
            day_like = (pl.col(flag) == faults.NOT_A_DATE) & pl.col(shown).str.contains(DAY_LIKE)
            refined.append(
                pl.when(day_like).then(pl.lit(faults.IMPOSSIBLE_DATE, pl.UInt8)).otherwise(pl.col(flag)).alias(flag)
            )
    rows = rows.with_columns(refined)
    ids = {n: code.id for n, code in enumerate(faults.ROW, 1)}
    field = pl.coalesce(pl.when(pl.col(f) > 0).then(pl.lit(f[1:])) for f in flags)
    value = pl.coalesce(
        pl.when(pl.col(f) > 0).then(pl.col(f"={f[1:]}").fill_null("") if f"={f[1:]}" in rows.columns else pl.lit(""))
        for f in flags
    )
    fault = pl.coalesce(pl.when(pl.col(f) > 0).then(pl.col(f)) for f in flags)
    all_told = pl.concat_str(
        [
            pl.when(pl.col(f) > 0).then(
                pl.format(" {} {};", pl.lit(f[1:]), pl.col(f).replace_strict(ids, default="", return_dtype=pl.String))
            )
            for f in flags
        ],
        ignore_nulls=True,
    )
    amount = pl.col(money) if money else pl.lit(None, pl.Int64)
    return rows.select(
        pl.col("_line").alias("line"),
        field.alias("field"),
        value.alias("value"),
        fault.alias("fault"),
        # the first is in its own columns
        all_told.str.replace(r"^[^;]*;", "").str.strip_chars(" ;").alias("also"),
        amount.alias("money"),
    )


def _also(name: str, condition: pl.Expr, fault: int) -> pl.Expr:
    flag = f"!{name}"
    return pl.when(condition & (pl.col(flag) == 0)).then(pl.lit(fault, pl.UInt8)).otherwise(pl.col(flag)).alias(flag)


def _digest(text: str) -> str:
    import hashlib

    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


__all__ = ["BAD", "Checked", "Checker"]
