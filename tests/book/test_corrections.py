"""Payments the lender deletes or words anew in his core: the book takes back and adds, and edits nothing."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.run import age_table
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.book.store import Book
from tests.book.conftest import Lender, content

HEAD = "id,contract,day,booked,sum,undoes,op\n"
D5, D6, D7, D8 = (date(2026, 2, day) for day in (5, 6, 7, 8))
FAR = date(2027, 1, 1)


def correcting(lender: Lender) -> Lender:
    table = lender.profile["tables"]["payments"]
    table |= {"corrections": "reverse", "deleted": {"from": "op", "values": ["D"]}}
    table["columns"]["booked_on"] = "booked"
    lender.write(
        "paid.csv",
        HEAD + "P1,A1,2026-01-04,2026-01-04,100.00,,\nP2,A2,2026-01-10,2026-01-10,200.00,,\n"
        "P3,A2,2026-01-11,2026-01-11,50.00,P2,\n",
    )
    return lender


@pytest.fixture
def core(lender) -> Lender:
    correcting(lender).imported(day=D5)
    return lender


def send(lender: Lender, day: date, *lines: str, **how: Any):
    lender.only(paid=HEAD + "".join(line + "\n" for line in lines))
    return lender.imported(append=True, day=day, **how)


def rows(outcome) -> dict[str, tuple[str, int, str, str | None]]:
    return {
        r["payment_id"]: (r["loan_id"], r["amount_minor"], str(r["booked_on"]), r["reversal_of"])
        for r in content(outcome.version)["payments"]
    }


def paid(version, known_at: date | None = None) -> dict[str, int]:
    """What each loan has paid, as known on a day."""
    aged = age_table(version, FAR, known_at)
    return dict(zip(aged["loan_id"].to_pylist(), aged["paid_total_minor"].to_pylist(), strict=True))


def test_a_corrected_amount_is_known_from_the_day_it_came(core):
    outcome = send(core, D6, "P1,A1,2026-01-04,2026-01-04,60.00,,")
    assert outcome.exit_code == 0 and outcome.totals["payments"].replaced == 1
    held = rows(outcome)
    assert held["P1"] == ("A1", 10000, "2026-01-04", None)
    assert held["P1~1x"] == ("A1", 10000, "2026-02-06", "P1")
    assert held["P1~2"] == ("A1", 6000, "2026-02-06", None)
    version = outcome.version
    assert (paid(version, D5)["A1"], paid(version, D6)["A1"], paid(version)["A1"]) == (10000, 6000, 6000)


def test_the_same_correction_again_changes_nothing(core):
    first = send(core, D6, "P1,A1,2026-01-04,2026-01-04,60.00,,")
    core.profile["title_zh"] = "x"
    again = send(core, D6, "P1,A1,2026-01-04,2026-01-04,60.00,,", after=first.version.id)
    assert again.repeated
    later = send(core, D7, "P1,A1,2026-01-04,2026-01-04,60.00,,")
    assert rows(later) == rows(first) and later.totals["payments"].known == 1


def test_corrected_twice_and_back_again(core):
    send(core, D6, "P1,A1,2026-01-04,2026-01-04,60.00,,")
    outcome = send(core, D7, "P1,A1,2026-01-05,2026-01-04,100.00,,")
    held = rows(outcome)
    assert held["P1~2x"] == ("A1", 6000, "2026-02-07", "P1~2") and held["P1~3"][1] == 10000
    assert [paid(outcome.version, day)["A1"] for day in (D5, D6, D7)] == [10000, 6000, 10000]


def test_a_deleted_payment_is_taken_back_and_may_come_again(core):
    outcome = send(core, D6, "P1,A1,,,,,D")
    assert rows(outcome)["P1~1x"] == ("A1", 10000, "2026-02-06", "P1")
    totals = outcome.totals["payments"]
    assert (totals.deleted, totals.removed, totals.accepted, totals.added) == (1, 1, 1, 0)
    assert [paid(outcome.version, day)["A1"] for day in (D5, D6)] == [10000, 0]
    again = send(core, D7, "P1,A1,,,,,D", "P9,A1,,,,,D")
    assert again.totals["payments"].known == 2 and rows(again) == rows(outcome)
    back = send(core, D8, "P1,A1,2026-01-04,2026-01-04,100.00,,")
    assert rows(back)["P1~2"] == ("A1", 10000, "2026-02-08", None)
    assert [paid(back.version, day)["A1"] for day in (D5, D6, D7, D8)] == [10000, 0, 0, 10000]


def test_money_booked_to_the_wrong_loan_moves(core):
    outcome = send(core, D6, "P1,A2,2026-01-04,2026-01-04,100.00,,")
    held = rows(outcome)
    assert held["P1~1x"][0] == "A1" and held["P1~2"][0] == "A2"
    assert paid(outcome.version, D5) == {"A1": 10000, "A2": 15000}
    assert paid(outcome.version, D6) == {"A1": 0, "A2": 25000}
    assert send(core, D6, "P1,A2,2026-01-04,2026-01-04,100.00,,").repeated


@pytest.mark.parametrize("shards", [1, 8])
def test_it_moves_between_shards_there_and_back(shards, core):
    version = Book(core.book).current()
    assert version is not None
    build_version(
        core.book, {n: pl.DataFrame(version.read(n, 0)) for n in ("loans", "instalments", "payments")}, shards=shards
    )
    moved = send(core, D6, "P1,A2,2026-01-04,2026-01-04,100.00,,")
    assert moved.exit_code == 0 and moved.totals["payments"].replaced == 1
    assert paid(moved.version) == {"A1": 0, "A2": 25000}
    same = send(core, D7, "P1,A2,2026-01-04,2026-01-04,100.00,,")
    assert same.totals["payments"].known == 1
    back = send(core, D8, "P1,A1,2026-01-04,2026-01-04,90.00,,")
    assert rows(back)["P1~3"] == ("A1", 9000, "2026-02-08", None)
    assert paid(back.version) == {"A1": 9000, "A2": 15000}
    assert paid(back.version, D5) == {"A1": 10000, "A2": 15000}


def test_a_reversal_takes_back_the_newest_wording(core):
    send(core, D6, "P1,A1,2026-01-04,2026-01-04,60.00,,")
    outcome = send(core, D7, "P5,A1,2026-02-07,2026-02-07,60.00,P1,")
    assert rows(outcome)["P5"][3] == "P1~2" and paid(outcome.version) == {"A1": 0, "A2": 15000}
    assert send(core, D7, "P5,A1,2026-02-07,2026-02-07,60.00,P1,").repeated
    both = send(core, D8, "P6,A1,2026-02-08,2026-02-08,10.00,,", "P7,A1,2026-02-08,2026-02-08,1.00,P6,")
    assert both.exit_code == 0 and paid(both.version)["A1"] == 900


def test_a_deleted_reversal_gives_the_money_back(core):
    outcome = send(core, D6, "P3,A2,,,,,D")
    assert rows(outcome)["P3~1x"] == ("A2", 5000, "2026-02-06", "P3")
    assert [paid(outcome.version, day)["A2"] for day in (D5, D6)] == [15000, 20000]
    again = send(core, D7, "P8,A2,2026-02-07,2026-02-07,200.00,P2,")  # all of it may be taken back again
    assert again.exit_code == 0 and paid(again.version)["A2"] == 0


def test_what_cannot_be_corrected_is_quarantined(core, quarantined):
    outcome = send(
        core,
        D6,
        "P2,A2,2026-01-10,2026-01-10,120.00,,",  # 50 of it were taken back
        "P3,A2,2026-01-11,2026-01-11,20.00,P2,",  # is a reversal
        "P2,A1,2026-01-10,2026-01-10,200.00,,",
        "P4~2,A1,2026-02-04,2026-02-04,1.00,,",
        "P2~1x,A1,,,,,D",
    )
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [
        ("2", "BOOK-133"), ("3", "BOOK-132"), ("4", "BOOK-125"), ("5", "BOOK-134"), ("6", "BOOK-134"),
    ]  # fmt: skip
    assert paid(outcome.version) == {"A1": 10000, "A2": 15000}


def test_the_rest_of_a_payment_partly_taken_back_can_go(core):
    outcome = send(core, D6, "P2,A2,,,,,D")
    assert rows(outcome)["P2~1x"][1] == 15000 and paid(outcome.version)["A2"] == 0
    assert paid(outcome.version, D5)["A2"] == 15000


def test_without_a_day_nothing_is_corrected(core):
    core.only(paid=HEAD + "P1,A1,2026-01-04,2026-01-04,60.00,,\n")
    with pytest.raises(ShouyueError, match="BOOK-231"):
        core.imported(append=True)


def test_without_corrections_a_changed_payment_is_quarantined_and_deletions_work(core, quarantined):
    core.profile["tables"]["payments"]["corrections"] = "quarantine"
    outcome = send(core, D6, "P1,A1,2026-01-04,2026-01-04,60.00,,", "P3,A2,,,,,D", "P2,A1,,,,,D")
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [("2", "BOOK-132"), ("4", "BOOK-132")]
    assert paid(outcome.version) == {"A1": 10000, "A2": 20000}


# --- any history


day_of_changes = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2", "P3", "P4", "P5"]),
        st.sampled_from(["A1", "A2"]),
        st.integers(1, 5),
        st.sampled_from(["say", "say", "delete"]),
    ),
    max_size=4,
    unique_by=lambda change: change[0],
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(day_of_changes, min_size=2, max_size=4), shards=st.sampled_from([1, 4]))
def test_each_day_is_known_as_the_lender_knew_it(history, shards):
    """Whatever the lender changes, deletes and moves: as known on a day, the book has what his core had that day."""
    with tempfile.TemporaryDirectory() as folder:
        lender = correcting(Lender(Path(folder)))
        lender.write("paid.csv", HEAD + "P0,A1,2026-01-01,2026-01-01,7.00,,\n")
        version = lender.imported(day=D5).version
        tables = {n: pl.DataFrame(version.read(n, 0)) for n in ("loans", "instalments", "payments")}
        version = build_version(lender.book, tables, shards=shards)
        core: dict[str, tuple[str, int]] = {"P0": ("A1", 700)}
        days = [(D5, dict(core))]
        for number, changes in enumerate(history, 1):
            day = D5 + timedelta(days=number)
            lines = []
            for payment, loan, amount, what in changes:
                if what == "say":
                    core[payment] = (loan, amount * 100)
                    lines.append(f"{payment},{loan},2026-01-02,{day},{amount}.00,,")
                elif payment in core:
                    lines.append(f"{payment},{core.pop(payment)[0]},,,,,D")
            outcome = send(lender, day, *lines)
            assert outcome.exit_code == 0
            version = outcome.version
            days.append((day, dict(core)))
        for day, known in days:
            expected = {"A1": 0, "A2": 0}
            for loan, amount in known.values():
                expected[loan] += amount
            assert paid(version, day) == expected
