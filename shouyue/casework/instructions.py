"""Numbered files for the lender's core: kept as they were written, so that writing one again gives the same bytes.

A file that was lost between the transaction and the disk is written by the next run. Docs: docs/concessions.md,
docs/early-settlement.md. Files of contact data are kept without their text: docs/contact-changes.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.models import Max

from shouyue.base import files, settings
from shouyue.casework.models import Instruction
from shouyue.compliance import audit, row_digests
from shouyue.compliance.identity import text_key
from shouyue.people.models import User

#: advisory lock: one export at a time
_LOCK = (0x5359_5741, 0)
#: [currency, component, count, minor units]
Totals = list[list]


def lock() -> None:
    """Until the transaction ends, nobody else writes an instruction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)


def next_number(kind: str) -> int:
    """Numbers of a kind have no gaps. Under the lock."""
    return (Instruction.objects.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0) + 1


def keep(
    kind: str, number: int, text: str, count: int, totals: Totals, by: User | None, at: datetime, *, kept: bool = True
) -> Instruction:
    """The instruction, to be followed by ``tell`` in the same transaction; a text of personal data is not ``kept``."""
    return Instruction.objects.create(
        kind=kind,
        number=number,
        made_at=at,
        by=by,
        count=count,
        totals=totals,
        text=text if kept else "",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def tell(made: Instruction, lines: Sequence[str] | None = None, **more: object) -> None:
    """Its entry in the audit trail, with ``more``, and a keyed digest of each line: of its text where it is kept."""
    told = {"number": made.number, "count": made.count, "totals": made.totals, "sha256": made.sha256, **more}
    told |= {"lines": of_lines(made) if lines is None else lines, **row_digests.named(made)}
    action, subject = ACTIONS[made.kind]
    audit.record(action, f"{subject}:{made.number}", told, made.by, made.made_at)


def of_lines(made: Instruction) -> list[str]:
    """A keyed digest of each line of the text."""
    return [text_key(line)[:32] for line in made.text.splitlines()]


ACTIONS: dict[str, tuple[str, str]] = {
    Instruction.Kind.CONCESSIONS: ("concession.instruction", "instruction"),
    Instruction.Kind.QUOTES: ("quote.instruction", "settlement_instruction"),
    Instruction.Kind.CONTACTS: ("contact_changes.export", "contact_instruction"),
}


def text(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def folder() -> Path:
    """Where the files go that are told no other place."""
    return settings.home() / "instructions"


def name(made: Instruction) -> str:
    return f"{made.kind}-{made.number:06}.csv"


def write(kind: str, folder: Path) -> list[Path]:
    """Write every instruction of the kind whose file is not in the folder; returns the files written, each whole."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for made in Instruction.objects.filter(kind=kind).order_by("number").iterator():
        path = folder / name(made)
        if path.exists():
            continue
        files.write_text(path, made.text, flushed=True)
        written.append(path)
    return written
