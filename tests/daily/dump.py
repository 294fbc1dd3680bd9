"""Everything the desk holds, without surrogate ids and moments, so that two desks can be compared."""

from __future__ import annotations

from typing import Any

import psycopg

_CASE = "cu.customer_id || ' ' || ca.opened_on || ' ' || ca.status"
_OF_CASE = "JOIN casework_case ca ON ca.id = t.case_id JOIN casework_customer cu ON cu.id = ca.customer_id"

#: table -> (columns left out, joins, natural keys put in their place)
TABLES: dict[str, tuple[tuple[str, ...], str, dict[str, str]]] = {
    "people_region": (("id",), "", {}),
    "people_store": (
        ("id", "region_id"),
        "LEFT JOIN people_region r ON r.id = t.region_id",
        {"region": "r.name"},
    ),
    "compliance_person": ((), "", {}),
    "casework_customer": (("id", "store_id"), "JOIN people_store s ON s.id = t.store_id", {"store": "s.code"}),
    "casework_contactpoint": (
        ("id", "customer_id"),
        "JOIN casework_customer cu ON cu.id = t.customer_id",
        {"customer": "cu.customer_id"},
    ),
    "casework_loan": (
        ("id", "customer_id"),
        "JOIN casework_customer cu ON cu.id = t.customer_id",
        {"customer": "cu.customer_id"},
    ),
    "casework_case": (
        ("id", "customer_id", "store_id"),
        "JOIN casework_customer cu ON cu.id = t.customer_id JOIN people_store s ON s.id = t.store_id",
        {"customer": "cu.customer_id", "store": "s.code"},
    ),
    "casework_timelineentry": (("id", "case_id", "at"), _OF_CASE, {"case": _CASE}),
    "casework_promise": (("case_id",), _OF_CASE, {"case": _CASE}),
    "casework_contact": (("case_id", "contact_point_id"), _OF_CASE, {"case": _CASE}),
    "compliance_auditentry": (("at", "hash", "previous"), "", {}),
    "daily_enrolment": (("id",), "", {}),
    "daily_registered": (("id",), "", {}),
    "daily_dailyrun": (("id", "published_at"), "", {}),
}


def dump(connection: psycopg.Connection) -> dict[str, list[Any]]:
    """Every table's rows, sorted. Seconds that a run took are left out, and the chain's digests of rows, which go over
    ids and moments; the rows themselves are here."""
    whole = {}
    for table, (drop, joins, natural) in TABLES.items():
        extra = ", ".join(f"'{name}', {sql}" for name, sql in natural.items())
        rows = connection.execute(
            "SELECT (to_jsonb(t) - %s::text[] #- '{totals,seconds}' #- '{data,written}')"
            f" || jsonb_build_object({extra}) AS row FROM {table} t {joins} ORDER BY 1",
            [list(drop)],
        )
        whole[table] = [row[0] for row in rows]
    return whole
