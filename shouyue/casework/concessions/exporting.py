"""The instruction to the lender's core: every approved waiver once, numbered, with control totals.

Docs: docs/concessions.md.
"""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction

from shouyue.base import clock, money
from shouyue.casework import instructions, queries
from shouyue.casework.concessions import proposing, states
from shouyue.casework.models import Concession, Instruction
from shouyue.people.models import User

KIND = Instruction.Kind.CONCESSIONS
HEAD = (
    *("record", "instruction", "line", "concession", "contract", "component", "currency", "amount"),
    *("proposed_by", "approved_by", "approved_on"),
)


@transaction.atomic
def export(by: User | None = None) -> Instruction | None:
    """Put every approved waiver into a new instruction; None where there is none to tell.

    One that waives more than is owed by now, or whose day is over, expires instead.
    """
    instructions.lock()
    at, ready = clock.now(), []
    for found in queries.lock_all(Concession.objects.filter(state=states.APPROVED), "proposed_on"):
        loan = proposing.loan_of(found)
        known = proposing.owed(loan) if loan else {}
        if found.expires_on < found.case.as_of or any(
            minor > known.get(name, 0) for name, minor in proposing.amounts(found).items()
        ):
            proposing.step(found, "expire", by, at)
        else:
            ready.append(found)
    if not ready:
        return None
    number = instructions.next_number(KIND)
    rows, count, totals = _rows(number, ready)
    made = instructions.keep(KIND, number, instructions.text(rows), count, totals, by, at)
    instructions.tell(made)
    for found in ready:
        found.instruction, found.exported_on = made, found.case.as_of
        proposing.step(found, "export", by, at, instruction=number)
    return made


def _rows(number: int, ready: list[Concession]) -> tuple[list[tuple], int, instructions.Totals]:
    """Lines, then a control total per currency and component, then one of the whole file."""
    rows: list[tuple] = [HEAD]
    line = 0
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for found in ready:
        approved = found.steps.select_related("by").get(action="approve")
        for component, minor in sorted(proposing.amounts(found).items()):
            line += 1
            total = sums[found.currency, component]
            total[0] += 1
            total[1] += minor
            rows.append(
                (
                    *("waive", number, line, found.pk, found.loan_number, component, found.currency),
                    money.from_minor(minor, found.currency),
                    *(found.proposed_by.get_username(), approved.by.get_username() if approved.by else ""),
                    approved.at.date().isoformat(),
                )
            )
    totals = [[currency, component, *total] for (currency, component), total in sorted(sums.items())]
    for currency, component, count, minor in totals:
        amount = money.from_minor(minor, currency)
        rows.append(("total", number, count, "", "", component, currency, amount, "", "", ""))
    rows.append(("end", number, line, "", "", "", "", "", "", "", ""))
    return rows, line, totals
