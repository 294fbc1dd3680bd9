"""The whole daily cycle of a lender, stage by stage, into PostgreSQL, with people at the desk meanwhile.

    python bench/daily.py [--loans 1000000] [--reps 40] [--pause 5] [--folder DIR]

Builds a simulated lender's export and book once. Then, in a database of its own: the first day, on which every case is
new, is published to an empty desk; the server is started and reps work at it; and the next day is imported and
published under them. Prints the seconds of each stage of both days, how long pages took before and during the cycle,
and what publishing each day costs beside a COPY, in one transaction, of the very rows it left: into tables with the
desk's indexes and keys, and into bare ones. Publishing is everything inside the cycle's transaction: working out
customers, loans and schedules, and writing them. Processor seconds are this process's and its database server's; on a
busy machine compare them and the ratios, not the seconds by the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import platform
import shutil
import signal
import statistics
import threading
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import desk
from yardstick.home import home

FIRST = date(2025, 6, 26)
NEXT = FIRST + timedelta(days=1)
BOOK = "bench"
TRANSACTION = ("customers", "loans", "allocate", "publish")
LOANS_A_REP = 2_500


def export_of(folder: Path, loans: int) -> Path:
    """The lender's files of both days, and the book of the first, kept under ``folder``."""
    from shouyue.book.importing import import_folder
    from shouyue.book.profile import load as load_profile
    from shouyue.simulator import export
    from shouyue.simulator.size import Lender

    place = folder / f"daily-{loans}"
    if not (place / "made").exists():
        print(f"building {place} …", flush=True)
        shutil.rmtree(place, ignore_errors=True)
        began = time.perf_counter()
        export.write(Lender(loans, 1, FIRST), place / "files", 1)
        print(f"simulated in {time.perf_counter() - began:.0f} s", flush=True)
        began = time.perf_counter()
        import_folder(place / "files" / FIRST.isoformat(), load_profile("demo"), place / "book")
        print(f"first day imported in {time.perf_counter() - began:.0f} s", flush=True)
        (place / "made").touch()
    return place


def staff(book: Path, loans: int) -> None:
    """Stores as the book names them, with reps."""
    from shouyue.book.store import Book
    from shouyue.people.models import Role, Store, User

    version = Book(book).current()
    assert version
    codes = {code for ix in range(version.shards) for code in version.read("loans", ix, ["store"])["store"].to_pylist()}
    stores = [Store.objects.create(code=code, name=code) for code in sorted(codes - {None})]
    each = max(1, loans // LOANS_A_REP // max(1, len(stores)))
    User.objects.bulk_create(
        User(username=f"rep{store.pk}-{n}", role=Role.REP, store=store, full_name=f"员工{store.pk}-{n}", password="!")
        for store in stores
        for n in range(each)
    )
    print(f"{len(stores)} stores, {len(stores) * each} reps")


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and by the processor in this process and in the server's for its connection."""

    clock: float
    processor: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.clock - other.clock, self.processor - other.processor)

    def __str__(self) -> str:
        return f"{self.clock:.1f} s ({self.processor:.1f} of the processor)"

    def times(self, other: Spent) -> str:
        return f"{self.clock / other.clock:.1f} times ({self.processor / other.processor:.1f})"


def spent() -> Spent:
    """So far. Where the system does not tell of the server's process, this one's alone."""
    from django.db import connection

    connection.ensure_connection()
    server = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    ticks = sum(map(int, server.read_text().rsplit(")", 1)[1].split()[11:13])) if server.exists() else 0
    return Spent(time.perf_counter(), time.process_time() + ticks / os.sysconf("SC_CLK_TCK"))


@dataclass(frozen=True)
class Copied:
    """What copying the desk's rows costs: into tables without an index, and into tables like the desk's."""

    rows: int
    size: int
    bare: Spent
    keyed: Spent


def bare_copy() -> Copied:
    """Copy what the desk holds, once into bare tables and once into such as have its indexes and keys."""
    from django.apps import apps
    from django.db import connection

    rooms = ("casework", "compliance", "daily")
    names = [m._meta.db_table for m in apps.get_models() if m._meta.app_label in rooms and m.objects.exists()]
    taken: dict[str, list[bytes]] = {}
    with connection.cursor() as cursor:
        for name in names:
            with cursor.copy(f"COPY {name} TO STDOUT (FORMAT csv)") as copy:
                taken[name] = [bytes(part) for part in _blocks(copy)]
        # some seconds, with whatever else the machine did in them: of three the middle one
        (rows, bare), (_, keyed) = (
            sorted((_copied(cursor, taken, keyed=like) for _ in range(3)), key=lambda one: one[1].clock)[1]
            for like in (False, True)
        )
    return Copied(rows, sum(len(block) for blocks in taken.values() for block in blocks), bare, keyed)


def _copied(cursor: Any, taken: dict[str, list[bytes]], *, keyed: bool) -> tuple[int, Spent]:
    """Rows and what they took; the tables are made before the clock starts and are gone afterwards."""
    from django.db import transaction

    for name in taken:
        cursor.execute(f"CREATE TABLE bench_{name} (LIKE {name}{' INCLUDING ALL' if keyed else ''})")
    if keyed:
        cursor.execute(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
            " AND conrelid::regclass::text = ANY(%s)",
            [list(taken)],
        )
        for name, key in cursor.fetchall():
            cursor.execute(f"ALTER TABLE bench_{name} ADD {key}")
    rows, began = 0, spent()
    with transaction.atomic():
        for name, blocks in taken.items():
            with cursor.copy(f"COPY bench_{name} FROM STDIN (FORMAT csv)") as copy:
                for block in blocks:
                    copy.write(block)
            rows += max(cursor.rowcount, 0)
    took = spent() - began
    for name in taken:
        cursor.execute(f"DROP TABLE bench_{name}")
    return rows, took


def _blocks(copy: Any, size: int = 1 << 20) -> Any:
    held = io.BytesIO()
    for part in copy:
        held.write(part)
        if held.tell() >= size:
            yield held.getvalue()
            held = io.BytesIO()
    yield held.getvalue()


class People:
    """Reps at their desks, in a thread of their own, until they are told to stop."""

    def __init__(self, port: int, sessions: list[str], pause: float):
        self.port, self.sessions, self.pause = port, sessions, pause
        self.times: dict[str, list[float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> People:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for page, took in asyncio.run(desk.work(self.port, self.sessions, self.pause, 2 * self.pause)).items():
                self.times.setdefault(page, []).extend(took)


def cycle(as_of: date) -> tuple[dict[str, float], Spent]:
    """Seconds by stage, and what the transaction spent."""
    from shouyue.daily.cycle import run

    at: list[Spent] = []

    def tell(stage: str, done: int, whole: int) -> None:
        if stage in TRANSACTION and (done == 0 or done == whole):
            at.append(spent())

    began = time.perf_counter()
    done = run(as_of, BOOK, progress=tell)
    totals = done.totals
    took = time.perf_counter() - began
    print(f"{as_of}: {totals['cases']:,} cases, {totals['opened']:,} opened, {took:.1f} s", flush=True)
    print("  " + "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in totals["seconds"].items()), flush=True)
    return totals["seconds"], at[-1] - at[0]


def told(pages: dict[str, list[float]], when: str) -> None:
    for page, took in pages.items():
        if len(took) > 1:
            cuts = [1000 * cut for cut in statistics.quantiles(took, n=20)]
            print(f"  {page:10} {when:7} {len(took):6,} pages   median {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--reps", type=int, default=40, help="who work while the next day is published")
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between a rep's pages")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    from shouyue.base import settings

    made = export_of(asked.folder or settings.home() / "bench", asked.loans)
    os.environ.pop("SHOUYUE_BOOKS", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "shouyue.web.settings"
    with home() as place:
        desk.by_day()
        book = place / "books" / BOOK
        shutil.copytree(made / "book", book, copy_function=shutil.copyfile)
        measure(made, book, asked)


def beside_copy(publishing: Spent) -> None:
    """What publishing a day cost beside a COPY of all the rows that the desk then holds of it."""
    copied = bare_copy()
    print(f"  publishing {publishing}; a COPY of the {copied.rows:,} rows ({copied.size / 2**20:,.0f} MiB):")
    for what, took in (("with the desk's indexes and keys", copied.keyed), ("without any", copied.bare)):
        print(f"    into tables {what} {took}: publishing is {publishing.times(took)}", flush=True)


def measure(made: Path, book: Path, asked: argparse.Namespace) -> None:
    from shouyue.cli.desk import migrate, open_desk

    open_desk()
    migrate()
    from django.db import connection

    from shouyue.book.importing import import_folder
    from shouyue.book.profile import load as load_profile

    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {asked.loans:,} loans")
    staff(book, asked.loans)
    first, publishing = cycle(FIRST)
    beside_copy(publishing)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    sessions = desk.signed_in()[: asked.reps]
    connection.close()
    port = desk.free_port()
    server = desk.serve(port)
    try:
        quiet = asyncio.run(desk.work(port, sessions, asked.pause, 4 * asked.pause))
        with People(port, sessions, asked.pause) as people:
            began = time.perf_counter()
            import_folder(made / "files" / NEXT.isoformat(), load_profile("demo"), book, append=True)
            imported = time.perf_counter() - began
            second, publishing = cycle(NEXT)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    beside_copy(publishing)
    print(f"\n{'seconds':<16}{'first day':>12}{'next day':>12}")
    for stage, seconds in {"import": (0.0, imported), **{s: (first[s], second[s]) for s in first}}.items():
        print(f"{stage:<16}{f'{seconds[0]:.1f}' if seconds[0] else '–':>12}{seconds[1]:>12.1f}")
    print(f"{'all':<16}{sum(first.values()):>12.1f}{imported + sum(second.values()):>12.1f}")
    print(f"\n{len(sessions)} reps at the desk, {asked.pause:g} s between pages")
    told(quiet, "before")
    told(people.times, "during")


if __name__ == "__main__":
    main()
