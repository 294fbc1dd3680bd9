"""Worked examples inside a convention file: loans, and what their ageing must give on a day.

They are part of the convention, so that a lawyer or an accountant can read rule and example side by side; tests and
``shouyue convention check`` run every one of them through the kernel and through the plain reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from shouyue.ageing.reference import Charge, Instalment, Loan, Pause, Payment


@dataclass(frozen=True)
class Check:
    """On ``as_of`` (with what was known on ``known_at``) these output columns of the first loan have these values."""

    as_of: date
    known_at: date | None
    expected: dict[str, Any]


@dataclass(frozen=True)
class Example:
    """``loans`` are one customer's; the checks are of the first."""

    what: str
    loans: tuple[Loan, ...]
    checks: tuple[Check, ...]


#: keys of a loan
LOAN = {"instalments", "payments", "charges", "pauses", "opened"}


def read_examples(said: list[dict[str, Any]]) -> tuple[Example, ...]:
    """The ``[[example]]`` tables of a convention file. Raises ValueError, KeyError or TypeError on a slip.

    ``instalments`` are ``[due, amount]`` or tables with ``due``, ``amount`` and any of ``fee``, ``interest``,
    ``debit``, ``seq``, ``version``; ``payments`` ``[value date, amount]``, ``[value date, amount, booked on]`` or
    tables with ``value``, ``amount`` and any of ``id``, ``booked``, ``reverses``; ``charges`` ``[kind, due, amount]``;
    ``pauses`` ``[first day, last day]``; ``opened`` the day the loan was paid out. ``[[example.also]]`` are further
    loans of the same customer.
    """
    return tuple(_example(one) for one in said)


def _example(one: dict[str, Any]) -> Example:
    _known(one, LOAN | {"what", "check", "also"})
    also = one.get("also", [])
    for other in also:
        _known(other, LOAN)
    if not isinstance(one["what"], str) or not one["check"]:
        raise ValueError("an example says what it shows and has a check")
    checks = []
    for check in one["check"]:
        expected = {k: v for k, v in check.items() if k not in ("as_of", "known_at")}
        if not expected:
            raise ValueError("a check expects something")
        known_at = _day(check["known_at"]) if "known_at" in check else None
        checks.append(Check(_day(check["as_of"]), known_at, expected))
    return Example(one["what"], (_loan(one), *(_loan(other) for other in also)), tuple(checks))


def _loan(said: dict[str, Any]) -> Loan:
    return Loan(
        instalments=[_instalment(n, row) for n, row in enumerate(said["instalments"], 1)],
        payments=[_payment(n, row) for n, row in enumerate(said.get("payments", []), 1)],
        charges=[Charge(kind, _day(due), amount) for kind, due, amount in said.get("charges", [])],
        pauses=[Pause(_day(start), _day(end)) for start, end in said.get("pauses", [])],
        opened=_day(said["opened"]) if "opened" in said else None,
    )


def _instalment(n: int, row: Any) -> Instalment:
    if isinstance(row, list):
        due, amount = row
        return Instalment(n, _day(due), amount)
    _known(row, {"due", "amount", "fee", "interest", "debit", "seq", "version"})
    days = {"due": _day(row["due"])} | ({"debit": _day(row["debit"])} if "debit" in row else {})
    return Instalment(**({"seq": n} | row | days))


def _payment(n: int, row: Any) -> Payment:
    if isinstance(row, list):
        value, amount, *booked = row
        row = {"value": value, "amount": amount} | ({"booked": booked[0]} if booked else {})
    _known(row, {"id", "value", "amount", "booked", "reverses"})
    value = _day(row["value"])
    days = {"value": value, "booked": _day(row.get("booked", value))}
    return Payment(**({"id": f"P{n}"} | row | days))


def _known(said: Any, keys: set[str]) -> None:
    if not isinstance(said, dict):
        raise TypeError(f"{said!r} is not a table")
    if unknown := set(said) - keys:
        raise ValueError(f"unknown keys {sorted(unknown)}")


def _day(value: Any) -> date:
    if type(value) is not date:
        raise ValueError(f"{value!r} is not a date")
    return value
