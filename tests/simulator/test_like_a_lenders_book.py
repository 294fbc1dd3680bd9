"""The book looks like a consumer instalment lender's. Ranges are wide: they are about belief, not about a seed."""

from datetime import timedelta

import polars as pl

from tests.simulator.conftest import DAY


def _share(frame: pl.DataFrame, condition: pl.Expr) -> float:
    return frame.filter(condition).height / frame.height


def test_most_loans_run_and_terms_are_about_a_year(large):
    loans = large.loans
    assert 0.6 < _share(loans, pl.col("closed_on").is_null()) < 0.9
    assert loans["term"].min() == 3 and loans["term"].max() == 36
    assert 10 < large.instalments.height / loans.height < 13.5
    assert loans["opened_on"].max() <= DAY


def test_about_one_loan_in_ten_is_late_within_a_month(large):
    active = large.active_on(DAY).height
    assert 0.08 < len(large.late_in(30)) / active < 0.125


def test_buckets_fall_off_and_the_oldest_gathers(large):
    active = large.active_on(DAY)
    edges = [(0, 0), (1, 30), (31, 60), (61, 90), (91, 120), (121, 150), (151, 180), (181, 10_000)]
    share = [_share(active, pl.col("dpd").is_between(a, b)) for a, b in edges]
    assert 0.94 < share[0] < 0.98
    assert 0.012 < share[1] < 0.03
    assert all(share[n] > 0.8 * share[n + 1] > 0.0005 for n in range(1, 6))
    assert share[1] > 3 * share[2] > 5 * share[6]
    assert 0.002 < share[7] < 0.02


def test_most_of_the_late_pay_within_a_week(large):
    newly = large.loans_on(DAY - timedelta(days=40)).filter(pl.col("dpd").is_between(1, 3))
    later = large.loans_on(DAY - timedelta(days=33)).select("loan_id", after="dpd")
    after = newly.join(later, on="loan_id")
    assert after.height > 50
    assert 0.5 < _share(after, pl.col("after") == 0) < 0.9


def test_deeper_buckets_roll_more(large):
    before = large.active_on(DAY - timedelta(days=30)).select("loan_id", before="dpd")
    after = large.loans_on(DAY).join(before, on="loan_id")
    roll = []
    for low, high in ((1, 30), (31, 60), (61, 90)):
        bucket = after.filter(pl.col("before").is_between(low, high))
        roll.append(_share(bucket, pl.col("dpd") > high))
    assert roll[0] < roll[1] < roll[2]
    assert 0.15 < roll[0] < 0.5 and 0.5 < roll[1] < 0.85 and roll[2] < 0.98


def test_some_of_the_book_falls_due_on_every_day_that_months_share(large):
    due = large.instalments.join(large.active_on(DAY).select("loan_id"), on="loan_id")
    active = large.active_on(DAY).height
    for ahead in range(1, 29):
        day = DAY + timedelta(days=ahead)
        if day.day <= 28:
            assert 0.01 < due.filter(pl.col("due_date") == day).height / active < 0.07


def test_closed_loans_owe_nothing_and_their_payments_add_up(large):
    closed = large.loans_on(DAY).filter(pl.col("closed_on").is_not_null())
    assert closed.height > 5_000
    assert closed["oldest"].is_null().all()
    last = large.payments.group_by("loan_id").agg(last=pl.col("booked_on").max())
    assert (closed.join(last, on="loan_id")["closed_on"] == closed.join(last, on="loan_id")["last"]).mean() > 0.99


def test_principal_of_the_instalments_is_the_principal_of_the_loan(large):
    parts = large.instalments.group_by("loan_id").agg(pl.col("principal_minor").sum().alias("sum"))
    both = large.loans.join(parts, on="loan_id")
    assert both.height == large.loans.height
    assert (both["sum"] == both["principal_minor"]).all()
    sums = large.instalments.select(pl.col("principal_minor") + pl.col("interest_minor") + pl.col("fee_minor"))
    assert (sums.to_series() == large.instalments["amount_minor"]).all()


def test_everything_the_trade_meets_is_there(large):
    loans, payments = large.loans, large.payments
    assert 0.02 < loans["pays_corporate"].mean() < 0.06
    assert 0.005 < loans["wants_early_settlement"].mean() < 0.06
    assert payments["reversal_of"].is_not_null().sum() > 100
    assert (payments["booked_on"] > payments["value_date"]).sum() > 500
    assert large.instalments["version"].max() == 2
    assert large.pauses.height > 20
    assert set(large.charges["kind"]) == {"late_fee", "penalty"}
    assert (large.instalments["debit_date"] < large.instalments["due_date"]).any()
    per_customer = loans.group_by("customer_id").len()["len"]
    assert 1.15 < per_customer.mean() < 1.4 and per_customer.max() >= 3


def test_reversal_takes_back_what_was_paid(large):
    back = large.payments.filter(pl.col("reversal_of").is_not_null())
    both = back.join(large.payments, left_on="reversal_of", right_on="payment_id", suffix="_paid")
    assert both.height == back.height
    assert (both["amount_minor"] == both["amount_minor_paid"]).all()
    assert (both["loan_id"] == both["loan_id_paid"]).all()
    assert (both["booked_on"] > both["booked_on_paid"]).all()


def test_corporate_money_comes_on_working_days_only(large):
    import holidays

    calendar = holidays.country_holidays("CN", years=range(2022, 2028))
    days = large.payments.filter(pl.col("channel") == "corporate")["value_date"]
    assert len(days) > 1_000
    assert all(calendar.is_working_day(d) for d in days.unique())


def test_amounts_are_above_zero_and_nothing_is_known_before_its_day(large):
    for name in ("payments", "instalments", "charges"):
        assert (large.tables[name]["amount_minor"] > 0).all(), name
    assert large.payments["booked_on"].max() <= DAY
    assert large.charges["due_date"].max() <= DAY
    assert large.pauses["starts_on"].max() <= DAY
    assert (large.payments["value_date"] <= large.payments["booked_on"]).all()


def test_identities_are_unique_and_children_have_parents(large):
    from tests.simulator.books import KEYS

    for name, key in KEYS.items():
        assert large.tables[name].select(key).is_duplicated().sum() == 0, name
    for name in ("instalments", "charges", "payments", "pauses"):
        assert large.tables[name].join(large.loans, on="loan_id", how="anti").is_empty(), name
    for name in ("contacts", "loans"):
        assert large.tables[name].join(large.customers, on="customer_id", how="anti").is_empty(), name
