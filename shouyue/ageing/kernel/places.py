"""Where things lie in the arrays that go into the kernel and come out of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shouyue.ageing.columns import DAYS, MONEY

#: places in ``Convention.rules()``. ``R_ORDER`` and the four after it hold the parts in the order money meets them,
#: as many as ``R_PARTS`` says; ``R_FEE`` … the place of each of an instalment's own parts among themselves
(
    R_GRACE,
    R_PAUSES,
    R_LIFO,
    R_CHARGES,
    R_OVERDUE_CHARGES,
    R_FEE,
    R_INTEREST,
    R_PRINCIPAL,
    R_COUNTER,
    R_EARLIER,
    R_VERTICAL,
    R_CHARGES_LATE,
    R_THRESHOLD,
    R_BASIS_POINTS,
    R_EXPOSURE,
    R_PARTS,
    R_ORDER,
) = range(17)
RULES = R_ORDER + 5

PAUSE_NONE, PAUSE_WHOLE, PAUSE_OVERLAP = range(3)
CHARGES_AFTER_DUE, CHARGES_FIRST, CHARGES_LAST, CHARGES_AS_PARTS = range(4)
OLDEST_UNPAID, CONSECUTIVE, MISSED_PAYMENTS, AMOUNT_EQUIVALENT = range(4)
BALANCE, OUTSTANDING = range(2)
#: parts of what is owed; the first two are kinds of charge, the others parts of an instalment
PENALTY, LATE_FEE, FEE, INTEREST, PRINCIPAL = range(5)

OK, OVERFLOW, UNSORTED = range(3)
MAX_MINOR = 2**63 - 1
EARLIEST = -(2**31) + 1
BASIS = 10_000
#: a late day of ``Daily.counts``: paused, or not paused on some loan
PAUSED, COUNTED = 1, 2

(
    M_OVERDUE,
    M_NEXT_DUE,
    M_OUTSTANDING,
    M_PRINCIPAL,
    M_INTEREST,
    M_FEE,
    M_PENALTY,
    M_LATE_FEE,
    M_LAST_PAYMENT,
    M_CREDIT,
    M_PAID_TOTAL,
) = range(len(MONEY))
(
    D_DPD,
    D_OLDEST,
    D_NEXT_DUE,
    D_DUE,
    D_PAID,
    D_LATE,
    D_LAST_PAYMENT_ON,
    D_WORST_3M,
    D_WORST_6M,
    D_WORST_12M,
    D_TIMES_LATE,
    D_LATE_1,
    _,
    _,
    _,
    _,
    _,
    D_PAST_DUE,
    D_SINCE,
    D_DELINQUENT_DATE,
    D_CURED,
    D_DAYS_TO_DUE,
    D_FIRST_DUE,
    D_LAST_DUE,
) = range(len(DAYS))


class Rows(NamedTuple):
    """Columns of one shard. Days int32 since 1970-01-01, money int64, ``*_loan`` int32 row numbers of ``loans``.

    Rows of one loan lie together; instalments in due order, payments in value-date order, charges in due order,
    pauses by first day. ``paid`` is net of what is not known or was reversed. ``fee`` and ``interest`` are empty where
    the lender gives no parts. ``chg_kind`` is ``PENALTY`` or ``LATE_FEE``.
    """

    inst_loan: np.ndarray
    due: np.ndarray
    amount: np.ndarray
    fee: np.ndarray
    interest: np.ndarray
    pay_loan: np.ndarray
    value_day: np.ndarray
    paid: np.ndarray
    chg_loan: np.ndarray
    chg_due: np.ndarray
    chg_amount: np.ndarray
    chg_kind: np.ndarray
    pause_loan: np.ndarray
    pause_start: np.ndarray
    pause_end: np.ndarray


class Span(NamedTuple):
    """Which rows are a loan's: instalments ``ilo:ihi``, payments, charges, pauses; ``row`` is its own number."""

    row: int
    ilo: int
    ihi: int
    plo: int
    phi: int
    clo: int
    chi: int
    ulo: int
    uhi: int


class When(NamedTuple):
    """The day asked about, and the day before each window that looks back."""

    as_of: int
    after_3m: int
    after_6m: int
    after_12m: int


class Work(NamedTuple):
    """What is open of each row, and the day it was met (``NEVER`` while open): written by the kernel.

    ``parts`` (3 by the longest plan), ``stack`` (the longest plan) and ``state`` are scratch.
    """

    open_: np.ndarray
    met_on: np.ndarray
    chg_open: np.ndarray
    parts: np.ndarray
    stack: np.ndarray
    state: np.ndarray


class Daily(NamedTuple):
    """Figures of each day from ``begin`` on, to which a loan adds its own. Arrays may be empty where not wanted.

    ``dpd`` (int32) takes the higher of what it holds and the loan's days past due; ``arrears`` and ``exposure`` (int64,
    minor units) take the sum, of days from ``opened`` on; ``counts`` (int8) is ``PAUSED`` or
    ``COUNTED`` on days on which it is late.
    """

    begin: int
    opened: int
    dpd: np.ndarray
    arrears: np.ndarray
    exposure: np.ndarray
    counts: np.ndarray
