"""The instruction to the lender's core: every loan whose borrower wants to settle early, once, with control totals.

Docs: docs/early-settlement.md.
"""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction

from shouyue.base import clock, money
from shouyue.casework import instructions, queries
from shouyue.casework.models import Instruction, Quote
from shouyue.casework.quotes import quoting, states
from shouyue.people.models import User

KIND = Instruction.Kind.QUOTES
HEAD = (
    *("record", "instruction", "line", "quote", "contract", "component", "currency", "contract_amount", "waived"),
    *("amount", "pay_by", "accepted_on"),
)


@transaction.atomic
def export(by: User | None = None) -> Instruction | None:
    """Put every quote that was accepted, or paid, and not told yet into a new instruction; None where there is none."""
    instructions.lock()
    at = clock.now()
    wanted = Quote.objects.filter(state__in=(states.ACCEPTED, states.PAID, states.DIFFERS), instruction=None)
    ready = queries.lock_all(wanted, "made_on")
    if not ready:
        return None
    number = instructions.next_number(KIND)
    rows, totals = _rows(number, ready)
    made = instructions.keep(KIND, number, instructions.text(rows), len(ready), totals, by, at)
    instructions.tell(made)
    for found in ready:
        found.instruction = made
        quoting.tell(found, "export", by, at, instruction=number)
    return made


def _rows(number: int, ready: list[Quote]) -> tuple[list[tuple], instructions.Totals]:
    """For each quote its components and its sum, then a control total of these by currency, then one of the file."""
    rows: list[tuple] = [HEAD]
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    line = 0
    for found in ready:
        said = found.steps.filter(action="accept").order_by("-seq").first()
        day = said.at.date().isoformat() if said else ""
        for part in found.parts.order_by("component"):
            line += 1
            amounts = (part.contract_minor, part.waived_minor, part.amount_minor)
            rows.append(
                (
                    *("part", number, line, found.pk, found.loan_number, part.component, found.currency),
                    *(money.from_minor(minor, found.currency) for minor in amounts),
                    *(found.pay_by.isoformat(), day),
                )
            )
        line += 1
        amount = money.from_minor(found.total_minor, found.currency)
        rows.append(
            (
                *("settle", number, line, found.pk, found.loan_number, "", found.currency, "", "", amount),
                *(found.pay_by.isoformat(), day),
            )
        )
        sums[found.currency][0] += 1
        sums[found.currency][1] += found.total_minor
    totals = [[currency, "settle", *total] for currency, total in sorted(sums.items())]
    for currency, _, count, minor in totals:
        amount = money.from_minor(minor, currency)
        rows.append(("total", number, count, "", "", "settle", currency, "", "", amount, "", ""))
    rows.append(("end", number, line, *[""] * 9))
    return rows, totals
