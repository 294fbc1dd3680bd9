"""Databases other than PostgreSQL, through connectorx, in a process of its own.

The driver writes to the terminal what it pleases, addresses among it, does not listen to Ctrl-C, and panics where an
error would do. In a child whose words nobody hears, and which can be killed, none of that matters. The child is
``foreign_child``; it gets its work by its input, says what it does on its output, and ends when the input does.

Each query runs on a connection of its own: these databases give no snapshot over several.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from shouyue.book import faults
from shouyue.book.databases.address import Address
from shouyue.book.profile_model import TableProfile

if TYPE_CHECKING:
    from shouyue.book.databases.fetching import Fetched


def fetch(
    place: Address,
    tables: Sequence[TableProfile],
    folder: Path,
    progress: Callable[[str, int, float | None], None],
) -> list[Fetched]:
    """As ``fetching.fetch``. Raises BOOK-223 where connectorx is not installed."""
    from shouyue.book.databases.fetching import Fetched

    if importlib.util.find_spec("connectorx") is None:
        raise faults.NO_DRIVER.error(kind=place.kind)
    asked = [{"table": t.name, "query": t.query, "path": str(folder / f"{t.name}.parquet")} for t in tables]
    order = {t.name: (number, t) for number, t in enumerate(tables)}
    fetched: list[Fetched] = []
    with subprocess.Popen(
        [sys.executable, "-m", "shouyue.book.databases.foreign_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        try:
            _order(child.stdin, {"url": place.url, "queries": asked})
            table = tables[0].name
            for line in child.stdout:
                said = json.loads(line)
                table = said["table"]
                number, one = order[table]
                if "failed" in said:
                    raise _failure(said["failed"], table, place)
                progress(table, said["rows"], number / len(tables))
                if said.get("done"):
                    fetched.append(Fetched(one, folder / f"{table}.parquet", said["rows"], place.kind))
            if len(fetched) != len(tables):
                raise faults.QUERY_BROKE.error(table=table, code="–")
        finally:
            child.kill()
    return fetched


def _order(to: IO[str], work: dict[str, Any]) -> None:
    try:
        to.write(json.dumps(work) + "\n")
        to.flush()
    except BrokenPipeError:  # it has ended; what follows finds out
        pass


def _failure(said: dict[str, str], table: str, place: Address) -> Exception:
    if said["what"] == "connect":
        zh, en = {"gone": faults.GONE, "login": faults.LOGIN, "malformed": faults.MALFORMED}[said["why"]]
        return faults.NOT_CONNECTED.error(variable=place.variable, why_zh=zh, why_en=en)
    return faults.QUERY_REFUSED.error(table=table, code=said["code"], why=place.scrubbed(said["why"]))
