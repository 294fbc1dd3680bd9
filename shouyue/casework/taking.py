"""What becomes of a file of rows that somebody sends in: each row stands by itself, so a bad one leaves the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shouyue.base.errors import ShouyueError
from shouyue.base.texts import Bilingual


@dataclass(frozen=True)
class Fault(Bilingual):
    """What is wrong in a row, to be mended and sent again; its value is not repeated, as it may be personal data."""

    line: int
    field: str
    code: str
    zh: str
    en: str


@dataclass
class Taken:
    """Rows written, rows known before, and those that were not taken; each is counted once and may have many faults."""

    new: int = 0
    known: int = 0
    refused: int = 0
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, line: int, *errors: ShouyueError, fields: Mapping[str, ShouyueError] | None = None) -> None:
        """A row that could not be taken: an error names its own field, those of ``fields`` are named by it."""
        self.refused += 1
        told = [(str(error.values.get("field", "")), error) for error in errors] + [*(fields or {}).items()]
        self.faults += [Fault(line, name, error.code, error.zh, error.en) for name, error in told]
