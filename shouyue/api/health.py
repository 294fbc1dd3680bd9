"""Is the desk alive, is it ready, what are its numbers: for load balancers and monitoring. No personal data.

``/health/live``   200 while the process answers.
``/health/ready``  200 when the database answers and its migrations are applied, else 503; says which day is published.
``/metrics``       Prometheus; from this machine only, or with ``SHOUYUE_METRICS_TOKEN`` as bearer token.
"""

from __future__ import annotations

import hmac
import os
from datetime import date
from ipaddress import ip_address

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from prometheus_client import CONTENT_TYPE_LATEST

from shouyue.api import metrics
from shouyue.base import clock
from shouyue.daily import business_day

router = Router()


class Live(Schema):
    status: str = "ok"


class Ready(Schema):
    """``newest_day_age_days`` counts from the lender's calendar day; both are null before the first day."""

    status: str
    database: bool
    migrations: bool
    newest_day: date | None = None
    newest_day_age_days: int | None = None


@router.get("/health/live", response=Live, url_name="health-live")
def live(request: HttpRequest) -> Live:
    return Live()


@router.get("/health/ready", response={200: Ready, 503: Ready}, url_name="health-ready")
def ready(request: HttpRequest) -> Status:
    try:
        migrated = _migrated()
        newest = business_day.newest() if migrated else None
    except DatabaseError:
        return Status(503, Ready(status="database", database=False, migrations=False))
    if not migrated:
        return Status(503, Ready(status="migrations", database=True, migrations=False))
    today = clock.today()
    return Status(
        200,
        Ready(
            status="ok",
            database=True,
            migrations=True,
            newest_day=newest.as_of if newest else None,
            newest_day_age_days=(today - newest.as_of).days if newest else None,
        ),
    )


#: migrations are applied once; a process that has seen them applied need not look again
_seen_migrated = False


def _migrated() -> bool:
    global _seen_migrated
    if _seen_migrated:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    executor = MigrationExecutor(connection)
    _seen_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _seen_migrated


@router.get("/metrics", url_name="metrics", include_in_schema=False)
def prometheus(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return HttpResponse(status=403)
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    """With a token set, whoever shows it; without, this machine, and not what a proxy on it passes on."""
    if token := os.environ.get("SHOUYUE_METRICS_TOKEN"):
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    if {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & set(request.headers):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
