"""The lender's core says what the rows say, but for the slips that are listed; each slip is found for what it is."""

from __future__ import annotations

import json
from datetime import timedelta

import polars as pl
import pytest

from shouyue.ageing.reconciling import run
from shouyue.book.importing import import_folder
from shouyue.book.profile import load
from shouyue.book.store import Book
from shouyue.simulator import core, export, played
from shouyue.simulator.play import World
from shouyue.simulator.size import Lender
from tests.simulator.conftest import DAY

#: slip -> the causes that a reconciliation may give it
FOUND = {
    "lacking": {"payment_lacking"},
    "cut_off": {"cut_off"},
    "still_counted": {"reversed"},
    "waived": {"waived"},
    "whole_units": {"rounding"},
    "due_day": {"due_day", "rule"},  # where the debit day is the day before, both say the same
    "paused": {"pause"},
    "stuck": {"unexplained"},
    "parts": {"parts"},
    "unlisted": {"not_stated"},
    "stranger": {"not_in_book"},
}


@pytest.mark.parametrize("days", [0, 3])
def test_both_agree_but_for_the_slips_and_each_slip_is_found_for_what_it_is(tmp_path, days):
    export.write(Lender(6_000, 11, DAY), tmp_path / "out", days, balances=True)
    folders = sorted((tmp_path / "out").glob("2026*")) or [tmp_path / "out"]
    for n, folder in enumerate(folders):
        import_folder(folder, load("demo"), tmp_path / "book", append=n > 0)
        slips = {
            loan: slip
            for slip, loans in json.loads((folder / "manifest.json").read_text())["slips"].items()
            for loan in loans
        }
        found = run.reconcile(Book(tmp_path / "book"))
        causes = dict(found.differences.select("loan_id", "cause").iter_rows())
        assert set(causes) == set(slips)
        assert {slip: causes[loan] for loan, slip in slips.items() if causes[loan] not in FOUND[slip]} == {}
        assert set(slips.values()) >= {"lacking", "cut_off", "waived", "due_day", "parts", "stranger"}


def test_a_played_world_states_the_same_as_the_export():
    table, slips = World(900, 3, DAY).statement(DAY)
    block_table, block_slips = core.statement(export.ledger.block(Lender(900, 3, DAY), 0), export.number(DAY))
    assert table.equals(block_table) and slips == block_slips


def contacts(file, day, book):
    """Some of who is late promises to pay tomorrow, and one is only tried."""
    late = book["loans"].join(book["instalments"], on="loan_id").filter(pl.col("due_date") < day)
    rows = ["customer_id,at,reached,promise_on,promise_minor"]
    for n, customer in enumerate(late["customer_id"].unique(maintain_order=True).to_list()[-40:]):
        said = f",self,{day + timedelta(days=1)},{(n + 1) * 50_00}" if n else ",,,"
        rows.append(f"{customer},{day}T14:00+08:00{said}")
    file.write_text("\n".join(rows) + "\n")
    return file


def test_each_played_day_reconciles_and_a_corrupted_balance_is_found(tmp_path):
    export.write(Lender(2_000, 5, DAY), tmp_path / "d0", balances=True)
    import_folder(tmp_path / "d0", load("demo"), tmp_path / "book")
    book = {name: pl.read_parquet(tmp_path / f"d0/{name}.parquet") for name in ("loans", "instalments")}
    for n in range(3):
        day, out = DAY + timedelta(days=n), tmp_path / f"d{n + 1}"
        made = contacts(tmp_path / "contacts.csv", day, book)
        folder, _ = played.play(tmp_path / f"d{n}", day, made, out, balances="exact" if n == 0 else None)
        stated = pl.read_parquet(out / "balances.parquet")
        assert folder.rows["balances"] == stated.height > 1_000 and not folder.slips
        assert stated["stated_on"].unique().to_list() == [day + timedelta(days=1)]
        import_folder(out, load("demo"), tmp_path / "book", append=True)
        found = run.reconcile(Book(tmp_path / "book"))
        assert found.agrees and found.differences.is_empty()
        assert found.summary["as_of"] == str(day + timedelta(days=1))
    # one amount and one count of days are not the core's own any more
    late = stated.filter(pl.col("dpd") > 3)["loan_id"][0]
    paid = stated.filter((pl.col("dpd") == 0) & (pl.col("outstanding_minor") > 0))["loan_id"][0]
    wrong = stated.with_columns(
        dpd=pl.col("dpd") + pl.when(pl.col("loan_id") == late).then(7).otherwise(0),
        outstanding_minor=pl.col("outstanding_minor") + pl.when(pl.col("loan_id") == paid).then(1).otherwise(0),
    )
    wrong.cast(dict(stated.schema)).write_parquet(out / "balances.parquet")
    import_folder(out, load("demo"), tmp_path / "book", append=True)
    assert set(run.reconcile(Book(tmp_path / "book")).differences["loan_id"]) == {late, paid}


def test_played_balances_are_those_of_the_export_where_nobody_was_called(tmp_path):
    export.write(Lender(900, 3, DAY), tmp_path / "days", 1, balances=True)
    played.play(tmp_path / "days", DAY, None, tmp_path / "d1")
    whole = tmp_path / "days" / (DAY + timedelta(days=1)).isoformat()
    assert pl.read_parquet(tmp_path / "d1/balances.parquet").equals(pl.read_parquet(whole / "balances.parquet"))
    slips = [json.loads((folder / "manifest.json").read_text())["slips"] for folder in (whole, tmp_path / "d1")]
    assert slips[0] == slips[1] != {}
    played.play(tmp_path / "d1", DAY + timedelta(days=1), None, tmp_path / "d2", balances="none")
    played.play(tmp_path / "d2", DAY + timedelta(days=2), None, tmp_path / "d3")
    assert not (tmp_path / "d3/balances.parquet").exists()


def test_an_account_by_hand():
    """Two instalments of 100, one due; 30 paid, a charge of 5, then 90: 60 meets the first, the rest the charge."""
    account = core.Account("L", [(10, 5, 15, 80), (40, 5, 15, 80)], charges=[(20, 5)], paid=[(12, 30), (25, 72)])
    row = core.state(account, 30)
    assert (row["overdue_minor"], row["penalty_minor"], row["outstanding_minor"], row["dpd"]) == (0, 3, 103, 0)
    assert core.state(account, 24)["dpd"] == 14 and core.state(account, 24)["bucket"] == "M1"
    done = core.Account("L", [(10, 0, 0, 100)], paid=[(9, 130)])
    assert (core.state(done, 30)["outstanding_minor"], core.state(done, 30)["status"]) == (-30, "closed")
