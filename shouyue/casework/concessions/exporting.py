"""The instruction to the lender's core: every approved waiver once, numbered, with control totals.

The text is kept with its number and SHA-256, so writing the file again gives the same bytes, and a file that was lost
between the transaction and the disk is written by the next run. Docs: docs/concessions.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Max

from shouyue.base import clock, files, money
from shouyue.casework.concessions import proposing, states
from shouyue.casework.models import Concession, Instruction
from shouyue.compliance import audit
from shouyue.people.models import User

#: advisory lock: one export at a time
_LOCK = (0x5359_5741, 0)
HEAD = (
    *("record", "instruction", "line", "concession", "contract", "component", "currency", "amount"),
    *("proposed_by", "approved_by", "approved_on"),
)


@transaction.atomic
def export(by: User | None = None) -> Instruction | None:
    """Put every approved waiver into a new instruction; None where there is none to tell.

    One that waives more than is owed by now, or whose day is over, expires instead.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
    at, ready = clock.now(), []
    for found in proposing.lock_all(Concession.objects.filter(state=states.APPROVED)):
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
    number = (Instruction.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    text, count, totals = _text(number, ready)
    made = Instruction.objects.create(
        number=number,
        made_at=at,
        by=by,
        count=count,
        totals=totals,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    for found in ready:
        found.instruction, found.exported_on = made, found.case.as_of
        proposing.step(found, "export", by, at, instruction=number)
    told = {"number": number, "count": count, "totals": totals, "sha256": made.sha256}
    audit.record("concession.instruction", f"instruction:{number}", told, by, at)
    return made


def _text(number: int, ready: list[Concession]) -> tuple[str, int, list[list]]:
    """Lines, then a control total per currency and component, then one of the whole file."""
    out, line = io.StringIO(), 0
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HEAD)
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for found in ready:
        approved = found.steps.select_related("by").get(action="approve")
        for component, minor in sorted(proposing.amounts(found).items()):
            line += 1
            total = sums[found.currency, component]
            total[0] += 1
            total[1] += minor
            rows.writerow(
                [
                    *("waive", number, line, found.pk, found.loan_number, component, found.currency),
                    money.from_minor(minor, found.currency),
                    *(found.proposed_by.get_username(), approved.by.get_username() if approved.by else ""),
                    approved.at.date().isoformat(),
                ]
            )
    totals = [[currency, component, *total] for (currency, component), total in sorted(sums.items())]
    for currency, component, count, minor in totals:
        rows.writerow(
            ["total", number, count, "", "", component, currency, money.from_minor(minor, currency), "", "", ""]
        )
    rows.writerow(["end", number, line, "", "", "", "", "", "", "", ""])
    return out.getvalue(), line, totals


def name(number: int) -> str:
    return f"concessions-{number:06}.csv"


def write(folder: Path) -> list[Path]:
    """Write every instruction whose file is not in the folder; returns the files written. A file is whole or absent."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for made in Instruction.objects.order_by("number").iterator():
        path = folder / name(made.number)
        if path.exists():
            continue
        files.write_text(path, made.text, flushed=True)
        written.append(path)
    return written
