"""Any text survives quoting, line breaks, and the borders of the blocks a file is read in."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.book.parsing import _BLANKS
from shouyue.book.sources.delimited import Delimited
from tests.book.conftest import Lender

texts = st.lists(st.text(st.sampled_from('ab,"\n 中é;'), max_size=8), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    channels=texts,
    block=st.sampled_from([64, 100, 333, 1 << 20]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(channels, block, quoting, line_end):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end, quoting=quoting)
    writer.writerow(["id", "contract", "day", "sum", "undoes", "ch"])
    for number, text in enumerate(channels):
        writer.writerow([f"Q{number}", "A1", "2026-01-05", "1.50", "", text])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Delimited, "block", block)
        lender = Lender(Path(folder))
        lender.profile["tables"]["payments"]["columns"]["channel"] = "ch"
        lender.write("paid.csv", out.getvalue())
        outcome = lender.imported()
        assert outcome.codes == {}
        held = {r["payment_id"]: r["channel"] for r in outcome.version.read("payments", 0).to_pylist()}
    assert held == {f"Q{n}": text.strip(_BLANKS) or None for n, text in enumerate(channels)}


def test_bad_line_at_the_border_of_a_block_keeps_its_number(lender, quarantined, monkeypatch):
    monkeypatch.setattr(Delimited, "block", 50)
    lender.write(
        "paid.csv",
        "id,contract,day,sum,undoes\n"
        + "".join(f'"Q{n}",A1,2026-01-05,1.00,"\n"\n' if n % 3 else f"Q{n},A1,2026-01-05,x,\n" for n in range(60)),
    )
    rows = quarantined(lender.imported())
    # two records of two lines and one of one: five lines for three rows
    assert [int(r["line"]) for r in rows] == [2 + 5 * (n // 3) for n in range(0, 60, 3)]
    assert [r["raw"] for r in rows] == [f"Q{n},A1,2026-01-05,x," for n in range(0, 60, 3)]
