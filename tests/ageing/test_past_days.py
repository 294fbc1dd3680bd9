"""What was true stays true: the days past due of a past day, the worst of a window, when a loan was cured."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.convention import load
from shouyue.ageing.history import daily
from shouyue.ageing.reference import Instalment, Loan, Payment, dpd_on, months_before
from shouyue.ageing.shard import months_before as months_back
from shouyue.ageing.trial import rows
from tests.ageing.loans import BEGIN, SPAN, aged, conventions, days, loans

BOUNDED = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
END = BEGIN + timedelta(days=SPAN + 40)


def history(loan, known_at, convention, start=BEGIN, end=END):
    return daily(rows([loan], known_at, convention), start, end, convention)


@BOUNDED
@given(loans, st.one_of(st.none(), days), conventions())
def test_history_of_a_loan_is_the_ageing_of_each_of_its_days(loan, known_at, convention):
    line = history(loan, known_at, convention)
    for place in range(0, len(line), 7):
        day = BEGIN + timedelta(days=place)
        assert (
            line[place] == dpd_on(loan, day, known_at, convention) == aged([loan], day, known_at, convention)[0]["dpd"]
        )


@BOUNDED
@given(loans, st.one_of(st.none(), days), conventions())
def test_worst_days_of_a_window_are_the_highest_of_its_days(loan, known_at, convention):
    line = history(loan, known_at, convention, start=BEGIN - timedelta(days=400))
    said = aged([loan], END, known_at, convention)[0]
    for months in (3, 6, 12):
        inside = (END - months_before(END, months)).days
        assert said[f"worst_dpd_{months}m"] == line[-inside:].max()


def test_a_late_customer_is_cured_on_the_day_he_pays_and_late_anew_after():
    loan = Loan(
        [Instalment(1, date(2023, 1, 10), 100), Instalment(2, date(2023, 2, 10), 100)],
        [Payment("A", date(2023, 1, 25), 100)],
    )
    default = load("default")
    cured = aged([loan], date(2023, 2, 10), None, default)[0]
    assert (cured["dpd"], cured["cured_on"], cured["delinquent_since"]) == (0, date(2023, 1, 25), None)
    late = aged([loan], date(2023, 2, 13), None, default)[0]
    assert (late["dpd"], late["cured_on"], late["delinquent_since"]) == (3, date(2023, 1, 25), date(2023, 2, 11))
    assert (late["worst_dpd_3m"], late["times_late"], late["late_1"], late["late_2"]) == (14, 2, 3, 15)


def test_a_spell_runs_on_while_the_oldest_unpaid_instalment_rolls():
    loan = Loan(
        [Instalment(n, date(2023, n, 10), 100) for n in (1, 2, 3)],
        [Payment("A", date(2023, 2, 20), 100), Payment("B", date(2023, 3, 20), 100)],
    )
    said = aged([loan], date(2023, 3, 31), None, load("default"))[0]
    assert (said["dpd"], said["oldest_unpaid_due"]) == (21, date(2023, 3, 10))
    assert (said["delinquent_since"], said["cured_on"]) == (date(2023, 1, 11), None)


def test_a_back_dated_payment_changes_the_past_only_for_those_who_know_it():
    loan = Loan(
        [Instalment(1, date(2023, 1, 10), 100)], [Payment("A", date(2023, 1, 10), 100, booked=date(2023, 2, 1))]
    )
    default = load("default")
    assert aged([loan], date(2023, 1, 31), date(2023, 1, 31), default)[0]["worst_dpd_3m"] == 21
    assert aged([loan], date(2023, 1, 31), date(2023, 2, 1), default)[0]["worst_dpd_3m"] == 0


def test_window_begins_on_the_last_day_of_a_shorter_month():
    assert months_back(date(2023, 5, 31), 3) == date(2023, 2, 28)
    assert months_back(date(2024, 5, 31), 3) == date(2024, 2, 29)
    assert months_back(date(2023, 1, 15), 12) == date(2022, 1, 15)
    assert months_back(date(2023, 3, 1), 3) == date(2022, 12, 1)


def test_the_same_day_months_ago_is_not_in_the_window_and_the_day_after_is():
    loan = Loan([Instalment(1, date(2023, 1, 1), 100)], [Payment("A", date(2023, 1, 11), 100)])
    default = load("default")
    for months, column in ((3, "worst_dpd_3m"), (6, "worst_dpd_6m"), (12, "worst_dpd_12m")):
        last_late = date(2023, 1, 10)
        inside = date(2023 + (months == 12), (months % 12) + 1, 9)
        assert aged([loan], inside, None, default)[0][column] == (last_late - date(2023, 1, 1)).days
        assert aged([loan], inside + timedelta(days=1), None, default)[0][column] == 0
