"""Strategies: what to do with each loan, as tables in a text file that head office can read, check and test.

``load`` a strategy, ``check`` it, ``decide`` over ``features.features(...)``, sum up with ``cases``.
"""

from shouyue.strategy.casing import cases
from shouyue.strategy.checking import check
from shouyue.strategy.deciding import decide, evaluate, told
from shouyue.strategy.faults import Finding, Place, StrategyError
from shouyue.strategy.model import Strategy
from shouyue.strategy.reading import draft, known, load, read
from shouyue.strategy.testing import run_tests

__all__ = [
    "Finding",
    "Place",
    "Strategy",
    "StrategyError",
    "cases",
    "check",
    "decide",
    "draft",
    "evaluate",
    "known",
    "load",
    "read",
    "run_tests",
    "told",
]
