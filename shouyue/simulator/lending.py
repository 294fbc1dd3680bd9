"""Loans and their schedules, a block at a time, as columns.

Instalments are level: interest on what is left at a twelfth of the yearly rate, the rest is principal, and the last
instalment takes up what rounding left. A renegotiated loan (rare, only before the anchor) goes on with a longer
plan of version 2 over what was left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shouyue.simulator import cast, temper, words
from shouyue.simulator.size import LATER, Lender
from shouyue.simulator.streams import pick, stream

NEVER = np.int32(2**30)

_TERMS = np.array([t for t, _ in words.TERMS])
_TERM_SHARES = np.array([w for _, w in words.TERMS])
_SALARY = np.array([d for d, _ in words.SALARY_DAYS])
_SALARY_SHARES = np.array([w for _, w in words.SALARY_DAYS])
#: products whose bank debits a day before the due day
_DEBIT_EARLY = np.array([name in ("家装分期", "现金分期") for name, *_ in words.PRODUCTS])


@dataclass
class Loans:
    """A block's loans, one place each; ``owner`` is the place of the customer among the block's customers."""

    number: np.ndarray
    owner: np.ndarray
    customer: np.ndarray  # numbers of the customers, one per customer
    temper: np.ndarray  # per customer
    salary_day: np.ndarray  # per customer
    store: np.ndarray
    product: np.ndarray
    goods: np.ndarray
    principal: np.ndarray
    term: np.ndarray
    opened: np.ndarray
    due_dom: np.ndarray
    first_month: np.ndarray  # month of the first instalment, months since 1970-01
    corporate: np.ndarray
    renegotiated: np.ndarray  # instalments before the new plan; 0 where there is none
    cast: cast.Cast

    def __len__(self) -> int:
        return len(self.number)


@dataclass
class Schedule:
    """A block's instalments, sorted by loan and number. ``start`` has the first row of each loan, and the end."""

    start: np.ndarray
    loan: np.ndarray
    k: np.ndarray
    version: np.ndarray
    due: np.ndarray
    debit: np.ndarray
    principal: np.ndarray
    interest: np.ndarray
    fee: np.ndarray

    @property
    def amount(self) -> np.ndarray:
        return self.principal + self.interest + self.fee


def make(lender: Lender, block: int) -> Loans:
    first, n = lender.span(block)
    parts = cast.of(lender, first, n) if block < LATER else cast.of(lender, lender.loans, 0)
    owner, customer = _owners(lender, block, first, n, len(parts.place))
    kinds = pick(stream(lender.seed, "temper", block), temper.SHARES, n)[: len(customer)]
    kinds[owner[parts.place]] = parts.temper
    salary = _SALARY[pick(stream(lender.seed, "salary", block), _SALARY_SHARES, n)][: len(customer)]
    store = lender.customers_store(customer)[owner]
    store[parts.place] = parts.store
    product, goods, principal, term = _goods(lender, block, n)
    term[parts.place] = parts.term
    opened, dom, first_month = _days(lender, block, term, kinds[owner], salary[owner])
    _set_cast_days(parts, opened, dom, first_month)
    rng = stream(lender.seed, "ways", block)
    corporate = (rng.random(len(customer)) < 0.035)[owner] & ~np.isin(kinds[owner], (6, 7))
    for role, part in enumerate(cast.PARTS):
        corporate[parts.place[parts.part == role]] = part.corporate
    loans = Loans(
        first + np.arange(n), owner, customer, kinds, salary, store, product, goods, principal, term, opened, dom,
        first_month, corporate, np.zeros(n, np.int32), parts,
    )  # fmt: skip
    _renegotiate(lender, block, loans)
    return loans


def _owners(lender: Lender, block: int, first: int, n: int, cast_: int) -> tuple[np.ndarray, np.ndarray]:
    """Place of each loan's customer, and the customers' numbers: about one loan in five is a further one."""
    fresh = stream(lender.seed, "owners", block).random(n) >= 0.2
    fresh[: cast_ + 1] = True
    return (np.cumsum(fresh) - 1).astype(np.int32), first + np.flatnonzero(fresh)


def _goods(lender: Lender, block: int, n: int):
    rng = stream(lender.seed, "goods", block)
    product = pick(rng, np.array([p[1] for p in words.PRODUCTS]), n)
    goods = (rng.random(n) * np.array([len(p[2]) for p in words.PRODUCTS])[product]).astype(np.int16)
    low, high = (np.log([p[i] for p in words.PRODUCTS])[product] for i in (3, 4))
    spread = (rng.random(n) + rng.random(n)) / 2
    principal = np.rint(np.exp(low + spread * (high - low)) / 100).astype(np.int64) * 100_00
    term = _TERMS[pick(rng, _TERM_SHARES, n)]
    longest = np.where(principal < 4_000_00, 12, np.where(principal < 12_000_00, 24, 36))
    return product, goods, principal, np.minimum(term, longest).astype(np.int32)


def _days(lender: Lender, block: int, term: np.ndarray, kind: np.ndarray, salary: np.ndarray):
    """Day paid out, day of the month that is due, month of the first instalment."""
    rng = stream(lender.seed, "days", block)
    n = len(term)
    if block >= LATER:
        opened = np.full(n, lender.day + 1 + block - LATER, np.int32)
        rng.random(n)
    else:
        opened = (lender.day - rng.random(n) ** 1.08 * 1.32 * term * 30.4).astype(np.int32)
    months = opened.astype("datetime64[D]").astype("datetime64[M]")
    own_dom = opened - months.astype("datetime64[D]").astype(np.int32) + 1
    by_salary = (salary + 1 + rng.integers(0, 4, n) - 1) % 28 + 1
    before_salary = (salary - rng.integers(2, 9, n) - 1) % 28 + 1
    dom = np.where(rng.random(n) < 0.4, by_salary, (own_dom - 1) % 28 + 1)
    dom = np.where(kind == temper.INDEX["habitual"], before_salary, dom).astype(np.int32)
    first_month = months.astype(np.int32) + 1
    # the first instalment is at least twenty days away
    first_month += month_start(first_month) + dom - 1 < opened + 20
    return opened, dom, first_month


def month_start(months: np.ndarray) -> np.ndarray:
    """Day number of the first of each month; months count from 1970-01."""
    low = int(months.min(initial=0))
    high = int(months.max(initial=low))
    table = np.arange(low, high + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)
    return table[months - low]


def _set_cast_days(parts: cast.Cast, opened: np.ndarray, dom: np.ndarray, first_month: np.ndarray) -> None:
    if not len(parts.place):
        return
    due = parts.key_due.astype(np.int32)
    months = due.astype("datetime64[D]").astype("datetime64[M]")
    dom[parts.place] = due - months.astype("datetime64[D]").astype(np.int32) + 1
    first_month[parts.place] = months.astype(np.int32) - parts.key
    first_due = month_start(first_month[parts.place]) + dom[parts.place] - 1
    opened[parts.place] = first_due - 24 - parts.place % 9


def _renegotiate(lender: Lender, block: int, loans: Loans) -> None:
    drawn = stream(lender.seed, "renegotiate", block).random(len(loans)) < 0.05
    half = loans.term // 2
    last_old = month_start(loans.first_month + half - 1) + loans.due_dom - 1
    strained = np.isin(loans.temper[loans.owner], (4, 5))
    fits = drawn & strained & (loans.term >= 9) & (last_old < lender.day)
    fits[loans.cast.place] = False
    loans.renegotiated = np.where(fits, half, 0).astype(np.int32)


def schedule(loans: Loans) -> Schedule:
    n = len(loans)
    left = loans.term - loans.renegotiated
    rows = np.where(loans.renegotiated > 0, loans.renegotiated + -(-left * 3 // 2), loans.term).astype(np.int64)
    start = np.zeros(n + 1, np.int64)
    np.cumsum(rows, out=start[1:])
    loan = np.repeat(np.arange(n, dtype=np.int32), rows)
    k = (np.arange(start[-1]) - start[loan]).astype(np.int32)
    due = month_start(loans.first_month[loan] + k) + loans.due_dom[loan] - 1
    new_plan = (loans.renegotiated[loan] > 0) & (k >= loans.renegotiated[loan])
    principal, interest = _split(loans, rows, start)
    per_mille = np.array([p[6] for p in words.PRODUCTS])[loans.product]
    fee = np.rint(loans.principal * per_mille / 1000 / 100).astype(np.int64) * 100
    debit = due - _DEBIT_EARLY[loans.product][loan].astype(np.int32)
    return Schedule(
        start, loan, k, 1 + new_plan.astype(np.int32), due.astype(np.int32), debit.astype(np.int32), principal,
        interest, fee[loan],
    )  # fmt: skip


def _split(loans: Loans, rows: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal and interest of every instalment, int64 minor units; principal adds up to the loan's."""
    rate = np.array([p[5] for p in words.PRODUCTS])[loans.product] / 12
    level = np.rint(loans.principal * rate / (1 - (1 + rate) ** -loans.term.astype(float)) / 10).astype(np.int64) * 10
    balance = loans.principal.copy()
    principal = np.zeros(start[-1], np.int64)
    interest = np.zeros(start[-1], np.int64)
    for k in range(int(rows.max(initial=0))):
        here = np.flatnonzero(rows > k)
        turned = here[(loans.renegotiated[here] == k) & (k > 0)]
        if len(turned):
            months = (rows[turned] - k).astype(float)
            r = rate[turned]
            level[turned] = np.rint(balance[turned] * r / (1 - (1 + r) ** -months) / 10).astype(np.int64) * 10
        due = np.rint(balance[here] * rate[here]).astype(np.int64)
        part = np.where(rows[here] == k + 1, balance[here], np.minimum(level[here] - due, balance[here]))
        interest[start[here] + k] = due
        principal[start[here] + k] = part
        balance[here] -= part
    return principal, interest
