"""Accepted + quarantined = read, in rows and in money, whatever a file holds."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.book.conftest import Lender

cell = st.one_of(
    st.sampled_from(
        ["A1", "A2", "A9", "P1", "P2", "", "1.00", "-3", "2026-01-05", "2026-02-30", "1e3", "0", "x", "\0"]
    ),
    st.text(max_size=6),
    st.decimals(-1000, 1000, places=2).map(str),
)
row = st.lists(cell, min_size=0, max_size=7)
noise = st.one_of(st.binary(max_size=30), row.map(lambda cells: ",".join(cells).encode("utf-8", "replace")))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=st.lists(noise, max_size=12), quoted=st.lists(st.lists(cell, min_size=5, max_size=5), max_size=8))
def test_garbage_is_accepted_or_quarantined_but_never_lost(lines, quoted):
    with tempfile.TemporaryDirectory() as folder:
        lender = Lender(Path(folder))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([c.replace("\ud800", "") for c in r] for r in quoted)
        garbage = text.getvalue().encode("utf-8", "replace") + b"\n".join(lines) + b"\n"
        lender.write("paid.csv", (lender.folder / "paid.csv").read_bytes() + garbage)
        outcome = lender.imported()  # raises when a table does not balance
        totals = outcome.totals["payments"]
        assert totals.read == totals.accepted + totals.quarantined
        assert totals.read_money == totals.accepted_money + totals.quarantined_money
        assert totals.accepted == outcome.version.rows("payments") >= 3
        assert outcome.version.manifest["tables"]["payments"]["money"] == str(totals.accepted_money)
        kept = 0
        if outcome.quarantine:
            kept = pl.read_csv(outcome.quarantine, infer_schema=False).filter(pl.col("table") == "payments").height
        assert kept == totals.quarantined


def test_readable_amount_of_a_bad_row_is_in_the_totals_and_an_unreadable_one_is_counted(lender):
    lender.add("paid.csv", "P8,A9,2026-01-04,3.00,", "P9,A1,2026-01-04,three,", "half a line")
    totals = lender.imported().totals["payments"]
    assert (totals.read, totals.accepted, totals.quarantined, totals.unreadable) == (6, 3, 3, 2)
    assert (totals.read_money, totals.accepted_money, totals.quarantined_money) == (35300, 35000, 300)


def test_empty_rows_are_no_rows(lender):
    lender.add("paid.csv", ",,,,", "", "  ,,,,")
    totals = lender.imported().totals["payments"]
    assert (totals.read, totals.ignored) == (3, 2)
