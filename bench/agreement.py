"""Does the kernel say what the plain reference says? Random loans in all conventions, as many as one likes.

    python bench/agreement.py [--loans 20000] [--minutes N] [--seed 1] [--workers N]

Loans of every kind (several plans, parts, part payments, late bookings, reversals and reversals of those, charges,
pauses) are aged in small books: half of the books under a random mixture of rules, the others under the shipped
conventions in turn, each on a random day and with the knowledge of a random day. Every output column of every loan is
compared, and the days past due of every day, as they were and as they were seen. Prints the first difference and exits
1, or says that there was none.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from multiprocessing import get_context

from shouyue.ageing import convention as conventions
from shouyue.ageing.convention import Convention
from shouyue.ageing.history import history_of
from shouyue.ageing.one import LoanTables
from shouyue.ageing.reference import Charge, Instalment, Loan, Pause, Payment, age_customer, diary, dpd_on
from shouyue.ageing.trial import aged, tables
from shouyue.base.workdays import SHIFTS

BEGIN = date(2023, 1, 20)
SPAN = 150
LOANS_OF_A_BOOK = 40


@dataclass(frozen=True)
class Outcome:
    """``difference`` is empty where there was none."""

    loans: Counter[str]
    difference: str = ""


def some_day(chance: random.Random, span: int = SPAN) -> date:
    return BEGIN + timedelta(days=chance.randrange(span))


def some_amount(chance: random.Random) -> int:
    return chance.choice([0, 10, 20, 50, 100, chance.randrange(60), chance.randrange(60), chance.randrange(2000)])


def some_plan(chance: random.Random) -> list[Instalment]:
    """Either rows thrown together or, more often, a monthly plan."""
    plan = {}
    if chance.random() < 0.4:
        drawn = [
            (chance.randint(1, 5), chance.randint(1, 3), some_day(chance), some_amount(chance))
            for _ in range(chance.randrange(8))
        ]
    else:
        first, amount = some_day(chance, 60), chance.choice([50, 100, 1000])
        step = chance.choice([7, 14, 30, 30, 31])
        drawn = [(n + 1, 1, first + timedelta(days=step * n), amount) for n in range(chance.randint(1, 8))]
    for seq, version, due, amount in drawn:
        fee = chance.choice([None, chance.randint(0, amount)])
        interest = chance.choice([None, chance.randint(0, amount - (fee or 0))])
        debit = chance.choice([None, due + timedelta(days=chance.randint(-3, 40))])
        plan[seq, version, due] = Instalment(seq, due, amount, version, debit, fee, interest)
    return list(plan.values())


def some_payments(chance: random.Random, plan: list[Instalment]) -> list[Payment]:
    made: list[Payment] = []
    for n in range(chance.randrange(10)):
        value, amount = some_day(chance), some_amount(chance)
        if plan and chance.random() < 0.5:
            due = chance.choice(plan)
            value, amount = due.due + timedelta(days=chance.randint(-5, 50)), due.amount
        reverses = None
        if made and chance.random() < 0.2:
            reverses = chance.choice([chance.choice(made).id, "lost"])
        booked = chance.choice([None, value + timedelta(days=chance.randrange(50))])
        made.append(Payment(f"P{n}", value, amount, booked, reverses))
    return made


def some_loan(chance: random.Random) -> Loan:
    plan = some_plan(chance)
    kinds = ("penalty", "late_fee")
    charges = [Charge(chance.choice(kinds), some_day(chance), some_amount(chance)) for _ in range(chance.randrange(4))]
    pauses = []
    for _ in range(chance.choice([0, 0, 1, 3])):
        start = some_day(chance)
        pauses.append(Pause(start, start + timedelta(days=chance.randrange(40))))
    opened = chance.choice([None, some_day(chance, 60)])
    return Loan(plan, some_payments(chance, plan), charges, pauses, opened)


def some_convention(chance: random.Random) -> Convention:
    """Any mixture of rules that may go together."""
    pick = chance.choice
    counter = pick(conventions.COUNTERS)
    charges = pick(conventions.CHARGE_ORDERS)
    parts = list(conventions.ALL_PARTS if charges == "as_parts" else conventions.PARTS)
    chance.shuffle(parts)
    charges_late = pick([False, False, True])
    basis_points = pick([0, 0, 100, 2500])
    shift = pick(["none", "none", *SHIFTS])
    customer_dpd = pick(["none", *conventions.CUSTOMER_DPD])
    level = pick(conventions.LEVELS) if customer_dpd == "effective" else "loan"
    return Convention(
        "any",
        counter=counter,
        missed=pick(conventions.MISSED) if counter == "missed_payments" else "next_due",
        count_from=pick(conventions.COUNT_FROM),
        grace_days=pick([0, 0, 3, 10]),
        pauses=pick([p for p in conventions.PAUSES if (level, counter, p) != ("customer", "consecutive", "whole")]),
        charges_late=charges_late,
        shift=shift,
        calendar="" if shift == "none" else pick(["CN", "CN", "", "ECB"]),
        threshold_minor=pick([0, 0, 0, 10, 60]),
        threshold_basis_points=basis_points,
        exposure=pick(conventions.EXPOSURES) if basis_points else "balance",
        materiality_level=level,
        customer_dpd=customer_dpd,
        instalments=pick(conventions.INSTALMENT_ORDERS),
        charges=charges,
        direction=pick(conventions.DIRECTIONS),
        parts=tuple(parts),
        plan=pick(conventions.PLANS),
        overdue_with_charges=charges_late or pick([True, False]),
    )


def try_book(seed: int) -> Outcome:
    """One book: random loans, one convention, one day, one knowledge."""
    chance = random.Random(seed)
    names = conventions.shipped()
    if seed % 2:
        convention = some_convention(chance)
    else:
        convention = conventions.load(names[seed // 2 % len(names)])
    book = [some_loan(chance) for _ in range(LOANS_OF_A_BOOK)]
    as_of = some_day(chance, SPAN + 60)
    known_at = chance.choice([None, some_day(chance)])
    customer = sorted(chance.randrange(LOANS_OF_A_BOOK // 2) for _ in book)
    kernels = aged(book, as_of, known_at, convention, customer)
    references = [
        one
        for _, his in groupby(zip(customer, book, strict=True), key=lambda pair: pair[0])
        for one in age_customer([loan for _, loan in his], as_of, known_at, convention)
    ]
    for place, (loan, kernel, reference) in enumerate(zip(book, kernels, references, strict=True)):
        wrong = {name: (kernel[name], reference[name]) for name in reference if kernel[name] != reference[name]}
        if not wrong and set(kernel) == set(reference) and place % 4 == 0:
            wrong = _days_that_differ(loan, as_of, known_at, convention)
        if wrong or set(kernel) != set(reference):
            his = [one for number, one in zip(customer, book, strict=True) if number == customer[place]]
            said = f"seed {seed}, loan {place}, {as_of}, known {known_at}\n{convention}\n{loan}\nof {his}\n"
            return Outcome(Counter(), f"{said}(kernel, reference): {wrong}")
    return Outcome(Counter({convention.name: len(book)}))


def _days_that_differ(loan: Loan, as_of: date, known_at: date | None, convention: Convention) -> dict:
    wanted = diary(loan, as_of, known_at, convention)
    found = history_of(LoanTables(**tables([loan])), min(wanted), as_of, known_at, convention)
    days = dict(zip(sorted(wanted), found.dpd.tolist(), strict=True))
    wrong = {day: (days[day], wanted[day]) for day in wanted if days[day] != wanted[day]}
    for event in found.events:
        if min(wanted) <= event.learned <= as_of and not wrong:
            seen = int(found.seen[found.place(event.learned)])
            reference = dpd_on(loan, event.learned, min(event.learned, known_at or event.learned), convention)
            if seen != reference:
                wrong[f"seen on {event.learned}"] = (seen, reference)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop then, however many loans are left")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    said = parser.parse_args()
    books = range(said.seed, said.seed + -(-said.loans // LOANS_OF_A_BOOK))
    for seed in books[:2]:  # compiled once, not by every worker
        try_book(seed)
    total: Counter[str] = Counter()
    began = time.perf_counter()
    with ProcessPoolExecutor(said.workers, mp_context=get_context("spawn")) as pool:
        for outcome in pool.map(try_book, books, chunksize=8):
            total += outcome.loans
            if outcome.difference:
                print(outcome.difference)
                pool.shutdown(cancel_futures=True)
                return 1
            if time.perf_counter() - began > said.minutes * 60:
                pool.shutdown(cancel_futures=True)
                break
    took = time.perf_counter() - began
    for name, loans in sorted(total.items()):
        print(f"{name:<16}{loans:>12,}")
    last = books[0] + total.total() // LOANS_OF_A_BOOK - 1
    print(f"{total.total():,} loans, seeds {books[0]} to {last}, {took:.0f} s: nothing differed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
