"""What an entry of the audit chain is made of, and its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shouyue.compliance import errors

#: what the first entry names as the hash before it
FIRST = "0" * 64


@dataclass(frozen=True)
class Root:
    """A sealed root: the hash that entry ``seq`` had when it was published."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.hash}@{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Root:
        """``HASH@SEQ`` as ``shouyue audit root`` prints it. Raises AUDIT-004."""
        digest, _, seq = text.strip().partition("@")
        if (
            len(digest) != 64
            or not all(c in "0123456789abcdef" for c in digest)
            or not seq.isascii()
            or not seq.isdigit()
        ):
            raise errors.BAD_ROOT.error(text=text[:90])
        return cls(int(seq), digest)


def content_hash(
    seq: int,
    at: datetime,
    actor_id: int | None,
    actor: str,
    action: str,
    subject: str,
    data: dict[str, Any],
    previous: str,
) -> str:
    """SHA-256 in hex over the canonical JSON (UTF-8, sorted keys, no spaces) of the list of all arguments.

    ``at`` is written in UTC with six decimals: ``2026-11-24T06:00:00.000000+00:00``.
    """
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [seq, moment, actor_id, actor, action, subject, data, previous]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
