"""The lender's core says what the rows say, but for the slips that are listed; each slip is found for what it is."""

from __future__ import annotations

import json

import pytest

from shouyue.ageing.reconciling import run
from shouyue.book.importing import import_folder
from shouyue.book.profile import load
from shouyue.book.store import Book
from shouyue.simulator import core, export
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


def test_an_account_by_hand():
    """Two instalments of 100, one due; 30 paid, a charge of 5, then 90: 60 meets the first, the rest the charge."""
    account = core.Account("L", [(10, 5, 15, 80), (40, 5, 15, 80)], charges=[(20, 5)], paid=[(12, 30), (25, 72)])
    row = core.state(account, 30)
    assert (row["overdue_minor"], row["penalty_minor"], row["outstanding_minor"], row["dpd"]) == (0, 3, 103, 0)
    assert core.state(account, 24)["dpd"] == 14 and core.state(account, 24)["bucket"] == "M1"
    done = core.Account("L", [(10, 0, 0, 100)], paid=[(9, 130)])
    assert (core.state(done, 30)["outstanding_minor"], core.state(done, 30)["status"]) == (-30, "closed")
