"""What it takes to settle a loan early on a day (提前结清): the plan that would then be left, aged by the same kernel.

Who settles early is relieved of what is not earned by that day. So the plan is written as it would be then: instalments
due by the day stand; of the running one as much interest and fee stays as the terms say, of later ones likewise. What
is owed on *that* plan is what ageing says of it. So money paid ahead counts in full, whichever part of the old plan it
had met, and the order of parts is the convention's. Principal is never relieved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from shouyue.ageing.convention import Convention
from shouyue.ageing.one import FileVersion, LoanTables, Place
from shouyue.ageing.run import check_day
from shouyue.ageing.shard import Aged, Rows, age_rows, day_number, figures_of, lent, months_before
from shouyue.base.errors import Code

NO_PARTS = Code(
    "AGE-036",
    zh="账册没有给出合同 {loan} 每期的利息，无法按条款“{terms}”试算提前结清",
    en="the book does not say how much of the instalments of loan {loan} is interest, so the terms '{terms}' cannot be"
    " worked out",
)
BAD_TERMS = Code("AGE-037", zh="提前结清条款“{terms}”：{zh}", en="terms of early settlement '{terms}': {en}")

#: what stays of the interest, or of the fees, of instalments that are not due yet: nothing; of the running one by its
#: days; the running one's whole; all
KEPT = ("due", "accrued", "period", "full")
PARTS = ("principal", "interest", "fee", "penalty", "late_fee")
MILLION = 1_000_000


@dataclass(frozen=True)
class Terms:
    """What the contract says of settling early. Shares are parts per million, amounts minor units.

    ``penalty_ppm_a_day``: of what is past due, for each day from the book's to the settling one. ``fee_ppm``: of the
    principal that is not due yet, at least and at most so much, nothing once ``fee_free_after`` instalments were due
    (0: never free), and with ``fee_within_saving`` never more than what is saved.
    """

    name: str
    zh: str = ""
    en: str = ""
    source: str = ""
    interest: str = "accrued"
    fees: str = "due"
    penalty_ppm_a_day: int = 0
    fee_ppm: int = 0
    fee_least_minor: int = 0
    fee_most_minor: int | None = None
    fee_free_after: int = 0
    fee_within_saving: bool = True

    def __post_init__(self) -> None:
        """Raises AGE-037."""
        for key in ("interest", "fees"):
            if getattr(self, key) not in KEPT:
                allowed = " | ".join(KEPT)
                raise BAD_TERMS.error(terms=self.name, zh=f"{key} 应为 {allowed}", en=f"{key} must be {allowed}")
        for key in ("penalty_ppm_a_day", "fee_ppm", "fee_least_minor", "fee_most_minor", "fee_free_after"):
            value = getattr(self, key)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53):
                raise BAD_TERMS.error(terms=self.name, zh=f"{key} 应为非负整数", en=f"{key} must be 0 or more")
        for key in ("penalty_ppm_a_day", "fee_ppm"):
            if getattr(self, key) > MILLION:
                raise BAD_TERMS.error(terms=self.name, zh=f"{key} 超过百万分之百万", en=f"{key} is more than the whole")


@dataclass(frozen=True)
class Part:
    """An instalment that is not due by the day: what the plan asks of it, what stays, and by how many of its days.

    ``of_days`` is 0 where the days do not count.
    """

    due: date
    principal_minor: int
    interest_minor: int
    interest_kept_minor: int
    fee_minor: int
    fee_kept_minor: int
    days: int
    of_days: int


@dataclass(frozen=True)
class Payoff:
    """``contract`` and ``asked`` by ``PARTS``: open on the day by the plan as it stands, and when it is settled.

    ``penalty_added_minor`` is what the terms add to the penalties from the book's day on, in both. ``paid_minor`` is
    all that was paid with a value date up to the day, net; ``over_minor`` what of it no settled plan asks for.
    """

    day: date
    contract: dict[str, int]
    asked: dict[str, int]
    fee_minor: int
    penalty_added_minor: int
    paid_minor: int
    over_minor: int
    ahead: tuple[Part, ...]

    @property
    def total_minor(self) -> int:
        return sum(self.asked.values()) + self.fee_minor

    @property
    def saved_minor(self) -> int:
        """What the borrower need not pay of the plan, before any fee."""
        return sum(self.contract.values()) - sum(self.asked.values())


def loan_row(version: FileVersion, place: Place) -> dict[str, Any]:
    """What terms are chosen by: product, currency and the day the loan was paid out."""
    with version.opened("loans", place.shard) as file:
        assert file is not None
        return file.read(columns=["product", "currency", "opened_on"]).slice(place.row, 1).to_pylist()[0]


def payoff(
    tables: LoanTables,
    day: date,
    as_of: date,
    terms: Terms,
    convention: Convention,
    opened: date | None,
    known_at: date | None = None,
    loan_id: str = "",
) -> Payoff:
    """What settles a loan on ``day``, from its tables; ``as_of`` is the book's day, ``known_at`` None all it knows.

    The loan was paid out on ``opened``; where nobody says when, its first instalment is for a month. Raises AGE-007 for
    a day outside the calendar, AGE-036.
    """
    check_day(day)
    rows = tables.rows(known_at, convention)
    ahead = _ahead(tables, rows, day, terms, opened, loan_id)
    settled = _settled(rows, ahead)
    before, after = (age_rows(plan, day, convention, loan_name=lambda _row: loan_id) for plan in (rows, settled))
    added = _penalty(settled, after, day, as_of, terms)
    contract, asked = (_by_part(figures_of(aged, 0, convention), added) for aged in (before, after))
    saved = sum(contract.values()) - sum(asked.values())
    paid = int(rows.columns.paid[rows.columns.value_day <= day_number(day)].sum())
    columns = settled.columns
    whole = int(columns.amount.sum()) + int(columns.chg_amount[columns.chg_due <= day_number(day)].sum())
    return Payoff(
        day=day,
        contract=contract,
        asked=asked,
        fee_minor=_fee(terms, [part for part, _ in ahead], asked["principal"], saved, rows.columns.due.size),
        penalty_added_minor=added,
        paid_minor=paid,
        over_minor=max(0, paid - whole),
        ahead=tuple(part for part, _ in ahead),
    )


def _by_part(figures: dict, added: int) -> dict[str, int]:
    found = {part: figures[f"outstanding_{part}_minor"] for part in PARTS}
    return found | {"penalty": found["penalty"] + added}


def _ahead(
    tables: LoanTables, rows: Rows, day: date, terms: Terms, opened: date | None, loan_id: str
) -> list[tuple[Part, int]]:
    """The instalments that are not due by the day, in due order, each with its place among the rows that count."""
    given = tables.instalments if rows.picked is None else tables.instalments.take(rows.picked)
    due: list[date] = given.column("due_date").to_pylist()
    later = sorted((at for at, one in enumerate(due) if one > day), key=lambda at: due[at])
    if not later:
        return []
    if terms.interest != "full" and any(given.column("interest_minor")[at].as_py() is None for at in later):
        raise NO_PARTS.error(loan=loan_id, terms=terms.name)
    running = due[later[0]]
    begins = max((one for one in due if one <= day), default=None) or opened or months_before(running, 1)
    of_days, days = (running - begins).days, (day - begins).days
    days, of_days = (min(max(days, 0), of_days), of_days) if of_days > 0 else (0, 0)
    found = []
    for at in later:
        amount, fee, interest = (int(column[at]) if column.size else 0 for column in _money(rows))
        fee = min(fee, amount)
        interest = min(interest, amount - fee)
        now = due[at] == running
        kept = {
            "due": (0, 0),
            "accrued": tuple(_share(minor, days, of_days) if now else 0 for minor in (interest, fee)),
            "period": (interest, fee) if now else (0, 0),
            "full": (interest, fee),
        }
        counts = now and "accrued" in (terms.interest, terms.fees)
        part = Part(
            due[at],
            amount - fee - interest,
            *(interest, kept[terms.interest][0], fee, kept[terms.fees][1]),
            *((days, of_days) if counts else (0, 0)),
        )
        found.append((part, at))
    return found


def _money(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return rows.columns.amount, rows.columns.fee, rows.columns.interest


def _share(minor: int, part: int, whole: int) -> int:
    """So many parts of a whole, half a minor unit up; nothing of no whole."""
    return (2 * minor * part + whole) // (2 * whole) if whole else 0


def _settled(rows: Rows, ahead: list[tuple[Part, int]]) -> Rows:
    """The plan as it stands when the loan is settled."""
    amount, fee, interest = (np.array(column) for column in _money(rows))
    for part, at in ahead:
        amount[at] = part.principal_minor + part.interest_kept_minor + part.fee_kept_minor
        if fee.size:
            fee[at] = part.fee_kept_minor
        if interest.size:
            interest[at] = part.interest_kept_minor
    columns = rows.columns._replace(amount=lent(amount), fee=lent(fee), interest=lent(interest))
    return Rows(rows.loans, columns, rows.picked)


def _penalty(rows: Rows, aged: Aged, day: date, as_of: date, terms: Terms) -> int:
    """What is past due by the settling day earns the penalty rate from the book's day, or its own later one, on."""
    if not terms.penalty_ppm_a_day:
        return 0
    since = np.maximum(rows.columns.due, day_number(as_of))
    days = np.maximum(day_number(day) - since, 0)
    owed = sum(int(minor) * int(count) for minor, count in zip(aged.work.open_, days, strict=True))
    return _share(owed, terms.penalty_ppm_a_day, MILLION)


def _fee(terms: Terms, ahead: list[Part], owed: int, saved: int, instalments: int) -> int:
    free = terms.fee_free_after and instalments - len(ahead) >= terms.fee_free_after
    principal = min(owed, sum(part.principal_minor for part in ahead))
    if free or not principal or not (terms.fee_ppm or terms.fee_least_minor):
        return 0
    fee = max(_share(principal, terms.fee_ppm, MILLION), terms.fee_least_minor)
    if terms.fee_most_minor is not None:
        fee = min(fee, terms.fee_most_minor)
    return min(fee, saved) if terms.fee_within_saving else fee
