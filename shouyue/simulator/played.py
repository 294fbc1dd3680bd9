"""``shouyue simulate play``: a day played from a folder into a folder.

A folder carries in ``played.csv`` all contacts played so far, and in ``instructions`` all files that the core took, so
the world can be rebuilt from its seed alone. ``booked.csv`` says what became of each line of these files.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from shouyue.base import files
from shouyue.base.errors import Code
from shouyue.simulator import answers, instructions
from shouyue.simulator.export import Folder
from shouyue.simulator.play import OUT_OF_ORDER, Contact, World
from shouyue.simulator.told import Answer
from shouyue.simulator.workdays import day_of

NOT_OURS = Code(
    "SIM-004",
    zh="{folder} 不是模拟数据目录（缺少 manifest.json）",
    en="{folder} is no simulated folder (it has no manifest.json)",
)
BAD_ROW = Code(
    "SIM-005",
    zh="{file} 第 {line} 行的 {field} 无效；须有 customer_id、at，"
    "可有 channel、number、reached、promise_on、promise_minor",
    en="{file} line {line}: {field} is wrong; needed: customer_id, at; optional: channel, number, reached, "
    "promise_on, promise_minor",
)
ANSWERS = ("kind", "instruction", "line", "subject", "what", "told_minor", "answer", "why", "on", "booked_minor")
COLUMNS = ("customer_id", "at", "channel", "number", "reached", "promise_on", "promise_minor")


#: what a played folder says of the core's own balances: with the known slips, without any, not at all
BALANCES = ("slips", "exact", "none")


@dataclass
class Past:
    """A world with what was done in it so far: contacts, and the files that the core took by day."""

    world: World
    as_of: date
    contacts: list[Contact]
    taken: list[Taken]
    balances: str = "none"

    def go_on(self, day: date, contacts: Sequence[Contact]) -> None:
        """Do again what was done on a day: its contacts, then the files that the core took."""
        self.world.touch(day, contacts)
        self.contacts = [*self.contacts, *contacts]
        _take(self.world, self.taken, day)


@dataclass(frozen=True)
class Taken:
    day: date
    file: instructions.File
    exact: bool


def opened(source: Path) -> Past:
    """The world of a folder, as it was left. Raises SIM-004 for a folder that is none."""
    try:
        manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        lender = manifest["lender"]
        world = World(lender["loans"], lender["seed"], date.fromisoformat(lender["anchor"]))
        as_of = date.fromisoformat(manifest["as_of"])
        stated = manifest.get("balances") or ("slips" if "slips" in manifest else "none")
    except (OSError, ValueError, KeyError, TypeError):
        raise NOT_OURS.error(folder=source) from None
    contacts = _read(source / "played.csv") if (source / "played.csv").exists() else []
    past = Past(world, as_of, [], taken_by(source), stated)
    for day in sorted({_day(c) for c in contacts} | {one.day for one in past.taken}):
        past.go_on(day, [c for c in contacts if _day(c) == day])
    return past


def _take(world: World, taken: Sequence[Taken], day: date) -> None:
    for one in taken:
        if one.day == day:
            world.take(day, [one.file], one.exact)


def play(
    source: Path,
    day: date,
    contacts: Path | None,
    out: Path,
    format: str = "parquet",
    balances: str | None = None,
    told: Path | None = None,
    exact: bool = False,
) -> tuple[Folder, list[Answer]]:
    """Play ``day`` after ``source`` and write what the day after it brings into ``out``.

    A contact without ``reached`` is a try: the world answers it, and ``played.csv`` of ``out`` says how. ``balances``
    is one of ``BALANCES``, the source's own where not given. ``told``: a folder of files for the core, which takes
    those that it has not taken yet and answers each line; ``exact``: it books all as it is told.
    Raises SIM-003 for a day before the folder's, SIM-004 and SIM-005 for a wrong folder or file, SIM-006 to SIM-008 for
    a wrong file for the core: then nothing is written.
    """
    if not (source / "manifest.json").exists() and (source / day.isoformat()).is_dir():
        source = source / day.isoformat()
    past = opened(source)
    if day < past.as_of:
        raise OUT_OF_ORDER.error(day=day, next=past.as_of)
    past.balances = balances or past.balances
    fresh = new_files(told, past.taken)
    today = [_answered(past.world, c) for c in _read(contacts, day)] if contacts else []
    return night(past, day, today, fresh, out, format, exact)


def new_files(folder: Path | None, taken: Sequence[Taken]) -> list[instructions.File]:
    """The files for the core in a folder that it has not taken yet. Raises SIM-006 to SIM-008."""
    known = {(one.file.kind, one.file.number): one.file.sha256 for one in taken}
    return instructions.new(folder, known) if folder else []


def night(
    past: Past,
    day: date,
    today: Sequence[Contact],
    told: Sequence[instructions.File],
    out: Path,
    format: str = "parquet",
    exact: bool = False,
) -> tuple[Folder, list[Answer]]:
    """Play the day on, and write what the next one brings; ``past`` goes on to it. What became of each line told."""
    world, since, answered = past.world, past.as_of, len(past.world.answered)
    world.touch(day, today)
    fresh = [Taken(day, file, exact) for file in told]
    _take(world, fresh, day)
    next_day = day + timedelta(days=1)
    folder = Folder(world.lender, out, next_day, since, format, past.balances != "none")
    folder.add(world.rows(next_day, since))
    if past.balances != "none":
        table, slips = world.statement(next_day, past.balances == "slips")
        folder.add({"balances": table}, slips)
    past.as_of, past.contacts, past.taken = next_day, [*past.contacts, *today], [*past.taken, *fresh]
    _write(out / "played.csv", past.contacts)
    more: dict[str, object] = {"played_until": day.isoformat(), "contacts": len(today), "balances": past.balances}
    if past.taken:
        _keep(out, past)
        more["taken"] = [one.file.name for one in fresh]
    folder.close(more)
    return folder, list(world.answered[answered:])


def taken_by(folder: Path) -> list[Taken]:
    """The files that the core has taken so far, in their order. Raises SIM-004, SIM-006 where one is broken."""
    index = folder / "instructions" / "taken.csv"
    if not index.exists():
        return []
    try:
        with index.open(encoding="utf-8", newline="") as lines:
            rows = [(row["file"], date.fromisoformat(row["day"]), row["exact"]) for row in csv.DictReader(lines)]
        return [Taken(day, instructions.read(index.parent / name), exact == "yes") for name, day, exact in rows]
    except (OSError, KeyError, ValueError, TypeError):
        raise NOT_OURS.error(folder=folder) from None


def _keep(out: Path, past: Past) -> None:
    """All files that the core took, and what became of each line: readable to their owner alone, they hold numbers."""
    kept = out / "instructions"
    kept.mkdir(parents=True, exist_ok=True)
    for one in past.taken:
        files.write_text(kept / one.file.name, one.file.text, private=True)
    rows = [[one.file.name, one.day, "yes" if one.exact else "no", one.file.sha256] for one in past.taken]
    _csv(kept / "taken.csv", ("file", "day", "exact", "sha256"), rows)
    said = []
    for a in past.world.answered:
        on = day_of(a.on) if a.on is not None else None
        said.append([a.kind, a.instruction, a.line, a.subject, a.what, a.told_minor, a.answer, a.why, on, a.minor])
    _csv(out / "booked.csv", ANSWERS, said)


def _csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with files.whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(head)
        out.writerows(rows)


def _answered(world: World, contact: Contact) -> Contact:
    if contact.reached:
        return contact
    said = world.answer(contact.customer_id, contact.moment, contact.channel, contact.number)
    return Contact(
        contact.customer_id, contact.moment, contact.channel, contact.number, said.reached, said.promise_on,
        said.promise_minor,
    )  # fmt: skip


def _day(contact: Contact) -> date:
    return contact.moment.astimezone(answers.HOME).date()


def _read(file: Path, day: date | None = None) -> list[Contact]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        return [_contact(row, file, n, day) for n, row in enumerate(rows, start=2)]


def _contact(row: dict[str, str], file: Path, line: int, day: date | None) -> Contact:
    field = "customer_id"
    try:
        customer = row["customer_id"].strip()
        field = "at"
        moment = datetime.fromisoformat(row["at"])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=answers.HOME)
        if day is not None and moment.astimezone(answers.HOME).date() != day:
            raise ValueError(field)
        field = "promise_on"
        on = date.fromisoformat(row[field]) if row.get(field) else None
        field = "promise_minor"
        minor = int(row[field]) if row.get(field) else None
    except (KeyError, ValueError, AttributeError):
        raise BAD_ROW.error(file=file.name, line=line, field=field) from None
    return Contact(
        customer, moment, row.get("channel") or "call", row.get("number") or "", row.get("reached") or "", on, minor
    )


def _write(file: Path, contacts: list[Contact]) -> None:
    rows = (
        (c.customer_id, c.moment.isoformat(), c.channel, c.number, c.reached, c.promise_on, c.promise_minor)
        for c in contacts
    )
    _csv(file, COLUMNS, rows)
