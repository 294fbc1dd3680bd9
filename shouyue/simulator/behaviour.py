"""What each customer will do: the whole life of each loan, drawn once.

Days are numbers since 1970-01-01; ``NEVER`` stands for a day that does not come. A customer pays each instalment on
its day or some days beside it by temper, and now and then stops for a while (``temper.stop_length``): then nothing
comes until the stop ends, and all that is open comes at once. On top lie bounced debits, payments in two parts, a
little too much paid, early settlement, and money that is booked later than it counts from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shouyue.simulator import cast, temper
from shouyue.simulator.lending import NEVER, Loans, Schedule
from shouyue.simulator.size import Lender
from shouyue.simulator.streams import stream
from shouyue.simulator.temper import INDEX
from shouyue.simulator.workdays import Workdays, around

CHANNELS = ("debit", "transfer", "wechat", "alipay", "cash", "corporate")
DEBIT, TRANSFER, WECHAT, ALIPAY, CASH, CORPORATE = range(6)


@dataclass
class Plan:
    """Per instalment what will be paid when, and per loan what else happens. Changed only by contacts and
    by what the core is told, in play."""

    final: np.ndarray  # day of the (last) payment
    lag: np.ndarray  # days until it is booked
    channel: np.ndarray
    over: np.ndarray  # minor units paid too much with it; below zero on the last instalment, where they are made up
    part: np.ndarray  # day of an earlier payment of a part
    part_minor: np.ndarray
    part_channel: np.ndarray
    bounce: np.ndarray  # day of a debit that bounced
    bounced: np.ndarray  # day it was booked back
    settled: np.ndarray  # paid by early settlement: principal, and of the running instalment the interest that has run
    accrued: np.ndarray  # that interest
    relieved: np.ndarray  # day from which the books ask for no more than that
    held: np.ndarray  # its day is fixed by an early settlement that the core was told of
    # per loan
    settles_on: np.ndarray
    asks_from: np.ndarray  # wants to settle early from this day
    asks_until: np.ndarray
    pause_from: np.ndarray
    pause_until: np.ndarray
    pause_reason: np.ndarray
    lost_from: np.ndarray  # cannot be reached from this day on


def plan(lender: Lender, block: int, loans: Loans, s: Schedule) -> Plan:
    days = around(lender.day)
    kind = loans.temper[loans.owner]
    final, channel = _usual(lender, block, loans, s, kind, days)
    stops, ends = _stop(lender, block, loans, s, kind, final)
    _play_parts(lender, loans, s, final)
    _in_order(s, final)
    corporate = loans.corporate[s.loan]
    final[corporate] = days.on_or_after(final[corporate])
    settles, asks_from, asks_until, settled, accrued = _settle(lender, block, loans, s, kind, final, channel)
    bounce, bounced = _bounce(lender, block, s, final, channel, settled)
    by_hand = np.where(channel == DEBIT, TRANSFER, channel).astype(np.int8)
    part, part_minor = _in_two(lender, block, loans, s, kind, final, settled)
    over = _too_much(lender, block, s, final, channel, settled)
    lag = _book_late(lender, block, final, channel, settled, days)
    pause = _pause(lender, block, loans, s, kind, stops, ends)
    lost = np.where((kind == INDEX["vanishing"]) & (stops < NEVER), stops - 25, NEVER).astype(np.int32)
    c = loans.cast
    lost[c.place] = np.where((c.late < 0) & (c.temper == INDEX["vanishing"]), c.key_due - 10, NEVER)
    return Plan(
        final, lag, channel, over, part, part_minor, by_hand, bounce, bounced, settled, accrued,
        np.where(settled, final, NEVER).astype(np.int32), np.zeros(len(final), bool), settles,
        asks_from, asks_until, *pause, lost,
    )  # fmt: skip


def _usual(lender: Lender, block: int, loans: Loans, s: Schedule, kind: np.ndarray, days: Workdays):
    """Day and way of paying every instalment, were there no long stop."""
    rng = stream(lender.seed, "usual", block)
    n = len(s.due)
    k = kind[s.loan]
    odds = temper.column("late")[k] * np.where(days.near_spring_festival(s.due), 1.7, 1.0)
    late = rng.random(n) < odds
    slot = rng.integers(0, temper.SLOTS, n)
    beside = np.where(late, temper.LATENESS[k, slot], temper.AHEAD[k, slot]).astype(np.int32)
    corporate = loans.corporate[s.loan]
    beside = np.where(corporate & ~late, np.minimum(beside, -1 - slot % 3), beside)
    final = np.where(beside == 0, s.debit, s.due + beside).astype(np.int32)
    by_debit = (rng.random(len(loans)) < temper.column("debit")[kind])[s.loan]
    own_way = np.array([TRANSFER, WECHAT, WECHAT, ALIPAY, ALIPAY, CASH], np.int8)[rng.integers(0, 6, len(loans))]
    channel = np.where(by_debit & (beside == 0), DEBIT, own_way[s.loan]).astype(np.int8)
    # a late debit is tried again a few days later, and mostly goes through
    channel = np.where(by_debit & late & (beside <= 3), DEBIT, channel).astype(np.int8)
    _wait_for_salary(loans, s, k, late, slot, final, days)
    final = np.where(corporate, days.on_or_after(final), final)
    channel = np.where(corporate, CORPORATE, channel).astype(np.int8)
    return np.maximum(final, loans.opened[s.loan] + 1).astype(np.int32), channel


def _wait_for_salary(loans: Loans, s: Schedule, k, late, slot, final, days: Workdays) -> None:
    """Habitual late payers pay when the salary comes; before a holiday it comes on the last working day."""
    to_salary = (loans.salary_day[loans.owner] - loans.due_dom) % 30
    waits = late & (slot % 4 < 3) & np.isin(k, (INDEX["habitual"], INDEX["strained"]))
    wait = to_salary[s.loan]
    waits &= (wait >= 1) & (wait <= 12)
    here = np.flatnonzero(waits)
    final[here] = np.maximum(days.on_or_before(s.due[here] + wait[here]), s.due[here] + 1)


def _stop(lender: Lender, block: int, loans: Loans, s: Schedule, kind: np.ndarray, final: np.ndarray):
    """Long stops, up to two per loan: the instalments they begin with wait for their end. First stop and its end."""
    rng = stream(lender.seed, "stops", block)
    n = len(loans)
    rows = np.diff(s.start)
    odds = temper.column("stop")[kind]
    deep = temper.column("deep")[kind]
    after = np.zeros(n, np.int64)
    stops, ends = np.full(n, NEVER, np.int32), np.full(n, NEVER, np.int32)
    for turn in range(2):
        wait = np.floor(np.log1p(-rng.random(n)) / np.log1p(-odds)).astype(np.int64)
        length = temper.stop_length(rng.random(n), deep)
        first = after + np.minimum(wait, 1000)
        hit = np.flatnonzero(first < rows)
        row = s.start[hit] + first[hit]
        end = np.where(np.isinf(length[hit]), NEVER, s.due[row] + np.minimum(length[hit], 9999)).astype(np.int32)
        final[row] = np.maximum(final[row], end)
        if turn == 0:
            stops[hit], ends[hit] = s.due[row], end
        after = np.full(n, 10**6)
        after[hit] = first[hit] + (np.minimum(length[hit], 10**6) // 30 + 2).astype(np.int64)
    return stops, ends


def _play_parts(lender: Lender, loans: Loans, s: Schedule, final: np.ndarray) -> None:
    """Loans of the cast pay all before their key instalment soon after its day, and the key one as their part says."""
    c = loans.cast
    for place, key, due, late in zip(c.place, c.key, c.key_due, c.late, strict=True):
        first = s.start[place]
        row = first + key
        habitual = c.temper[c.place == place][0] == INDEX["habitual"]
        before = slice(first, row)
        if not habitual:
            final[before] = np.minimum(final[before], s.due[before] + 2)
        else:
            final[before] = np.minimum(final[before], s.due[before] + 12)
        if late >= 0:
            final[row] = due + late if late else min(final[row], due)
            following = slice(row + 1, s.start[place + 1])
            final[following] = np.maximum(final[following], lender.day + 1)
        else:
            dpd = lender.day - due
            never = (place * 7 + lender.seed) % 10 < min(8, dpd // 30 + 1) and dpd > 30
            final[row] = NEVER if never else lender.day + 2 + (place * 11 + lender.seed) % max(4, dpd // 3)


def _in_order(s: Schedule, final: np.ndarray) -> None:
    """Nobody pays a later instalment before an earlier one, in place."""
    lift = s.loan.astype(np.int64) << 32
    final[:] = (np.maximum.accumulate(final + lift) - lift).astype(np.int32)


def _settle(lender: Lender, block: int, loans: Loans, s: Schedule, kind: np.ndarray, final, channel):
    """Early settlement: some days after an instalment, all that is left is paid at once, with their interest."""
    rng = stream(lender.seed, "settle", block)
    n = len(loans)
    draw, where, ahead, asks, unsure = (rng.random(n) for _ in range(5))
    rows = np.diff(s.start)
    may = np.isin(kind, (INDEX["punctual"], INDEX["early"], INDEX["forgetful"])) & (rows >= 6)
    settles = may & (draw < 0.075)
    at = s.start[:-1] + 1 + (where * (rows - 3)).astype(np.int64).clip(0)
    on = (s.due[at] + 9 + ahead * 14).astype(np.int32)
    _set_settlers(lender, loans, s, settles, at, on)
    on = np.where(loans.corporate, around(lender.day).on_or_after(on), on)
    settles &= final[at] <= on
    settles_on = np.where(settles, on, NEVER).astype(np.int32)
    settled = settles[s.loan] & (np.arange(len(s.due)) > at[s.loan])
    final[settled] = settles_on[s.loan[settled]]
    channel[settled & (channel == DEBIT)] = TRANSFER
    asks_any = settles | (may & (draw > 0.965))
    asks_from = np.where(asks_any, on - 12 - (asks * 30).astype(np.int32), NEVER).astype(np.int32)
    asks_from[loans.cast.place[settles[loans.cast.place]]] = lender.day - 9
    asks_until = np.where(settles, on, on + 10 + (unsure * 20).astype(np.int32)).astype(np.int32)
    asks_until = np.where(asks_any, asks_until, NEVER).astype(np.int32)
    return settles_on, asks_from, asks_until, settled, _accrued(s, settled, at, on, settles)


def _accrued(s: Schedule, settled: np.ndarray, at: np.ndarray, on: np.ndarray, settles: np.ndarray) -> np.ndarray:
    """Interest of the running instalment by the days of it that have passed, half a minor unit up."""
    accrued = np.zeros(len(s.due), np.int64)
    last = at[settles]
    running = last + 1
    running, last, on = (each[settled[running]] for each in (running, last, on[settles]))
    whole = (s.due[running] - s.due[last]).astype(np.int64)
    days = np.clip(on - s.due[last], 0, whole)
    accrued[running] = (2 * s.interest[running] * days + whole) // (2 * whole)
    return accrued


def _set_settlers(lender: Lender, loans: Loans, s: Schedule, settles, at, on) -> None:
    """The cast's settlers settle a little after the instalment that is due next; the rest of the cast never does."""
    c = loans.cast
    settles[c.place] = False
    for role, part in enumerate(cast.PARTS):
        if part.settles:
            chosen = c.part == role
            place = c.place[chosen]
            settles[place] = True
            at[place] = s.start[place] + c.key[chosen] + 1
            on[place] = s.due[at[place]] + 8


def _bounce(lender: Lender, block: int, s: Schedule, final, channel, settled):
    """A debit that seemed to work is booked back a few days later and then paid."""
    rng = stream(lender.seed, "bounce", block)
    n = len(final)
    hit = (
        (rng.random(n) < 0.004) & (channel == DEBIT) & (final == s.debit) & ~settled
    )  # corporate money is never debited
    back = rng.integers(1, 4, n)
    again = rng.integers(1, 7, n)
    bounce = np.where(hit, final, NEVER).astype(np.int32)
    bounced = np.where(hit, final + back, NEVER).astype(np.int32)
    final[hit] += (back + again)[hit].astype(np.int32)
    channel[hit] = TRANSFER
    return bounce, bounced


def _in_two(lender: Lender, block: int, loans: Loans, s: Schedule, kind, final, settled):
    rng = stream(lender.seed, "parts", block)
    n = len(final)
    draw, when, share = rng.random(n), rng.random(n), rng.random(n)
    draw[np.isin(s.loan, loans.cast.place)] = 1.0  # a part is played to the day
    late = np.flatnonzero((final > s.due + 1) & ~settled & (draw < temper.column("part")[kind[s.loan]]))
    span = np.minimum(final[late] - s.due[late], 75)
    part, part_minor = np.full(n, NEVER, np.int32), np.zeros(n, np.int64)
    part[late] = s.due[late] + (when[late] * span).astype(np.int32)
    amount = (s.principal + s.interest + s.fee)[late]
    part_minor[late] = (amount * (0.25 + 0.5 * share[late]) / 1000).astype(np.int64) * 1000
    by_company = late[loans.corporate[s.loan[late]]]
    part[by_company] = around(lender.day).on_or_before(part[by_company])
    part[late] = np.where(part_minor[late] > 0, part[late], NEVER)
    return part, part_minor


def _too_much(lender: Lender, block: int, s: Schedule, final, channel, settled) -> np.ndarray:
    """Some round up to a full hundred yuan; the last payment is smaller by what was paid too much."""
    rng = stream(lender.seed, "over", block)
    amount = s.principal + s.interest + s.fee
    last = s.start[1:] - 1
    hit = (rng.random(len(final)) < 0.012) & (channel >= TRANSFER) & (channel <= CASH) & ~settled & (final < NEVER)
    hit[last] = False
    over = np.where(hit, -amount % 100_00, 0)
    total = np.add.reduceat(over, s.start[:-1])
    over[last] = -np.minimum(total, np.maximum(amount[last] // 2, 1))
    over[last[settled[last]]] = 0
    return over


def _book_late(lender: Lender, block: int, final, channel, settled, days: Workdays) -> np.ndarray:
    rng = stream(lender.seed, "booking", block)
    draw = rng.random(len(final))
    behind = rng.integers(1, 5, len(final))
    odds = np.array([0.001, 0.012, 0.004, 0.004, 0.05, 0.30])[channel]
    booked = days.on_or_after(final + np.where(channel == CORPORATE, 1, behind))
    lag = np.where((draw < odds) & (final < NEVER) & ~settled, booked - final, 0)
    return lag.astype(np.int16)


def _pause(lender: Lender, block: int, loans: Loans, s: Schedule, kind, stops, ends):
    """Some of those who stopped for long are given a pause: hardship, dispute, complaint, illness."""
    rng = stream(lender.seed, "pauses", block)
    n = len(loans)
    draw, begin, length = rng.random(n), rng.integers(12, 45, n), rng.integers(29, 61, n)
    reason = rng.integers(0, 4, n).astype(np.int8)
    odds = np.where(kind == INDEX["hardship"], 0.25, np.where(kind == INDEX["strained"], 0.08, 0.04))
    begins = stops.astype(np.int64) + begin
    given = (draw < odds) & (stops < NEVER) & (begins < ends)
    pause_from = np.where(given, begins, NEVER).astype(np.int32)
    pause_until = np.where(given, begins + length, NEVER).astype(np.int32)
    c = loans.cast
    for role, part in enumerate(cast.PARTS):
        chosen = c.place[c.part == role]
        pause_from[chosen] = NEVER
        if part.paused:
            pause_from[chosen] = lender.day - 5 - chosen % 7
            pause_until[chosen] = pause_from[chosen] + 29
            reason[chosen] = 0
    return pause_from, pause_until, reason
