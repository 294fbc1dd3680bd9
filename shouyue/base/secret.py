"""Secrets that people read, type and write down."""

from __future__ import annotations

import secrets

#: none can be mistaken for another
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def readable_secret(groups: int = 4) -> str:
    """Groups of four letters, some 20 bits each."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(groups))
