"""What a trial finds, on a lender whose days one can write down."""

from __future__ import annotations

import json

import polars as pl
import pytest

from shouyue.base.errors import ShouyueError
from shouyue.daily.trial import run as trials
from shouyue.people.models import User
from tests.daily.conftest import DAY, after, contact
from tests.daily.trial.conftest import CHANGED, STANDARD, edited

pytestmark = pytest.mark.django_db


def small_desk(lender) -> None:
    """Two small arrears, a large one, one due in two days, one in three; in two stores."""
    lender.loan("L1", after(-5), amount=30_000)
    lender.loan("L2", after(-5), amount=90_000)
    lender.loan("L3", after(2))
    lender.loan("L4", after(3), store="S2")
    lender.loan("L5", after(-3), amount=10_000, store="S2")


def rows(trial) -> dict[str, dict]:
    return {r["customer_id"]: r for r in trial.cases().collect().to_dicts()}


def test_cases_come_and_go(tried, lender, reps):
    small_desk(lender)
    found = tried()
    assert {c: r["change"] for c, r in rows(found).items()} == {
        "C1": "out",
        "C2": "same",
        "C3": "same",
        "C4": "in",
        "C5": "out",
    }
    totals = found.summary["totals"]
    assert [totals[n] for n in ("was_cases", "now_cases", "in", "out", "moved", "same")] == [4, 3, 1, 2, 0, 2]
    assert (totals["worked_in"], totals["worked_out"]) == (1, 2)
    by_store = {line["value"]: line for line in found.summary["by"]["store"]}
    assert [by_store["S2"][n] for n in ("was_cases", "now_cases", "in", "out")] == [1, 1, 1, 1]
    by_stage = {line["value"]: line for line in found.summary["by"]["stage"]}
    assert [by_stage["golden"][n] for n in ("was_cases", "now_cases", "in", "out")] == [3, 1, 0, 2]


def test_a_case_that_moves_says_between_what(tried, lender, reps):
    lender.loan("L1", after(-5))
    later = edited(
        ("golden      | [1..7] ", "golden      | [1..3] "), ("M1          | [8..30] ", "M1          | [4..30] ")
    )
    found = tried(later)
    (row,) = rows(found).values()
    assert (row["change"], row["moved"]) == ("moved", ["stage", "band", "priority"])
    assert found.summary["moves"]["stage"] == [["golden", "M1", 1]]
    assert (row["was_band"], row["now_band"]) == (90, 80)
    changed = [r for r in found.summary["difference"]["rows"] if r["status"] != "same"]
    assert [(r["row"], c["was"], c["now"]) for r in changed for c in r["cells"]] == [
        ("golden", "[1..7]", "[1..3]"),
        ("M1", "[8..30]", "[4..30]"),
    ]
    flows = found.summary["flows"]
    table = {(t, w, n): x for t, w, n, x in zip(*(flows[k] for k in ("table", "was", "now", "loans")), strict=True)}
    assert table["stage", "golden", "M1"] == 1
    loan = found.loans().filter(pl.col("<stage") == "golden").collect()
    assert loan["loan_id"].to_list() == ["L1"]


def test_minutes_against_the_reps_capacity(tried, lender, reps, store):
    small_desk(lender)
    User.objects.filter(pk=reps[0].pk).update(capacity_minutes=4)
    User.objects.filter(pk=reps[1].pk).update(capacity_minutes=2)
    User.objects.create(username="gone", role="rep", store=store, is_active=False)
    lines = {line["store"]: line for line in tried().summary["workload"]}
    assert lines["S1"] == {
        "store": "S1",
        "reps": 2,
        "capacity": 6,
        "was_worked": 3,
        "was_minutes": 13,
        "now_worked": 2,
        "now_minutes": 8,
        "was_over": 2,
        "now_over": 1,
    }
    assert (lines["S2"]["capacity"], lines["S2"]["now_over"]) == (None, None)


def test_same_inputs_same_files(tried, lender, reps):
    small_desk(lender)
    first, second = tried(folder="one"), tried(folder="two")
    assert {p.name for p in first.folder.iterdir()} == {p.name for p in second.folder.iterdir()}
    for path in first.folder.iterdir():
        assert path.read_bytes() == (second.folder / path.name).read_bytes(), path.name


def test_parts_of_the_book_do_not_show(tried, lender, reps, monkeypatch):
    for n in range(1, 40):
        lender.loan(f"L{n}", after(n % 9 - 6), customer=f"C{n // 2}", amount=20_000 + 7_000 * (n % 9))
    whole = tried(folder="whole")
    monkeypatch.setattr(trials, "LOANS_AT_A_TIME", 5)
    parts = tried(folder="parts")
    assert len(list(parts.folder.glob("flows-*"))) > 5
    assert parts.summary == whole.summary
    assert parts.cases().collect().equals(whole.cases().collect())


def test_a_trial_that_was_cut_short_goes_on_where_it_was(tried, lender, reps, monkeypatch, tmp_path):
    for n in range(1, 40):
        lender.loan(f"L{n}", after(n % 9 - 6))
    whole = tried(folder="whole")
    monkeypatch.setattr(trials, "LOANS_AT_A_TIME", 5)
    real, done = trials._part, []

    def failing(*given):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(given[-2])
        real(*given)

    monkeypatch.setattr(trials, "_part", failing)
    with pytest.raises(KeyboardInterrupt):
        tried(folder="cut")
    assert not (tmp_path / "cut" / "summary.json").exists()
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "cut").glob("flows-*")}
    assert len(kept) == 3
    monkeypatch.setattr(trials, "_part", real)
    again = tried(folder="cut")
    assert {n: (tmp_path / "cut" / n).stat().st_mtime_ns for n in kept} == kept
    assert again.summary == whole.summary
    assert tried(folder="cut").summary == again.summary  # finished: only read


def test_other_inputs_in_the_same_folder_begin_anew(tried, lender, reps):
    small_desk(lender)
    first = tried()
    lender.pays("L2", DAY, 90_000)
    assert tried().summary["totals"] != first.summary["totals"]


def test_it_writes_nothing_to_the_desk(tried, lender, reps):
    from tests.daily.dump import TABLES

    small_desk(lender)
    lender.day()
    contact("C2", result="dispute")
    from django.db import connection

    def state() -> str:
        with connection.cursor() as cursor:
            whole = []
            for table in TABLES:
                cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
                whole.append(cursor.fetchall())
        return repr(whole)

    before = state()
    tried(as_of=after(1))
    assert state() == before


def test_without_a_desk_the_book_alone_speaks(tried, lender, reps):
    small_desk(lender)
    lender.day()
    contact("C2", result="dispute")
    lender.rows["pauses"].append({"loan_id": "L3", "starts_on": DAY, "ends_on": after(9)})
    with_desk, without = tried(as_of=after(1), folder="a"), tried(as_of=after(1), folder="b", desk=False)
    assert rows(with_desk)["C2"]["was_hold"] and not rows(without)["C2"]["was_hold"]
    assert rows(without)["C3"]["was_hold"]
    assert {line["capacity"] for line in without.summary["workload"]} == {None}
    assert not without.summary["inputs"]["desk"]


def test_inputs_are_named_with_their_digests(tried, lender, reps):
    small_desk(lender)
    given = tried().summary["inputs"]
    assert given["base"]["digest"] == STANDARD.digest
    assert given["candidate"]["digest"] == CHANGED.digest
    assert given["content"] and given["convention_digest"] and given["pack_digest"] and given["knowledge"]
    json.dumps(given)


def test_a_book_without_an_import_is_refused(tmp_path, db):
    with pytest.raises(ShouyueError, match="DAY-005"):
        trials.simulate(trials.Question(str(tmp_path / "none"), DAY, STANDARD, CHANGED), tmp_path / "t")
