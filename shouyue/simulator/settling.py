"""An early settlement that the core was told of: the sum, the money, and what the books ask for afterwards.

The lender's desk says one sum by one day. What is due by then stands in full; of the running instalment the interest
stays that has run, of later ones principal alone. Where the sum is less (a charge came since, one was waived), the core
lets go of new charges first, then of that interest, then of older charges. Where it is more, the terms keep more
interest, or some of it had been paid before it was told: then it is paid too much.
"""

from __future__ import annotations

import numpy as np

from shouyue.simulator import behaviour, ledger
from shouyue.simulator.instructions import Settle
from shouyue.simulator.lending import NEVER
from shouyue.simulator.streams import chance
from shouyue.simulator.workdays import around, number

CURRENCY = "CNY"
#: days before the last one on which the money comes, by lot
AHEAD = (0, 0, 0, 1, 2)
#: days after it when the borrower pays what the core still asks of him
REST_AFTER = 20
#: answer, why, day, minor units
Said = tuple[str, str, int | None, int | None]
#: day, instalment's row, month, what is open of it: as ``ledger.raised`` says charges
Charge = tuple[int, int, int, int]


def unpaid(b: ledger.Block, loan: int, day: int) -> np.ndarray:
    """Rows of the loan's instalments that are not paid whole by the evening of the day, the oldest first.

    A debit that is on its way counts as paid.
    """
    p = b.plan
    rows = np.arange(int(b.schedule.start[loan]), int(b.schedule.start[loan + 1]))
    on_its_way = (p.bounce[rows] <= day) & (day < p.bounced[rows])
    return rows[(p.final[rows] > day) & ~on_its_way]


def waive(b: ledger.Block, charges: list[Charge], minor: int, day: int) -> int:
    """Ask ``minor`` less of the charges from the day on, the newest first; returns what they do not hold of it."""
    for _, row, month, open_ in reversed(charges):
        part = min(open_, minor)
        if part:
            b.booked.waivers_.append((day, row, month, part))
            minor -= part
    return minor


def settle(b: ledger.Block, loan: int, line: Settle, day: int, intent: str, seed: int) -> Said:
    """Settle, or not, as intended (the answers of ``told``). The instruction is taken in the evening of ``day``."""
    rows, by = unpaid(b, loan, day), number(line.pay_by)
    if line.currency != CURRENCY:
        return "refused", "unknown", None, None
    if not len(rows):
        return "refused", "closed", None, None
    if by <= day or intent == "unpaid":
        return "unpaid", "too_late" if by <= day else "no_money", None, None
    later = b.schedule.due[rows] > by
    paid = np.where(b.plan.part[rows] <= day, b.plan.part_minor[rows], 0)
    asked = np.where(later, b.schedule.principal[rows], b.schedule.amount[rows]) - paid
    credit = _credit(b, loan, rows)
    if line.minor < int(asked.sum()) - credit:
        return "refused", "too_little", None, None
    on = _comes_on(b, loan, by, day, chance(seed, "settles", line.contract, by))
    ours = line.parts.get("principal") == int(np.minimum(b.schedule.principal[rows], asked).sum())
    _let_go(b, rows, day)
    if intent == "refused":
        _as_money_ahead(b, loan, rows, line.minor, on)
        return "refused", "not_settled", on, line.minor
    _relieve(b, loan, rows, later, by, on)
    _meet(b, rows, later, line.minor + credit, day, on, ours)
    _made_up(b, rows, credit)
    over = _left_open(b, loan, rows[later], by, on) if intent == "otherwise" else 0
    return ("otherwise", "more_interest", on, line.minor + over) if over else ("booked", "", on, line.minor)


def _credit(b: ledger.Block, loan: int, rows: np.ndarray) -> int:
    """What was paid too much with the instalments before."""
    first, end = int(b.schedule.start[loan]), int(b.schedule.start[loan + 1])
    return int(b.plan.over[first:end].sum() - b.plan.over[rows].sum())


def _comes_on(b: ledger.Block, loan: int, by: int, day: int, lot: float) -> int:
    """The day of the money: the last one, or a little before; of a company's a working day, where there is one left."""
    on = max(by - AHEAD[int(lot * len(AHEAD))], day + 1)
    if b.loans.corporate[loan]:
        on = max(int(around(b.lender.day).on_or_before(np.array([on]))[0]), day + 1)
    return on


def _let_go(b: ledger.Block, rows: np.ndarray, day: int) -> None:
    """What would have been paid on other days is not; an early settlement without the desk's knowledge neither."""
    p = b.plan
    p.part_minor[rows] = np.where(p.part[rows] > day, 0, p.part_minor[rows])
    p.part[rows] = np.where(p.part[rows] > day, NEVER, p.part[rows])
    p.bounced[rows] = np.where(p.bounce[rows] > day, NEVER, p.bounced[rows])
    p.bounce[rows] = np.where(p.bounce[rows] > day, NEVER, p.bounce[rows])
    p.over[rows], p.settled[rows], p.accrued[rows], p.relieved[rows] = 0, False, 0, NEVER


def _pay(b: ledger.Block, rows: np.ndarray, on: int) -> None:
    p = b.plan
    p.final[rows], p.lag[rows], p.held[rows] = on, 0, True
    if not (p.channel[rows] == behaviour.CORPORATE).any():
        p.channel[rows] = behaviour.TRANSFER


def _relieve(b: ledger.Block, loan: int, rows: np.ndarray, later: np.ndarray, by: int, on: int) -> None:
    p, ahead = b.plan, rows[later]
    _pay(b, rows, on)
    p.settled[ahead], p.relieved[ahead], p.settles_on[loan] = True, on, on
    if len(ahead):
        p.accrued[ahead[0]] = _accrued(b, loan, int(ahead[0]), by)


def _accrued(b: ledger.Block, loan: int, running: int, by: int) -> int:
    """Interest of the running instalment by the days of it that have passed, half a minor unit up."""
    s = b.schedule
    begins = int(s.due[running - 1]) if running > s.start[loan] else int(b.loans.opened[loan])
    whole = int(s.due[running]) - begins
    days = min(max(by - begins, 0), whole)
    return (2 * int(s.interest[running]) * days + whole) // (2 * whole)


def _rest(b: ledger.Block, row: int) -> int:
    """What the last payment of an instalment comes to (``ledger.payments``)."""
    p, s = b.plan, b.schedule
    asked = s.principal[row] + p.accrued[row] if p.settled[row] else s.amount[row]
    charged = ledger.charges_by(b, np.array([row]), p.final[row : row + 1])[0]
    return int(asked + p.over[row] + charged - (p.part_minor[row] if p.part[row] < NEVER else 0))


def _meet(b: ledger.Block, rows: np.ndarray, later: np.ndarray, minor: int, day: int, on: int, ours: bool) -> None:
    """Make all that is asked come to the sum. ``ours``: the desk knew of all that was paid."""
    p, ahead = b.plan, rows[later]
    more = minor - sum(_rest(b, int(row)) for row in rows)
    if more >= 0:
        if ours and len(ahead):
            p.accrued[ahead[0]] += more
        else:
            p.over[rows[-1]] += more
        return
    charges = ledger.raised(b, rows, on)
    less = waive(b, [one for one in charges if one[0] > day], -more, on)
    if len(ahead):
        part = min(less, int(p.accrued[ahead[0]]))
        p.accrued[ahead[0]] -= part
        less -= part
    less = waive(b, [one for one in charges if one[0] <= day], less, on)
    assert less == 0, "the sum was held against what stands without charges and interest"


def _made_up(b: ledger.Block, rows: np.ndarray, credit: int) -> None:
    """What was paid too much before is not paid again: taken off the last instalments."""
    for row in rows[::-1].tolist():
        part = min(credit, max(0, _rest(b, row)))
        b.plan.over[row] -= part
        credit -= part


def _left_open(b: ledger.Block, loan: int, ahead: np.ndarray, by: int, on: int) -> int:
    """The core asks the running instalment's interest whole: so much stays open, and is paid later. 0: it cannot."""
    if not len(ahead):
        return 0
    p, running, last = b.plan, int(ahead[0]), int(ahead[-1])
    more = max(int(b.schedule.interest[running]) - int(p.accrued[running]), 1_00)
    if p.part[last] < NEVER or _rest(b, last) <= more:
        return 0
    p.accrued[running] += more
    p.part[last], p.part_minor[last], p.part_channel[last] = on, _rest(b, last) - more, p.channel[last]
    p.final[last] = on + REST_AFTER
    return more


def _as_money_ahead(b: ledger.Block, loan: int, rows: np.ndarray, minor: int, on: int) -> None:
    """The money comes, and the plan stands: it pays one instalment after the other as far as it goes."""
    p, paid = b.plan, 0
    usual = p.final[rows].copy()
    _pay(b, rows, on)
    for n, row in enumerate(rows.tolist()):
        owed = _rest(b, row)
        if owed <= minor:
            minor, paid = minor - owed, n + 1
            continue
        if minor and p.part[row] == NEVER:
            p.part[row], p.part_minor[row], p.part_channel[row] = on, minor, p.channel[row]
            minor = 0
        break
    rest = rows[paid:]
    p.final[rest] = np.maximum(usual[paid:], on + 1)
    if minor:  # paid too much, and made up with the last instalment
        p.over[rows[max(paid - 1, 0)]] += minor
        p.over[rows[-1]] -= minor if len(rest) else 0
