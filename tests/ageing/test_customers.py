"""A customer's loans may lie in any shards; how late he is does not depend on where."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing import customers
from shouyue.ageing.convention import load
from shouyue.ageing.reference import Instalment, Loan, Payment, age_customer
from shouyue.ageing.run import age_shard, age_table, snapshot
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from tests.ageing.loans import conventions, days, frames, loans

AS_OF = date(2023, 3, 31)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, 3), loans), min_size=1, max_size=8),
    days,
    st.one_of(st.none(), days),
    conventions(by_customer=True),
)
def test_every_loan_of_a_book_follows_the_reference(tmp_path_factory, given_loans, as_of, known_at, convention):
    whose = sorted(given_loans, key=lambda pair: pair[0])
    tables = frames([loan for _, loan in whose], customers=[f"C{number}" for number, _ in whose])
    wanted = [
        said
        for _, his in groupby(whose, key=lambda pair: pair[0])
        for said in age_customer([loan for _, loan in his], as_of, known_at, convention)
    ]
    for shards in (1, 4):
        version = build_version(tmp_path_factory.mktemp("book"), tables, shards=shards)
        found = sorted(age_table(version, as_of, known_at, convention).to_pylist(), key=lambda row: row["loan_id"])
        for row, reference in zip(found, wanted, strict=True):
            assert {name: row[name] for name in reference} == reference


def late_and_current() -> tuple[Loan, Loan]:
    return (
        Loan([Instalment(1, AS_OF - timedelta(days=20), 10000)]),
        Loan([Instalment(1, AS_OF - timedelta(days=5), 10000), Instalment(2, AS_OF + timedelta(days=25), 10000)],
             [Payment("P", AS_OF - timedelta(days=5), 10000)]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("level", "days", "customer_days"),
    [("none", [20, 0], [None, None]), ("column", [20, 0], [20, 20]), ("effective", [20, 20], [20, 20])],
)
def test_the_worst_loan_speaks_for_the_customer_as_far_as_the_convention_says(tmp_path, level, days, customer_days):
    version = build_version(tmp_path / "b", frames(late_and_current(), customers=["C", "C"]), shards=8)
    convention = replace(load("default"), customer_dpd=level)
    found = sorted(age_table(version, AS_OF, convention=convention).to_pylist(), key=lambda row: row["loan_id"])
    assert [row["dpd"] for row in found] == days
    assert [row["customer_dpd"] for row in found] == customer_days
    assert [row["bucket"] for row in found] == ["M1" if n else "C" for n in days]
    assert [row["overdue_minor"] for row in found] == [10000, 0]


def test_few_loans_at_a_time_give_the_same(tmp_path, monkeypatch):
    book = [loan for _ in range(20) for loan in late_and_current()]
    names = [f"C{n % 7}" for n in range(len(book))]
    version = build_version(tmp_path / "b", frames(book, customers=names), shards=4)
    convention = replace(load("default"), customer_dpd="effective")
    whole = age_table(version, AS_OF, convention=convention)
    monkeypatch.setattr(customers, "LOANS_AT_A_TIME", 7)
    assert age_table(version, AS_OF, convention=convention, workers=2).equals(whole)
    files = snapshot(version, AS_OF, convention=convention, directory=tmp_path / "snap")
    assert len(files) == 4


def test_a_single_shard_cannot_know_a_customer(tmp_path):
    version = build_version(tmp_path / "b", frames(late_and_current(), customers=["C", "C"]), shards=2)
    with pytest.raises(ShouyueError) as told:
        age_shard(version, 0, AS_OF, convention=replace(load("default"), customer_dpd="column"))
    assert told.value.code == "AGE-013"


def test_sums_of_a_customer_beyond_64_bits_are_refused(tmp_path):
    loan = Loan([Instalment(1, AS_OF, 2**62 - 1)])
    version = build_version(tmp_path / "b", frames([loan, loan], customers=["C", "C"]), shards=1)
    by_obligor = replace(load("eba"), customer_dpd="effective", materiality_level="customer")
    with pytest.raises(ShouyueError) as told:
        age_table(version, AS_OF, convention=by_obligor)
    assert told.value.code == "AGE-003"


def test_an_obligor_is_judged_by_the_sum_of_what_is_past_due(tmp_path):
    """EUR 60 on each of two loans is not material by facility, but EUR 120 of the obligor is."""
    one = Loan([Instalment(1, date(2023, 1, 10), 6000), Instalment(2, date(2023, 6, 10), 100000)])
    version = build_version(tmp_path / "b", frames([one, one], customers=["C", "C"]), shards=2)
    by_facility = load("eba")
    assert age_table(version, AS_OF, convention=by_facility).column("dpd").to_pylist() == [0, 0]
    by_obligor = replace(by_facility, customer_dpd="effective", materiality_level="customer")
    assert age_table(version, AS_OF, convention=by_obligor).column("dpd").to_pylist() == [80, 80]
