"""A small lender whose days one can write down: a book from hand-made rows, published to a real desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from shouyue.book.build import build_version
from shouyue.casework.models import Case, Contact
from shouyue.compliance.models import Attempt, GateDecision
from shouyue.daily.cycle import run
from shouyue.daily.models import DailyRun
from shouyue.people.models import Role, Store, User

#: the day on which most stories begin
DAY = date(2026, 11, 24)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


@dataclass
class Lender:
    """The lender's core. Amounts are minor units; an instalment is due a month after the other, all of one amount."""

    path: Path
    rows: dict[str, list[dict]] = field(
        default_factory=lambda: {n: [] for n in ("customers", "contacts", "loans", "instalments", "payments", "pauses")}
    )

    written: str = ""

    def loan(
        self,
        number: str,
        due: date,
        customer: str | None = None,
        store: str | None = "S1",
        amount: int = 100_000,
        instalments: int = 3,
        **more: object,
    ) -> None:
        """A loan whose first instalment is due on ``due``; its customer comes with it."""
        customer = customer or number.replace("L", "C")
        if not any(c["customer_id"] == customer for c in self.rows["customers"]):
            self.rows["customers"].append(
                {"customer_id": customer, "name": f"测试{customer}", "id_number": f"X{customer}"}
            )
            self.rows["contacts"].append(
                {"customer_id": customer, "phone": f"1000000{customer[1:].zfill(4)}", "relation": "self", "rank": 0}
            )
        self.rows["loans"].append(
            {"loan_id": number, "customer_id": customer, "store": store, "region": "东区", "currency": "CNY", **more}
        )
        for seq in range(instalments):
            self.rows["instalments"].append(
                {
                    "loan_id": number,
                    "seq": seq + 1,
                    "version": 1,
                    "due_date": due + timedelta(days=30 * seq),
                    "debit_date": due + timedelta(days=30 * seq + 1),
                    "amount_minor": amount,
                }
            )

    def pays(self, loan: str, on: date, amount: int = 100_000, reverses: str | None = None) -> str:
        number = f"P{len(self.rows['payments']) + 1:04}"
        self.rows["payments"].append(
            {
                "payment_id": number,
                "loan_id": loan,
                "value_date": on,
                "booked_on": on,
                "amount_minor": amount,
                "reversal_of": reverses,
            }
        )
        return number

    def takes_back(self, payment: str, on: date) -> str:
        row = next(r for r in self.rows["payments"] if r["payment_id"] == payment)
        return self.pays(row["loan_id"], on, row["amount_minor"], payment)

    def book(self) -> Path:
        """Write what the core holds now as the book's current version; the same twice makes no second one."""
        if self.written == (now := repr((self.path, self.rows))):
            return self.path
        self.written = now
        frames = {n: pl.DataFrame(rows, infer_schema_length=None) for n, rows in self.rows.items() if rows}
        frames.setdefault(
            "payments",
            pl.DataFrame(
                schema={"payment_id": pl.String, "loan_id": pl.String, "value_date": pl.Date, "amount_minor": pl.Int64}
            ),
        )
        build_version(self.path, frames)
        return self.path

    def day(self, as_of: date = DAY, **options) -> DailyRun:
        return run(as_of, self.book(), **options)


@pytest.fixture
def lender(tmp_path) -> Lender:
    return Lender(tmp_path / "book")


@pytest.fixture
def store(db) -> Store:
    return Store.objects.create(code="S1", name="一店")


@pytest.fixture
def reps(store) -> list[User]:
    return [
        User.objects.create(username=name, full_name=name, role=Role.REP, store=store) for name in ("rep-a", "rep-b")
    ]


def case_of(customer: str) -> Case:
    """The customer's newest case."""
    return Case.objects.filter(customer__customer_id=customer).latest("id")


def contact(customer: str, day: date = DAY, hour: int = 6, **values) -> Contact:
    """A finished call on the customer's newest case, as the desk saves it."""
    case = case_of(customer)
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    about = {"person_id": case.customer.person_id, "at": at, "channel": "call", "purpose": case.phase}
    decision = GateDecision.objects.create(**about, allowed=True, pack="cn", pack_digest="", findings=[], inputs={})
    whole = {
        "case": case,
        "attempt": Attempt.objects.create(**about, decision=decision),
        "contact_point": case.customer.contact_points.filter(relation="self").first(),
        "staff": case.assignee,
        "purpose": case.phase,
        "business_day": day,
        "started_at": at,
        "finished_at": at,
        "status": "finished",
        "reached": "self",
    }
    return Contact.objects.create(**{**whole, **values})
