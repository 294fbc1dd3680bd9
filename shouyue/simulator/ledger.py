"""The rows that the lender's books hold on a day, or gain on it.

Everything is a function of a block's plan and of the day. A row is known from the day it is booked; some change later
and come again with the same identity: a loan (closed, asks to settle early), the instalments that an early settlement
relieves of interest, and what the core books of the instructions it is given (``booked``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute

from shouyue.simulator import behaviour, lending, people, words
from shouyue.simulator.behaviour import CHANNELS, Plan
from shouyue.simulator.booked import Booked
from shouyue.simulator.columns import COLUMNS
from shouyue.simulator.lending import NEVER, Loans, Schedule
from shouyue.simulator.people import digits, join, take
from shouyue.simulator.size import Lender

#: the day before all days: rows since then are all rows
ALWAYS = -(10**6)
FEE_AFTER = 4  # days past due at which the late fee falls due
MONTHS_OF_PENALTY = 12


@dataclass
class Block:
    lender: Lender
    number: int
    loans: Loans
    schedule: Schedule
    plan: Plan
    people: people.People
    booked: Booked = field(default_factory=Booked)

    @cached_property
    def contacts(self) -> pa.Table:
        """The people around the block's customers, as they were first booked."""
        return _people(self)[1]


def block(lender: Lender, number: int) -> Block:
    """One block of the lender's loans with all that will happen to them."""
    loans = lending.make(lender, number)
    schedule = lending.schedule(loans)
    plan = behaviour.plan(lender, number, loans, schedule)
    return Block(lender, number, loans, schedule, plan, people.make(lender, number, loans))


def tables(b: Block, until: int, since: int = ALWAYS) -> dict[str, pa.Table]:
    """Rows booked or changed after day ``since`` and by day ``until``, by table, with the columns of an export."""
    loan = np.flatnonzero(_loans_changed(b, until, since))
    rows = {"loans": _loans(b, loan, until), "instalments": instalments(b, until, since)}
    rows["charges"], rows["payments"] = charges(b, until, since), payments(b, until, since)
    rows["pauses"] = pauses(b, until, since)
    rows |= _customers(b, until, since)
    return {name: rows.get(name, COLUMNS[name].empty_table()) for name in COLUMNS if name != "balances"}


def _between(days: np.ndarray, since: int, until: int) -> np.ndarray:
    return (days > since) & (days <= until)


def first_opened(b: Block) -> np.ndarray:
    """Day of each customer's first loan: from then on the books know him."""
    n = len(b.loans.customer)
    first = np.searchsorted(b.loans.owner, np.arange(n))
    return np.minimum.reduceat(b.loans.opened, first)


def _customers(b: Block, until: int, since: int) -> dict[str, pa.Table]:
    """New customers with the people around them, and those of whom something else is known since."""
    keep = _between(first_opened(b), since, until)
    told, listed = b.booked.of_customers(since, until), b.booked.of_contacts(since, until)
    if not keep.any() and not told and not listed:
        return {}
    chosen, around = _people(b)
    if not keep.all():
        ids = people.customer_ids(b.people.numbers)
        fresh = ids.filter(pa.array(keep)).to_pylist()
        chosen = chosen.filter(pa.compute.is_in(ids, pa.array([*fresh, *told], pa.string())))
        mine = pa.array([*fresh, *listed], pa.string())
        around = around.filter(pa.compute.is_in(around["customer_id"], mine))
    return {"customers": b.booked.customers(chosen, until), "contacts": b.booked.contacts(around, until)}


def _people(b: Block) -> tuple[pa.Table, pa.Table]:
    """All customers of the block and the people around them, as they were first booked."""
    customers = people.customers(b.lender, b.number, b.loans, b.people)
    return customers, people.contacts(b.lender, b.number, b.people, customers["name"].combine_chunks())


def closed_on(b: Block) -> np.ndarray:
    """Day each loan ends: when the last of its payments is booked."""
    booked = np.where(b.plan.final < NEVER, b.plan.final + b.plan.lag, NEVER)
    return np.maximum.reduceat(booked, b.schedule.start[:-1]).astype(np.int32)


def _loans_changed(b: Block, until: int, since: int) -> np.ndarray:
    known = b.loans.opened <= until
    asks = b.plan.asks_from, b.plan.asks_until
    changed = _between(b.loans.opened, since, until) | _between(closed_on(b), since, until)
    return known & (changed | _between(asks[0], since, until) | _between(asks[1], since, until))


def _loans(b: Block, at: np.ndarray, until: int) -> pa.Table:
    loans, closed = b.loans, closed_on(b)[at]
    stores = b.lender.stores
    goods = [f"{g}" for p in words.PRODUCTS for g in p[2]]
    offset = np.cumsum([0] + [len(p[2]) for p in words.PRODUCTS])[:-1]
    asks = (b.plan.asks_from[at] <= until) & (until < b.plan.asks_until[at]) & (closed > until)
    n = len(at)
    columns = {
        "loan_id": loan_ids(loans.number[at]),
        "customer_id": people.customer_ids(loans.customer[loans.owner[at]]),
        "product": take([p[0] for p in words.PRODUCTS], loans.product[at]),
        "store": take([s.code for s in stores], loans.store[at]),
        "region": take([s.region for s in stores], loans.store[at]),
        "goods": take(goods, offset[loans.product[at]] + loans.goods[at]),
        "principal_minor": pa.array(loans.principal[at]),
        "currency": take(["CNY"], np.zeros(n, np.int8)),
        "opened_on": pa.array(loans.opened[at]).cast(pa.date32()),
        "term": pa.array(loans.term[at].astype(np.int32)),
        "closed_on": pa.array(closed, mask=closed > until).cast(pa.date32()),
        "debit_account": digits(loans.number[at] * 7919 % 10_000, 4),
        "pays_corporate": pa.array(loans.corporate[at]),
        "wants_early_settlement": pa.array(asks),
        "lender_dpd": pa.nulls(n, pa.int32()),
        "lender_balance_minor": pa.nulls(n, pa.int64()),
    }
    return pa.table(columns, schema=COLUMNS["loans"])


def loan_ids(numbers: np.ndarray) -> pa.Array:
    return join("SY", digits(numbers, 9))


def _loan_id_of(b: Block, rows: np.ndarray) -> pa.Array:
    return loan_ids(b.loans.number).take(pa.array(b.schedule.loan[rows]))


def instalments(b: Block, until: int, since: int = ALWAYS) -> pa.Table:
    s = b.schedule
    opened = b.loans.opened[s.loan]
    relieved = b.plan.relieved <= until
    rows = np.flatnonzero(_between(opened, since, until) | (relieved & (b.plan.relieved > since)))
    gone = relieved[rows]
    interest, fee = np.where(gone, b.plan.accrued[rows], s.interest[rows]), np.where(gone, 0, s.fee[rows])
    columns = {
        "loan_id": _loan_id_of(b, rows),
        "seq": pa.array((s.k[rows] + 1).astype(np.int32)),
        "version": pa.array(s.version[rows].astype(np.int32)),
        "due_date": pa.array(s.due[rows]).cast(pa.date32()),
        "debit_date": pa.array(s.debit[rows]).cast(pa.date32()),
        "amount_minor": pa.array(s.principal[rows] + interest + fee),
        "principal_minor": pa.array(s.principal[rows]),
        "interest_minor": pa.array(interest),
        "fee_minor": pa.array(fee),
    }
    return pa.table(columns, schema=COLUMNS["instalments"])


def late_fee(amount: np.ndarray) -> np.ndarray:
    """Three in a hundred of the instalment, from 10 to 50 yuan; whole yuan."""
    return np.clip(amount * 3 // 100 // 100 * 100, 10_00, 50_00)


def monthly_penalty(amount: np.ndarray) -> np.ndarray:
    """Penalty interest of thirty days at 0.05 % a day."""
    return amount * 15 // 1000


def charges_by(b: Block, rows: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Charges that each of the instalments ``rows`` has gathered by its day in ``days``, less what was waived by then.

    int64 minor units.
    """
    s, amount = b.schedule, b.schedule.amount[rows]
    late = days - s.due[rows]
    months = np.clip(late // 30, 0, MONTHS_OF_PENALTY)
    gathered = np.where(late >= FEE_AFTER, late_fee(amount), 0) + months * monthly_penalty(amount)
    return np.where(b.plan.settled[rows], 0, gathered - b.booked.waived_of(rows, days))


def charges(b: Block, until: int, since: int = ALWAYS) -> pa.Table:
    s, final = b.schedule, b.plan.final
    late = np.flatnonzero((final - s.due >= FEE_AFTER) & (s.due + FEE_AFTER <= until) & ~b.plan.settled)
    day = np.minimum(final[late], until)
    fee_on = s.due[late] + FEE_AFTER
    fees = late[_between(fee_on, since, until)]
    number, rows = [np.zeros(len(fees), np.int32)], [fees]
    for month in range(1, MONTHS_OF_PENALTY + 1):
        on = s.due[late] + 30 * month
        hit = late[(on <= day) & (on > since)]
        rows.append(hit)
        number.append(np.full(len(hit), month, np.int32))
    again = [(at, n) for at, n in b.booked.waivers(since, until) if _raised_on(b, at, n) <= since]
    rows.append(np.array([at for at, _ in again], np.int64))
    number.append(np.array([n for _, n in again], np.int32))
    row, month = np.concatenate(rows), np.concatenate(number)
    turn = np.lexsort((month, row))
    row, month = row[turn], month[turn]
    amount = s.amount[row]
    asked = np.where(month > 0, monthly_penalty(amount), late_fee(amount))
    ident = (b.loans.number[s.loan[row]] * 100 + s.k[row] + 1) * 100 + month
    columns = {
        "charge_id": join("F", digits(ident, 13)),
        "loan_id": _loan_id_of(b, row),
        "kind": take(["late_fee", "penalty"], (month > 0).astype(np.int8)),
        "due_date": pa.array(s.due[row] + np.where(month > 0, 30 * month, FEE_AFTER).astype(np.int32)).cast(
            pa.date32()
        ),
        "amount_minor": pa.array(asked - b.booked.waived(row, month, until)),
    }
    return pa.table(columns, schema=COLUMNS["charges"])


def raised(b: Block, rows: np.ndarray, day: int) -> list[tuple[int, int, int, int]]:
    """Charges of the instalments by the evening of the day: (day, row, month, minor units after waivers), the oldest
    first. Month 0 is the late fee.
    """
    found = []
    for row in rows[~b.plan.settled[rows]].tolist():
        amount = b.schedule.amount[row : row + 1]
        for month in range(MONTHS_OF_PENALTY + 1):
            on = _raised_on(b, row, month)
            if on <= min(day, int(b.plan.final[row])):
                asked = int((monthly_penalty(amount) if month else late_fee(amount))[0])
                waived = b.booked.waived(np.array([row]), np.array([month]), day)
                found.append((on, row, month, asked - int(waived[0])))
    return sorted(found)


def _raised_on(b: Block, row: int, month: int) -> int:
    return int(b.schedule.due[row]) + (30 * month if month else FEE_AFTER)


#: kinds of payment of one instalment; also the last digit of the payment's number
BOUNCE, REVERSAL, PART, FINAL = range(4)


def payments(b: Block, until: int, since: int = ALWAYS) -> pa.Table:
    p, amount = b.plan, b.schedule.amount
    relieved = np.where(p.settled, b.schedule.principal + p.accrued, amount)
    rows, kinds, value, booked, minor = [], [], [], [], []

    def add(kind: int, at: np.ndarray, value_: np.ndarray, booked_: np.ndarray, minor_: np.ndarray) -> None:
        rows.append(at)
        kinds.append(np.full(len(at), kind, np.int8))
        value.append(value_)
        booked.append(booked_)
        minor.append(minor_)

    at = np.flatnonzero(_between(p.bounce, since, until))
    add(BOUNCE, at, p.bounce[at], p.bounce[at], amount[at])
    at = np.flatnonzero(_between(p.bounced, since, until))
    add(REVERSAL, at, p.bounced[at], p.bounced[at], amount[at])
    at = np.flatnonzero(_between(p.part, since, until) & (p.part_minor > 0))
    add(PART, at, p.part[at], p.part[at], p.part_minor[at])
    at = np.flatnonzero(_between(p.final + p.lag, since, until))
    rest = (
        relieved[at] - np.where(p.part[at] < NEVER, p.part_minor[at], 0) + p.over[at] + charges_by(b, at, p.final[at])
    )
    at, rest = at[rest > 0], rest[rest > 0]
    add(FINAL, at, p.final[at], p.final[at] + p.lag[at], rest)
    row, kind = np.concatenate(rows), np.concatenate(kinds)
    turn = np.lexsort((kind, row))
    return _payment_table(
        b, row[turn], kind[turn], *(np.concatenate(x)[turn].astype(np.int64) for x in (value, booked, minor))
    )


def _payment_table(b: Block, row, kind, value, booked, minor) -> pa.Table:
    ident = (b.loans.number[b.schedule.loan[row]] * 100 + b.schedule.k[row] + 1) * 10
    bounced = (kind == BOUNCE) | (kind == REVERSAL)
    reversal = join("P", digits(ident + BOUNCE, 12))
    columns = {
        "payment_id": join("P", digits(ident + kind, 12)),
        "loan_id": _loan_id_of(b, row),
        "value_date": pa.array(value.astype(np.int32)).cast(pa.date32()),
        "booked_on": pa.array(booked.astype(np.int32)).cast(pa.date32()),
        "amount_minor": pa.array(minor),
        "channel": take(
            CHANNELS,
            np.select([bounced, kind == PART], [behaviour.DEBIT, b.plan.part_channel[row]], b.plan.channel[row]),
        ),
        "reversal_of": pa.compute.if_else(pa.array(kind == REVERSAL), reversal, pa.scalar(None, pa.string())),
    }
    return pa.table(columns, schema=COLUMNS["payments"])


def pauses(b: Block, until: int, since: int = ALWAYS) -> pa.Table:
    p = b.plan
    at = np.flatnonzero(_between(p.pause_from, since, until) & (closed_on(b) > p.pause_from))
    columns = {
        "loan_id": loan_ids(b.loans.number[at]),
        "starts_on": pa.array(p.pause_from[at]).cast(pa.date32()),
        "ends_on": pa.array(p.pause_until[at]).cast(pa.date32()),
        "reason": take(words.PAUSE_REASONS, p.pause_reason[at]),
    }
    return pa.table(columns, schema=COLUMNS["pauses"])
