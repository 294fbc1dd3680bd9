"""Addresses of static files: each carries a fingerprint of its content, so that a browser may keep it for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class Fingerprinted(StaticFilesStorage):
    def url(self, name: str) -> str:  # type: ignore[override]
        address = super().url(name)
        mark = _fingerprint.__wrapped__(name) if settings.DEBUG else _fingerprint(name)
        return f"{address}?v={mark}" if mark else address


@cache
def _fingerprint(name: str) -> str:
    found = finders.find(name)
    return hashlib.blake2b(Path(str(found)).read_bytes(), digest_size=6).hexdigest() if found else ""
