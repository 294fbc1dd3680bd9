from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shouyue.book.importing import Outcome, import_folder
from shouyue.book.profile import parse
from shouyue.book.schema import TABLES
from shouyue.book.store import Version

#: a lender's export of two customers, under headers of his own
EXPORT = {
    "customers.csv": "cust,who,sex,born\nK1,Zhang San,M,1990-01-02\nK2,Li Si,F,1985-12-30\n",
    "contacts.csv": "cust,phone,rel\nK1,13900000001,self\nK2,13900000002,self\n",
    "loans.csv": "contract,cust,sum,periods\nA1,K1,1200.00,12\nA2,K2,2400.00,12\n",
    "plan.csv": "contract,no,due,total\nA1,1,2026-01-05,100.00\nA1,2,2026-02-05,100.00\nA2,1,2026-01-09,200.00\n",
    "fees.csv": "id,contract,kind,day,sum\nF1,A1,penalty,2026-01-09,1.50\n",
    "paid.csv": "id,contract,day,sum,undoes\n"
    "P1,A1,2026-01-04,100.00,\nP2,A2,2026-01-10,200.00,\nP3,A2,2026-01-11,50.00,P2\n",
    "pauses.csv": "contract,from,to\nA1,2026-03-01,2026-03-31\n",
}

PROFILE: dict[str, Any] = {
    "name": "small",
    "currency": "CNY",
    "tables": {
        "customers": {
            "files": ["customers.csv"],
            "columns": {"customer_id": "cust", "name": "who", "sex": "sex", "born_on": "born"},
        },
        "contacts": {
            "files": ["contacts.csv"],
            "columns": {"customer_id": "cust", "phone": "phone", "relation": "rel"},
        },
        "loans": {
            "files": ["loans.csv"],
            "columns": {"loan_id": "contract", "customer_id": "cust", "principal_minor": "sum", "term": "periods"},
        },
        "instalments": {
            "files": ["plan.csv"],
            "columns": {"loan_id": "contract", "seq": "no", "due_date": "due", "amount_minor": "total"},
        },
        "charges": {
            "files": ["fees.csv"],
            "columns": {
                "charge_id": "id",
                "loan_id": "contract",
                "kind": "kind",
                "due_date": "day",
                "amount_minor": "sum",
            },
        },
        "payments": {
            "files": ["paid.csv"],
            "columns": {
                "payment_id": "id",
                "loan_id": "contract",
                "value_date": "day",
                "amount_minor": "sum",
                "reversal_of": "undoes",
            },
        },
        "pauses": {
            "files": ["pauses.csv"],
            "columns": {"loan_id": "contract", "starts_on": "from", "ends_on": "to"},
        },
    },
}


class Lender:
    """A folder of files, a profile and a book, to import again and again."""

    def __init__(self, root: Path):
        self.folder, self.book = root / "export", root / "book"
        self.folder.mkdir()
        self.profile: dict[str, Any] = _copy(PROFILE)
        for name, text in EXPORT.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def only(self, **files: str | bytes) -> None:
        """The folder holds these files alone (``paid="…"`` is paid.csv)."""
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in files.items():
            self.write(f"{name}.csv", content)

    def add(self, name: str, *lines: str | bytes) -> None:
        """Append lines to a file."""
        whole = b"".join((x if isinstance(x, bytes) else x.encode()) + b"\n" for x in lines)
        with (self.folder / name).open("ab") as handle:
            handle.write(whole)

    def imported(self, **how: Any) -> Outcome:
        return import_folder(self.folder, parse(self.profile), self.book, **how)


def _copy(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {k: _copy(v) for k, v in tree.items()}
    return list(tree) if isinstance(tree, list) else tree


@pytest.fixture
def lender(tmp_path: Path) -> Lender:
    return Lender(tmp_path)


@pytest.fixture
def quarantined() -> Callable[[Outcome], list[dict[str, str]]]:
    """Rows of the quarantine file, as dicts of text."""

    def rows(outcome: Outcome) -> list[dict[str, str]]:
        if outcome.quarantine is None:
            return []
        with outcome.quarantine.open(encoding="utf-8-sig", newline="") as handle:
            return list(csv.DictReader(handle))

    return rows


def content(version: Version) -> dict[str, list[dict[str, Any]]]:
    """All a version holds, in an order that does not depend on shards."""
    held: dict[str, list[dict[str, Any]]] = {}
    for name in TABLES:
        rows = [row for ix in range(version.shards) for row in version.read(name, ix).to_pylist()]
        held[name] = sorted(rows, key=lambda row: [str(v) for k, v in row.items() if k != "loan_ix"])
        for row in held[name]:
            row.pop("loan_ix", None)
    return held
