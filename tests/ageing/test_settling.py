"""Settling early: the plan as it would be then, by the same rules as every other plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.convention import Convention, load
from shouyue.ageing.one import LoanTables, find, read_tables
from shouyue.ageing.reference import Charge, Instalment, Loan, Payment, live
from shouyue.ageing.settling import KEPT, PARTS, Payoff, Terms, loan_row, payoff
from shouyue.ageing.trial import tables
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from tests.ageing.loans import BEGIN, SPAN, aged, conventions, days, frames, loans

DEFAULT = load("default")
AS_OF = date(2026, 3, 20)
#: paid out on 1 January; 100.00 principal and 12.00 interest a month, 3.00 fee
PLAN = [Instalment(n, date(2026, n + 1, 1), 11_500, fee=300, interest=1_200) for n in range(1, 7)]
LOAN = Loan(PLAN, [Payment("P1", date(2026, 2, 1), 11_500), Payment("P2", date(2026, 3, 1), 11_500)])
OPENED = date(2026, 1, 1)

terms = st.builds(
    Terms,
    st.just("any"),
    interest=st.sampled_from(KEPT),
    fees=st.sampled_from(KEPT),
    penalty_ppm_a_day=st.sampled_from([0, 500, 100_000]),
    fee_ppm=st.sampled_from([0, 10_000, 500_000]),
    fee_least_minor=st.sampled_from([0, 7]),
    fee_most_minor=st.sampled_from([None, 0, 9]),
    fee_free_after=st.integers(0, 3),
    fee_within_saving=st.booleans(),
)


def settle(loan: Loan, day: date, rules: Terms, convention: Convention = DEFAULT, as_of: date = AS_OF) -> Payoff:
    return payoff(LoanTables(**tables([loan])), day, as_of, rules, convention, loan.opened or OPENED)


def test_interest_runs_by_the_days_of_the_running_instalment_and_later_ones_ask_for_principal_alone():
    found = settle(LOAN, date(2026, 3, 16), Terms("statute"))
    # 15 of the 31 days from 1 March to 1 April: 12.00 * 15/31 = 5.806
    assert found.asked == {"principal": 40_000, "interest": 581, "fee": 0, "penalty": 0, "late_fee": 0}
    assert found.contract == {"principal": 40_000, "interest": 4_800, "fee": 1_200, "penalty": 0, "late_fee": 0}
    assert (found.total_minor, found.saved_minor, found.fee_minor, found.over_minor) == (40_581, 5_419, 0, 0)
    running = found.ahead[0]
    assert (running.due, running.days, running.of_days) == (date(2026, 4, 1), 15, 31)
    assert (running.interest_minor, running.interest_kept_minor, running.fee_kept_minor) == (1_200, 581, 0)


@pytest.mark.parametrize(("interest", "kept"), [("due", 0), ("accrued", 581), ("period", 1_200), ("full", 4_800)])
def test_the_terms_say_what_stays(interest, kept):
    assert settle(LOAN, date(2026, 3, 16), Terms("t", interest=interest)).asked["interest"] == kept


def test_on_a_due_date_that_instalment_is_due_in_full():
    found = settle(LOAN, date(2026, 4, 1), Terms("t"))
    assert (found.asked["interest"], found.asked["fee"]) == (1_200, 300)
    assert found.ahead[0].interest_kept_minor == 0


def test_money_paid_ahead_counts_in_full_whatever_part_it_had_met():
    ahead = replace(LOAN, payments=[*LOAN.payments, Payment("P3", date(2026, 3, 10), 11_500)])
    found = settle(ahead, date(2026, 3, 16), Terms("t"))
    assert found.total_minor == settle(LOAN, date(2026, 3, 16), Terms("t")).total_minor - 11_500


def test_what_is_late_stays_owed_with_its_charges_and_the_penalty_until_the_day():
    late = Loan(PLAN, [LOAN.payments[0]], [Charge("late_fee", date(2026, 3, 5), 2_000), Charge("penalty", AS_OF, 90)])
    found = settle(late, date(2026, 3, 30), Terms("t", penalty_ppm_a_day=500))
    assert found.asked["late_fee"] == 2_000
    # the instalment of 1 March, 115.00, is open for ten days more after the book's day: 0.05 % a day
    assert found.penalty_added_minor == 58 and found.asked["penalty"] == found.contract["penalty"] == 148


@pytest.mark.parametrize(
    ("rules", "fee"),
    [
        (Terms("t", fee_ppm=30_000), 1_200),  # 3 % of 400.00 not due
        (Terms("t", fee_ppm=30_000, fee_most_minor=500), 500),
        (Terms("t", fee_ppm=30_000, fee_least_minor=2_000), 2_000),
        (Terms("t", fee_ppm=900_000), 5_419),  # never above what is saved
        (Terms("t", fee_ppm=900_000, fee_within_saving=False), 36_000),
        (Terms("t", fee_ppm=30_000, fee_free_after=2), 0),
        (Terms("t", fee_ppm=30_000, fee_free_after=3), 1_200),
    ],
)
def test_the_fee(rules, fee):
    assert settle(LOAN, date(2026, 3, 16), rules).fee_minor == fee


def test_more_was_paid_than_a_settled_plan_asks_for():
    rich = replace(LOAN, payments=[*LOAN.payments, Payment("P3", date(2026, 3, 10), 45_000)])
    found = settle(rich, date(2026, 3, 16), Terms("t", fee_ppm=30_000))
    assert found.total_minor == 0 and found.over_minor == 45_000 - 40_581


def test_a_book_without_parts_cannot_say_unless_all_interest_stays():
    bare = replace(LOAN, instalments=[replace(one, interest=None) for one in PLAN])
    with pytest.raises(ShouyueError) as error:
        settle(bare, date(2026, 3, 16), Terms("t"))
    assert error.value.code == "AGE-036"
    assert settle(bare, date(2026, 3, 16), Terms("t", interest="full", fees="full")).saved_minor == 0


@pytest.mark.parametrize("wrong", [{"interest": "some"}, {"fee_ppm": -1}, {"fee_ppm": 1_000_001}, {"fee_ppm": 1.5}])
def test_terms_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ShouyueError) as error:
        Terms("t", **wrong)
    assert error.value.code == "AGE-037"


def relieved(loan: Loan, day: date, rules: Terms, convention: Convention) -> Loan:
    """The settled plan by hand, in fractions."""
    counted = [one.row for one in live(loan, day, None, convention).instalments]
    later = sorted(row.due for row in counted if row.due > day)
    if not later:
        return loan
    begins = max([row.due for row in counted if row.due <= day], default=loan.opened or OPENED)
    length = (later[0] - begins).days
    share = Fraction(min(max((day - begins).days, 0), length), length) if length > 0 else Fraction(0)

    def kept(rule: str, minor: int, due: date) -> int:
        if rule == "full" or (rule == "period" and due == later[0]):
            return minor
        return int(minor * share + Fraction(1, 2)) if rule == "accrued" and due == later[0] else 0

    def settled(one: Instalment) -> Instalment:
        if one.due <= day:
            return one
        fee = min(one.fee or 0, one.amount)
        interest = min(one.interest or 0, one.amount - fee)
        fees, charge = kept(rules.fees, fee, one.due), kept(rules.interest, interest, one.due)
        return replace(one, amount=one.amount - fee - interest + fees + charge, fee=fees, interest=charge)

    return replace(loan, instalments=[settled(one) for one in loan.instalments])


def outstanding(loan: Loan, day: date, convention: Convention) -> dict[str, int]:
    figures = next(iter(aged([loan], day, None, convention)))
    return {part: figures[f"outstanding_{part}_minor"] for part in PARTS}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(loans, days, terms, conventions())
def test_what_is_asked_is_what_is_owed_on_the_settled_plan_written_by_hand(loan, day, rules, convention):
    loan = replace(loan, instalments=[replace(one, interest=one.interest or 0) for one in loan.instalments])
    found = settle(loan, day, rules, convention, as_of=BEGIN)
    after = relieved(loan, day, rules, convention)
    added = {"penalty": found.penalty_added_minor}
    plain = {part: minor - added.get(part, 0) for part, minor in found.asked.items()}
    assert plain == outstanding(after, day, convention)
    assert {p: m - added.get(p, 0) for p, m in found.contract.items()} == outstanding(loan, day, convention)
    assert found.saved_minor >= 0 and min(found.asked.values()) >= 0 and found.fee_minor >= 0
    if rules.fee_within_saving:
        assert found.total_minor <= sum(found.contract.values())
    paid = Payment("settles", day, sum(plain.values()))
    last = replace(after, payments=[*after.payments, paid])
    assert sum(outstanding(last, day, convention).values()) == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, SPAN), min_size=2, max_size=2).map(sorted), terms)
def test_who_waits_never_pays_less(pair, rules):
    bare = replace(LOAN, payments=[])
    first, last = (settle(bare, OPENED + timedelta(days=n), replace(rules, fee_ppm=0, fee_least_minor=0)) for n in pair)
    assert first.total_minor <= last.total_minor


def test_out_of_a_book(tmp_path):
    version = build_version(tmp_path, frames([replace(LOAN, opened=OPENED)]), shards=1)
    rules, day, place = Terms("t"), date(2026, 3, 16), find(version, "L0000")
    opened = loan_row(version, place)["opened_on"]
    found = payoff(read_tables(version, place, DEFAULT), day, AS_OF, rules, DEFAULT, opened)
    assert found == settle(LOAN, day, rules)
