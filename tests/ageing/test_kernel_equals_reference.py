"""The compiled kernel and the plain reference say the same of any loan, on any day, known on any day."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.convention import load
from shouyue.ageing.reference import age_loan
from tests.ageing.loans import aged, conventions, days, loans

BOUNDED = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_same(book, as_of, known_at, convention):
    for loan, found in zip(book, aged(book, as_of, known_at, convention), strict=True):
        wanted = age_loan(loan, as_of, known_at, convention)
        differing = {k: (found[k], wanted[k]) for k in wanted if found[k] != wanted[k]}
        assert not differing, f"column: (kernel, reference) {differing}"
        assert set(wanted) == set(found)


@BOUNDED
@given(st.lists(loans, min_size=1, max_size=3), days, st.one_of(st.none(), days), conventions)
def test_kernel_equals_reference_under_any_rules(book, as_of, known_at, convention):
    assert_same(book, as_of, known_at, convention)


@BOUNDED
@given(
    st.lists(loans, min_size=1, max_size=3), days, st.one_of(st.none(), days), st.sampled_from(["default", "fineract"])
)
def test_kernel_equals_reference_under_the_shipped_conventions(book, as_of, known_at, name):
    assert_same(book, as_of, known_at, load(name))
