"""What it costs to import from a lender's PostgreSQL, and that memory does not follow the table.

    python bench/database.py [--loans 20000] [--folder DIR]

Lays a book of LOANS loans (12 instalments and 6 payments each) into a server of its own, then prints from one run:

* the floor: the same rows read by psycopg's COPY and thrown away;
* ours: the queries laid down in files (the time for which the lender's database is held), and the whole import;
* the same rows imported from CSV files;
* the bytes of the tables, and the peak memory of the process that read them, beside that of one that read a tenth.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from shouyue.base import database, embedded

TABLES = {
    "loans": "SELECT 'A' || n AS loan_id, 'C' || n AS customer_id, 1200.00::numeric(18, 2) AS principal_minor "
    "FROM generate_series(1, {loans}) n",
    "instalments": "SELECT 'A' || n AS loan_id, s AS seq, date '2026-01-05' + s * 30 AS due_date, "
    "105.10::numeric(18, 2) AS amount_minor FROM generate_series(1, {loans}) n, generate_series(1, 12) s",
    "payments": "SELECT 'P' || n || '-' || s AS payment_id, 'A' || n AS loan_id, "
    "timestamptz '2026-01-05 12:00+08' + s * interval '30 days' AS value_date, 105.10::numeric(18, 2) AS amount_minor, "
    "repeat(md5(n::text), 8) AS note FROM generate_series(1, {loans}) n, generate_series(1, 6) s",
}
PEAK = """
import re, sys, time
from pathlib import Path
from shouyue.book.databases import fetch
from shouyue.book.profile import load
began = time.perf_counter()
fetch(load(sys.argv[1]), {}, Path(sys.argv[2]), lambda *_: None)
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(time.perf_counter() - began, int(peak) >> 10)
"""


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--loans", type=int, default=20_000)
    asked.add_argument("--folder", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        root.chmod(0o711)
        url = database.start(root / "postgres", {"fsync": "off", "full_page_writes": "off"})
        try:
            measure(url, options.loans, root)
        finally:
            embedded.stop(root / "postgres")


def measure(url: str, loans: int, root: Path) -> None:
    os.environ["LENDER_DATABASE"] = url
    with psycopg.connect(url, autocommit=True) as lender:
        for name, query in TABLES.items():
            lender.execute(f"CREATE TABLE {name} AS {query.format(loans=loans)}".encode())
        size = lender.execute("SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables").fetchone()
        floor = timed(lambda: [_thrown_away(lender, name) for name in TABLES])
        (root / "csv").mkdir()
        for name in TABLES:
            with lender.cursor().copy(f"COPY {name} TO STDOUT (FORMAT csv, HEADER)") as out:
                (root / "csv" / f"{name}.csv").write_bytes(b"".join(bytes(block) for block in out))
    whole, tenth, files = (root / f"{name}.toml" for name in ("whole", "tenth", "files"))
    whole.write_text(profile(lambda name: f'query = "SELECT * FROM {name}"'))
    tenth.write_text(profile(lambda name: f'query = "SELECT * FROM {name} LIMIT (SELECT count(*) / 10 FROM {name})"'))
    files.write_text(profile(lambda name: f'files = ["{name}.csv"]'))
    held, peak = _fetched(whole, root / "one")
    _, peak_of_tenth = _fetched(tenth, root / "two")
    ours = timed(lambda: _imported(whole, root / "book"))
    by_file = timed(lambda: _imported(files, root / "book-of-files", root / "csv"))
    print(f"{loans:,} loans, {loans * 19:,} rows, {int(size[0]) >> 20 if size else 0} MiB in the database")
    print(f"floor, COPY thrown away   {floor:7.2f} s   1.0")
    print(f"laid down                 {held:7.2f} s   {held / floor:.1f}")
    print(f"imported                  {ours:7.2f} s   {ours / floor:.1f}")
    print(f"imported from CSV         {by_file:7.2f} s   {by_file / floor:.1f}")
    print(f"peak memory while reading {peak} MiB; of a tenth of the rows {peak_of_tenth} MiB")


def profile(source: Callable[[str], str]) -> str:
    columns = {
        "loans": ("loan_id", "customer_id", "principal_minor"),
        "instalments": ("loan_id", "seq", "due_date", "amount_minor"),
        "payments": ("payment_id", "loan_id", "value_date", "amount_minor"),
    }
    lines = ['[database]\naddress = "LENDER_DATABASE"\n[defaults]\ndates = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S%#z"]']
    for name, named in columns.items():
        mapped = ", ".join(f'{c} = "{c}"' for c in named)
        lines += [f"[tables.{name}]", source(name), f"columns = {{ {mapped} }}"]
    return "\n".join(lines)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _thrown_away(lender: psycopg.Connection, name: str) -> None:
    with lender.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)") as out:
        for _ in out:
            pass


def _fetched(path: Path, folder: Path) -> tuple[float, int]:
    """Seconds and peak MiB, in a process of its own."""
    ended = subprocess.run([sys.executable, "-c", PEAK, path, folder], capture_output=True, text=True, check=True)
    seconds, peak = ended.stdout.split()
    return float(seconds), int(peak)


def _imported(path: Path, book: Path, folder: Path | None = None) -> None:
    command = [sys.executable, "-m", "shouyue", "import", *([folder] if folder else [])]
    subprocess.run([*command, "--profile", path, "--book", book], capture_output=True, check=True)


if __name__ == "__main__":
    main()
