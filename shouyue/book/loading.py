"""One table of an import: its files read and parsed, then its shards made. Driven by ``shouyue.book.importing``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from shouyue.book import corrections, faults, joining, news
from shouyue.book.control import Totals
from shouyue.book.profile import Profile, TableProfile
from shouyue.book.quarantine import Quarantine
from shouyue.book.rows import Checker
from shouyue.book.schema import Table
from shouyue.book.shelving import crc, shard_key, shelve
from shouyue.book.sources import open_source
from shouyue.book.staging import NOWHERE, PLACE, Stage
from shouyue.book.store import Version, VersionWriter, shard_name

#: called with table, file and the share of it that is read; with no file, the share of the table's shards that is made
Share = Callable[[str, str | None, float], None]


@dataclass(frozen=True)
class Upon:
    """News come upon a book: on this day, where it is known."""

    day: date | None = None


#: rows of a table that a delta may always delete, whatever their share
FEW = 100


class TableLoad:
    """``read`` then ``shelve``, once each. ``files`` are (path, name in the folder)."""

    def __init__(
        self,
        profile: Profile,
        table: TableProfile | None,
        spec: Table,
        files: Sequence[tuple[Path, str]],
        folder: Path,
        quarantine: Quarantine,
        upon: Upon | None = None,
    ):
        self.profile, self.table, self.spec = profile, table, spec
        self.files, self.folder, self.quarantine = files, folder, quarantine
        #: what the rows come upon; None where they are the whole book
        self.upon = upon
        self.identity = table.identity if table else spec.key
        self.totals = Totals()
        #: loans among the bad rows, so that their children can be told why they are refused
        self.lost_loans: set[str] = set()
        #: shards in which loans came or went, so that the rows of all children are numbered anew
        self.renumbered: set[int] = set()
        #: customers that went
        self.gone: list[pl.Series] = []
        self._given: dict[int, frozenset[str]] = {}
        self._moved, self._leaving = corrections.MOVED, corrections.LEAVING
        self._chunks: list[pl.DataFrame] = []
        self._refused: list[pl.DataFrame] = []
        self._stage: Stage | None = None

    # --- reading ----------------------------------------------------------------------------------------------------

    def read(self, share: Share) -> None:
        """Parse the files. Good rows go to the stage; loans wait in memory, since their number makes the shards."""
        for number, (path, name) in enumerate(self.files):
            self._read_file(number, path, name, share)

    def _read_file(self, number: int, path: Path, name: str, share: Share) -> None:
        assert self.table is not None
        source = open_source(path, self.table)
        checker = Checker(self.profile, self.table, name, source.headers, self.upon is not None)
        self._given[number] = checker.given
        for chunk in source.chunks():
            checked = checker.check(chunk)
            self.totals.read += checked.good.height + checked.bad.height
            self.totals.read_money += checked.money
            self.totals.unreadable += checked.unreadable
            self.totals.ignored += chunk.ignored
            self._quarantined(name, checked.bad)
            self.lost_loans.update(checked.lost_loans)
            placed = checked.good.with_columns(pl.lit(number, pl.UInt32).alias("_file"))
            self._keep(placed if self.upon else self._without_gone(placed))
            share(self.spec.name, name, chunk.done)

    def _quarantined(self, name: str, bad: pl.DataFrame) -> None:
        assert self.table is not None
        self.quarantine.add(self.table, name, bad)
        self.totals.quarantined += bad.height
        self.totals.quarantined_money += int(bad["money"].cast(pl.Int128).sum() or 0)

    def _without_gone(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Of a whole book, rows that are to go are simply not in it."""
        gone = rows.filter("_gone")
        if gone.height == 0:
            return rows
        self._accept(gone)
        self.totals.known += gone.height
        return rows.filter(~pl.col("_gone"))

    def _keep(self, rows: pl.DataFrame) -> None:
        order = [*(f.name for f in self.spec.fields), *PLACE]
        if self._stage is not None:
            self._stage.add(rows.select(order))
        else:
            self._chunks.append(rows.select(order))

    def open_stage(self, shards: int) -> None:
        """From here on rows are kept by shard."""
        watched = () if shard_key(self.spec) in self.identity else self.identity
        self._stage = Stage(self.folder, self.spec, shards, watched)
        for chunk in self._chunks:
            self._stage.add(chunk)
        self._chunks = []

    # --- making shards ----------------------------------------------------------------------------------------------

    def shelve(
        self,
        writer: VersionWriter,
        parent: Version | None,
        loans: TableLoad,
        share: Share,
        customers: TableLoad | None = None,
    ) -> None:
        """Write (or link) all shards of the table. Raises BOOK-232 when too much of it is to go."""
        assert self._stage is not None
        stage = self._stage
        left = self._left(customers)
        about_people = self.spec.name == "contacts" and (self.files or left.len())
        own_customers = self._loan_customers(writer) if about_people else None
        repeats = self._repeats_over_shards(stage, writer, parent)
        for ix in range(writer.shards):
            if self.files:
                share(self.spec.name, None, ix / writer.shards)
            known = self._parents(writer, ix, own_customers)
            rows = self._clean(stage.rows(ix), known, loans, repeats)
            unknown = left.filter(~left.is_in(known.implode())) if known is not None and left.len() else left
            self._shard(writer, parent, ix, rows, known, loans, unknown)
        stage.drop()
        self._tell_refused()
        if parent is not None:
            self._bearable(parent)

    def _left(self, customers: TableLoad | None) -> pl.Series:
        """Customers that went, so that their contacts go too unless they still have a loan."""
        gone = customers.gone if customers and self.spec.name == "contacts" else []
        return pl.concat(gone) if gone else pl.Series([], dtype=pl.String)

    def _bearable(self, parent: Version) -> None:
        """A marker that was misread must not empty a book."""
        had = parent.rows(self.spec.name)
        most = max(FEW, int(Decimal(self.profile.delta.deletes_at_most) * had))
        if self.totals.deleted > most:
            raise faults.TOO_MANY_DELETED.error(table=self.spec.name, deleted=self.totals.deleted, rows=had)

    def _clean(
        self, rows: pl.DataFrame, known: pl.Series | None, loans: TableLoad, repeats: pl.DataFrame | None
    ) -> pl.DataFrame:
        if rows.height == 0:
            return rows
        if known is not None:
            staying = joining.with_parent(
                rows.filter(~pl.col("_gone")), self.spec, known, loans.lost_loans, self._refused
            )
            rows = pl.concat([staying, rows.filter("_gone")])
        if repeats is None:
            return joining.unique(rows, self.spec, self.identity, self._refused, self._last)
        return rows.join(repeats, on=["_file", "_line"], how="anti", maintain_order="left")

    def _shard(
        self,
        writer: VersionWriter,
        parent: Version | None,
        ix: int,
        rows: pl.DataFrame,
        known: pl.Series | None,
        loans: TableLoad,
        left: pl.Series,
    ) -> None:
        name = self.spec.name
        numbered = self.spec.parent is not None and self.spec.parent[0] == "loans"
        renumber = numbered and ix in loans.renumbered
        leaving = self._leaving_of(ix, writer.shards)
        if parent is not None and rows.height + leaving.height + left.len() == 0 and not renumber:
            if self._whole:
                self.totals.removed += held(parent, self.spec, ix, [shard_key(self.spec)]).height
            else:
                writer.link(name, ix)
            return
        replaced, changed = 0, False
        if parent is not None:
            merged = self._merged(held(parent, self.spec, ix), rows, leaving, known if renumber else None, left)
            rows, replaced, changed = merged.rows, merged.replaced, merged.changed
            self._accept(merged.settled)
            self.totals.known += merged.known
            self.totals.deleted += merged.deleted
            self.totals.removed += merged.removed
            if name == "loans" and merged.removed:
                self.renumbered.add(ix)
        if name == "payments":
            rows = joining.reversals(rows, self.spec, self._refused)
        fresh = rows.filter(pl.col("_file").is_not_null()) if parent is not None else rows
        self._accept(fresh)
        self.totals.added += fresh.height - replaced
        self.totals.replaced += replaced
        if parent is not None and fresh.height == 0 and not renumber and not changed:
            writer.link(name, ix)
            return
        if name == "loans" and fresh.height > replaced:
            self.renumbered.add(ix)
        ids = pl.DataFrame({"loan_id": known}) if numbered and known is not None else None
        writer.write(name, ix, shelve(self.spec, rows, ids))

    def _merged(
        self, old: pl.DataFrame, new: pl.DataFrame, leaving: pl.DataFrame, loans: pl.Series | None, left: pl.Series
    ) -> news.Merged:
        """The book's rows of a shard with the new ones. ``loans``: those the shard has now, where that changed."""
        swept = old
        if loans is not None:
            swept = old.filter(pl.col("loan_id").is_in(loans.implode()))
        if left.len():
            swept = old.filter(~pl.col("customer_id").is_in(left.implode()))
        if self._corrects and self.upon and self.upon.day:
            assert self.table is not None
            reverse = self.table.corrections == "reverse"
            merged = corrections.merged(swept, new, self.upon.day, reverse, self._moved, leaving, self._refused)
        else:
            keep = self._given if self.table and self.table.absent == "keep" else None
            how = news.How(self.identity, self.table.replaces if self.table else "row", keep)
            merged = news.merged(swept, new, self.spec, how, self._refused)
        if self.spec.name == "customers":
            self.gone.append(old.join(merged.rows, on="customer_id", how="anti")["customer_id"])
        gone = old.height - swept.height
        return replace(merged, removed=merged.removed + gone, changed=merged.changed or gone > 0)

    @property
    def _corrects(self) -> bool:
        """Are these payments whose changes and deletions become rows of their own?"""
        table = self.table
        return table is not None and table.name == "payments" and bool(table.deleted or table.corrections == "reverse")

    @property
    def _whole(self) -> bool:
        """Do the rows that came take the place of all that the table had?"""
        return self.table is not None and self.table.replaces == "table" and self.totals.read > 0

    @property
    def _last(self) -> bool:
        return self.table is not None and self.table.repeats == "last"

    def _leaving_of(self, ix: int, shards: int) -> pl.DataFrame:
        if self._leaving.height == 0:
            return self._leaving
        return self._leaving.filter(pl.Series(crc(self._leaving["loan_id"]) % np.uint32(shards) == ix))

    def _accept(self, rows: pl.DataFrame) -> None:
        self.totals.accepted += rows.height
        if self.spec.money:
            self.totals.accepted_money += int(rows["_sent"].cast(pl.Int128).sum() or 0)

    def _parents(self, writer: VersionWriter, ix: int, own_customers: list[pl.Series] | None) -> pl.Series | None:
        """Ids the shard's rows may refer to; for children of loans in the order of the shard."""
        if self.spec.parent is None:
            return None
        if self.spec.parent[0] == "loans":
            return written(writer, "loans", ix, "loan_id")
        if own_customers is None:
            return pl.Series([], dtype=pl.String)
        return pl.concat([written(writer, "customers", ix, "customer_id"), own_customers[ix]])

    def _loan_customers(self, writer: VersionWriter) -> list[pl.Series]:
        """Customers of all loans, by the shard of the customer: one may be known by his loan alone."""
        every = pl.concat([written(writer, "loans", ix, "customer_id") for ix in range(writer.shards)]).unique()
        places = crc(every) % np.uint32(writer.shards)
        return [every.filter(pl.Series(places == ix)) for ix in range(writer.shards)]

    def _repeats_over_shards(self, stage: Stage, writer: VersionWriter, parent: Version | None) -> pl.DataFrame | None:
        """Refusals of rows whose identity was seen before, where the identity does not tell the shard (payments).

        None when each shard can judge by itself.
        """
        if not stage.identity:
            return None
        columns = list(dict.fromkeys([*stage.identity, "loan_id"]))
        before = range(parent.shards) if parent is not None and self.files else ()
        hashes = [
            stage.hashed(self._as_sent(held(parent, self.spec, ix, columns))).to_numpy() for ix in before if parent
        ]
        suspects = pl.Series(stage.suspects(hashes))
        refusals = joining.REFUSED
        if suspects.len():
            rows = self._suspected(stage, writer, suspects)
            refusals = joining.repeated(rows, self.spec, stage.identity, self._last)
            if self._corrects and parent is not None:
                refusals = pl.concat([refusals, self._moving(stage, parent, rows, refusals, suspects)])
                before = ()
            for ix in before:
                assert parent is not None
                old = held(parent, self.spec, ix, columns)
                old = old.filter(stage.hashed(old).is_in(suspects.implode()))
                first = rows.join(refusals.select("_file", "_line"), on=["_file", "_line"], how="anti")
                refusals = pl.concat([refusals, joining.under_other_loan(first, old, self.spec, stage.identity)])
        self._refused.append(refusals)
        return refusals.select("_file", "_line")

    def _as_sent(self, payments: pl.DataFrame) -> pl.DataFrame:
        """The book's payments under the numbers the lender knows them by."""
        if not self._corrects:
            return payments
        return payments.with_columns(corrections.lenders_number().alias("payment_id"))

    def _moving(
        self, stage: Stage, parent: Version, rows: pl.DataFrame, refusals: pl.DataFrame, suspects: pl.Series
    ) -> pl.DataFrame:
        """Find payments that come under another loan than the book's; gives those that may not."""
        assert self.table is not None
        found = []
        for ix in range(parent.shards):
            old = held(parent, self.spec, ix)
            found.append(old.filter(stage.hashed(self._as_sent(old)).is_in(suspects.implode())))
        first = rows.join(refusals.select("_file", "_line"), on=["_file", "_line"], how="anti")
        reverse = self.table.corrections == "reverse"
        self._moved, self._leaving, refused = corrections.elsewhere(first, pl.concat(found), reverse)
        return refused

    def _suspected(self, stage: Stage, writer: VersionWriter, suspects: pl.Series) -> pl.DataFrame:
        """The rows behind the hashes; those whose loan is not there are refused for that, later."""
        found = [stage.empty()]
        for ix in range(stage.shards):
            rows = stage.rows(ix)
            rows = rows.filter(stage.hashed(rows).is_in(suspects.implode()))
            if rows.height:
                loans = written(writer, "loans", ix, "loan_id")
                rows = rows.filter(pl.col("loan_id").is_in(loans.implode()))
            found.append(rows)
        return pl.concat(found)

    # --- refusals found while joining -------------------------------------------------------------------------------

    def _tell_refused(self) -> None:
        """Fetch the refused rows' original text from the files, and quarantine them."""
        refusals = pl.concat(self._refused) if self._refused else joining.REFUSED
        self._refused = []
        if self.table is not None and self.table.repeats != "quarantine":
            no_rows = [faults.REPEATED] if self.table.repeats == "ignore" else [faults.REPEATED, faults.CONFLICT]
            repeats = refusals.filter(pl.col("fault").is_in(no_rows))
            refusals = refusals.filter(~pl.col("fault").is_in(no_rows))
            self.totals.read -= repeats.height
            self.totals.read_money -= int(repeats["money"].cast(pl.Int128).sum() or 0)
            self.totals.ignored += repeats.height
        for number, (path, name) in enumerate(self.files):
            mine = refusals.filter(pl.col("_file") == number)
            if mine.height == 0:
                continue
            texts = self._texts(path, mine["_line"])
            bad = mine.rename({"_line": "line"}).join(texts, on="line", how="left").sort("line")
            self._quarantined(
                name,
                bad.select("line", "field", "value", "fault", pl.lit("").alias("also"), "money", "raw"),
            )

    def _texts(self, path: Path, lines: pl.Series) -> pl.DataFrame:
        assert self.table is not None
        wanted = np.sort(lines.to_numpy())
        found: dict[int, str] = {}
        for chunk in open_source(path, self.table).chunks():
            places = np.flatnonzero(np.isin(chunk.lines, wanted))
            if places.size:
                found.update(zip(chunk.lines[places].tolist(), chunk.raw(places.tolist()), strict=True))
            if len(found) == wanted.size:
                break
        return pl.DataFrame(
            {"line": list(found), "raw": list(found.values())}, schema={"line": pl.Int64, "raw": pl.String}
        )


def written(writer: VersionWriter, table: str, ix: int, column: str) -> pl.Series:
    """A text column of a shard that this import has written or linked already."""
    path = writer.path / shard_name(table, ix)
    if not path.exists():
        return pl.Series(column, [], dtype=pl.String)
    with pq.ParquetFile(path) as file:
        return pl.Series(column, pl.from_arrow(file.read([column]).column(0)), dtype=pl.String)


def held(version: Version, spec: Table, ix: int, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Rows of the version that is appended to; ``_file`` and ``_line`` are null."""
    names = list(columns) if columns is not None else [f.name for f in spec.fields]
    frame = pl.DataFrame(pl.from_arrow(version.read(spec.name, ix, names)))
    return frame.with_columns(NOWHERE)
