"""An ageing in pieces: the same loans as in one table, whole or not there, and done again without harm."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from shouyue.ageing import pieces
from shouyue.ageing.convention import load
from shouyue.ageing.pieces import MANIFEST, Job
from shouyue.ageing.run import age_table, snapshot
from shouyue.base.errors import ShouyueError
from shouyue.base.stores import Store
from shouyue.book.build import build_version
from tests.ageing.loans import frames
from tests.ageing.test_run import some_loans
from tests.book.stores import KINDS, url_of

AS_OF = date(2023, 3, 31)
SHARDS = 4


def shared_customers(count: int = 60) -> dict[str, pl.DataFrame]:
    """A book in which every third customer has loans in several shards."""
    tables = frames(some_loans(count))
    number = pl.int_range(pl.len())
    shared = pl.when(number % 3 == 0).then(pl.format("C{}", number % 7)).otherwise("customer_id")
    return {**tables, "loans": tables["loans"].with_columns(customer_id=shared)}


@pytest.fixture
def book(tmp_path):
    build_version(tmp_path / "book", shared_customers(), shards=SHARDS)
    return tmp_path / "book"


@pytest.fixture(params=KINDS)
def job(request, tmp_path, book) -> Job:
    version_id = (book / "CURRENT").read_text().strip()
    return Job(str(book), version_id, AS_OF, None, load("default"), Store(url_of(request.param, tmp_path / "out")))


def run(job: Job) -> list[pieces.Piece]:
    pieces.begin(job)
    pieces.share_customers(job)
    made = pieces.age_pieces(job)
    pieces.finish(job, made)
    return made


def content(job: Job) -> dict[str, bytes | None]:
    return {name: job.out.get(name) for name in job.out.names()}


@pytest.mark.parametrize("convention", ["default", "customers"])
def test_pieces_are_the_snapshot_and_together_the_table(job, convention, tmp_path):
    rules = load("default") if convention == "default" else replace(load("eba"), customer_dpd="effective")
    job = replace(job, convention=rules)
    made = run(job)
    paths = snapshot(job.version, AS_OF, None, rules, directory=tmp_path / "snapshot")
    assert [job.out.get(piece.name) for piece in made] == [path.read_bytes() for path in paths]
    assert set(content(job)) == {MANIFEST, *(path.name for path in paths)}
    table = age_table(job.version, AS_OF, None, rules)
    assert pieces.assembled(job, made).equals(table)
    assert pieces.added([piece.tally for piece in made]) == pieces.tally(table, rules)
    told = json.loads(job.out.get(MANIFEST) or b"")
    assert told["rows"] == 60 and len(told["files"]) == SHARDS and told["about"]["convention"] == rules.name


def test_done_again_it_is_the_same_and_another_ageing_is_kept_out(job):
    run(job)
    before = content(job)
    run(job)
    assert content(job) == before
    with pytest.raises(ShouyueError, match="AGE-030"):
        run(replace(job, as_of=date(2023, 4, 1)))
    assert content(job) == before


def test_what_an_unfinished_ageing_left_is_swept(job):
    job.out.put("shard-0099.parquet", b"of another day")
    run(job)
    assert "shard-0099.parquet" not in content(job)


def test_a_piece_that_is_gone_or_changed_is_told(job):
    made = run(job)
    job.out.put(made[1].name, (job.out.get(made[1].name) or b"")[:-1] + b"?")
    with pytest.raises(ShouyueError, match="AGE-031"):
        pieces.assembled(job, made)
    job.out.remove(made[1].name)
    with pytest.raises(ShouyueError, match="AGE-031"):
        pieces.finish(job, made)
