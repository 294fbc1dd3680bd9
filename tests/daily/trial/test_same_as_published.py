"""What a trial says of a strategy is what the next day publishes once it is released: the same code decides."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from shouyue.book.build import build_version
from shouyue.casework.models import Case, Promise
from shouyue.daily.cycle import run
from shouyue.daily.models import DailyRun
from shouyue.daily.trial.run import Question, simulate
from shouyue.people.models import Store, User
from shouyue.simulator.play import World
from tests.daily.conftest import DAY, after, contact
from tests.daily.test_promises import promise
from tests.daily.trial.conftest import CHANGED, STANDARD

pytestmark = pytest.mark.django_db

PUBLISHED = (
    *("phase", "segment", "stage", "treatment", "priority", "best_time", "minutes", "hold", "rule", "currency", "dpd"),
    *("overdue_minor", "due_minor", "next_due", "reason_zh", "reason_en"),
)


def on_the_desk() -> list[tuple]:
    rows = Case.objects.filter(status="open").values_list("customer__customer_id", "store__code", *PUBLISHED)
    return sorted(rows)


def said(trial, side: str = "now") -> list[tuple]:
    here = trial.cases().filter(pl.col(f"{side}_phase").is_not_null())
    columns = ["customer_id", f"{side}_store", *(f"{side}_{n}" for n in PUBLISHED)]
    return sorted(here.select(columns).collect().with_columns(pl.col(pl.String).fill_null("")).iter_rows())


def test_on_a_lender_of_three_thousand_with_calls_and_promises_behind_it(tmp_path):
    world = World(3_000, 23, DAY)
    for place in world.lender.stores:
        store = Store.objects.create(code=place.code)
        User.objects.create(username=place.code, role="rep", store=store)
    build_version(tmp_path / "book", world.tables(DAY))
    run(DAY, tmp_path / "book")
    for n, case in enumerate(Case.objects.filter(phase="collection").order_by("pk")[:40]):
        customer = case.customer.customer_id
        match n % 5:
            case 0:
                promise(customer, 10_000, after(n % 4))
            case 1:
                contact(customer, reached="self", result="hardship")
            case 2:
                contact(customer, reached="self", result="dispute")
            case 3:
                contact(customer, reached="invalid")
    build_version(tmp_path / "book", world.tables(after(1)))
    asked = {"book": str(tmp_path / "book"), "as_of": after(1)}
    tried = simulate(Question(**asked, base=STANDARD, candidate=CHANGED), tmp_path / "trial")
    before, then = said(tried, "was"), said(tried)
    assert len(then) > 100 and before != then
    (tmp_path / "changed.toml").write_text(CHANGED.text, "utf-8")
    run(after(1), tmp_path / "book")
    assert on_the_desk() == before
    run(after(1), tmp_path / "book", tmp_path / "changed.toml")
    assert on_the_desk() == then
    totals = tried.summary["totals"]
    assert totals["now_cases"] == len(then)
    assert totals["now_minutes"] == sum(
        m for m, held in Case.objects.filter(status="open").values_list("minutes", "hold") if not held
    )


def test_a_past_day_is_seen_as_it_was_seen_then(lender, reps, tmp_path):
    """Promises judged, contacts made and payments imported since do not reach back."""
    for n in range(1, 7):
        lender.loan(f"L{n}", after(-5 - n))
    lender.loan("L7", after(4))
    lender.day()
    promise("C1", 60_000, after(1), grace_days=0)
    promise("C2", 60_000, after(5))
    contact("C3", result="dispute")
    lender.day(after(1))
    promise("C4", 50_000, after(9), made=after(1))
    contact("C5", after(1), result="hardship")
    lender.day(after(2))
    then = on_the_desk()
    promise("C2", 40_000, after(6), made=after(2))
    Promise.objects.filter(case__customer__customer_id="C2", made_on=DAY).update(state="replaced", ended_on=after(2))
    contact("C6", after(2), result="hardship")
    lender.pays("L4", after(3), 100_000)
    for days in (3, 4):
        lender.day(after(days))
    assert on_the_desk() != then
    tried = simulate(Question(str(lender.path), after(2), STANDARD, CHANGED), tmp_path / "then")
    assert said(tried, "was") == then
    published = DailyRun.objects.get(as_of=after(2)).book_version
    assert tried.summary["inputs"]["version"] == published != DailyRun.objects.latest("as_of").book_version


def test_a_day_that_has_not_come_is_tried_on_the_newest_book(tried, lender, reps):
    lender.loan("L1", after(5))
    lender.day()
    found = tried(as_of=DAY + timedelta(days=2))
    assert found.summary["totals"] | {"was_cases": 0, "now_cases": 1, "in": 1} == found.summary["totals"]
