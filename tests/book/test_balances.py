"""What the lender's own system says of his loans: taken as it stands, renewed by each delta, totalled like the rest."""

from __future__ import annotations

from datetime import date

import pytest

from shouyue.book.importing import import_folder
from shouyue.book.profile import parse
from tests.book.conftest import Lender, content

COLUMNS = {
    "loan_id": "contract", "stated_on": "day", "outstanding_minor": "owed", "overdue_minor": "late", "dpd": "dpd",
    "status": {"from": "state", "values": {"N": "open", "J": "closed"}},
}  # fmt: skip
SAID = "contract,day,owed,late,dpd,state\n"


@pytest.fixture
def stating(lender):
    lender.profile["tables"]["balances"] = {"files": ["said.csv"], "columns": COLUMNS}
    lender.write("said.csv", SAID + "A1,2026-02-01,200.00,100.00,27,N\nA9,2026-02-01,-3.50,0,-4,\n")
    return lender


def balances(outcome):
    rows = content(outcome.version)["balances"]
    return [(r["loan_id"], str(r["stated_on"]), r["outstanding_minor"], r["dpd"], r["status"]) for r in rows]


def test_a_claim_is_taken_as_it_stands_even_of_a_loan_that_the_book_does_not_know(stating):
    outcome = stating.imported()
    assert outcome.exit_code == 0
    assert balances(outcome) == [("A1", "2026-02-01", 20000, 27, "open"), ("A9", "2026-02-01", -350, -4, None)]
    totals = outcome.totals["balances"]
    assert (totals.read, totals.read_money, totals.accepted_money) == (2, 19650, 19650)


def test_what_is_no_amount_day_or_state_goes_to_quarantine(stating, quarantined):
    day = "2026-02-01"
    stating.add("said.csv", "A2,2026-02-30,1,1,1,N", f"A2,{day},?,1,1,N", f"A2,{day},1,1,x,Q", f"A1,{day},9,,,")
    outcome = stating.imported()
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [
        ("4", "BOOK-113"), ("5", "BOOK-106"), ("6", "BOOK-115"), ("7", "BOOK-125"),
    ]  # fmt: skip
    totals = outcome.totals["balances"]
    assert (totals.read, totals.accepted, totals.quarantined, totals.unreadable) == (6, 2, 4, 1)


def test_a_statement_is_whole_and_older_versions_keep_what_was_said(stating):
    first = stating.imported()
    stating.only(said=SAID + "A1,2026-02-02,200.00,100.00,28,N\n")
    second = stating.imported(append=True, day=date(2026, 2, 2))
    assert balances(second) == [("A1", "2026-02-02", 20000, 28, "open")]
    assert second.totals["balances"].removed == 2 and [b[0] for b in balances(first)] == ["A1", "A9"]
    assert stating.imported(append=True, day=date(2026, 2, 2)).repeated
    stating.only(paid="id,contract,day,sum,undoes\nP7,A1,2026-02-03,1.00,\n")
    assert balances(stating.imported(append=True, day=date(2026, 2, 3))) == balances(second)


def test_changed_balances_renew_the_loans_they_speak_of(stating):
    stating.profile["tables"]["balances"]["replaces"] = "all"
    stating.imported()
    stating.only(said=SAID + "A1,2026-02-02,200.00,100.00,28,N\n")
    renewed = stating.imported(append=True)
    assert balances(renewed) == [("A1", "2026-02-02", 20000, 28, "open"), ("A9", "2026-02-01", -350, -4, None)]


def test_a_statement_empties_the_shards_of_which_it_has_no_loan(tmp_path):
    lender = Lender(tmp_path)
    lender.profile["tables"]["balances"] = {"files": ["said.csv"], "columns": COLUMNS}
    lender.write("said.csv", SAID + "".join(f"B{n},2026-02-01,1,1,1,N\n" for n in range(40)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shouyue.book.schema.LOANS_PER_SHARD", 1)
        lender.imported()
        lender.only(said=SAID + "B7,2026-02-02,1,1,1,N\n")
        second = import_folder(lender.folder, parse(lender.profile), lender.book, append=True)
    assert second.version.shards > 1
    assert [b[0] for b in balances(second)] == ["B7"] and second.totals["balances"].removed == 40


def test_where_the_profile_says_so_the_days_stand_beside_each_other(stating):
    stating.profile["tables"]["balances"]["replaces"] = "row"
    stating.imported()
    stating.only(said=SAID + "A1,2026-02-02,200.00,100.00,28,N\n")
    assert [day for loan, day, *_ in balances(stating.imported(append=True)) if loan == "A1"] == [
        "2026-02-01",
        "2026-02-02",
    ]
