"""Does an input decide no more than it may? How a borrower came across says how to talk to him, and nothing harsher.

``[decides_only]`` of vocabulary.toml names such inputs with the outputs that may follow from them. A table with one of
them among its conditions gives nothing else, and neither does a table that asks for what such a table gives: so
whatever the rows say, it reaches nothing but those outputs.
"""

from __future__ import annotations

from shouyue.strategy import faults
from shouyue.strategy.faults import Findings
from shouyue.strategy.model import Strategy
from shouyue.strategy.vocabulary import vocabulary


def check(strategy: Strategy, found: Findings) -> None:
    for name, outputs in vocabulary().decides_only.items():
        follows = {name}
        for table in strategy.tables:
            if not follows & {column.name.id for column in table.inputs}:
                continue
            for column in table.outputs:
                follows.add(column.name.id)
                if column.name.id not in outputs:
                    place = table.place(strategy.file, column=column.name.id)
                    found.add(faults.DECIDES_TOO_MUCH, place, name=name, allowed=", ".join(outputs))
