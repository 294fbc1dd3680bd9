"""One loan aged slowly and obviously, day by day: what the kernel must agree with.

Every figure follows its definition in docs/ageing.md word by word. ``live`` goes through a loan's days one after the
other, lays the money of each and writes down how things stand in the evening; whatever looks back is read off that
diary. Nothing here is fast and nothing here should become so.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
    opened: date | None = None


@dataclass
class Owed:
    """An instalment or a charge while money is laid against it; ``parts`` is what is open of each."""

    row: Any
    due: date
    parts: dict[str, int]
    met: date | None = None

    @property
    def open(self) -> int:
        return sum(self.parts.values())


@dataclass
class Evening:
    """How a loan stands at the end of a day."""

    day: date
    #: due dates of what is past due
    past_due: list[date]
    #: open of what is past due, as ``overdue_minor`` counts it, and what it is compared with
    arrears: int
    exposure: int


@dataclass
class Life:
    """A loan up to a day: what it owes then, money left over, and its evenings from the first day that matters."""

    instalments: list[Owed]
    charges: list[Owed]
    credit: int
    evenings: list[Evening]


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
        counted = row.debit if convention.count_from == "debit" and row.debit else row.due
        return convention.workdays.shifted(counted, convention.shift)

    ordered = sorted(rows, key=lambda r: (r.due, r.seq, r.version))
    owed = [Owed(r, day(r), own_parts(r)) for r in sorted(ordered, key=day)]
    for each in owed:
        if each.open == 0:
            each.met = each.due
    return owed


def own_parts(row: Instalment) -> dict[str, int]:
    """What is neither fee nor interest is principal."""
    fee = min(row.fee or 0, row.amount)
    interest = min(row.interest or 0, row.amount - fee)
    return {"fee": fee, "interest": interest, "principal": row.amount - fee - interest}


def lay(turns: list[tuple[Owed, str]], amount: int, day: date) -> int:
    """Lay ``amount`` against one part after the other; gives back what is left."""
    for owed, part in turns:
        paid = min(owed.parts.get(part, 0), amount)
        owed.parts[part] = owed.parts.get(part, 0) - paid
        amount -= paid
        if paid and owed.open == 0:
            owed.met = day
    return amount


def turns_of(instalments: list[Owed], charges: list[Owed], day: date, convention: Convention) -> list[tuple[Owed, str]]:
    """In which order a payment of ``day`` meets what is owed. ``charges`` are those raised by the day."""
    due = [i for i in instalments if i.due <= day]
    later = [i for i in instalments if i.due > day]
    if convention.instalments == "lifo":
        due.reverse()
    own = [p for p in convention.parts if p not in ("penalty", "late_fee")]
    all_charges = [(c, c.row.kind) for c in charges]
    ahead = [(i, part) for i in later for part in own]
    if convention.charges == "as_parts":
        if convention.direction == "vertical":
            now = [(owed, part) for part in convention.parts for owed in (charges + due) if part in owed.parts]
        else:
            now = []
            before_the_first = [c for c in charges if not any(i.due <= c.due for i in instalments)]
            groups: list[tuple[Owed | None, list[Owed]]] = [(None, before_the_first)]
            for n, i in enumerate(instalments):
                until = instalments[n + 1].due if n + 1 < len(instalments) else date.max
                groups.append((i, [c for c in charges if i.due <= c.due < until]))
            if convention.instalments == "lifo":
                groups.reverse()
            for i, group in groups:
                if i is None or i.due <= day:
                    for part in convention.parts:
                        now += [(c, part) for c in group if c.row.kind == part]
                        now += [(i, part)] if i is not None and part in own else []
        return now + ahead
    if convention.direction == "vertical":
        now = [(i, part) for part in own for i in due]
    else:
        now = [(i, part) for i in due for part in own]
    return {
        "first": all_charges + now + ahead,
        "after_due": now + all_charges + ahead,
        "last": now + ahead + all_charges,
    }[convention.charges]


def live(loan: Loan, until: date, known_at: date | None, convention: Convention) -> Life:
    """Go through the loan's days up to ``until``."""
    instalments = plan(loan, convention)
    charges = [Owed(c, c.due, {c.kind: c.amount}) for c in sorted(loan.charges, key=lambda c: c.due)]
    money = [(value, amount) for value, amount in effective(loan, known_at) if value <= until]
    days = [i.due for i in instalments] + [c.due for c in charges] + [value for value, _ in money] + [until]
    credit = 0
    evenings = []
    day = min(min(days), until)
    while day <= until:
        raised = [c for c in charges if c.due <= day]
        if credit:  # money left over meets what was raised
            credit = lay([(c, c.row.kind) for c in raised], credit, day)
        for value, amount in money:
            if value == day:
                credit += lay(turns_of(instalments, raised, day, convention), amount, day)
        evenings.append(evening(day, instalments, raised, convention))
        day += DAY
    return Life(instalments, [c for c in charges if c.due <= until], credit, evenings)


def evening(day: date, instalments: list[Owed], raised: list[Owed], convention: Convention) -> Evening:
    standing = [(i.due, i.open) for i in instalments]
    past = [(due, left) for due, left in standing if left > 0 and due < day]
    late = [due for due, _ in past]
    if convention.charges_late:
        late += [c.due for c in raised if c.open > 0 and c.due < day]
    charged = sum(c.open for c in raised)
    arrears = sum(left for _, left in past) + (charged if convention.overdue_with_charges else 0)
    exposure = sum(left for _, left in standing) + charged
    if convention.exposure == "balance":  # interest and fees that are not yet past due are not owed yet
        exposure -= sum(i.parts["fee"] + i.parts["interest"] for i in instalments if i.due >= day)
    return Evening(day, sorted(late), arrears, exposure)


def is_material(arrears: int, exposure: int, convention: Convention) -> bool:
    """Above both thresholds. A threshold of 0 stands for none: then anything past due will do."""
    if not convention.gated:
        return True
    return arrears > convention.threshold_minor and arrears * 10_000 > convention.threshold_basis_points * exposure


def paused_days(pauses: list[Pause], anchor: date, day: date, mode: str) -> int:
    """Days that pauses take off days past due that are counted from the day after ``anchor`` up to ``day``."""
    days = set()
    for pause in pauses:
        each = pause.start
        while each <= min(pause.end, day):
            if mode == "whole" and each > pause.start:  # from S to E are E - S days, wherever the anchor is
                days.add(each)
            if mode == "overlap" and each > anchor:  # only days that were counted
                days.add(each)
            each += DAY
    return len(days)


def months_after(day: date, months: int) -> date:
    """The same day of the month ``months`` later (or earlier), or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def months_before(day: date, months: int) -> date:
    return months_after(day, -months)


def missed_payments(oldest: date, day: date, earlier: bool) -> int:
    """How often a next payment has come due (or, ``earlier``, is about to on the morrow) since ``oldest``."""
    missed = 0
    while months_after(oldest, missed + 1) - (DAY if earlier else timedelta()) <= day:
        missed += 1
    return missed


def days_worth(instalments: list[Owed], day: date, arrears: int) -> int | None:
    """Days of the plan's payments that the arrears amount to on ``day``; None where nothing limits the days."""
    dates = sorted({i.due for i in instalments})
    if len(dates) < 2:
        return None
    last_period = (dates[-1] - dates[-2]).days
    worth = 0
    for place in reversed(range(len(dates))):
        if dates[place] >= day:
            continue
        amount = sum(i.row.amount for i in instalments if i.due == dates[place])
        period = (dates[place + 1] - dates[place]).days if place + 1 < len(dates) else last_period
        if arrears <= 0:
            break
        worth += period if arrears >= amount else arrears * period // amount
        arrears -= amount
    if arrears > 0:
        return None
    return worth + max(0, (day - dates[-1]).days - last_period)


def diary(loan: Loan, until: date, known_at: date | None, convention: Convention) -> dict[date, int]:
    """Days past due at the end of each day up to ``until``."""
    life = live(loan, until, known_at, convention)
    return counted(life, loan.pauses, convention)


def counted(life: Life, pauses: list[Pause], convention: Convention) -> dict[date, int]:
    result = {}
    run = None  # first of the days on end that were late
    for now in life.evenings:
        late = bool(now.past_due) and is_material(now.arrears, now.exposure, convention)
        run = (run or now.day) if late else None
        if run is None:
            result[now.day] = 0
            continue
        anchor = run - DAY if convention.counter == "consecutive" else now.past_due[0]
        off = convention.grace_days + paused_days(pauses, anchor, now.day, convention.pauses)
        days = max(0, (now.day - anchor).days - off)
        if convention.counter == "missed_payments":
            earlier = convention.missed == "day_before_next_due"
            days = 30 * missed_payments(anchor, now.day - off * DAY, earlier) if days > 0 else 0
        if convention.counter == "amount_equivalent":
            worth = days_worth(life.instalments, now.day, now.arrears)
            days = days if worth is None else min(days, worth)
        result[now.day] = days
    return result


def dpd_on(loan: Loan, day: date, known_at: date | None, convention: Convention) -> int:
    """Days past due at the end of ``day``."""
    return diary(loan, day, known_at, convention)[day]


def age_loan(loan: Loan, as_of: date, known_at: date | None, convention: Convention) -> dict[str, Any]:
    """Every output column of ``shouyue.ageing.columns.SCHEMA`` but the ids, for one loan."""
    life = live(loan, as_of, known_at, convention)
    instalments, charges, credit = life.instalments, life.charges, life.credit
    late = [i for i in instalments if i.open > 0 and i.due < as_of]
    ahead = [i for i in instalments if i.open > 0 and i.due >= as_of]
    due = [i for i in instalments if i.due <= as_of]
    next_due = min((i.due for i in ahead), default=None)
    tonight = life.evenings[-1]
    oldest = min(tonight.past_due, default=None)
    charged = {kind: sum(c.open for c in charges if c.row.kind == kind) for kind in ("penalty", "late_fee")}
    money = [(value, amount) for value, amount in effective(loan, known_at) if value <= as_of]
    last_on = max((value for value, _ in money), default=None)
    lateness = [((i.met or as_of) - i.due).days for i in due]
    newest = [*reversed(lateness), *[None] * 6][:6]
    result = {
        "overdue_minor": tonight.arrears,
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
        "customer_dpd": None,
    }
    for part in ("principal", "interest", "fee"):
        result[f"outstanding_{part}_minor"] = sum(i.parts[part] for i in instalments)
    for place, days in enumerate(newest, 1):
        result[f"late_{place}"] = days
    return result | looking_back(counted(life, loan.pauses, convention), as_of, convention)


def looking_back(daily: dict[date, int], as_of: date, convention: Convention) -> dict[str, Any]:
    """Days past due, and the columns that look back, from the days past due of every single day."""
    dpd = daily[as_of]
    result: dict[str, Any] = {"dpd": dpd, "bucket": convention.bucket_of(dpd)}
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


def customer_days(loans: Sequence[Loan], until: date, known_at: date | None, convention: Convention) -> dict[date, int]:
    """Days past due of a customer at the end of each day up to ``until``."""
    lives = [live(loan, until, known_at, convention) for loan in loans]
    days = sorted({now.day for life in lives for now in life.evenings})
    if convention.materiality_level == "loan":
        each = [counted(life, loan.pauses, convention) for life, loan in zip(lives, loans, strict=True)]
        return {day: max(one.get(day, 0) for one in each) for day in days}
    # the loan itself is not held against the thresholds, the sum of all is
    alone = replace(convention, threshold_minor=0, threshold_basis_points=0, exposure="balance")
    each = [counted(life, loan.pauses, alone) for life, loan in zip(lives, loans, strict=True)]
    result = {}
    run = 0  # days counted of those on end that were late
    for day in days:
        standing = [on(loan, life, day, convention) for loan, life in zip(loans, lives, strict=True)]
        late = [loan for loan, now in zip(loans, standing, strict=True) if now.past_due]
        arrears, exposure = sum(now.arrears for now in standing), sum(now.exposure for now in standing)
        if not late or not is_material(arrears, exposure, convention):
            run = 0
            result[day] = 0
        elif convention.counter == "consecutive":
            run += any(not is_paused(loan, day, convention) for loan in late)
            result[day] = max(0, run - convention.grace_days)
        else:
            result[day] = max(one.get(day, 0) for one in each)
    return result


def on(loan: Loan, life: Life, day: date, convention: Convention) -> Evening:
    """How a loan stands on a day: before anything happens it is owed in full, before it was opened nothing is."""
    if loan.opened is not None and day < loan.opened:
        past_due = next((now.past_due for now in life.evenings if now.day == day), [])
        return Evening(day, past_due, 0, 0)
    for now in life.evenings:
        if now.day == day:
            return now
    return evening(day, plan(loan, convention), [], convention)


def is_paused(loan: Loan, day: date, convention: Convention) -> bool:
    return convention.pauses == "overlap" and any(p.start <= day <= p.end for p in loan.pauses)


def age_customer(
    loans: Sequence[Loan], as_of: date, known_at: date | None, convention: Convention
) -> list[dict[str, Any]]:
    """The same as ``age_loan`` for each loan of a customer, with what the convention says of customers."""
    aged = [age_loan(loan, as_of, known_at, convention) for loan in loans]
    if convention.customer_dpd == "none":
        return aged
    if len(loans) == 1:
        return [one | {"customer_dpd": one["dpd"]} for one in aged]
    whole = looking_back(customer_days(loans, as_of, known_at, convention), as_of, convention)
    shared = {"customer_dpd": whole["dpd"]} | (whole if convention.customer_dpd == "effective" else {})
    return [one | shared for one in aged]
