"""Errors a person can act on: a stable code, a sentence in Chinese and one in English.

A package declares its codes once, next to the code that raises them::

    UNKNOWN_LOAN = Code("BOOK-011", zh="合同 {loan} 不在本次文件中", en="loan {loan} is not in these files")
    raise UNKNOWN_LOAN.error(loan="A1")

Texts never carry personal data: put ids in them, not names or phone numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shouyue.base.texts import Bilingual

#: every code declared so far, so that no two packages share one and docs/errors.md can be written
REGISTRY: dict[str, Code] = {}


class ShouyueError(Bilingual, Exception):
    """An error with a code and a text in both languages.

    ``str(error)`` is ``"CODE en / zh"``, for logs and terminals; pages show one language by ``text(lang)``.
    """

    def __init__(self, code: Code, values: dict[str, object]):
        self.code = code.id
        self.zh = code.zh.format(**values)
        self.en = code.en.format(**values)
        self.values = values
        super().__init__(f"{self.code} {self.en} / {self.zh}")


@dataclass(frozen=True)
class Code:
    """One kind of error: ``id`` is stable for ever, ``zh`` and ``en`` are ``str.format`` templates."""

    id: str
    zh: str
    en: str
    kind: type[ShouyueError] = field(default=ShouyueError, compare=False)

    def __post_init__(self) -> None:
        known = REGISTRY.setdefault(self.id, self)
        if known != self:
            raise ValueError(f"error code {self.id} is declared twice with different texts")

    def error(self, **values: object) -> ShouyueError:
        return self.kind(self, values)
