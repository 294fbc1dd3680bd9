"""The numbered file of contact data for the lender's core: what changed since the last one, with control totals.

Its text is personal data and is kept nowhere in the database: an instruction keeps count, totals and the text's
SHA-256, and of each line the row it was drawn from and a keyed digest. So a file can be made again as long as its rows
are there, and afterwards says which lines went.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction

from shouyue.base import clock, files
from shouyue.base.errors import Code
from shouyue.casework import errors, instructions
from shouyue.casework.contact_changes import drawing
from shouyue.casework.contact_changes.drawing import COLUMNS, Told
from shouyue.casework.errors import Missing
from shouyue.casework.models import Instruction, ToldLine
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require

KIND = Instruction.Kind.CONTACTS
#: why a file is made; words in ``web.words.CORE_REASONS``
REASONS = ("core", "again", "check", "inspection")
HEAD = ("record", "instruction", "line", *COLUMNS)
_About = tuple[str, int, int | None]
NO_FILE = Code("CORE-001", zh="没有编号为 {number} 的文件", en="there is no file {number}", kind=Missing)


@dataclass(frozen=True)
class Written:
    """A file as it is drawn now; ``gone``: lines whose rows were erased or say something else since; ``changed``: those
    that say the same but for the holder's name, which is left out, as it was corrected since and is kept nowhere.
    """

    made: Instruction
    text: str
    gone: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()

    @property
    def same(self) -> bool:
        """Are these the bytes that were told?"""
        return hashlib.sha256(self.text.encode()).hexdigest() == self.made.sha256

    @property
    def name(self) -> str:
        return instructions.name(self.made)


@transaction.atomic
def export(by: User, reason: str) -> Written | None:
    """Put all that the core was not told into a new file; None where there is nothing. Raises CASE-024, PEOPLE-001."""
    _permitted(by, reason)
    instructions.lock()
    told = drawing.untold()
    if not told:
        return None
    number, at = instructions.next_number(KIND), clock.now()
    text, totals = _text(number, list(enumerate(told, 1)))
    made = instructions.keep(KIND, number, text, len(told), totals, by, at, kept=False)
    day = clock.today()
    _overtake(told, day)
    newer: defaultdict[_About, list[Told]] = defaultdict(list)
    lines = []
    for n, one in reversed(list(enumerate(told, 1))):
        lines.append(_line(made, n, one, day, newer[_about(one)]))
        newer[_about(one)].append(one)
    lines.reverse()
    ToldLine.objects.bulk_create(lines)
    instructions.tell(made, [row_digests.digests(line)["terms"] for line in lines], reason=reason)
    return Written(made, text)


def _about(one: Told | ToldLine) -> _About:
    """Lines about the same thing; a newer one takes over what an older one corrected, if it corrects all of that."""
    return (one.change, one.customer_id, one.number)


def _line(made: Instruction, n: int, one: Told, day: date, newer: Sequence[Told]) -> ToldLine:
    because = ""
    if one.change == drawing.Change.NUMBER_MARKED and one.cells["mark"] == "verified":
        because = ToldLine.Because.NOTHING
    elif _taken_over(one, newer):
        because = ToldLine.Because.LATER
    return ToldLine(
        instruction=made,
        line=n,
        change=one.change,
        row=one.row,
        customer_id=one.customer_id,
        number=one.number,
        fields=list(one.fields),
        digest=one.digest(),
        but_name=one.but_name(),
        settled_on=day if because else None,
        settled_because=because,
    )


def _taken_over(one: Told | ToldLine, newer: Iterable[Told]) -> bool:
    return any(set(one.fields) <= set(other.fields) for other in newer)


def _overtake(told: Sequence[Told], day: date) -> None:
    """What the core was told before of the same thing does not wait any more."""
    newer: defaultdict[_About, list[Told]] = defaultdict(list)
    for one in told:
        newer[_about(one)].append(one)
    waiting = ToldLine.objects.filter(customer__in={one.customer_id for one in told}, settled_on=None)
    over = [line.pk for line in waiting if _taken_over(line, newer.get(_about(line), ()))]
    ToldLine.objects.filter(pk__in=over).update(settled_on=day, settled_because=ToldLine.Because.LATER)


@transaction.atomic
def again(number: int, by: User, reason: str) -> Written:
    """A file as its rows draw it now: the same bytes, or without the lines that are gone. Leaves a trace.

    Raises CORE-001, CASE-024, PEOPLE-001.
    """
    _permitted(by, reason)
    made = Instruction.objects.filter(kind=KIND, number=number).first()
    if made is None:
        raise NO_FILE.error(number=number)
    lines = list(made.lines.order_by("line"))
    now = drawing.again(lines)
    there = [(one, now[one.pk]) for one in lines if one.pk in now]
    same = {one.line: told for one, told in there if told.digest() == one.digest}
    changed = {
        one.line: told.nameless()
        for one, told in there
        if one.line not in same and one.but_name and told.but_name() == one.but_name
    }
    drawn = sorted((same | changed).items())
    gone = [one for one in lines if one.line not in same | changed]
    text, _totals = _text(number, drawn, changed, gone)
    about = {"number": number, "lines": len(same), "changed": len(changed), "gone": len(gone), "reason": reason}
    audit.record("contact_changes.again", f"contact_instruction:{number}", about, by)
    return Written(made, text, tuple(one.line for one in gone), tuple(sorted(changed)))


def _permitted(by: User, reason: str) -> None:
    require(by, "core.export")
    if reason not in REASONS:
        raise errors.NEEDS_REASON.error(field="reason")


def _text(
    number: int, told: Sequence[tuple[int, Told]], changed: Collection[int] = (), gone: Sequence[ToldLine] = ()
) -> tuple[str, instructions.Totals]:
    """Lines, those that are gone by their number, a control total per change, then one of the whole file."""
    empty = [""] * (len(COLUMNS) - 1)
    rows: list[Sequence[object]] = [HEAD]
    rows += [("changed" if line in changed else "change", number, line, *one.texts()) for line, one in told]
    rows += [("gone", number, one.line, one.change, *empty) for one in gone]
    counts = Counter(one.change for _, one in told)
    totals: instructions.Totals = [["", change, count, 0] for change, count in sorted(counts.items())]
    rows += [("total", number, count, change, *empty) for _, change, count, _ in totals]
    rows.append(("end", number, len(told) + len(gone), "", *empty))
    return instructions.text(rows), totals


def write(written: Written, folder: Path | None = None) -> Path:
    """Write the file, whole and for its owner alone. Where it goes is the lender's; take it away once it was read."""
    folder = folder or instructions.folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / written.name
    files.write_text(path, written.text, private=True, flushed=True)
    return path


def destroy(customer_id: int) -> None:
    """Remove the files in the desk's own folder that have lines of a customer; they can be made again without."""
    told = Instruction.objects.filter(kind=KIND, lines__customer=customer_id).distinct()
    for made in told:
        (instructions.folder() / instructions.name(made)).unlink(missing_ok=True)
