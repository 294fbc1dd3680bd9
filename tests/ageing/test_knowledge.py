"""What holds of any loan under any rules: knowledge only grows, what was taken back was never there, no cent is lost.

Monotone means: the rows known on a day are those booked by it, so a later day of knowledge knows them all and more; the
answer depends on nothing else. From it follows that knowing of more payments never raises what is owed, and knowing of
more reversals never lowers it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from shouyue.ageing.convention import load
from shouyue.ageing.history import daily
from shouyue.ageing.reference import Loan, Payment, effective
from shouyue.ageing.trial import rows
from tests.ageing.loans import BEGIN, SPAN, aged, conventions, days, loans

BOUNDED = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
END = BEGIN + timedelta(days=SPAN)


def booked(payment: Payment):
    return payment.booked or payment.value


@BOUNDED
@given(loans, days, days, conventions())
def test_rows_booked_later_leave_no_trace(loan, as_of, known_at, convention):
    told = replace(loan, payments=[p for p in loan.payments if booked(p) <= known_at])
    assert aged([told], as_of, None, convention) == aged([loan], as_of, known_at, convention)


@BOUNDED
@given(loans, days, days, days, conventions())
def test_nothing_changes_on_days_of_knowledge_on_which_nothing_was_booked(loan, as_of, early, late, convention):
    early, late = sorted((early, late))
    assume(not any(early < booked(p) <= late for p in loan.payments))
    assert aged([loan], as_of, early, convention) == aged([loan], as_of, late, convention)


@BOUNDED
@given(loans, days, conventions())
def test_knowing_all_is_knowing_what_was_booked_by_the_last_booking_day(loan, as_of, convention):
    last = max(map(booked, loan.payments), default=as_of)
    assert aged([loan], as_of, last, convention) == aged([loan], as_of, None, convention)


@BOUNDED
@given(loans, days, days, days, conventions())
def test_more_payments_never_raise_what_is_owed(loan, as_of, early, late, convention):
    """And more reversals never lower it: rows of one kind are learned of, none of the other."""
    early, late = sorted((early, late))
    meanwhile = [p for p in loan.payments if early < booked(p) <= late]
    assume(len({p.reverses is None for p in meanwhile}) < 2)
    assume(not any(p.reverses in {q.id for q in loan.payments if q.reverses} for p in meanwhile))
    before, after = (aged([loan], as_of, known, convention)[0] for known in (early, late))
    if all(p.reverses for p in meanwhile):  # nothing was learned of, or reversals only
        before, after = after, before
    assert after["paid_total_minor"] >= before["paid_total_minor"]
    assert after["outstanding_minor"] <= before["outstanding_minor"]


@BOUNDED
@given(loans, days, st.tuples(days, st.integers(1, 200)), st.sampled_from(["default", "fineract", "mba", "ots"]))
def test_oldest_first_one_payment_more_never_makes_a_loan_later(loan, as_of, payment, name):
    value, amount = payment
    more = replace(loan, payments=[*loan.payments, Payment("more", value, amount)])
    without, with_it = (aged([one], as_of, None, load(name))[0] for one in (loan, more))
    for column in ("dpd", "worst_dpd_12m", "overdue_minor", "outstanding_minor", "times_late"):
        assert with_it[column] <= without[column]


@BOUNDED
@given(loans, days, days, conventions())
def test_a_payment_taken_back_in_full_was_never_made(loan, as_of, known_at, convention):
    paid = [Payment(f"X{n}", p.value, p.amount + 1, p.booked) for n, p in enumerate(loan.payments)]
    back = [Payment(f"Y{n}", p.value + timedelta(days=30), p.amount, known_at, p.id) for n, p in enumerate(paid)]
    undone, never = replace(loan, payments=paid + back), replace(loan, payments=[])
    assert aged([undone], as_of, known_at, convention) == aged([never], as_of, known_at, convention)
    assert (days_of(undone, known_at, convention) == days_of(never, known_at, convention)).all()


@BOUNDED
@given(loans, days, days, conventions())
def test_but_who_asks_with_the_knowledge_of_before_still_sees_it(loan, as_of, known_at, convention):
    back = [
        Payment(f"Y{n}", p.value, p.amount, known_at + timedelta(days=1), p.id) for n, p in enumerate(loan.payments)
    ]
    undone = replace(loan, payments=loan.payments + back)
    assert aged([undone], as_of, known_at, convention) == aged([loan], as_of, known_at, convention)


def days_of(loan: Loan, known_at, convention):
    return daily(rows([loan], known_at, convention), BEGIN, END, convention)


@BOUNDED
@given(loans, days, st.one_of(st.none(), days), conventions())
def test_no_cent_is_lost(loan, as_of, known_at, convention):
    """What was paid is on what is owed or left over; the parts add up to what is open."""
    said = aged([loan], as_of, known_at, convention)[0]
    nothing_paid = aged([replace(loan, payments=[])], as_of, None, convention)[0]
    money = sum(amount for value, amount in effective(loan, known_at) if value <= as_of)
    assert said["paid_total_minor"] == money
    assert said["outstanding_minor"] == max(0, nothing_paid["outstanding_minor"] - money)
    assert said["credit_minor"] == max(0, money - nothing_paid["outstanding_minor"])
    parts = ("principal", "interest", "fee", "penalty", "late_fee")
    assert sum(said[f"outstanding_{part}_minor"] for part in parts) == said["outstanding_minor"]
    assert 0 <= said["overdue_minor"] <= said["outstanding_minor"]
