"""Why theirs and ours may differ: each cause a small pure function that names its suspects in one case.

A suspect is a ``Try``: what would have to be otherwise, and the evidence a person can look up. Whether it holds is for
``trying`` to find out, by ageing the loan so; only causes that the figures themselves show are ``proven``. To add a
cause, write a function, put it in ``CAUSES`` (earlier ones win where several explain a case) and its name in
``terms.NAMES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shouyue.ageing.convention import CHARGE_ORDERS, COUNT_FROM, INSTALMENT_ORDERS, PAUSES, PLANS, Convention
from shouyue.ageing.reconciling.cases import Case, Charge, Payment
from shouyue.ageing.reconciling.terms import AMOUNTS
from shouyue.ageing.reconciling.trying import How, Try
from shouyue.base import money
from shouyue.base.errors import ShouyueError

#: days of grace that are tried, and payments of a loan that are suspected one by one, the newest first
MOST_GRACE = 31
MOST_PAYMENTS = 12
PARTS = ("principal_minor", "interest_minor", "fee_minor", "penalty_minor")


@dataclass(frozen=True)
class Given:
    """What holds for all cases: the day, ways of counting by name, and the currency."""

    day: date
    rules: Convention
    hows: dict[str, How]
    currency: str

    @property
    def unit(self) -> int:
        """Minor units in one unit of the currency."""
        return 10 ** money.exponent(self.currency)

    def amount(self, minor: int) -> str:
        return f"{money.from_minor(minor, self.currency):+,f}"


Suspects = Iterator[Try]


# ---------------------------------------------------------------- ways of counting
def ways(rules: Convention, day: date, named: Iterable[Convention]) -> dict[str, How]:
    """Every way of counting that is tried, by what it is called in the evidence. A day more of grace is "-1"."""
    found = {"": How(rules), "+1": How(rules, shift=1), "-1": How(rules, shift=-1)}
    found[f"known_at {day}"] = How(rules, known_at=day)
    found |= {f"convention {c.name}": How(c) for c in named if c.digest() != rules.digest()}
    found |= {
        f"grace {n}": How(replace(rules, grace_days=n))
        for n in range(MOST_GRACE + 1)
        if n - rules.grace_days not in (0, 1)
    }
    for key, name, choices in (
        ("lateness.pauses", "pauses", PAUSES),
        ("lateness.count_from", "count_from", COUNT_FROM),
        ("allocation.plan", "plan", PLANS),
        ("allocation.instalments", "instalments", INSTALMENT_ORDERS),
        ("allocation.charges", "charges", CHARGE_ORDERS[:3]),
        ("overdue.charges", "overdue_with_charges", (False, True)),
        ("lateness.charges", "charges_late", (False, True)),
    ):
        for choice in choices:
            if getattr(rules, name) != choice and (changed := _changed(rules, name, choice)):
                found[f"{key} = {str(choice).lower() if isinstance(choice, bool) else choice}"] = How(changed)
    return found


def _changed(rules: Convention, name: str, choice: Any) -> Convention | None:
    """The convention with one rule changed, and what goes with it; None where the others do not allow it."""
    more = {"overdue_with_charges": True} if name == "charges_late" and choice else {}
    try:
        return replace(rules, **{name: choice, **more})
    except ShouyueError:
        return None


def count_from_due_day(case: Case, _given: Given) -> Suspects:
    """They count the due day itself as the first."""
    yield Try(case.place, "due_day", "+1", "+1")


def count_from_day_after(case: Case, _given: Given) -> Suspects:
    """They count from a day later than we do."""
    yield Try(case.place, "day_after", "-1", "-1")


def grace(case: Case, given: Given) -> Suspects:
    """They let some days pass before they count."""
    off, own = case.gap("dpd"), given.rules.grace_days
    if off is None or off == 0:
        return
    fewest = own - off
    most = MOST_GRACE if case.theirs["dpd"] == 0 else fewest  # in time for them: any longer grace would do
    for n in range(max(fewest, 0), most + 1):
        if f"grace {n}" in given.hows:
            yield Try(case.place, "grace", f"grace {n}", f"grace {n}")


def one_rule(case: Case, given: Given) -> Suspects:
    """One rule of the convention is another one with them."""
    for name in given.hows:
        if " = " in name and not (name.startswith("lateness.pauses") and not case.pauses):
            yield Try(case.place, "pause" if name.startswith("lateness.pauses") else "rule", name, name)


def other_convention(case: Case, given: Given) -> Suspects:
    """They count by another convention that we know."""
    for name in given.hows:
        if name.startswith("convention "):
            yield Try(case.place, "convention", name, name)


# ---------------------------------------------------------------- money
def closed_at_lender(case: Case, given: Given) -> Suspects:
    """The lender has ended the loan, and we still have something open."""
    nothing = all(case.theirs.get(n, 0) == 0 for n in (*AMOUNTS, "dpd"))
    if case.closed_on is not None and case.closed_on <= given.day and nothing:
        yield Try(case.place, "closed", str(case.closed_on), proven=True)
    elif case.theirs.get("status") == "closed" and nothing:
        yield Try(case.place, "closed", "status", proven=True)


def after_cut_off(case: Case, given: Given) -> Suspects:
    """Money of the day itself that their statement of the day does not have yet."""
    late = [p for p in case.payments if p.net_minor > 0 and p.value <= given.day and given.day in (p.value, p.booked)]
    for p in late:
        yield Try(case.place, "cut_off", _of(p), payments=((p.row, 0),))
    if len(late) > 1:
        yield Try(case.place, "cut_off", ", ".join(map(_of, late)), payments=tuple((p.row, 0) for p in late))


def before_value_date(case: Case, given: Given) -> Suspects:
    """Money that they count already and we only from its value date."""
    for p in case.payments:
        if p.net_minor > 0 and given.day < p.value and (p.value - given.day).days <= 7:
            yield Try(case.place, "cut_off", _of(p), payments=((case.phantom, p.net_minor),))


def booked_later(case: Case, given: Given) -> Suspects:
    """Money that was booked after the day for the day: they could not know it yet."""
    if any(p.value <= given.day < p.booked for p in case.payments):
        late = [p for p in case.payments if p.value <= given.day < p.booked]
        yield Try(case.place, "booked_later", ", ".join(map(_of, late[:5])), f"known_at {given.day}")


def reversed_payment(case: Case, _given: Given) -> Suspects:
    """A payment that was taken back, and that they still count."""
    for p in case.payments:
        if p.net_minor < p.amount_minor:
            yield Try(case.place, "reversed", _of(p), payments=((p.row, p.amount_minor),))


def payment_they_lack(case: Case, given: Given) -> Suspects:
    """A payment that we have and they do not: without it all agrees."""
    counted = [p for p in case.payments if p.net_minor > 0 and p.value <= given.day]
    owed = case.gap("outstanding_minor")
    if owed is not None:
        counted = [p for p in counted if p.net_minor == owed]
    for p in counted[-MOST_PAYMENTS:][::-1]:
        yield Try(case.place, "payment_lacking", _of(p), payments=((p.row, 0),))


def payment_we_lack(case: Case, given: Given) -> Suspects:
    """Money that they have and we do not: with it all agrees."""
    gaps = (case.gap("outstanding_minor"), case.gap("overdue_minor"))
    amounts = {-g for g in gaps if g is not None and g < 0}
    if gaps == (None, None) and case.theirs.get("dpd") == 0:
        amounts.add(case.ours["overdue_minor"])
    for amount in sorted(amounts - {0}, reverse=True):
        yield Try(case.place, "payment_unknown", given.amount(amount), payments=((case.phantom, amount),))


def waived_charge(case: Case, given: Given) -> Suspects:
    """A charge of ours that they do not claim."""
    raised = [c for c in case.charges if c.due <= given.day]
    for c in raised[-MOST_PAYMENTS:]:
        yield Try(case.place, "waived", _charge(c), charges=((c.row, 0),))
    for kind in ("penalty", "late_fee"):
        some = [c for c in raised if c.kind == kind]
        if len(some) > 1:
            yield Try(case.place, "waived", f"{kind} × {len(some)}", charges=tuple((c.row, 0) for c in some))
    if len({c.kind for c in raised}) > 1:
        yield Try(case.place, "waived", f"× {len(raised)}", charges=tuple((c.row, 0) for c in raised))


def charge_we_lack(case: Case, given: Given) -> Suspects:
    """They claim a penalty or a fee for lateness that we do not have."""
    more = case.gap("penalty_minor")
    others = {"penalty_minor", "outstanding_minor"}
    if more is not None and more > 0 and case.differing <= others and case.gap("outstanding_minor") in (None, more):
        yield Try(case.place, "charge_unknown", given.amount(more), proven=True)


def rounding(case: Case, given: Given) -> Suspects:
    """No amount is off by a whole unit, and nothing else differs."""
    if given.unit > 1 and case.differing <= set(AMOUNTS):
        most = max(abs(case.gap(n) or 0) for n in case.differing)
        if most < given.unit:
            whole = all(case.theirs[n] % given.unit == 0 for n in AMOUNTS if n in case.theirs)
            yield Try(
                case.place, "rounding", "whole units" if whole else f"≤ {given.amount(most).lstrip('+')}", proven=True
            )


def principal_only(case: Case, _given: Given) -> Suspects:
    """What they call the balance is the principal alone."""
    if case.differing == {"outstanding_minor"} and case.theirs["outstanding_minor"] == case.ours["principal_minor"]:
        yield Try(case.place, "principal_only", "principal", proven=True)


def interest_by_day(case: Case, given: Given) -> Suspects:
    """They owe interest by the day, and the plan has that of all its months: nothing else differs."""
    less = case.gap("interest_minor")
    alone = case.differing <= {"interest_minor", "outstanding_minor"} and case.gap("outstanding_minor") in (None, less)
    if less is not None and less < 0 and alone:
        yield Try(case.place, "accrual", given.amount(less), proven=True)


def parts_only(case: Case, given: Given) -> Suspects:
    """The parts differ and their sum does not."""
    stated = [n for n in PARTS if n in case.theirs]
    if (
        case.differing
        and case.differing <= set(PARTS)
        and len(stated) > 1
        and sum(case.gap(n) or 0 for n in stated) == 0
    ):
        off = [n for n in stated if n in case.differing]
        evidence = ", ".join(f"{n.removesuffix('_minor')} {given.amount(case.gap(n) or 0)}" for n in off)
        yield Try(case.place, "parts", evidence, proven=True)


def edges_only(case: Case, _given: Given) -> Suspects:
    """The days agree and the stage does not: the edges of the stages are others."""
    if case.differing == {"bucket"}:
        evidence = f"{case.ours['dpd']}: {case.theirs['bucket']} / {case.ours['bucket']}"
        yield Try(case.place, "edges", evidence, proven=True)


def status_only(case: Case, _given: Given) -> Suspects:
    """All figures agree and the state of the loan does not."""
    if case.differing == {"status"}:
        yield Try(case.place, "status", f"{case.theirs['status']} / {case.ours['status']}", proven=True)


def _of(p: Payment) -> str:
    return f"{p.id} {p.value}"


def _charge(c: Charge) -> str:
    return f"{c.id} {c.due}"


CAUSES: tuple[Callable[[Case, Given], Suspects], ...] = (
    closed_at_lender,
    edges_only,
    status_only,
    rounding,
    principal_only,
    after_cut_off,
    before_value_date,
    booked_later,
    reversed_payment,
    payment_they_lack,
    waived_charge,
    charge_we_lack,
    interest_by_day,
    parts_only,
    payment_we_lack,
    count_from_due_day,
    count_from_day_after,
    grace,
    one_rule,
    other_convention,
)


def suspects(case: Case, given: Given) -> Iterator[Try]:
    """Everything that is tried of a case, the most telling first. Nothing is tried twice."""
    for cause in CAUSES:
        yield from cause(case, given)
