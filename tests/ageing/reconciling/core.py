"""A lender's core that states balances: the plain reference's figures of the loans as the core knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from shouyue.ageing.convention import Convention, load
from shouyue.ageing.reconciling import run
from shouyue.ageing.reconciling.run import Reconciliation
from shouyue.ageing.reference import Loan, age_loan
from shouyue.book.build import build_version
from shouyue.book.schema import TABLES
from shouyue.book.shelving import frame_schema
from shouyue.book.store import Book
from tests.ageing.loans import frames

DAY = date(2026, 3, 31)


def states(loan: Loan, rules: Convention | str = "default", day: date = DAY, known_at: date | None = None) -> dict:
    """All that a core may say of a loan, in the columns of ``balances``."""
    found = age_loan(loan, day, known_at, load(rules))
    own = {f"{n}_minor": found[f"outstanding_{n}_minor"] for n in ("principal", "interest", "fee")}
    late = found["outstanding_penalty_minor"] + found["outstanding_late_fee_minor"]
    owed = found["outstanding_minor"]
    return {
        **own,
        "penalty_minor": late,
        "outstanding_minor": owed or -found["credit_minor"],
        "overdue_minor": found["overdue_minor"],
        "dpd": found["dpd"],
        "bucket": found["bucket"],
        "status": "open" if owed else "closed",
    }


def reconciled(
    folder: Path,
    ours: Mapping[str, Loan],
    theirs: Mapping[str, dict[str, Any]],
    shards: int = 2,
    closed: Mapping[str, date] | None = None,
    **how: Any,
) -> Reconciliation:
    """A book of our loans and their statement of ``DAY``, reconciled."""
    tables = frames(list(ours.values()), list(ours))
    ended = [(closed or {}).get(name) for name in tables["loans"]["loan_id"]]
    tables["loans"] = tables["loans"].with_columns(pl.Series("closed_on", ended, pl.Date))
    rows = [{"loan_id": name, "stated_on": DAY, **said} for name, said in theirs.items()]
    tables["balances"] = pl.DataFrame(rows, schema=frame_schema(TABLES["balances"]))
    build_version(folder, tables, shards=shards)
    return run.reconcile(Book(folder), **how)


def causes(found: Reconciliation) -> dict[str, tuple[str, str]]:
    """Cause and evidence by loan."""
    return {r["loan_id"]: (r["cause"], r["evidence"]) for r in found.differences.to_dicts()}


def without(loan: Loan, payment: str) -> Loan:
    return replace(loan, payments=[p for p in loan.payments if p.id != payment])
