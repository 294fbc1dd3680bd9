"""The reconciliation of a day, where the lender states balances: made after the day is published, once per statement.

The sums are kept in the database, the loans that differ in a Parquet file under ``SHOUYUE_HOME/reconciliations/BOOK``,
whole or absent. The newest ``KEEP`` files are kept, the sums for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

import polars as pl
from django.db import transaction

from shouyue.ageing import convention as conventions
from shouyue.ageing.reconciling import run, stated
from shouyue.ageing.reconciling.stated import Stated
from shouyue.base import clock, files
from shouyue.book.following import book_day
from shouyue.book.store import Version
from shouyue.compliance import audit, row_digests
from shouyue.daily.models import Reconciled
from shouyue.daily.reconciliations import file_of

KEEP = 35

Progress = Callable[[int, int], None]


def reconcile(
    version: Version,
    as_of: date,
    convention: str,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Reconciled | None:
    """Hold the newest statement in the version, of ``as_of`` or before, against its loans; None where there is none.

    A statement that was looked at before, under the same convention, is not looked at again.
    """
    said = _statement(version, as_of)
    if said is None:
        return None
    rules = conventions.load(convention)
    key = {
        "as_of": said.day,
        "book": version.book_name,
        "statement": _digest(said),
        "convention_digest": rules.digest(),
    }
    known = Reconciled.objects.filter(**key).first()
    if known is not None:
        return known
    found = run.of(said, rules, workers=workers, progress=progress)
    at = clock.now()
    values = {
        "book_version": version.id,
        "convention": rules.name,
        "made_at": at,
        "differing": found.summary["differing"],
    }
    with transaction.atomic():
        made = Reconciled.objects.create(**key, **values, summary=found.summary)
        made.refresh_from_db()  # its sums as they are read from now on
        _write(made, found.differences)
        told = {"version": version.id, "convention": rules.name, "differing": made.differing}
        told |= {one["cause"]: one["loans"] for one in found.summary["causes"]}
        about = {**told, **row_digests.named(made)}
        audit.record("book.reconcile", f"day:{said.day.isoformat()}", about, None, at)
    return made


def _statement(version: Version, as_of: date) -> Stated | None:
    newest = stated.newest_day(version)
    if newest is not None:
        return Stated(version, newest, "balances") if newest <= as_of else None
    own = book_day(version) or as_of
    return Stated(version, own, "loans") if own <= as_of and stated.says_itself(version) else None


def _digest(said: Stated) -> str:
    """Of the shards that hold the statement, by their checksums."""
    files = said.version.manifest["tables"][said.table]["files"]
    lines = sorted(f"{f['path']} {f['sha256']}" for f in files)
    return hashlib.sha256("\n".join([said.table, *lines]).encode()).hexdigest()


def _write(made: Reconciled, differences: pl.DataFrame) -> None:
    path = file_of(made)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.whole(path, private=True) as aside:
        differences.write_parquet(aside)
    for old in sorted(path.parent.glob("*.parquet"))[:-KEEP]:
        old.unlink()
