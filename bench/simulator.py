"""Seconds and memory of a simulated export: ``python bench/simulator.py [loans] [folder]``."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from shouyue.simulator import export
from shouyue.simulator.size import Lender


def main() -> None:
    loans = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as out:
        began = time.perf_counter()
        folder = export.write(Lender(loans, 1, date(2026, 11, 24)), Path(out))[0]
        seconds = time.perf_counter() - began
        size = sum(f.stat().st_size for f in Path(out).iterdir()) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows = ", ".join(f"{count:,} {name}" for name, count in folder.rows.items())
    print(f"{loans:,} loans: {seconds:.1f} s, peak {peak:.2f} GiB, {size:,.0f} MiB of files")
    print(rows)


if __name__ == "__main__":
    main()
