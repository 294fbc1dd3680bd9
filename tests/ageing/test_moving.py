"""The same book and day by two conventions: who moves, and from where to where."""

from __future__ import annotations

import csv
import json
from datetime import date

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.convention import Bucket, Convention, load
from shouyue.ageing.moving import SIDES, Question, read, work_out
from shouyue.ageing.reference import Instalment, Loan, Payment
from shouyue.ageing.run import age_table
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.book.store import Book
from shouyue.cli.convention import convention as command
from tests.ageing.loans import conventions, days, frames, loans

AS_OF = date(2023, 4, 1)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(loans, min_size=1, max_size=5),
    days,
    st.one_of(st.none(), days),
    conventions(by_customer=True),
    conventions(by_customer=True),
)
def test_every_loan_is_on_both_sides_as_ageing_has_it_and_every_cell_is_their_sum(
    tmp_path_factory, book, as_of, known_at, was, now
):
    place = tmp_path_factory.mktemp("book")
    names = [f"C{n % 2}" for n in range(len(book))]
    version = build_version(place / "b", frames(book, customers=names), shards=2)
    found = work_out(Question(version, as_of, known_at, was, now), place / "out", workers=1)
    rows = found.rows().collect().sort("loan_id")
    for side, rules in (("was", was), ("now", now)):
        aged = pl.DataFrame(pl.from_arrow(age_table(version, as_of, known_at, rules))).sort("loan_id")
        assert rows["loan_id"].equals(aged["loan_id"])
        for name in SIDES:
            assert rows[f"{side}_{name}"].to_list() == aged[name].to_list()
    assert sum(c["loans"] for c in found.summary["cells"]) == len(book)
    for cell in found.summary["cells"]:
        behind = found.rows(cell["was"], cell["now"]).collect()
        assert behind.height == cell["loans"]
        assert behind["moved"].sum() == cell["moved"]
        assert (behind["now_dpd"] > behind["was_dpd"]).sum() == cell["later"]
        assert behind["now_overdue_minor"].sum() == cell["now_overdue_minor"]
    for row in rows.iter_rows(named=True):
        assert row["moved"] == (was.bucket_of(row["was_dpd"]) != was.bucket_of(row["now_dpd"]))


@pytest.fixture
def version(tmp_path):
    """Ten loans, each a week later than the one before; the last has paid half of what it owes."""
    book = [Loan([Instalment(1, date(2023, 3, 29 - 2 * n), 100_00)]) for n in range(9)]
    book.append(Loan([Instalment(1, date(2023, 1, 1), 100_00)], [Payment("A", date(2023, 1, 2), 50_00)]))
    return build_version(tmp_path / "b", frames(book), shards=2)


def test_two_names_of_one_stage_are_no_move_and_grace_moves_whom_it_frees(version, tmp_path):
    default = load("default")
    renamed = Convention(
        "renamed", buckets=(Bucket("in time", 0), *(Bucket(f"S{b.label}", b.to) for b in default.buckets[1:]))
    )
    same = work_out(Question(version, AS_OF, None, default, renamed), tmp_path / "same")
    assert sum(c["moved"] + c["later"] + c["earlier"] for c in same.summary["cells"]) == 0
    grace = work_out(Question(version, AS_OF, None, default, Convention("grace", grace_days=7)), tmp_path / "grace")
    cells = grace.cells("CNY")
    assert (cells["M1", "C"]["loans"], cells["M1", "C"]["moved"], cells["M1", "M1"]["earlier"]) == (3, 3, 6)
    assert (cells["M3", "M3"]["loans"], cells["M3", "M3"]["moved"], cells["M3", "M3"]["now_outstanding_minor"]) == (
        1,
        0,
        50_00,
    )
    page = grace.page(grace.rows("M1", None, "moved"), 1, 10)
    assert page["loan_id"].to_list() == ["L0001", "L0002"]


def test_a_finished_one_is_only_read_and_a_killed_one_goes_on(version, tmp_path, monkeypatch):
    asked = Question(version, AS_OF, None, load("default"), load("mba"))
    first = work_out(asked, tmp_path / "out")
    (tmp_path / "out" / "summary.json").unlink()
    kept = (tmp_path / "out" / "rows-0000.parquet").stat().st_mtime_ns
    assert read(tmp_path / "out") is None
    (tmp_path / "out" / "rows-0001.parquet").unlink()
    again = work_out(asked, tmp_path / "out")
    assert again.summary == first.summary
    assert (tmp_path / "out" / "rows-0000.parquet").stat().st_mtime_ns == kept
    monkeypatch.setattr("shouyue.ageing.moving.age_shard", None)
    assert work_out(asked, tmp_path / "out").summary == first.summary
    monkeypatch.undo()
    other = Question(version, AS_OF, date(2023, 1, 1), load("default"), load("mba"))
    assert other.key() != asked.key()
    assert work_out(other, tmp_path / "out").summary["inputs"]["known_at"] == "2023-01-01"


def run(*words: object):
    return CliRunner().invoke(command, ["compare", *map(str, words)])


def test_the_command_prints_the_matrix_and_names_the_loans(version, tmp_path):
    book = version.path.parent.parent
    told = run("default", "fineract", "--book", book, "--as-of", AS_OF, "--out", tmp_path / "out.csv")
    assert told.exit_code == 0, told.output
    assert "合同 loans 10" in told.output and "天数减少 earlier 10" in told.output
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8-sig")))
    assert len(rows) == 10 and rows[0] == {
        "合同号 loan": "L0000",
        "客户号 customer": "CL0000",
        "门店 store": "",
        "币种 currency": "CNY",
        "原阶段 bucket before": "M1",
        "新阶段 bucket now": "C",
        "原逾期天数 days before": "3",
        "新逾期天数 days now": "0",
        "原逾期金额 overdue before": "100.00",
        "新逾期金额 overdue now": "100.00",
        "原剩余应还 outstanding before": "100.00",
        "新剩余应还 outstanding now": "100.00",
    }
    run("default", "default", "--book", book, "--as-of", AS_OF, "--out", tmp_path / "none.csv")
    assert len((tmp_path / "none.csv").read_text("utf-8").splitlines()) == 1
    run("default", "default", "--book", book, "--as-of", AS_OF, "--all", "--out", tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text("utf-8"))["inputs"]["loans"] == 10
    told = run("default", "mba", "--book", book, "--as-of", AS_OF, "--out", tmp_path / "out.xlsx")
    assert told.exit_code == 0 and (tmp_path / "out.xlsx").stat().st_size > 5000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["default", "nothing", "--as-of", "2023-04-01"], "AGE-001"),
        (["default", "mba", "--as-of", "soon"], "AGE-010"),
        (["default", "mba", "--as-of", "2023-04-01", "--out", "x.pdf"], "AGE-015"),
        (["default", "mba", "--as-of", "2023-04-01", "--version", "000009-deadbeef"], "BOOK-001"),
    ],
)
def test_a_slip_has_a_code(version, words, code):
    told = run(*words, "--book", version.path.parent.parent)
    assert isinstance(told.exception, ShouyueError) and told.exception.code == code
    assert Book(version.path.parent.parent).versions() == [version.id]
