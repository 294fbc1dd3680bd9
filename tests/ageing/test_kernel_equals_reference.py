"""The compiled kernel and the plain reference say the same of any loan, on any day, known on any day.

``python bench/agreement.py --loans 1000000`` tries as many as one likes.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.convention import CHARGE_ORDERS, Convention, load, shipped
from shouyue.ageing.kernel.sweep import material, share_of
from shouyue.ageing.reference import Instalment, Loan, age_customer, age_loan
from tests.ageing.loans import aged, conventions, days, loans

BOUNDED = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
known = st.one_of(st.none(), days)


def assert_same(found: list[dict], wanted: list[dict]) -> None:
    for kernel, reference in zip(found, wanted, strict=True):
        differing = {k: (kernel[k], reference[k]) for k in reference if kernel[k] != reference[k]}
        assert not differing, f"column: (kernel, reference) {differing}"
        assert set(reference) == set(kernel)


@BOUNDED
@given(st.lists(loans, min_size=1, max_size=3), days, known, conventions())
def test_kernel_equals_reference_under_any_rules(book, as_of, known_at, convention):
    assert_same(aged(book, as_of, known_at, convention), [age_loan(loan, as_of, known_at, convention) for loan in book])


@pytest.mark.parametrize("name", shipped())
@settings(BOUNDED, max_examples=30)
@given(st.lists(loans, min_size=1, max_size=3), days, known)
def test_kernel_equals_reference_under_the_shipped_conventions(name, book, as_of, known_at):
    convention = load(name)
    assert_same(aged(book, as_of, known_at, convention), [age_loan(loan, as_of, known_at, convention) for loan in book])


@BOUNDED
@given(st.lists(loans, min_size=1, max_size=4), days, known, conventions(by_customer=True))
def test_kernel_equals_reference_for_the_loans_of_one_customer(book, as_of, known_at, convention):
    found = aged(book, as_of, known_at, convention, customer=[7] * len(book))
    assert_same(found, age_customer(book, as_of, known_at, convention))


@settings(BOUNDED, max_examples=40)
@given(st.lists(loans, min_size=1, max_size=3), days, known, conventions())
def test_a_loan_of_huge_amounts_in_the_shard_changes_no_other(book, as_of, known_at, convention):
    huge = Loan([Instalment(1, as_of, 2**62)])  # too much to be checked by whole columns
    assert aged([*book, huge], as_of, known_at, convention)[:-1] == aged(book, as_of, known_at, convention)


quick = st.tuples(st.sampled_from(["oldest_unpaid", "missed_payments"]), st.sampled_from(CHARGE_ORDERS[:3])).flatmap(
    lambda pick: conventions(
        counter=pick[0],
        charges=pick[1],
        charges_late=False,
        threshold_minor=0,
        threshold_basis_points=0,
        direction="horizontal",
    )
)


class Sweeping(Convention):
    """The same rules by the slower way."""

    @property
    def sweeps(self) -> bool:
        return True


@settings(BOUNDED, max_examples=80)
@given(
    st.lists(loans, min_size=1, max_size=3),
    days,
    known,
    quick,
)
def test_the_quick_way_and_the_sweep_agree_where_both_can_go(book, as_of, known_at, convention):
    assert not convention.sweeps
    slower = Sweeping(**{name: getattr(convention, name) for name in Convention.__dataclass_fields__})
    assert aged(book, as_of, known_at, slower) == aged(book, as_of, known_at, convention)


@settings(BOUNDED, max_examples=500)
@given(
    st.integers(1, 2**63 - 1).flatmap(lambda whole: st.tuples(st.integers(0, whole - 1), st.just(whole))),
    st.integers(0, 2**31 - 1),
)
def test_a_share_of_days_is_exact_however_large_the_amounts(share, length):
    money, whole = share
    assert share_of(money, whole, length) == money * length // whole


@settings(BOUNDED, max_examples=500)
@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(0, 2**62), st.integers(0, 10_000))
def test_materiality_is_exact_however_large_the_amounts(arrears, exposure, minor, basis_points):
    rules = Convention("x", threshold_minor=minor, threshold_basis_points=basis_points).rules()
    assert material(arrears, exposure, rules) == (arrears > minor and arrears * 10_000 > basis_points * exposure)
