"""Intervals: the usual one, and the one that holds however often one looks."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from shouyue.strategy.intervals import Interval, Sums, always, difference, enough, next_of, once, student, tuned


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    # two-sided 95 %, as printed in every table of Student's t
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (29, 2.045), (30, 2.042)],
)
def test_quantiles_of_student(degrees, quantile):
    assert student(0.975, degrees) == pytest.approx(quantile, abs=5e-4)
    assert student(0.025, degrees) == -student(0.975, degrees)
    assert student(0.5, degrees) == pytest.approx(0, abs=1e-9)


def test_student_nears_the_normal():
    assert student(0.975, 5_000) == pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-3)


def test_next_of_a_series_holds_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(4_000):
        *seen, coming = rng.normal(100, 7, 7)
        held += next_of(seen).holds(coming)  # type: ignore[union-attr]
    assert 0.94 < held / 4_000 < 0.96


def test_next_of_one_is_not_told():
    assert next_of([3.0]) is None
    assert next_of([3.0, 3.0], more=4.0).width == pytest.approx(2 * 2 * student(0.975, 1))  # type: ignore[union-attr]


def sums(values: np.ndarray, customers: np.ndarray) -> Sums:
    """The slow way: customer by customer."""
    by: dict[int, list[float]] = {}
    for customer, value in zip(customers, values, strict=True):
        by.setdefault(int(customer), []).append(float(value))
    s = [sum(v) for v in by.values()]
    k = [len(v) for v in by.values()]
    return Sums(
        len(by),
        len(values),
        sum(s),
        sum(x * x for x in s),
        sum(x * n for x, n in zip(s, k, strict=True)),
        sum(n * n for n in k),
    )


def test_one_observation_a_customer_has_the_usual_error():
    values = np.random.default_rng(2).normal(5, 3, 400)
    found = sums(values, np.arange(400))
    assert found.mean == pytest.approx(values.mean())
    assert found.error == pytest.approx(values.std(ddof=1) / math.sqrt(400))


def test_the_same_observation_twice_tells_nothing_new():
    values = np.random.default_rng(3).normal(5, 3, 200)
    once_each, twice = sums(values, np.arange(200)), sums(np.repeat(values, 2), np.repeat(np.arange(200), 2))
    assert twice.mean == pytest.approx(once_each.mean)
    assert twice.error == pytest.approx(once_each.error)


def test_too_little_is_not_told():
    empty, single = Sums(0, 0, 0, 0, 0, 0), Sums(1, 3, 2, 4, 6, 9)
    assert empty.mean is None and empty.error is None and single.error is None
    assert difference(single, single) is None


def test_difference_of_independent_arms():
    estimate, error = difference(Sums(2, 2, 2, 4, 2, 2), Sums(2, 2, 1, 1, 1, 2))  # type: ignore[misc]
    assert estimate == 0.5
    assert error == pytest.approx(math.hypot(1.0, 0.5))


def test_it_is_tightest_near_where_it_was_tuned():
    def factor(planned: int, units: int) -> float:
        return always(0, 1, units, tuned(planned)).width

    assert factor(1_000, 1_000) < min(factor(100, 1_000), factor(10_000, 1_000))
    assert factor(1_000, 1_000) > once(0, 1).width  # what looking every day costs
    assert factor(1_000, 1_000) < 1.6 * once(0, 1).width


# ---------------------------------------------------------------- coverage under continual looking
class Experiment:
    """Customers drawn to arms once, each paying or not once a month with a habit of his own; looked at all the time."""

    def __init__(self, rng: np.random.Generator, held_out: float, pays: float, effect: float, dependence: float):
        customers, months = 3_000, 3
        held = rng.random(customers) < held_out
        habit = (
            rng.beta(pays / dependence, (1 - pays) / dependence, customers) if dependence else np.full(customers, pays)
        )
        order = np.concatenate([rng.permutation(customers) for _ in range(months)])
        month = np.repeat(np.arange(months), customers)
        paid = (rng.random(order.size) < habit[order] * (1 - effect * held[order])).astype(float)
        table = np.zeros((months, customers))
        table[month, order] = paid
        before = np.vstack([np.zeros(customers), np.cumsum(table, 0)[:-1]])[month, order]
        self.truth, self.at = pays * effect, np.arange(99, order.size, 100)
        self.arms = [self._sums(mine.astype(float), paid, before, month) for mine in (~held[order], held[order])]

    def _sums(self, mine, paid, before, month) -> list[Sums]:
        after, count = before + paid, month + 1
        steps = (mine * (month == 0), mine, mine * paid, mine * (after**2 - before**2))
        steps += (mine * (after * count - before * month), mine * (count**2 - month**2))
        return [
            Sums(int(c), int(u), *rest) for c, u, *rest in zip(*(np.cumsum(x)[self.at] for x in steps), strict=True)
        ]

    def missed(self, rho: float) -> tuple[bool, bool]:
        """Did the interval ever miss the truth: the one for all looks, the one for a single look."""
        wrong = [False, False]
        for units, arm, other in zip(self.at + 1, *self.arms, strict=True):
            if enough(arm.total, arm.units) and enough(other.total, other.units):
                estimate, error = difference(arm, other)  # type: ignore[misc]
                wrong[0] |= not always(estimate, error, int(units), rho).holds(self.truth)
                wrong[1] |= not once(estimate, error).holds(self.truth)
        return wrong[0], wrong[1]


@pytest.mark.parametrize(
    ("held_out", "pays", "effect", "dependence"),
    [(0.05, 0.90, 0.0, 0.0), (0.05, 0.90, 0.05, 0.0), (0.05, 0.90, 0.05, 1.0), (0.5, 0.70, 0.0, 0.3)],
)
def test_it_holds_at_every_look_and_the_usual_one_does_not(held_out, pays, effect, dependence):
    rng, rho = np.random.default_rng(2026), tuned(5_000)
    missed = np.mean([Experiment(rng, held_out, pays, effect, dependence).missed(rho) for _ in range(200)], axis=0)
    assert missed[0] <= 0.05
    assert missed[1] > 0.10


def test_with_too_few_of_an_outcome_nothing_is_told():
    assert not enough(9, 1_000) and not enough(991, 1_000) and enough(10, 20)


def test_an_interval_holds_what_lies_between():
    assert Interval(1, 2, 3).holds(1) and not Interval(1, 2, 3).holds(3.01)
