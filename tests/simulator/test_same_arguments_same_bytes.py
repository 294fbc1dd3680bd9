from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from shouyue.simulator import export
from shouyue.simulator.size import Lender

LENDER = Lender(1_500, 3, date(2026, 11, 24))


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_same_arguments_give_the_same_bytes(tmp_path, kind):
    export.write(LENDER, tmp_path / "a", 2, format=kind)
    export.write(LENDER, tmp_path / "b", 2, format=kind)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert (tmp_path / "a" / "2026-11-24" / f"loans.{kind}").exists()


def test_writing_again_over_a_half_written_folder_mends_it(tmp_path):
    export.write(LENDER, tmp_path / "a")
    whole = _bytes(tmp_path / "a")
    (tmp_path / "a" / "manifest.json").unlink()
    (tmp_path / "a" / "loans.parquet").write_bytes(b"half")
    export.write(LENDER, tmp_path / "a")
    assert _bytes(tmp_path / "a") == whole


def test_order_in_which_blocks_are_made_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setattr("shouyue.simulator.size.BLOCK", 400)
    export.write(LENDER, tmp_path / "threads", 1)
    export.write(LENDER, tmp_path / "backwards", 1, order=[4, 3, 2, 1, 0])
    assert len(LENDER.blocks) == 4
    assert _bytes(tmp_path / "threads") == _bytes(tmp_path / "backwards")


def test_another_seed_is_another_lender(tmp_path):
    export.write(LENDER, tmp_path / "a")
    export.write(replace(LENDER, seed=4), tmp_path / "b")
    a, b = _bytes(tmp_path / "a"), _bytes(tmp_path / "b")
    assert all(a[f"{t}.parquet"] != b[f"{t}.parquet"] for t in ("customers", "loans", "payments"))


def test_csv_and_parquet_hold_the_same_rows(tmp_path):
    import polars as pl

    export.write(LENDER, tmp_path / "p")
    export.write(LENDER, tmp_path / "c", format="csv")
    for name in ("customers", "loans", "instalments", "payments"):
        columns = pl.read_parquet(tmp_path / "p" / f"{name}.parquet")
        text = pl.read_csv(tmp_path / "c" / f"{name}.csv", schema=columns.schema)
        assert text.equals(columns), name
