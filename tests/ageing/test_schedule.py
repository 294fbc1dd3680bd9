"""The state of each instalment, for a shard and for one loan."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.columns import STATES
from shouyue.ageing.convention import Convention
from shouyue.ageing.history import dpd_history
from shouyue.ageing.reference import Instalment, Loan, Payment, dpd_on, live
from shouyue.ageing.run import age_table
from shouyue.ageing.schedule import instalment_states, loan_schedule
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from tests.ageing.loans import conventions, days, frames, loans

AS_OF = date(2023, 3, 31)


def by_hand(loan: Loan, as_of, known_at, convention) -> list[tuple]:
    instalments = live(loan, as_of, known_at, convention).instalments
    return [
        (
            i.row.seq,
            i.row.version,
            i.row.due,
            i.row.debit,
            i.row.amount,
            i.row.amount - i.open,
            i.open,
            i.met,
            (i.met - i.due).days if i.met else max(0, (as_of - i.due).days),
            i.due,
        )
        for i in instalments
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(loans, min_size=2, max_size=4), days, st.one_of(st.none(), days), conventions())
def test_states_of_a_shard_and_of_each_loan_follow_the_reference(tmp_path_factory, book, as_of, known_at, convention):
    version = build_version(tmp_path_factory.mktemp("book"), frames(book), shards=1)
    whole = instalment_states(version, 0, None, as_of, known_at, convention)
    assert whole.schema.equals(STATES)
    rows = [
        (name, *row)
        for n, loan in enumerate(book)
        for name in [f"L{n:04d}"]
        for row in by_hand(loan, as_of, known_at, convention)
    ]
    assert [tuple(r.values()) for r in whole.to_pylist()] == rows
    some = instalment_states(version, 0, np.array([1, 0, 1]), as_of, known_at, convention)
    assert [tuple(r.values()) for r in some.to_pylist()] == [r for r in rows if r[0] in ("L0000", "L0001")]
    one = loan_schedule(version, "L0001", as_of, known_at, convention)
    assert [tuple(r.values()) for r in one.to_pylist()] == [r for r in rows if r[0] == "L0001"]


def test_met_early_late_and_still_open(tmp_path):
    loan = Loan(
        [Instalment(n, date(2023, n, 10), 100) for n in (1, 2, 3, 4)],
        [Payment("A", date(2023, 1, 5), 100), Payment("B", date(2023, 2, 20), 130)],
    )
    version = build_version(tmp_path / "book", frames([loan]), shards=1)
    rows = loan_schedule(version, "L0000", AS_OF).to_pylist()
    assert [(r["open_minor"], r["met_on"], r["days_late"]) for r in rows] == [
        (0, date(2023, 1, 5), -5),
        (0, date(2023, 2, 20), 10),
        (70, None, 21),
        (100, None, 0),
    ]


def many_loans() -> list[Loan]:
    return [
        Loan(
            [Instalment(k, date(2022 + (k + 5) // 12, (k + 5) % 12 + 1, 1 + n % 28), 1000 + n) for k in range(1, 13)],
            [Payment(f"P{k}", date(2022 + (k + 5) // 12, (k + 5) % 12 + 1, 28), 900 + n) for k in range(1, n % 12)],
        )
        for n in range(400)
    ]


def test_one_loan_out_of_many_row_groups_is_the_same_as_out_of_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("shouyue.book.store.ROW_GROUP", 64)
    book = many_loans()
    version = build_version(tmp_path / "book", frames(book), shards=2)
    whole = {}
    for shard in range(2):
        for row in instalment_states(version, shard, None, AS_OF).to_pylist():
            whole.setdefault(row["loan_id"], []).append(row)
    dpd = dict(zip(*(age_table(version, AS_OF).column(c).to_pylist() for c in ("loan_id", "dpd")), strict=True))
    for n in (0, 1, 63, 64, 65, 200, 398, 399):
        name = f"L{n:04d}"
        assert loan_schedule(version, name, AS_OF).to_pylist() == whole[name]
        line = dpd_history(version, name, date(2023, 1, 1), AS_OF)
        assert (len(line), line[-1]) == (90, dpd[name])
        assert line[0] == dpd_on(book[n], date(2023, 1, 1), None, Convention("default"))


def test_unknown_loan_and_backward_span_are_refused(tmp_path):
    version = build_version(tmp_path / "book", frames(many_loans()[:5]), shards=1)
    for call, code in (
        (lambda: loan_schedule(version, "L9999", AS_OF), "AGE-008"),
        (lambda: dpd_history(version, "nobody", AS_OF, AS_OF), "AGE-008"),
        (lambda: dpd_history(version, "L0001", AS_OF, date(2023, 1, 1)), "AGE-009"),
    ):
        with pytest.raises(ShouyueError) as told:
            call()
        assert told.value.code == code
