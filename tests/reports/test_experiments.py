"""What experiments say, from the day of enrolment to the manager's verdict."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue import strategy as strategies
from shouyue.ageing import convention
from shouyue.book.store import Book
from shouyue.casework.models import Case
from shouyue.daily.models import Enrolment, ExperimentResult
from shouyue.reports.experiments import arms, outcomes, results
from shouyue.reports.experiments.arms import compare, metrics, verdict
from shouyue.reports.jobs import work_out_experiments
from shouyue.strategy.experiment import HELD_OUT
from tests.daily.conftest import DAY, Lender, after, contact, lender, reps, store  # noqa: F401
from tests.daily.test_enrolling import ARMS, HELD, OTHERS
from tests.strategy.test_experiment import TEST


def frame(rows: list[dict]) -> pl.DataFrame:
    whole = {"due_minor": 100, "paid_minor": 0, "met_on": None, "reminded": False, "loan_id": "L"}
    schema = {"arm": pl.String, "customer_id": pl.String, "loan_id": pl.String, "due_on": pl.Date}
    schema |= {"due_minor": pl.Int64, "paid_minor": pl.Int64, "met_on": pl.Date, "reminded": pl.Boolean}
    return pl.DataFrame([{**whole, **r} for r in rows], schema=schema)


MEASURED = {m.id: m for m in metrics(1, 30, HELD_OUT)}


# ---------------------------------------------------------------- sums
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", HELD_OUT]),
            st.integers(0, 5),
            st.integers(0, 12),
            st.integers(-3, 40) | st.none(),
            st.integers(0, 100),
        ),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(sorted(MEASURED)),
    st.integers(1, 50),
)
def test_sums_by_day_are_those_of_counting_customer_by_customer(drawn, metric, ahead):
    units = frame(
        [
            {
                "arm": arm,
                "customer_id": f"{arm}{customer}",
                "loan_id": f"L{n}",
                "due_on": after(day),
                "met_on": None if met is None else after(day + met),
                "paid_minor": paid,
                "reminded": n % 3 == 0,
            }
            for n, (arm, customer, day, met, paid) in enumerate(drawn)
        ]
    )
    measured, as_of = MEASURED[metric], after(ahead)
    got = arms.by_day(units, measured, as_of)
    told = units.filter(measured.of).with_columns(day=measured.settled, value=measured.value.cast(pl.Float64))
    for arm in ("a", HELD_OUT):
        mine = told.filter((pl.col("arm") == arm) & (pl.col("day") < as_of))
        days = sorted(set(mine["day"]))
        assert [d for d, _, _ in got.get(arm, [])] == days
        for day, sums, _ in got.get(arm, []):
            until = mine.filter(pl.col("day") <= day).group_by("customer_id").agg(pl.col("value").sum(), pl.len())
            s, k = until["value"].to_numpy(), until["len"].to_numpy()
            want = (len(s), k.sum(), s.sum(), (s * s).sum(), (s * k).sum(), (k * k).sum())
            have = (sums.clusters, sums.units, sums.total, sums.ss, sums.sk, sums.kk)
            assert have == pytest.approx(want)


def test_what_counts_and_when_it_is_settled():
    due = DAY
    units = frame(
        [
            {"arm": "a", "customer_id": "1", "due_on": due, "met_on": due, "paid_minor": 100, "reminded": True},
            {"arm": "a", "customer_id": "2", "due_on": due, "met_on": due + timedelta(days=1), "paid_minor": 100},
            {
                "arm": "a",
                "customer_id": "3",
                "due_on": due,
                "met_on": due + timedelta(days=9),
                "paid_minor": 100,
                "reminded": True,
            },
            {"arm": "a", "customer_id": "4", "due_on": due, "paid_minor": 40},
            {"arm": HELD_OUT, "customer_id": "5", "due_on": due, "met_on": due, "paid_minor": 100},
        ]
    )

    def mean(metric: str, as_of: date, arm: str = "a") -> float | None:
        return compare(units, MEASURED[metric], ["a", HELD_OUT], [], 100, as_of)["arms"][arm]["mean"]

    assert mean("paid_on_time", due) is None  # until 24:00 of the due date nothing is settled
    assert mean("paid_on_time", after(1)) == 0.25
    assert mean("inflow_rate", after(1)) is None
    assert mean("inflow_rate", after(2)) == 0.5  # paid a day late is before the cut-off
    assert mean("unpaid_after", after(30)) is None
    assert mean("unpaid_after", after(31)) == 0.25
    assert mean("paid_within", after(31)) == 85.0
    assert mean("cured_within", after(31)) == 0.5  # of two that flowed in
    # the exact metric of the trade: of those reminded and delivered; beside it the hold-out's share
    assert mean("reminder_success", after(1)) == 0.5
    assert mean("reminder_success", after(1), HELD_OUT) == 1.0


def made(rng, n: int, held: float, pays: float, effect: float) -> pl.DataFrame:
    out = rng.random(n) < held
    paid = rng.random(n) < pays - effect * out
    due = [DAY + timedelta(days=int(d)) for d in rng.integers(0, 60, n)]
    return pl.DataFrame(
        {
            "arm": np.where(out, HELD_OUT, "worked"),
            "customer_id": [f"C{i}" for i in range(n)],
            "loan_id": [f"L{i}" for i in range(n)],
            "due_on": due,
            "due_minor": np.full(n, 100),
            "paid_minor": np.where(paid, 100, 0),
            "met_on": [d if p else None for d, p in zip(due, paid, strict=True)],
            "reminded": ~out,
        },
        schema_overrides={"met_on": pl.Date},
    )


def test_a_clear_effect_is_found_and_none_is_not():
    rng = np.random.default_rng(7)
    pair = ["worked", HELD_OUT]
    clear = compare(
        made(rng, 20_000, 0.1, 0.95, 0.08), MEASURED["paid_on_time"], pair, [tuple(pair)], 20_000, after(90)
    )
    now = clear["differences"][0]["now"]
    assert verdict(True, now) == "higher"
    assert now["always"][0] <= 0.08 <= now["always"][1]
    assert now["always"][0] < now["once"][0] < now["estimate"] < now["once"][1] < now["always"][1]
    course = clear["differences"][0]["course"]
    assert [c["day"] for c in course] == sorted(c["day"] for c in course) and len(course) > 40
    assert course[0]["always"][1] - course[0]["always"][0] > now["always"][1] - now["always"][0]
    nothing = compare(
        made(rng, 4_000, 0.1, 0.95, 0.0), MEASURED["paid_on_time"], pair, [tuple(pair)], 20_000, after(90)
    )
    assert verdict(True, nothing["differences"][0]["now"]) == "undecided"
    assert verdict(False, nothing["differences"][0]["now"]) == "unlike"
    few = compare(made(rng, 100, 0.1, 0.95, 0.0), MEASURED["paid_on_time"], pair, [tuple(pair)], 20_000, after(90))
    assert verdict(True, few["differences"][0]["now"]) == "too_few"
    assert few["arms"][HELD_OUT]["mean"] is not None


# ---------------------------------------------------------------- from the lender's book
@pytest.mark.django_db
def test_outcomes_are_those_of_the_book(lender, reps):  # noqa: F811
    for n, loan in enumerate(("L1", "L2", "L3", "L4", "L5")):
        lender.loan(loan, after(2), amount=50_000, **({"term": 3} if n else {}))
    lender.day()
    lender.pays("L1", after(1), 50_000)  # on time
    lender.pays("L2", after(1), 20_000)  # in two parts, the second late
    lender.pays("L2", after(6), 30_000)
    back = lender.pays("L3", after(2), 50_000)  # taken back
    lender.takes_back(back, after(4))
    lender.pays("L4", after(2), 150_000)  # settles the loan
    lender.rows["loans"] = [r for r in lender.rows["loans"] if r["loan_id"] != "L5"]
    lender.rows["instalments"] = [r for r in lender.rows["instalments"] if r["loan_id"] != "L5"]
    lender.day(after(3))
    units = outcomes.enrolled("hold_out", "standard", after(40))
    version = Book(lender.book()).current()
    found = outcomes.of_book(units, version, convention.load("default"), after(10), 30)
    rows = {r["loan_id"]: (r["met_on"], r["paid_minor"], r["known"]) for r in found.to_dicts()}
    assert rows == {
        "L1": (after(1), 50_000, True),
        "L2": (after(6), 50_000, True),
        "L3": (None, 0, True),
        "L4": (after(2), 50_000, True),
        "L5": (None, 0, False),
    }
    early = outcomes.of_book(units, version, convention.load("default"), after(3), 30)
    assert {r["loan_id"]: r["met_on"] for r in early.to_dicts()}["L2"] is None


@pytest.mark.django_db
def test_reminded_means_the_borrower_himself_before_the_due_date(lender, reps):  # noqa: F811
    for n in range(1, 5):
        lender.loan(f"L{n}", after(2))
    lender.day()
    contact("C1")
    contact("C2", reached="other")
    contact("C3", after(3))
    units = outcomes.enrolled("hold_out", "standard", after(40))
    assert dict(zip(units["loan_id"], outcomes.reminded(units), strict=True)) == {
        "L1": True,
        "L2": False,
        "L3": False,
        "L4": False,
    }


def lend(lender: Lender, count: int = 400) -> None:  # noqa: F811
    """Every fourth of those reminded, and every second of the held out, pays late."""
    for n in range(1, count):
        lender.loan(f"L{n}", after(2), instalments=2)


@pytest.mark.django_db
def test_results_are_worked_out_and_kept_once_a_day(lender, reps):  # noqa: F811
    lend(lender)
    lender.loan("L9001", after(3), customer=f"C{HELD[0]}")
    lender.rows["customers"][OTHERS[0] - 1]["vulnerable"] = True
    lender.day()
    contact(f"C{OTHERS[1]}")
    contact(f"C{HELD[0]}")  # called all the same: it is told
    for n in range(1, 400):
        late = n % 2 if ARMS.arm_of(f"C{n}") == HELD_OUT else n % 4 == 0
        lender.pays(f"L{n}", after(2 + 5 * late))
    lender.day(after(8))
    (kept,) = results.work_out(lender.path)
    told = kept.result
    assert (kept.as_of, told["definitions"], told["since"]) == (after(8), 1, DAY.isoformat())
    worked, held = told["arms"]
    assert (
        held["id"] == HELD_OUT and held["enrolled"] == sum(ARMS.arm_of(f"C{n}") == HELD_OUT for n in range(1, 400)) + 1
    )
    assert (worked["exempt"], held["exempt"]) == (1, 0)
    assert (worked["reminded"], held["reminded"]) == (1, 2)
    on_time = next(m for m in told["metrics"] if m["id"] == "paid_on_time")
    those = [n for n in range(1, 400) if ARMS.arm_of(f"C{n}") != HELD_OUT and n != OTHERS[0]]
    assert on_time["arms"]["worked"]["mean"] == pytest.approx(sum(n % 4 != 0 for n in those) / len(those))
    assert on_time["differences"][0]["now"] is None  # eight are too few
    assert next(m for m in told["metrics"] if m["id"] == "unpaid_after")["arms"]["worked"]["mean"] is None
    again = results.work_out(lender.path)
    assert again[0].pk == kept.pk and ExperimentResult.objects.count() == 1
    assert again[0].result == told


@pytest.mark.django_db
def test_of_another_experiment_the_held_out_make_an_arm_of_their_own(lender, reps, tmp_path):  # noqa: F811
    text = strategies.load("standard").text.replace("[order]", TEST)
    (tmp_path / "two.toml").write_text(text, "utf-8")
    lend(lender, 120)
    lender.day(strategy=tmp_path / "two.toml")
    lender.day(after(3), strategy=tmp_path / "two.toml")
    found = {r.experiment: r.result for r in results.work_out(lender.path)}
    assert [a["id"] for a in found["earlier"]["arms"]] == ["champion", "challenger", HELD_OUT]
    held = sum(ARMS.arm_of(f"C{n}") == HELD_OUT for n in range(1, 120))
    assert [a["enrolled"] for a in found["earlier"]["arms"]][-1] == held
    pairs = [(d["arm"], d["against"]) for d in found["earlier"]["metrics"][0]["differences"]]
    assert pairs == [("champion", HELD_OUT), ("challenger", HELD_OUT), ("challenger", "champion")]
    assert {r.experiment for r in results.latest()} == {"hold_out", "earlier"}


@pytest.mark.django_db
def test_the_job_works_when_a_day_is_new(lender, reps, monkeypatch):  # noqa: F811
    lend(lender, 20)
    monkeypatch.setenv("SHOUYUE_BOOKS", str(lender.path.parent))
    assert work_out_experiments(0) == "not due"
    lender.day()
    assert work_out_experiments(0) == "worked out"
    assert work_out_experiments(0) == "not due"
    lender.day(after(1))
    assert work_out_experiments(0) == "worked out"
    assert ExperimentResult.objects.count() == 2


@pytest.mark.django_db
def test_nothing_before_the_first_day():
    assert results.work_out() == [] and not results.due(None)
    assert not Enrolment.objects.exists() and not Case.objects.exists()
