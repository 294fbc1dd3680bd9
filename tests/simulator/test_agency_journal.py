"""What an agency's system wrote down is read again whole, wherever a kill cut it off."""

from __future__ import annotations

import pytest

from shouyue.simulator.agency import Answer, Journal

ASKS = {"case": "1", "number": 7, "channel": "call"}


@pytest.mark.parametrize("left", range(1, 60))
def test_a_line_that_was_cut_off_takes_no_later_one_with_it(tmp_path, left):
    path = tmp_path / "journal.jsonl"
    first = Journal(path)
    first.sends(f"{first.run}/1", "/contacts", ASKS)
    whole = path.read_bytes()
    first.answered(f"{first.run}/1", Answer(200, {"allowed": False}))
    path.write_bytes(path.read_bytes()[: len(whole) + left])  # killed while the answer was written
    second = Journal(path)
    cut = path.read_bytes()[len(whole) :].strip()
    assert (f"{first.run}/1" in second.open) == (not cut.endswith(b"}"))
    second.sends(f"{second.run}/2", "/contacts", ASKS)
    third = Journal(path)
    assert third.run == first.run and third.keys == 2 and f"{first.run}/2" in third.open
