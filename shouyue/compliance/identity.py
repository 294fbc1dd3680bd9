"""Who a person is and which number is meant, as keyed digests: comparable, never readable.

The key derives from the desk's secret. A desk that changes its secret starts everybody's budget anew, so the secret
is kept with the database's backup (docs/compliance.md).
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable
from functools import cache

import phonenumbers
from django.conf import settings

#: weights and check characters of the 18-character resident identity number (GB 11643-1999)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def _digest(purpose: str, text: str) -> str:
    return hashlib.blake2b(text.encode(), key=_secret(purpose, settings.SECRET_KEY), digest_size=32).hexdigest()


@cache
def _secret(purpose: str, secret: str) -> bytes:
    return hashlib.sha256(f"{purpose}\0{secret}".encode()).digest()


def _document(id_number: str) -> str:
    """The document number in one spelling; an old 15-digit resident number becomes its 18-character form."""
    text = id_number.upper()
    if not (text.isascii() and text.isalnum()):
        text = "".join(c for c in unicodedata.normalize("NFKC", id_number).upper() if c.isalnum())
    if len(text) == 15 and text.isdigit():
        body = text[:6] + "19" + text[6:]
        text = body + _CHECKS[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
    return text


def person_key(id_number: str | None, customer_id: str) -> str:
    """64 hex characters that stay the same for a human being over loans and brands.

    By the identity document where the lender gave one, else by the customer number.
    """
    document = _document(id_number or "")
    return _digest("person", f"document:{document}" if document else f"customer:{customer_id}")


def text_key(text: str) -> str:
    """64 hex characters for what was written: the audit chain knows a text again and tells nothing of it."""
    return _digest("text", text)


def country() -> str:
    """The country of numbers written without one (ISO 3166, two letters). ``SHOUYUE_COUNTRY``."""
    return os.environ.get("SHOUYUE_COUNTRY", "CN")


def parsed(phone: str) -> phonenumbers.PhoneNumber | None:
    """A telephone number by its parts; None for a text that is none."""
    try:
        return phonenumbers.parse(phone, country())
    except phonenumbers.NumberParseException:
        return None


def zones_of(phone: str, zone: str) -> tuple[str, ...]:
    """Zones in which a number's area lies, without ``zone``; none for a number that names no area.

    A mobile number may be elsewhere than its area, and the person elsewhere than his address: where a pack heeds every
    place, both count.
    """
    from phonenumbers import timezone  # a large table, and few packs ask

    number = parsed(phone)
    if number is None:
        return ()
    found = timezone.time_zones_for_number(number)
    return tuple(sorted(set(found) - {zone, "Etc/Unknown"})) if len(found) <= 2 else ()


def areas(phones: Iterable[str], zone: str) -> tuple[str, ...]:
    """Zones in which the areas of these numbers lie, without ``zone``."""
    return tuple(sorted({found for phone in phones for found in zones_of(phone, zone)}))


def number_key(phone: str) -> str:
    """64 hex characters for a telephone number, however it is written; empty for an empty one."""
    text = unicodedata.normalize("NFKC", phone).strip()
    if not text:
        return ""
    number = parsed(text)
    if number is None:
        text = "".join(c for c in text if c.isalnum()).lower()
    else:
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if number.extension:
            text += f"x{number.extension}"
    return _digest("number", text)
