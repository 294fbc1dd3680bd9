"""What changed a loan's days past due: money and its return, instalments and charges, pauses, thresholds.

An event stands on the day from which it counts. What was booked later than that, or took something back, was *learned*
on another day, and changed what was seen from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from shouyue.ageing.kernel.places import BASIS
from shouyue.ageing.shard import Rows, day_number, day_of

if TYPE_CHECKING:
    from shouyue.ageing.convention import Convention
    from shouyue.ageing.history import Walk
    from shouyue.ageing.one import LoanTables

Kind = Literal[
    "past_due",  # an instalment is open on the day after it was due
    "missed",  # one monthly payment more counts as missed
    "payment",
    "reversal",  # a payment is taken back
    "charge",
    "pause",
    "pause_over",  # first day after it
    "material",  # arrears exceed the thresholds
    "immaterial",  # they no longer do
]


@dataclass(frozen=True)
class Event:
    """``minor``: the money it is about; of thresholds the arrears of the day, 0 for a pause.

    ``dpd`` are the days past due of the day before and of the day it counts from; ``seen`` those of the day before and
    of the day it was learned, as they were seen; each None outside the span. ``other`` is another day that it is about:
    when an instalment was due, the value date of the payment taken back, the last day of a pause. ``taken_back`` is
    what reversals took off a payment.
    """

    kind: Kind
    day: date
    learned: date
    minor: int
    dpd: tuple[int, int] | None
    seen: tuple[int, int] | None
    other: date | None = None
    seq: int | None = None
    taken_back: int = 0

    @property
    def late_known(self) -> bool:
        """Was it booked after the day it counts from?"""
        return self.learned > self.day


def events_of(
    tables: LoanTables,
    rows: Rows,
    walked: Walk,
    seen: np.ndarray,
    start: date,
    known_at: date | None,
    convention: Convention,
) -> tuple[Event, ...]:
    """The events of the span that were known on ``known_at``, by day; those learned within it belong to it too."""
    size = walked.dpd.size

    def effect(line: np.ndarray, day: date) -> tuple[int, int] | None:
        place = (day - start).days
        return (int(line[place - 1]), int(line[place])) if 0 < place < size else None

    found = []
    said = [
        *_past_due(tables, rows, walked),
        *_money(tables, rows, known_at),
        *_charges(tables),
        *_pauses(tables, convention),
        *_missed(walked, start, convention),
        *_thresholds(walked, start, convention),
    ]
    for kind, day, more in said:
        learned = more.pop("learned", day)
        if 0 <= (day - start).days < size or 0 <= (learned - start).days < size:
            found.append(Event(kind, day, learned, dpd=effect(walked.dpd, day), seen=effect(seen, learned), **more))
    return tuple(sorted(found, key=lambda event: (event.day, ORDER[event.kind], event.seq or 0, event.learned)))


ORDER = {kind: place for place, kind in enumerate(Kind.__args__)}  # type: ignore[attr-defined]

Said = Iterator[tuple[Kind, date, dict[str, Any]]]


def _past_due(tables: LoanTables, rows: Rows, walked: Walk) -> Said:
    seqs = tables.instalments.column("seq").to_pylist()
    picked = range(len(seqs)) if rows.picked is None else rows.picked.tolist()
    columns = rows.columns
    for row, due, amount, met in zip(picked, columns.due.tolist(), columns.amount.tolist(), walked.met_on, strict=True):
        if met > due and amount:
            yield "past_due", day_of(due + 1), {"minor": amount, "seq": seqs[row], "other": day_of(due)}


def _money(tables: LoanTables, rows: Rows, known_at: date | None) -> Said:
    payments = tables.payments.to_pylist()
    value_of = {p.get("payment_id"): p["value_date"] for p in payments}
    for payment, worth in zip(payments, rows.columns.paid.tolist(), strict=True):
        value, amount = payment["value_date"], payment["amount_minor"]
        booked = payment["booked_on"] or value
        if known_at is not None and booked > known_at:
            continue
        if payment["reversal_of"] is None:
            taken = {"taken_back": amount - worth, "learned": max(value, booked)}
            yield "payment", value, {"minor": amount, **taken}
        else:
            yield "reversal", booked, {"minor": amount, "other": value_of.get(payment["reversal_of"])}


def _charges(tables: LoanTables) -> Said:
    for charge in tables.charges.to_pylist():
        yield "charge", charge["due_date"], {"minor": charge["amount_minor"]}


def _pauses(tables: LoanTables, convention: Convention) -> Said:
    if convention.pauses == "none":
        return
    for pause in tables.pauses.to_pylist():
        first, last = pause["starts_on"], pause["ends_on"]
        yield "pause", first, {"minor": 0, "other": last}
        yield "pause_over", day_of(day_number(last) + 1), {"minor": 0, "other": last}


def _missed(walked: Walk, start: date, convention: Convention) -> Said:
    if convention.counter != "missed_payments":
        return
    for place in np.flatnonzero(np.diff(walked.dpd) > 0).tolist():
        yield "missed", day_of(day_number(start) + place + 1), {"minor": 0}


def _thresholds(walked: Walk, start: date, convention: Convention) -> Said:
    """Days on which arrears rise above both thresholds, or fall to one of them without being paid off."""
    if not walked.arrears.size:
        return
    share, arrears, exposure = convention.threshold_basis_points, walked.arrears, walked.exposure
    relative = share * (exposure // BASIS) + share * (exposure % BASIS) // BASIS  # as the kernel: stays in 64 bits
    above = (arrears > convention.threshold_minor) & (arrears > relative)
    for place in (np.flatnonzero(np.diff(above)) + 1).tolist():
        kind: Kind = "material" if above[place] else "immaterial"
        yield kind, day_of(day_number(start) + place), {"minor": int(arrears[place])}
