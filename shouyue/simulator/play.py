"""The days after: customers answer, promise, pay or do not.

A ``World`` is a lender and what has been done so far. Without contacts its days are those of the export. A contact
can only move a payment that still lay ahead: most customers pay without being called, so what a call gains is small.

    world = World(loans=3_000, seed=7, as_of=date(2026, 11, 24))
    said = world.answer("C000000012", moment, "call", "10021234567")
    rows = world.day_after(date(2026, 11, 24), [Contact("C000000012", moment, reached=said.reached, …)])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from shouyue.base.errors import Code, ShouyueError
from shouyue.simulator import answers, behaviour, core, ledger, temper, told
from shouyue.simulator.answers import Answer
from shouyue.simulator.instructions import Change, File, Line
from shouyue.simulator.lending import NEVER
from shouyue.simulator.size import BLOCK, LATER, Lender
from shouyue.simulator.streams import chance
from shouyue.simulator.workdays import around, number

UNKNOWN_CUSTOMER = Code(
    "SIM-002", zh="模拟数据中没有客户 {customer}", en="customer {customer} is not in the simulated book"
)
OUT_OF_ORDER = Code(
    "SIM-003",
    zh="{day} 已经推演过或早于起始日；下一个可推演的日子是 {next} 或之后",
    en="{day} has been played or is before the first day; play {next} or later",
)

#: days before the due day from which a talk is a reminder of it
REMIND = 7


@dataclass(frozen=True)
class Contact:
    """What was done: one try to reach a customer, and what came of it. ``promise_minor`` in minor units."""

    customer_id: str
    moment: datetime
    channel: str = "call"
    number: str = ""
    reached: str = "self"
    promise_on: date | None = None
    promise_minor: int | None = None


@dataclass(frozen=True)
class _Person:
    block: ledger.Block
    place: int  # among the block's customers
    loans: np.ndarray  # places among the block's loans

    @property
    def number(self) -> int:
        return int(self.block.people.numbers[self.place])

    @property
    def kind(self) -> temper.Temper:
        return temper.TEMPERS[int(self.block.loans.temper[self.place])]

    def rows(self) -> np.ndarray:
        """The person's instalments, the oldest due first."""
        s = self.block.schedule
        rows = np.concatenate([np.arange(int(s.start[n]), int(s.start[n + 1])) for n in self.loans])
        return rows[np.argsort(s.due[rows], kind="stable")]


class World:
    """A simulated lender whose days can be played one after the other."""

    def __init__(self, loans: int, seed: int, as_of: date):
        self.lender = Lender(loans, seed, as_of)
        self._blocks: dict[int, ledger.Block] = {}
        self._phones: dict[int, dict[str, dict[str, tuple[str, str]]]] = {}
        self._core = told.Core(seed)
        self._talks: dict[tuple[int, int], float] = {}
        self._played = as_of.toordinal() - 1

    # ------------------------------------------------------------------ the lender's books
    def tables(self, as_of: date) -> dict[str, pa.Table]:
        """The full export of a day."""
        return self._rows(number(as_of), ledger.ALWAYS)

    def day_after(self, as_of: date, contacts: Iterable[Contact] = ()) -> dict[str, pa.Table]:
        """Rows that the day after ``as_of`` brings, given the contacts of ``as_of``. Days are played in order.

        Raises SIM-002 for a contact with a customer whom the lender does not have, SIM-003 for a day that was played.
        """
        self.touch(as_of, contacts)
        return self._rows(number(as_of) + 1, number(as_of))

    def touch(self, as_of: date, contacts: Iterable[Contact]) -> None:
        """Let the contacts of a day have their effect; the day is then played."""
        if as_of.toordinal() <= self._played:
            raise OUT_OF_ORDER.error(day=as_of, next=date.fromordinal(self._played + 1))
        for contact in sorted(contacts, key=lambda c: (c.customer_id, c.moment, c.channel, c.number)):
            self._effect(self._find(contact.customer_id, number(as_of)), contact, number(as_of))
        self._played = as_of.toordinal()

    def take(self, as_of: date, files: Sequence[File], exact: bool = False) -> list[told.Answer]:
        """Let the lender's core take numbered files in the evening of a day, after its contacts; what became of each
        line. What is booked is in the books of the day after. ``exact``: nothing is answered otherwise on purpose.

        Raises SIM-003 for a day before one that was played.
        """
        if as_of.toordinal() < self._played:
            raise OUT_OF_ORDER.error(day=as_of, next=date.fromordinal(self._played + 1))
        before, day = len(self._core.answers), number(as_of)
        for file in files:
            for line in file.lines:
                self._core.take(file, line, self._place(line, day), day, exact)
        return self._core.answers[before:]

    @property
    def answered(self) -> Sequence[told.Answer]:
        """What became of all lines that the core was told so far."""
        return self._core.answers

    def _place(self, line: Line, day: int) -> told.Place | None:
        if isinstance(line, Change):
            try:
                person = self._find(line.customer, day)
            except ShouyueError:
                return None
            return told.Place(person.block, person.place)
        digits = line.contract.removeprefix("SY")
        if not (line.contract.startswith("SY") and digits.isascii() and digits.isdigit() and len(digits) == 9):
            return None
        block = self._block_of(int(digits), day)
        at = int(np.searchsorted(block.loans.number, int(digits))) if block else 0
        if block is None or at >= len(block.loans) or block.loans.number[at] != int(digits):
            return None
        return told.Place(block, at) if block.loans.opened[at] <= day else None

    def rows(self, until: date, since: date) -> dict[str, pa.Table]:
        """Rows booked or changed after ``since`` and by ``until``."""
        return self._rows(number(until), number(since))

    def _rows(self, until: int, since: int) -> dict[str, pa.Table]:
        pieces = [ledger.tables(block, until, since) for block in self._blocks_by(until)]
        return {name: pa.concat_tables([p[name] for p in pieces]) for name in pieces[0]}

    def statement(self, as_of: date, slipping: bool = True) -> tuple[pa.Table, dict[str, str]]:
        """What the lender's core says of its loans in the evening of the day, and where it slips (``core``)."""
        stated = [core.statement(block, number(as_of), slipping) for block in self._blocks_by(number(as_of))]
        slips = {loan: slip for _, some in stated for loan, slip in some.items()}
        return pa.concat_tables([table for table, _ in stated]), slips

    def _blocks_by(self, until: int) -> list[ledger.Block]:
        later = range(LATER, LATER + max(0, until - self.lender.day))
        return [self._block(n) for n in (*self.lender.blocks, *later)]

    def _block(self, n: int) -> ledger.Block:
        if n not in self._blocks:
            self._blocks[n] = ledger.block(self.lender, n)
        return self._blocks[n]

    # ------------------------------------------------------------------ the people
    def answer(self, customer_id: str, moment: datetime, channel: str = "call", number_: str = "") -> Answer:
        """What happens when this number is tried now; without a number, the customer's first.

        Asks nothing of the world and changes nothing in it: the same question has the same answer.
        """
        day = number(moment.astimezone(answers.HOME).date())
        person = self._find(customer_id, day)
        phones = self._numbers(person, customer_id, day)
        phone = number_ or next(iter(phones))
        relation, place = phones.get(phone, ("", ""))
        seed = self.lender.seed
        gone = relation == "self" and bool((person.block.plan.lost_from[person.loans] <= day).any())
        stale = relation != "" and chance(seed, "stale", customer_id, phone) < (0.02 if relation == "self" else 0.07)
        call = answers.Call(seed, person.number, moment, channel, phone, relation, place, gone or stale)
        return answers.answer(call, person.kind, self._standing(person, day))

    def _find(self, customer_id: str, day: int) -> _Person:
        digits = customer_id.removeprefix("C")
        if not (customer_id.startswith("C") and digits.isascii() and digits.isdigit()):
            raise UNKNOWN_CUSTOMER.error(customer=customer_id[:40])
        block = self._block_of(int(digits), day)
        place = int(np.searchsorted(block.people.numbers, int(digits))) if block else 0
        if block is None or place >= len(block.people.numbers) or block.people.numbers[place] != int(digits):
            raise UNKNOWN_CUSTOMER.error(customer=customer_id[:40])
        return _Person(block, place, np.flatnonzero(block.loans.owner == place))

    def _block_of(self, n: int, day: int) -> ledger.Block | None:
        """The block that the loan, or the customer, of this number is in; None where there is none by the day."""
        loans = self.lender.loans
        of = n // BLOCK if n < loans else LATER + (n - loans) // self.lender.later_per_day
        return None if of > LATER + day - self.lender.day - 1 else self._block(of)

    def _numbers(self, person: _Person, customer: str, day: int) -> dict[str, tuple[str, str]]:
        """Relation and place of every number of the customer, as his lender knows them on the day."""
        b = person.block
        if b.number not in self._phones:
            book: dict[str, dict[str, tuple[str, str]]] = {}
            columns = (b.contacts[c].to_pylist() for c in ("customer_id", "phone", "relation", "place"))
            for owner, phone, relation, place in zip(*columns, strict=True):
                book.setdefault(owner, {})[phone] = (relation, place)
            self._phones[b.number] = book
        for told_on, whose, rows in reversed(b.booked.lists):
            if whose == customer and told_on <= day:
                return {row["phone"]: (row["relation"], row["place"] or "") for row in rows}
        return self._phones[b.number][customer]

    def _standing(self, person: _Person, day: int) -> answers.Standing:
        s, p = person.block.schedule, person.block.plan
        rows = person.rows()
        rows = rows[person.block.loans.opened[s.loan[rows]] <= day]
        # money booked later than it counts from still looks open today
        unbooked = (p.final[rows] <= day) & (p.final[rows] + p.lag[rows] > day) & (s.due[rows] < day)
        unpaid = rows[p.final[rows] + p.lag[rows] > day]
        late = unpaid[s.due[unpaid] < day]
        ahead = unpaid[s.due[unpaid] >= day]
        return answers.Standing(
            overdue_minor=int(self._open(person.block, late, day).sum()),
            dpd=int(day - s.due[late[0]]) if len(late) else 0,
            due_in=int(s.due[ahead[0]] - day) if len(ahead) else None,
            paid_unbooked=bool(unbooked.any()),
        )

    def _open(self, block: ledger.Block, rows: np.ndarray, day: int) -> np.ndarray:
        """What is open on unpaid instalments, charges until ``day`` with them."""
        p = block.plan
        part = np.where(p.part[rows] <= day, p.part_minor[rows], 0)
        charged = ledger.charges_by(block, rows, np.full(len(rows), day))
        return np.maximum(block.schedule.amount[rows] - part + charged, 0)

    # ------------------------------------------------------------------ what contacts do
    def _effect(self, person: _Person, contact: Contact, day: int) -> None:
        weight = self._weight(contact)
        if weight <= 0:
            return
        s, p = person.block.schedule, person.block.plan
        rows = person.rows()
        on_its_way = (p.bounce[rows] <= day) & (day < p.bounced[rows])
        open_ = rows[
            (p.final[rows] > day)
            & ~(p.settled[rows] | p.held[rows] | on_its_way)
            & (person.block.loans.opened[s.loan[rows]] <= day)
        ]
        late = open_[s.due[open_] < day]
        if contact.reached == "self" and contact.promise_on and contact.promise_minor:
            self._promised(person, open_, contact, day)
        elif len(late):
            self._urged(person, late, weight, day)
        else:
            self._reminded(person, open_[s.due[open_] <= day + REMIND], weight, day)

    def _weight(self, contact: Contact) -> float:
        """How much of a talk with the borrower this contact is worth."""
        if contact.channel in answers.READ:
            return answers.READ[contact.channel]
        return {"self": 1.0, "other": 0.15}.get(contact.reached, 0.0)

    def _heeds(self, person: _Person, row: int, weight: float) -> bool:
        """The same instalment is talked about more than once: each further talk adds less."""
        key = (person.block.number, row)
        before = self._talks.get(key, 0.0)
        self._talks[key] = before + weight
        worth = 1.0 - 0.5 ** (2.0 * self._talks[key])  # one talk 0.75, two 0.94
        return chance(self.lender.seed, "heeds", *key) < min(0.95, person.kind.heeds * worth / 0.75)

    def _urged(self, person: _Person, late: np.ndarray, weight: float, day: int) -> None:
        """After a talk without a promise some pay within three days what is late on the oldest loan."""
        s = person.block.schedule
        if not self._heeds(person, int(late[0]), weight):
            return
        wait = 1 + int(chance(self.lender.seed, "wait", person.number, int(late[0])) * 3)
        for row in late[s.loan[late] == s.loan[late[0]]]:
            self._pay(person.block, int(row), day + wait)

    def _reminded(self, person: _Person, due: np.ndarray, weight: float, day: int) -> None:
        """Who would have been late pays on the day, or the day before."""
        s = person.block.schedule
        for row in due:
            if self._heeds(person, int(row), weight):
                early = int(chance(self.lender.seed, "early", person.block.number, int(row)) < 0.4)
                self._pay(person.block, int(row), max(day + 1, int(s.due[row]) - early))

    def _promised(self, person: _Person, open_: np.ndarray, contact: Contact, day: int) -> None:
        """A kept promise pays the oldest first, as far as it goes; some of the broken ones are kept in part."""
        assert contact.promise_on is not None and contact.promise_minor is not None
        seed, on = self.lender.seed, number(contact.promise_on)
        draw = chance(seed, "keeps", person.number, contact.promise_on)
        keeps = person.kind.keeps
        if draw < keeps:
            left = contact.promise_minor
        elif draw < keeps + (1 - keeps) * 0.22:
            left = contact.promise_minor // 2 // 100 * 100
        else:
            return
        early = int(chance(seed, "early", person.number, contact.promise_on) < 0.25)
        pay_on = max(day + 1, on - early)
        due = open_[person.block.schedule.due[open_] <= max(day + REMIND, on)]
        for row in due:
            owed = int(self._open(person.block, np.array([row]), pay_on)[0])
            # a late fee may have come on top since the promise: who keeps his word pays it too
            if owed <= left + 50_00:
                self._pay(person.block, int(row), pay_on)
                left -= owed
            else:
                self._pay_part(person.block, int(row), pay_on, left)
                return
            if left <= 0:
                return

    def _pay(self, block: ledger.Block, row: int, on: int) -> None:
        """The instalment is paid on that day if it would have been later; a debit on the way stays."""
        p = block.plan
        if p.final[row] <= on:
            return
        if p.part[row] >= on:
            p.part[row], p.part_minor[row] = NEVER, 0
        if p.bounce[row] > on:
            p.bounce[row] = p.bounced[row] = NEVER
        elif p.bounce[row] < NEVER and p.bounced[row] >= on:
            return
        if p.channel[row] == behaviour.CORPORATE:
            on = min(int(around(self.lender.day).on_or_after(np.array([on]))[0]), int(p.final[row]))
        p.final[row], p.lag[row] = on, 0
        if p.channel[row] != behaviour.CORPORATE:
            p.channel[row] = behaviour.WECHAT

    def _pay_part(self, block: ledger.Block, row: int, on: int, minor: int) -> None:
        p = block.plan
        if minor >= 10_00 and p.part[row] >= on and p.final[row] > on:
            whole = int(block.schedule.amount[row])
            p.part[row], p.part_minor[row] = on, min(minor, whole - 1_00)
