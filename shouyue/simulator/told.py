"""What the simulated core makes of the instructions it is given.

Most lines are booked as they say. In every ``SET`` lines of a kind, over all files, one is booked otherwise and one is
not booked at all; of early settlements the borrower of one more does not pay. Which ones follows from the seed alone,
so that who reconciles the core's next export has something to find, and an ``Answer`` says what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from shouyue.simulator import ledger, settling
from shouyue.simulator.booked import Row
from shouyue.simulator.instructions import CONCESSIONS, CONTACTS, SETTLEMENTS, Change, File, Line, Settle, Waive
from shouyue.simulator.streams import chance

SET = 6
BOOKED, OTHERWISE, REFUSED, UNPAID = "booked", "otherwise", "refused", "unpaid"
#: what happens beside booking, by kind: one of each in a set
SLIPS = {
    CONCESSIONS: (OTHERWISE, REFUSED),
    SETTLEMENTS: (OTHERWISE, REFUSED, UNPAID),
    CONTACTS: (OTHERWISE, REFUSED),
}
#: an address or employer that is booked otherwise is cut off, as by a narrow column
NARROW = 10
RELATIONS = ("self", "guarantor", "spouse", "parent", "child", "relative", "friend", "colleague", "employer", "other")


@dataclass(frozen=True)
class Answer:
    """What became of one line. ``why`` is one word where it was not booked as told; ``on`` a day, ``minor`` what was
    booked of money. Says nothing personal.
    """

    kind: str
    instruction: int
    line: int
    subject: str  # contract or customer
    what: str  # component or change
    told_minor: int | None
    answer: str
    why: str = ""
    on: int | None = None
    minor: int | None = None


@dataclass(frozen=True)
class Place:
    """A contract or a customer: the block, and the loan or the customer in it."""

    block: ledger.Block
    at: int


class Core:
    """Takes files one after the other. ``exact``: nothing is answered otherwise on purpose."""

    def __init__(self, seed: int):
        self.seed = seed
        self.answers: list[Answer] = []
        self._lines: Counter[str] = Counter()

    def intends(self, kind: str, exact: bool) -> str:
        """What to do with the next line of a kind."""
        n = self._lines[kind]
        self._lines[kind] += 1
        if exact:
            return BOOKED
        lots = sorted(range(SET), key=lambda place: chance(self.seed, "told", kind, n // SET, place))
        slips = dict(zip(lots, SLIPS[kind], strict=False))
        return slips.get(n % SET, BOOKED)

    def take(self, file: File, line: Line, place: Place | None, day: int, exact: bool) -> None:
        """Book one line in the evening of ``day``; ``place`` is None for a contract or customer of no one."""
        intent = self.intends(file.kind, exact)
        if place is None:
            said = REFUSED, "unknown", None, None
        elif isinstance(line, Waive):
            said = _waive(place, line, day, intent)
        elif isinstance(line, Settle):
            said = settling.settle(place.block, place.at, line, day, intent, self.seed)
        else:
            said = _change(place, line, day, intent)
        subject = line.customer if isinstance(line, Change) else line.contract
        what = line.change if isinstance(line, Change) else line.component if isinstance(line, Waive) else "settle"
        told = None if isinstance(line, Change) else line.minor
        self.answers.append(Answer(file.kind, file.number, line.line, subject, what, told, *said))


Said = tuple[str, str, int | None, int | None]


def _waive(place: Place, line: Waive, day: int, intent: str) -> Said:
    """Less is asked of the newest charges of the component that are not paid yet."""
    b = place.block
    rows = settling.unpaid(b, place.at, day)
    late_fee = line.component == "late_fee"
    open_ = [one for one in ledger.raised(b, rows, day) if one[3] and (one[2] == 0) == late_fee]
    if line.currency != settling.CURRENCY or line.component not in ("late_fee", "penalty"):
        return REFUSED, "unknown", None, None
    if sum(minor for *_, minor in open_) < line.minor:
        return REFUSED, "more_than_open", None, None
    if intent == REFUSED:
        return REFUSED, "not_booked", None, None
    minor = line.minor if intent == BOOKED else max(1, line.minor // 2)
    settling.waive(b, open_, minor, day + 1)
    return (BOOKED, "", day + 1, minor) if intent == BOOKED else (OTHERWISE, "half", day + 1, minor)


# ---------------------------------------------------------------- contact data
def _change(place: Place, line: Change, day: int, intent: str) -> Said:
    if intent == REFUSED:
        return REFUSED, "ignored", None, None
    if line.change in ("address", "employer"):
        return _detail(place.block, line, day, intent)
    rows = _numbers(place.block, line.customer, day + 1)
    renewed, answer, why = _NUMBERS[line.change](rows, line, intent)
    if renewed != rows:
        place.block.booked.lists.append((day + 1, line.customer, renewed))
    return answer, why, None if answer == REFUSED else day + 1, None


def _detail(b: ledger.Block, line: Change, day: int, intent: str) -> Said:
    value = line.cells.get("value", "")
    if not value or (intent == OTHERWISE and len(value) <= NARROW):
        return REFUSED, "ignored", None, None
    said: Row = {line.change: value if intent == BOOKED else value[:NARROW]}
    if line.change == "address":
        said |= {name: line.cells[name] for name in ("city", "zone") if name in line.cells}
    b.booked.details.append((day + 1, line.customer, said))
    return (BOOKED, "", day + 1, None) if intent == BOOKED else (OTHERWISE, "cut_off", day + 1, None)


def _numbers(b: ledger.Block, customer: str, day: int) -> list[Row]:
    first = b.contacts.filter(pc.equal(b.contacts["customer_id"], customer)).to_pylist()
    return b.booked.numbers(first, day)


def _digits(phone: str) -> str:
    return "".join(one for one in phone if one.isascii() and one.isdigit())


def same(one: str, other: str) -> bool:
    """Are these one number, with or without the country's code?"""
    short, long = sorted((_digits(one), _digits(other)), key=len)
    return short == long or (len(short) >= 7 and long.endswith(short))


def _find(rows: Sequence[Row], line: Change) -> int | None:
    return next((n for n, row in enumerate(rows) if same(row["phone"], line.cells.get("phone", ""))), None)


def _add(rows: list[Row], line: Change, intent: str) -> tuple[list[Row], str, str]:
    phone = line.cells.get("phone", "")
    if not _digits(phone):
        return rows, REFUSED, "unknown"
    if intent == OTHERWISE:  # typed in by hand: the last two digits stand the wrong way round
        last = phone[-2:][::-1]
        phone = phone[:-2] + (last if last != phone[-2:] else last[0] + str((int(last[1]) + 1) % 10))
    elif _find(rows, line) is not None:
        return rows, BOOKED, "known"
    relation = line.cells.get("relation", "")
    new = {
        "customer_id": line.customer,
        "phone": phone,
        "relation": relation if relation in RELATIONS else "other",
        "name": line.cells.get("name"),
        "place": line.cells.get("place"),
        "knows_of_loan": True if relation == "self" else None,
        "consent": None,
        "rank": max((row["rank"] or 0 for row in rows), default=0) + 1,
    }
    return [*rows, new], intent, "" if intent == BOOKED else "mistyped"


def _correct(rows: list[Row], line: Change, intent: str) -> tuple[list[Row], str, str]:
    at = _find(rows, line)
    fields = {name: line.cells[name] for name in ("relation", "place", "name") if name in line.cells}
    if at is None or not fields:
        return rows, REFUSED, "unknown"
    if intent == OTHERWISE and len(fields) == 1:
        return rows, REFUSED, "ignored"
    if intent == OTHERWISE:
        fields = dict([next(iter(fields.items()))])
    renewed = [*rows[:at], rows[at] | fields, *rows[at + 1 :]]
    return renewed, intent, "" if intent == BOOKED else "first_alone"


def _mark(rows: list[Row], line: Change, intent: str) -> tuple[list[Row], str, str]:
    at = _find(rows, line)
    if at is None or line.cells.get("mark") == "verified":
        return rows, BOOKED, "" if at is not None else "known"
    rest = [*rows[:at], *rows[at + 1 :]]
    if not rest:
        return rows, REFUSED, "last_number"
    if intent == OTHERWISE:  # kept, to be tried last
        last = max(row["rank"] or 0 for row in rows) + 1
        return [*rest, rows[at] | {"rank": last}], OTHERWISE, "kept_last"
    return rest, BOOKED, ""


_NUMBERS = {"number_added": _add, "number_corrected": _correct, "number_marked": _mark}
