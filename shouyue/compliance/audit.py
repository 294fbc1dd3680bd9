"""The audit chain: every change is an entry, and every entry's hash covers the one before it.

The numbers have no gaps. Whoever changes, removes or inserts an entry breaks the chain there; whoever rewrites
everything after it too is found by a root (seq and hash) that was published before. docs/audit.md tells how to check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction

from shouyue.base import clock
from shouyue.compliance import errors
from shouyue.compliance.chain import FIRST, Root, content_hash
from shouyue.compliance.models import AuditEntry
from shouyue.compliance.verify import Report, verify

if TYPE_CHECKING:
    from shouyue.people.models import User

__all__ = ["PERSONAL", "Report", "Root", "newest", "record", "verify"]

#: advisory lock of the chain
_CHAIN_LOCK = (0x5359_4155, 0)
_SUBJECT = re.compile(r"[a-z_]+:\S{1,100}")
#: names of fields that hold personal data; an entry names the field that was seen or changed, never its content
# fmt: off
PERSONAL = frozenset({
    "phone", "phones", "mobile", "telephone", "phone_number", "name", "full_name", "first_name", "last_name",
    "customer_name", "contact_name", "id_number", "id_card", "identity_number", "document_number", "passport",
    "address", "email", "e_mail", "employer", "occupation", "born_on", "birthday", "birth_date", "marital_status",
    "income", "income_minor", "debit_account", "account_number", "bank_account", "card_number", "text", "body",
    "password", "secret", "token",
})
# fmt: on


def record(
    action: str, subject: str, data: Mapping[str, object], actor: User | None, at: datetime | None = None
) -> AuditEntry:
    """Append an entry and return it. ``subject`` is ``type:id``; ``actor`` None is the system itself.

    Takes the chain's lock until the transaction ends, so call it last. Raises AUDIT-001 for a field that holds
    personal data, AUDIT-002 for a value that JSON and PostgreSQL do not both keep to the bit, AUDIT-003.
    """
    if not _SUBJECT.fullmatch(subject):
        raise errors.BAD_SUBJECT.error()
    clean = {key: _value(key, value) for key, value in _keys(data)}
    moment = (at or clock.now()).astimezone(UTC)
    actor_id, name = (actor.pk, actor.get_username()) if actor is not None else (None, "system")
    with transaction.atomic():
        last = _lock_and_last()
        seq, previous = (last.seq + 1, last.hash) if last else (1, FIRST)
        return AuditEntry.objects.create(
            seq=seq,
            at=moment,
            actor_id=actor_id,
            actor=name,
            action=action,
            subject=subject,
            data=clean,
            previous=previous,
            hash=content_hash(seq, moment, actor_id, name, action, subject, clean, previous),
        )


def newest() -> Root | None:
    """The chain's present root, to be published; None while there is no entry."""
    last = AuditEntry.objects.order_by("-seq").values_list("seq", "hash").first()
    return Root(*last) if last else None


def _lock_and_last() -> Root | None:
    # two statements: the second one's snapshot must begin after the lock is ours
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _CHAIN_LOCK)
        cursor.execute("SELECT seq, hash FROM compliance_auditentry ORDER BY seq DESC LIMIT 1")
        row = cursor.fetchone()
    return Root(*row) if row else None


def _keys(data: Mapping[str, object]):
    for key, value in data.items():
        if not isinstance(key, str) or key.lower() in PERSONAL:
            raise errors.PERSONAL_KEY.error(key=str(key)[:40])
        yield key, value


def _value(key: str, value: object) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        if "\0" in value or (not value.isprintable() and any(0xD800 <= ord(c) <= 0xDFFF for c in value)):
            raise errors.BAD_VALUE.error(key=key, kind="text with NUL or half a character")
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {inner: _value(inner, item) for inner, item in _keys(value)}
    if isinstance(value, list | tuple):
        return [_value(key, item) for item in value]
    raise errors.BAD_VALUE.error(key=key, kind=type(value).__name__)
