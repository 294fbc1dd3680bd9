"""A schedule that the desk has is not written again; what stands there is what a desk that has none would be given."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction

from shouyue.ageing.schedule import loan_schedule
from shouyue.book.store import Book
from shouyue.casework.models import Case, Loan
from shouyue.daily import staging
from shouyue.web import telling
from tests.daily.conftest import DAY, Lender, after

pytestmark = pytest.mark.django_db

CONVENTIONS = ("default", "mba", "ots", "shifted", "by-debit")


@pytest.fixture(autouse=True)
def shifting(monkeypatch, tmp_path):
    """Two conventions of the house by which an instalment counts from another day than the due one."""
    home = tmp_path / "home"
    (home / "conventions").mkdir(parents=True)
    monkeypatch.setenv("SHOUYUE_HOME", str(home))
    rules = {
        "shifted": '[due_dates]\nshift = "following"\ncalendar = "CN"',
        "by-debit": '[lateness]\ncount_from = "debit"',
    }
    for name, rule in rules.items():
        text = f'name = "{name}"\nzh = "{name}"\nen = "{name}"\nextends = "default"\nsource = "test"\n{rule}\n'
        (home / "conventions" / f"{name}.toml").write_text(text, "utf-8")


def rows() -> dict[str, dict]:
    """The loans of the customers with an open case."""
    found = Loan.objects.filter(customer__in=Case.objects.filter(status="open").values("customer"))
    return {row["loan_id"]: row for row in found.values()}


def by_hand(lender: Lender, loan: str, day: date, known_at: date | None, convention: str) -> list[dict]:
    version = Book(lender.path).current()
    told = []
    for row in loan_schedule(version, loan, day, known_at, convention).to_pylist():
        one = {
            "seq": row["seq"],
            "due": row["due_date"].isoformat(),
            "debit": row["debit_date"] and row["debit_date"].isoformat(),
            "amount": row["amount_minor"],
            "paid": row["paid_minor"],
            "met_on": row["met_on"] and row["met_on"].isoformat(),
        }
        if row["counts_from"] != row["due_date"]:
            one["counts_from"] = row["counts_from"].isoformat()
        late = telling._days_late(one, day)
        assert (late if one["met_on"] else max(0, late)) == row["days_late"]
        told.append(one)
    return told


class Story:
    """What happens to a lender, by chance."""

    def __init__(self, lender: Lender, chance: Random):
        self.lender, self.chance, self.count = lender, chance, 0

    def loan(self) -> None:
        self.count += 1
        due = after(self.chance.randrange(-60, 30))
        amount, customer = self.chance.choice((0, 70_000, 100_000)), f"C{self.chance.randrange(1, 8)}"
        self.lender.loan(f"L{self.count}", due, customer, amount=amount)

    def _some(self, table: str) -> dict | None:
        found = self.lender.rows[table]
        return self.chance.choice(found) if found else None

    def pays(self, day: date) -> None:
        loan = self._some("loans")
        if loan:
            on = day - timedelta(days=self.chance.choice((0, 0, 1, 9, -3)))
            self.lender.pays(loan["loan_id"], on, self.chance.choice((100_000, 35_000, 250_000)))

    def takes_back(self, day: date) -> None:
        paid = [p for p in self.lender.rows["payments"] if not p["reversal_of"]]
        if paid:
            self.lender.takes_back(self.chance.choice(paid)["payment_id"], day)

    def corrects(self, _day: date) -> None:
        if (row := self._some("payments")) and not row["reversal_of"]:
            row["amount_minor"] += 1_000

    def new_plan(self, _day: date) -> None:
        if row := self._some("instalments"):
            row["debit_date"] += timedelta(days=self.chance.choice((1, 5)))
            row["amount_minor"] += self.chance.choice((0, 5_000))

    def pauses(self, day: date) -> None:
        if loan := self._some("loans"):
            pause = {"loan_id": loan["loan_id"], "starts_on": day - timedelta(days=20), "ends_on": day}
            self.lender.rows["pauses"].append(pause)

    def leaves(self, _day: date) -> None:
        if loan := self._some("loans"):
            for table in ("loans", "instalments", "payments", "pauses"):
                self.lender.rows[table] = [r for r in self.lender.rows[table] if r["loan_id"] != loan["loan_id"]]

    def changes_hands(self, _day: date) -> None:
        if (loan := self._some("loans")) and (other := self._some("customers")):
            loan["customer_id"] = other["customer_id"]

    def another_book(self, _day: date) -> None:
        self.lender.path = self.lender.path.with_name(f"book-{self.chance.randrange(3)}")

    def upgraded(self, _day: date) -> None:
        """As rows are that were published before there were digests."""
        Loan.objects.filter(pk__in=list(Loan.objects.values_list("pk", flat=True))[::2]).update(schedule_digest="")

    def step(self, day: date) -> None:
        many = (self.pays, self.pays, self.pays, self.takes_back, self.corrects, self.new_plan, self.pauses)
        few = (self.leaves, self.changes_hands, self.another_book, self.upgraded)
        for what in self.chance.choices((*many, *few), k=self.chance.randrange(6)):
            what(day)
        self.loan()


@pytest.mark.parametrize("seed", range(6))
def test_after_anything_that_may_happen_the_desk_is_as_if_it_had_been_published_whole(lender, reps, seed):
    chance = Random(seed)
    story, day = Story(lender, chance), DAY
    for _ in range(6):
        story.loan()
    for _ in range(7):
        story.step(day)
        convention = chance.choice(("default", *CONVENTIONS))
        known_at = chance.choice((None, None, day - timedelta(days=2)))
        asked = {"convention": convention, "known_at": known_at, "replace_book": True}
        lender.day(day, **asked)
        kept = rows()
        with transaction.atomic():
            Loan.objects.filter(loan_id__in=kept).update(schedule=["wiped"], schedule_digest="")
            lender.day(day, **asked)
            assert rows() == kept
            transaction.set_rollback(True)
        for loan, row in kept.items():
            assert row["schedule"] == by_hand(lender, loan, day, known_at, convention), loan
        day += timedelta(days=chance.choice((0, 1, 1, 4)))


def test_a_day_without_news_stages_no_schedule_though_loans_grow_later(lender, reps, monkeypatch):
    staged = []
    append = staging.append

    def seen(table, frame):
        if table == "s_loan":
            staged.extend(frame.filter(frame["new_schedule"].is_not_null())["loan_id"])
        append(table, frame)

    monkeypatch.setattr(staging, "append", seen)
    for n in range(1, 4):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    assert sorted(staged) == ["L1", "L2", "L3"]
    staged.clear()
    lender.pays("L2", after(1), 40_000)
    lender.day(after(1))
    assert staged == ["L2"]
    assert dict(Loan.objects.values_list("loan_id", "dpd")) == {"L1": 6, "L2": 6, "L3": 6}
