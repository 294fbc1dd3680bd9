from __future__ import annotations

import csv
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from shouyue.book.importing import import_folder
from shouyue.book.profile import load

pytestmark = pytest.mark.shared


def in_cents(path, column: str) -> int:
    with path.open(newline="") as handle:
        return sum(
            int(Decimal(row[column]).scaleb(2).quantize(Decimal(1), ROUND_HALF_EVEN)) for row in csv.DictReader(handle)
        )


def test_real_export_is_taken_in_to_the_cent(shared_data, tmp_path):
    folder = shared_data / "homecredit"
    outcome = import_folder(folder, load("homecredit"), tmp_path / "book")
    assert outcome.exit_code == 0
    rows = {name: t.accepted for name, t in outcome.totals.items()}
    assert rows == {"loans": 1772, "customers": 771, "instalments": 7244, "payments": 7346}
    assert outcome.totals["loans"].accepted_money == in_cents(folder / "loans.csv", "principal")
    assert outcome.totals["instalments"].accepted_money == in_cents(folder / "instalments.csv", "amount_due")
    assert outcome.totals["payments"].accepted_money == in_cents(folder / "payments.csv", "amount")
    assert outcome.version.verify() == []
