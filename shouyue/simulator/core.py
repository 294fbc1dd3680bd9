"""What the lender's own core says of his loans on a day: an accounting of its own, and the slips that real cores have.

A statement lists the loans that were open in the morning of the day. Money is laid on what is due, the oldest first,
then on charges, then on what is to come. A few loans of each block are stated otherwise than the export's rows make
them (``SLIPS``), each kind of slip in at least one loan where the block has one it can happen to; so a reconciliation
of the two has something to find, and one knows what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from shouyue.simulator import ledger
from shouyue.simulator.columns import COLUMNS
from shouyue.simulator.size import LATER
from shouyue.simulator.streams import chance

#: of how many loans that a slip may happen to it happens to one
ONE_IN = 1_000
PARTS = ("fee", "interest", "principal")
STRANGER = "SY9{:08d}"


@dataclass(frozen=True)
class Account:
    """A loan as the core holds it. Days are numbers, amounts minor units.

    ``plan`` has (due day, fee, interest, principal); ``charges`` and ``paid`` (day, amount); ``reversed_`` payments
    that were taken back; ``pauses`` (first day, last day).
    """

    loan_id: str
    plan: list[tuple[int, int, int, int]] = field(default_factory=list)
    charges: list[tuple[int, int]] = field(default_factory=list)
    paid: list[tuple[int, int]] = field(default_factory=list)
    reversed_: list[tuple[int, int]] = field(default_factory=list)
    pauses: list[tuple[int, int]] = field(default_factory=list)


Row = dict[str, Any]


def state(account: Account, day: int) -> Row:
    """What the loan owes in the evening of the day."""
    plan = [[due, list(parts)] for due, *parts in sorted(account.plan)]
    charges: list[list[int]] = []
    credit = 0
    events = [(on, 0, amount) for on, amount in account.charges] + [(on, 1, amount) for on, amount in account.paid]
    for on, is_payment, amount in sorted(e for e in events if e[0] <= day):
        if is_payment:
            credit += amount
        else:
            charges.append([amount])
        due = [parts for at, parts in plan if at <= on]
        for owed in (*due, *charges, *(parts for at, parts in plan if at > on)):
            for n, open_ in enumerate(owed):
                met = min(open_, credit)
                owed[n] -= met
                credit -= met
    late = [(due, sum(parts)) for due, parts in plan if due < day and sum(parts)]
    parts = {f"{name}_minor": sum(p[n] for _, p in plan) for n, name in enumerate(PARTS)}
    penalty = sum(c[0] for c in charges)
    owed = sum(parts.values()) + penalty
    row = {
        "loan_id": account.loan_id,
        "outstanding_minor": owed or -credit,
        **parts,
        "penalty_minor": penalty,
        "overdue_minor": sum(amount for _, amount in late),
        "status": "open" if owed else "closed",
    }
    return _late(row, day - late[0][0] if late else 0)


def _late(row: Row, dpd: int) -> Row:
    stage = "C" if dpd <= 0 else f"M{min(-(-dpd // 30), 7)}" + ("+" if dpd > 180 else "")
    return row | {"dpd": dpd, "bucket": stage}


# ---------------------------------------------------------------- slips
def _lacking(account: Account, day: int) -> Row | None:
    """The core never had the last payment of the days before."""
    if account.paid and day - 20 < account.paid[-1][0] < day:
        return state(replace(account, paid=account.paid[:-1]), day)
    return None


def _cut_off(account: Account, day: int) -> Row | None:
    """The statement was drawn before the day's money was booked."""
    if account.paid and account.paid[-1][0] == day:
        return state(replace(account, paid=[p for p in account.paid if p[0] < day]), day)
    return None


def _still_counted(account: Account, day: int) -> Row | None:
    """A debit that was booked back is still counted."""
    recent = [p for p in account.reversed_ if day - 60 < p[0]]
    return state(replace(account, paid=sorted([*account.paid, *recent])), day) if recent else None


def _waived(account: Account, day: int) -> Row | None:
    """A charge was waived at the core only."""
    if account.charges and state(account, day)["penalty_minor"]:
        return state(replace(account, charges=account.charges[:-1]), day)
    return None


def _whole_units(account: Account, day: int) -> Row | None:
    row = state(account, day)
    rounded = {k: v // 100 * 100 if k.endswith("_minor") else v for k, v in row.items()}
    return rounded if rounded != row else None


def _due_day(account: Account, day: int) -> Row | None:
    row = state(account, day)
    return _late(row, row["dpd"] + 1) if row["dpd"] > 1 else None


def _paused(account: Account, day: int) -> Row | None:
    """Days of a pause do not count at the core."""
    row = state(account, day)
    first = day - row["dpd"] + 1
    off = sum(max(0, min(end, day) - max(start, first) + 1) for start, end in account.pauses)
    return _late(row, max(0, row["dpd"] - off)) if off else None


def _stuck(account: Account, day: int) -> Row | None:
    row = state(account, day)
    return _late(row, row["dpd"] + 10) if row["dpd"] > 3 else None


def _parts(account: Account, day: int) -> Row | None:
    row = state(account, day)
    if row["interest_minor"] < 100:
        return None
    return row | {"interest_minor": row["interest_minor"] - 100, "principal_minor": row["principal_minor"] + 100}


def _unlisted(account: Account, day: int) -> Row | None:
    return {} if state(account, day)["dpd"] else None


#: what may go wrong with a loan's statement: the row stated instead, or None where it cannot happen to this loan
SLIPS: dict[str, Callable[[Account, int], Row | None]] = {
    "lacking": _lacking,
    "cut_off": _cut_off,
    "still_counted": _still_counted,
    "waived": _waived,
    "whole_units": _whole_units,
    "due_day": _due_day,
    "paused": _paused,
    "stuck": _stuck,
    "parts": _parts,
    "unlisted": _unlisted,
}


# ---------------------------------------------------------------- a statement
def statement(b: ledger.Block, day: int, slipping: bool = True) -> tuple[pa.Table, dict[str, str]]:
    """The core's statement of a block's loans, and which loans it slips in, unless it never does: the slip by loan."""
    accounts = _accounts(b, day)
    slipping = slipping and b.number < LATER
    slips = _slips(b, accounts, day) if slipping else {}
    rows = []
    for account in accounts:
        row = SLIPS[slips[account.loan_id]](account, day) if account.loan_id in slips else state(account, day)
        if row:
            rows.append(row)
    if slipping and rows:
        rows.append(rows[0] | {"loan_id": STRANGER.format(b.number)})
        slips[rows[-1]["loan_id"]] = "stranger"
    columns = {name: [row[name] for row in rows] for name in COLUMNS["balances"].names if name != "stated_on"}
    stated_on = pa.array(np.full(len(rows), day, np.int32)).cast(pa.date32())
    return pa.table(columns | {"stated_on": stated_on}).select(COLUMNS["balances"].names).cast(
        COLUMNS["balances"]
    ), slips


def _slips(b: ledger.Block, accounts: list[Account], day: int) -> dict[str, str]:
    """For each slip the first of its loans in an order by lot; a loan slips once."""
    lots = sorted(accounts, key=lambda a: chance(b.lender.seed, "slip", a.loan_id))
    most = max(1, len(accounts) // ONE_IN)
    found: dict[str, str] = {}
    for name, slip in SLIPS.items():
        hit = (a.loan_id for a in lots if a.loan_id not in found and slip(a, day) is not None)
        found |= {loan: name for loan, _ in zip(hit, range(most), strict=False)}
    return found


def _accounts(b: ledger.Block, day: int) -> list[Account]:
    """The loans that were open in the morning."""
    open_ = np.flatnonzero((b.loans.opened <= day) & (ledger.closed_on(b) >= day))
    found = {name: Account(name) for name in ledger.loan_ids(b.loans.number[open_]).to_pylist()}
    for loan, due, *parts in _rows(ledger.instalments(b, day), "due_date", *(f"{p}_minor" for p in PARTS)):
        if loan in found:
            found[loan].plan.append((due, *parts))
    for loan, on, amount in _rows(ledger.charges(b, day), "due_date", "amount_minor"):
        if loan in found and amount:  # what was waived whole is none
            found[loan].charges.append((on, amount))
    _take_payments(found, ledger.payments(b, day))
    for loan, start, end in _rows(ledger.pauses(b, day), "starts_on", "ends_on"):
        if loan in found:
            found[loan].pauses.append((start, end))
    for account in found.values():
        account.charges.sort()
        account.paid.sort()
    return list(found.values())


def _take_payments(found: dict[str, Account], payments: pa.Table) -> None:
    taken_back = set(payments["reversal_of"].drop_null().to_pylist())
    for loan, number, of, on, amount in _rows(payments, "payment_id", "reversal_of", "value_date", "amount_minor"):
        if loan in found and of is None:
            account = found[loan]
            (account.reversed_ if number in taken_back else account.paid).append((on, amount))


def _rows(table: pa.Table, *names: str) -> Iterator[tuple[Any, ...]]:
    """The loan and these columns of each row; days as numbers."""
    columns = []
    for name in ("loan_id", *names):
        column = table[name]
        columns.append((column.cast(pa.int32()) if pa.types.is_date32(column.type) else column).to_pylist())
    return zip(*columns, strict=True)
