"""Trials on the small lender of the daily tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shouyue import strategy as strategies
from shouyue.daily.trial.run import Question, Trial, simulate
from shouyue.strategy import Strategy
from tests.daily.conftest import DAY

STANDARD = strategies.load("standard")


def edited(*changes: tuple[str, str]) -> Strategy:
    """The standard strategy with some of its text replaced."""
    text = STANDARD.text.replace(f'version = "{STANDARD.version}"', 'version = "next"')
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    found = strategies.read(text)
    assert not found.faults, found.faults
    return found


#: nobody below 500.00 is called, and the golden week is treated with care
CHANGED = edited(
    ("small        = { is = 20.00", "small        = { is = 500.00"),
    ("due         | -          | -             | [0..2] ", "due         | -          | -             | [0..3] "),
    ("habit        = { is = 3", "habit        = { is = 2"),
)


@pytest.fixture
def tried(lender, tmp_path) -> Callable[..., Trial]:
    """Try a candidate against the standard strategy on the lender's book."""

    def one(candidate: Strategy = CHANGED, as_of=DAY, folder: str | Path = "trial", base=STANDARD, **more) -> Trial:
        return simulate(Question(str(lender.book()), as_of, base, candidate, **more), tmp_path / folder)

    return one
