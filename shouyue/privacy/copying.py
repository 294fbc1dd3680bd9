"""A copy of all that the desk holds of one person, for that person (PIPL article 45, GDPR article 15).

Of the people around the case the person learns that they are there, not how to reach them: their numbers and names
stay masked. Numbers that others dialled stand as keyed digests, as they do in the desk.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from shouyue.base import clock
from shouyue.casework.errors import Missing
from shouyue.casework.masking import mask_phone, mask_text
from shouyue.casework.models import ContactPoint, Customer
from shouyue.compliance import audit
from shouyue.compliance.errors import Code
from shouyue.people.models import User
from shouyue.privacy.classification import Table, tables

NO_CUSTOMER = Code("PRIV-001", zh="没有客户 {customer}", en="there is no customer {customer}", kind=Missing)


@transaction.atomic
def copy(customer_id: str, by: User | None) -> dict[str, Any]:
    """All rows of all customers that are the same person as ``customer_id``, by table; ready for JSON.

    Leaves a trace that says whose copy was made and how many rows it has. Raises PRIV-001.
    """
    asked = Customer.objects.filter(customer_id=customer_id).first()
    if asked is None:
        raise NO_CUSTOMER.error(customer=customer_id)
    same = list(Customer.objects.filter(person_id=asked.person_id).order_by("pk"))
    held: dict[str, list[dict[str, Any]]] = {}
    for table in tables():
        ways = same[:1] if table.of == "person" else same
        held[table.name] = [_row(table, row) for one in ways for row in table.rows(one)]
    rows = sum(map(len, held.values()))
    audit.record("privacy.copied", f"customer:{asked.pk}", {"rows": rows}, by)
    about = {c.name: {"zh": c.zh, "en": c.en} for table in tables() for c in table.classes.values()}
    return {"made_at": clock.now().isoformat(), "rows": rows, "classes": about, "tables": held}


def _row(table: Table, row: Model) -> dict[str, Any]:
    told = {name: _plain(getattr(row, name)) for name in table.classes}
    if isinstance(row, ContactPoint) and row.relation != "self":
        told |= {"phone": mask_phone(row.phone), "name": mask_text(row.name)}
    if isinstance(row, ContactPoint) and row.filed:
        filed: dict[str, str] = row.filed  # type: ignore[assignment]
        told["filed"] = filed | ({"name": mask_text(filed["name"])} if "name" in filed else {})
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
