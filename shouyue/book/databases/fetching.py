"""All queries of a profile, one after the other, into files aside. What becomes of the rows then is a file's story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from shouyue.book.databases import foreign, postgresql
from shouyue.book.databases.address import address
from shouyue.book.databases.spooling import spool
from shouyue.book.following import filled
from shouyue.book.profile_model import Profile, TableProfile

#: called with a table, the rows it gave so far, and the share of all tables that is read (None where nobody can tell)
Fetching = Callable[[str, int, float | None], None]


@dataclass(frozen=True)
class Fetched:
    """The rows of a table's query, in a file."""

    table: TableProfile
    path: Path
    rows: int
    #: what the server calls itself
    server: str


def fetch(profile: Profile, moments: dict[str, date | None], folder: Path, progress: Fetching) -> list[Fetched]:
    """Run the queries of the profile and lay their rows down in ``folder``; nothing when it has no query.

    ``moments`` are what ``:day`` and ``:since`` stand for in a query. Raises BOOK-221 to -231.
    Memory holds one batch at a time, whatever a query gives.
    """
    tables = [replace(t, query=filled(t.query or "", moments)) for t in profile.queries]
    if not tables or profile.database is None:
        return []
    place = address(profile.database)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.kind != "postgresql":
        return foreign.fetch(place, tables, folder, progress)
    with postgresql.snapshot(place) as snapshot:
        estimates = [max(snapshot.estimate(t.name, t.query or ""), 1) for t in tables]
        return [
            _one(snapshot, table, folder, _Share(table.name, estimates, number, progress))
            for number, table in enumerate(tables)
        ]


def _one(snapshot: postgresql.Snapshot, table: TableProfile, folder: Path, seen: _Share) -> Fetched:
    path = folder / f"{table.name}.parquet"
    seen(0)
    with snapshot.batches(table.name, table.query or "") as (schema, batches):
        rows = spool(batches, schema, path, seen, snapshot.raw_text)
    return Fetched(table, path, rows, snapshot.server)


class _Share:
    """Rows of one table as a share of what the planner expects of all; a guess never says that a table is done."""

    def __init__(self, table: str, estimates: Sequence[int], number: int, progress: Fetching):
        self.table, self.progress = table, progress
        self.before, self.own, self.all = sum(estimates[:number]), estimates[number], sum(estimates)

    def __call__(self, rows: int) -> None:
        self.progress(self.table, rows, (self.before + self.own * min(rows / self.own, 0.99)) / self.all)
