"""Reconciliations that were made: where the loans that differ lie."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from shouyue.base import settings
from shouyue.daily.models import Reconciled


def file_of(made: Reconciled) -> Path:
    name = f"{made.as_of.isoformat()}-{made.statement[:12]}-{made.convention_digest}.parquet"
    return settings.home() / "reconciliations" / made.book / name


def differences(made: Reconciled) -> pl.LazyFrame | None:
    """The loans that differ (``run.Reconciliation.differences``); None where the file was swept away."""
    path = file_of(made)
    return pl.scan_parquet(path) if path.is_file() else None
