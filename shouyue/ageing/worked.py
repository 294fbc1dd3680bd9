"""Worked examples inside a convention file: one loan, and what its ageing must give on a day.

They are part of the convention, so that a lawyer or an accountant can read rule and example side by side; tests
run every one of them through the kernel and through the plain reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from shouyue.ageing.reference import Charge, Instalment, Loan, Pause, Payment


@dataclass(frozen=True)
class Check:
    """On ``as_of`` (with what was known on ``known_at``) these output columns have these values."""

    as_of: date
    known_at: date | None
    expected: dict[str, Any]


@dataclass(frozen=True)
class Example:
    what: str
    loan: Loan
    checks: tuple[Check, ...]


def read_examples(said: list[dict[str, Any]]) -> tuple[Example, ...]:
    """The ``[[example]]`` tables of a convention file. Raises ValueError, KeyError or TypeError on a slip.

    ``instalments`` are ``[due, amount]``, ``payments`` ``[value date, amount]`` or ``[value date, amount, booked
    on]``, ``charges`` ``[kind, due, amount]``, ``pauses`` ``[first day, last day]``.
    """
    return tuple(_example(one) for one in said)


def _example(one: dict[str, Any]) -> Example:
    unknown = set(one) - {"what", "instalments", "payments", "charges", "pauses", "check"}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    loan = Loan(
        instalments=[
            Instalment(seq=n, due=_day(due), amount=amount) for n, (due, amount) in enumerate(one["instalments"], 1)
        ],
        payments=[
            Payment(f"P{n}", _day(row[0]), row[1], booked=_day(row[2]) if len(row) > 2 else _day(row[0]))
            for n, row in enumerate(one.get("payments", []), 1)
        ],
        charges=[Charge(kind, _day(due), amount) for kind, due, amount in one.get("charges", [])],
        pauses=[Pause(_day(start), _day(end)) for start, end in one.get("pauses", [])],
    )
    checks = []
    for check in one["check"]:
        expected = {k: v for k, v in check.items() if k not in ("as_of", "known_at")}
        checks.append(Check(_day(check["as_of"]), check.get("known_at"), expected))
    return Example(one["what"], loan, tuple(checks))


def _day(value: Any) -> date:
    if type(value) is not date:
        raise ValueError(f"{value!r} is not a date")
    return value
