"""``shouyue simulate play``: a day played from a folder into a folder.

A folder carries in ``played.csv`` all contacts played so far, so the world can be rebuilt from its seed alone.
"""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from pathlib import Path

from shouyue.base import files
from shouyue.base.errors import Code
from shouyue.simulator import answers
from shouyue.simulator.export import Folder
from shouyue.simulator.play import OUT_OF_ORDER, Contact, World

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
COLUMNS = ("customer_id", "at", "channel", "number", "reached", "promise_on", "promise_minor")


#: what a played folder says of the core's own balances: with the known slips, without any, not at all
BALANCES = ("slips", "exact", "none")


def play(
    source: Path, day: date, contacts: Path | None, out: Path, format: str = "parquet", balances: str | None = None
) -> Folder:
    """Play ``day`` after ``source`` and write what the day after it brings into ``out``.

    A contact without ``reached`` is a try: the world answers it, and ``played.csv`` of ``out`` says how. ``balances``
    is one of ``BALANCES``, the source's own where not given.
    Raises SIM-003 for a day before the folder's, SIM-004 and SIM-005 for a wrong folder or file.
    """
    if not (source / "manifest.json").exists() and (source / day.isoformat()).is_dir():
        source = source / day.isoformat()
    try:
        manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        lender = manifest["lender"]
        world = World(lender["loans"], lender["seed"], date.fromisoformat(lender["anchor"]))
        as_of = date.fromisoformat(manifest["as_of"])
        stated = balances or manifest.get("balances") or ("slips" if "slips" in manifest else "none")
    except (OSError, ValueError, KeyError, TypeError):
        raise NOT_OURS.error(folder=source) from None
    if day < as_of:
        raise OUT_OF_ORDER.error(day=day, next=as_of)
    done = _replay(world, source / "played.csv")
    today = [_answered(world, c) for c in _read(contacts, day)] if contacts else []
    world.touch(day, today)
    next_day = day + timedelta(days=1)
    folder = Folder(world.lender, out, next_day, as_of, format, stated != "none")
    folder.add(world.rows(next_day, as_of))
    if stated != "none":
        table, slips = world.statement(next_day, stated == "slips")
        folder.add({"balances": table}, slips)
    _write(out / "played.csv", [*done, *today])
    folder.close({"played_until": day.isoformat(), "contacts": len(today), "balances": stated})
    return folder


def _replay(world: World, file: Path) -> list[Contact]:
    done = _read(file) if file.exists() else []
    for day in sorted({_day(c) for c in done}):
        world.touch(day, [c for c in done if _day(c) == day])
    return done


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
    with files.whole(file) as aside, aside.open("w", encoding="utf-8", newline="") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(COLUMNS)
        for c in contacts:
            out.writerow(
                [
                    c.customer_id, c.moment.isoformat(), c.channel, c.number, c.reached, c.promise_on or "",
                    "" if c.promise_minor is None else c.promise_minor,
                ]
            )  # fmt: skip
