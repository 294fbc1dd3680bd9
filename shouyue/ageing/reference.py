"""One loan aged slowly and obviously, day by day: what the kernel must agree with.

Every figure follows its definition in docs/ageing.md word by word. A day's state is got by replaying all money up
to that day from the beginning; what needs a past (worst days, when an instalment was met, since when the loan is
late) is got by replaying every day. Nothing here is fast and nothing here should become so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shouyue.ageing.convention import Convention

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Instalment:
    seq: int
    due: date
    amount: int
    version: int = 1
    debit: date | None = None
    fee: int | None = None
    interest: int | None = None


@dataclass(frozen=True)
class Payment:
    """``reverses`` is the id of the payment this row takes money back from."""

    id: str
    value: date
    amount: int
    booked: date | None = None
    reverses: str | None = None


@dataclass(frozen=True)
class Charge:
    kind: str
    due: date
    amount: int


@dataclass(frozen=True)
class Pause:
    start: date
    end: date


@dataclass(frozen=True)
class Loan:
    instalments: list[Instalment] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)


@dataclass
class Owed:
    """An instalment or a charge while money is laid against it."""

    row: Any
    due: date
    open: int
    met: date | None = None


def known(payment: Payment, known_at: date | None) -> bool:
    return known_at is None or (payment.booked or payment.value) <= known_at


def effective(loan: Loan, known_at: date | None) -> list[tuple[date, int]]:
    """Value date and amount of each payment that counts, less what known reversals took back."""
    rows = [p for p in loan.payments if known(p, known_at)]

    def worth(row: Payment) -> int:
        taken = sum(worth(r) for r in rows if r.reverses == row.id)
        return max(0, row.amount - taken)

    money = [(p.value, worth(p)) for p in sorted(rows, key=lambda p: (p.value, p.id)) if p.reverses is None]
    return [(value, amount) for value, amount in money if amount > 0]


def plan(loan: Loan, convention: Convention) -> list[Owed]:
    """The instalments that count, in due order."""
    rows = loan.instalments
    if convention.plan == "latest_seq":
        newest = {}
        for row in rows:
            newest[row.seq] = max(newest.get(row.seq, row.version), row.version)
        rows = [r for r in rows if r.version == newest[r.seq]]
    elif convention.plan == "latest_plan" and rows:
        last = max(r.version for r in rows)
        begins = min(r.due for r in rows if r.version == last)
        rows = [r for r in rows if r.version == last or r.due < begins]

    def day(row: Instalment) -> date:
        return row.debit if convention.count_from == "debit" and row.debit else row.due

    ordered = sorted(rows, key=lambda r: (r.due, r.seq, r.version))
    owed = [Owed(r, day(r), r.amount) for r in sorted(ordered, key=day)]
    for each in owed:
        if each.open == 0:
            each.met = each.due
    return owed


def lay(owed: list[Owed], amount: int, day: date) -> int:
    """Lay ``amount`` against ``owed`` in its order; gives back what is left."""
    for each in owed:
        part = min(each.open, amount)
        if part:
            each.open -= part
            amount -= part
            if each.open == 0:
                each.met = day
    return amount


def replay(loan: Loan, day: date, known_at: date | None, convention: Convention):
    """Instalments, charges and left-over money at the end of ``day``."""
    instalments = plan(loan, convention)
    charges = [Owed(c, c.due, c.amount) for c in sorted(loan.charges, key=lambda c: c.due) if c.due <= day]
    credit = 0
    for value, amount in effective(loan, known_at):
        if value > day:
            continue
        raised = [c for c in charges if c.due <= value]
        due = [i for i in instalments if i.due <= value]
        if convention.instalments == "lifo":
            due.reverse()
        later = [i for i in instalments if i.due > value]
        order = {
            "first": (raised, due, later),
            "after_due": (due, raised, later),
            "last": (due, later, raised),
        }[convention.charges]
        for owed in order:
            amount = lay(owed, amount, value)
        credit += amount
    credit = lay(charges, credit, day)
    return instalments, charges, credit


def paused_days(pauses: list[Pause], due: date, day: date, mode: str) -> int:
    """Days that a pause takes off the days past due of an instalment due on ``due``, counted on ``day``."""
    if mode == "none":
        return 0
    days = set()
    for pause in pauses:
        each = pause.start
        while each <= min(pause.end, day):
            if mode == "whole" and each > pause.start:  # from S to E are E - S days, wherever the due date is
                days.add(each)
            if mode == "overlap" and each > due:  # only days on which this instalment was late
                days.add(each)
            each += DAY
    return len(days)


def dpd_on(loan: Loan, day: date, known_at: date | None, convention: Convention) -> int:
    """Days past due at the end of ``day``."""
    instalments, _, _ = replay(loan, day, known_at, convention)
    oldest = min((i.due for i in instalments if i.open > 0 and i.due < day), default=None)
    if oldest is None:
        return 0
    off = convention.grace_days + paused_days(loan.pauses, oldest, day, convention.pauses)
    return max(0, (day - oldest).days - off)


def months_before(day: date, months: int) -> date:
    """The same day of the month ``months`` earlier, or that month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - DAY).day
    return date(year, month, min(day.day, last))


def open_parts(owed: Owed, convention: Convention) -> dict[str, int]:
    """What is open of an instalment, by part. What is neither fee nor interest is principal."""
    row: Instalment = owed.row
    fee = min(row.fee or 0, row.amount)
    interest = min(row.interest or 0, row.amount - fee)
    parts = {"fee": fee, "interest": interest, "principal": row.amount - fee - interest}
    paid = row.amount - owed.open
    for part in convention.parts:
        met = min(parts[part], paid)
        parts[part] -= met
        paid -= met
    return parts


def age_loan(loan: Loan, as_of: date, known_at: date | None, convention: Convention) -> dict[str, Any]:
    """Every output column of ``shouyue.ageing.columns.SCHEMA`` but the ids, for one loan."""
    instalments, charges, credit = replay(loan, as_of, known_at, convention)
    late = [i for i in instalments if i.open > 0 and i.due < as_of]
    ahead = [i for i in instalments if i.open > 0 and i.due >= as_of]
    due = [i for i in instalments if i.due <= as_of]
    next_due = min((i.due for i in ahead), default=None)
    oldest = min((i.due for i in late), default=None)
    parts = [open_parts(i, convention) for i in instalments]
    charged = {kind: sum(c.open for c in charges if c.row.kind == kind) for kind in ("penalty", "late_fee")}
    money = [(value, amount) for value, amount in effective(loan, known_at) if value <= as_of]
    last_on = max((value for value, _ in money), default=None)
    lateness = [((i.met or as_of) - i.due).days for i in due]
    newest = [*reversed(lateness), *[None] * 6][:6]
    dpd = dpd_on(loan, as_of, known_at, convention)
    overdue = sum(i.open for i in late)
    if convention.overdue_with_charges:
        overdue += sum(c.open for c in charges)
    result = {
        "dpd": dpd,
        "bucket": convention.bucket_of(dpd),
        "overdue_minor": overdue,
        "oldest_unpaid_due": oldest,
        "next_due": next_due,
        "next_due_minor": sum(i.open for i in ahead if i.due == next_due),
        "outstanding_minor": sum(i.open for i in instalments) + sum(c.open for c in charges),
        "outstanding_penalty_minor": charged["penalty"],
        "outstanding_late_fee_minor": charged["late_fee"],
        "instalments_due": len(due),
        "instalments_paid": sum(1 for i in instalments if i.open == 0),
        "instalments_late": len(late),
        "last_payment_on": last_on,
        "last_payment_minor": sum(amount for value, amount in money if value == last_on),
        "times_late": sum(1 for days in lateness if days > convention.grace_days),
        "past_due_days": (as_of - oldest).days if oldest else 0,
        "delinquent_date": oldest + convention.grace_days * DAY if oldest else None,
        "days_to_due": (next_due - as_of).days if next_due else None,
        "credit_minor": credit,
        "first_due": min((i.due for i in instalments), default=None),
        "last_due": max((i.due for i in instalments), default=None),
        "paid_total_minor": sum(amount for _, amount in money),
    }
    for part in ("principal", "interest", "fee"):
        result[f"outstanding_{part}_minor"] = sum(p[part] for p in parts)
    for place, days in enumerate(newest, 1):
        result[f"late_{place}"] = days
    return result | _past(loan, as_of, known_at, convention, result["first_due"])


def _past(loan: Loan, as_of: date, known_at: date | None, convention: Convention, first_due: date | None):
    """The columns that look back, from the days past due of every single day."""
    begin = min(first_due or as_of, as_of)
    daily = {}
    day = begin
    while day <= as_of:
        daily[day] = dpd_on(loan, day, known_at, convention)
        day += DAY
    result: dict[str, Any] = {}
    for months in (3, 6, 12):
        after = months_before(as_of, months)
        result[f"worst_dpd_{months}m"] = max((n for d, n in daily.items() if d > after), default=0)
    since = None
    cured = None
    for day, days in daily.items():
        before = daily.get(day - DAY, 0)
        if days > 0 and before == 0:
            since = day
        if days == 0 and before > 0:
            since, cured = None, day
    return result | {"delinquent_since": since, "cured_on": cured}
