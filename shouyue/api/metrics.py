"""Numbers for Prometheus: requests as they come, and the desk's state, read from the database when asked.

Several processes serve the desk; with ``PROMETHEUS_MULTIPROC_DIR`` set (``shouyue serve`` sets it) each writes its
numbers there and any of them answers for all. No label carries personal data, a store or a member of staff.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, QuerySet
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: seconds; 0.15 is what a page may take
BUCKETS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

requests = Counter("shouyue_requests", "Answers given", ["route", "method", "status"])
durations = Histogram("shouyue_request_seconds", "Time to answer", ["route"], buckets=BUCKETS)


def answered(route: str, method: str, status: int, seconds: float) -> None:
    requests.labels(route, method if method in METHODS else "other", str(status)).inc()
    durations.labels(route).observe(seconds)


class Desk(Collector):
    """The desk's state at the moment of asking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("shouyue_database_up", "1 when the database answers")
        try:
            families = [*self._counts(), *self._days()]
            up.add_metric([], 1)
        except DatabaseError:
            families = []
            up.add_metric([], 0)
        yield up
        yield from families

    def _counts(self) -> Iterator[GaugeMetricFamily]:
        from procrastinate.contrib.django.models import ProcrastinateJob

        from shouyue.casework.models import Case

        open_cases = Case.objects.filter(status=Case.Status.OPEN)
        yield _by("shouyue_cases_open", "Cases that are open, by phase", "phase", open_cases)
        yield _by("shouyue_jobs", "Jobs by state", "status", ProcrastinateJob.objects.all())

    def _days(self) -> Iterator[GaugeMetricFamily]:
        from shouyue.daily import business_day

        if newest := business_day.newest():
            published = GaugeMetricFamily(
                "shouyue_day_published_timestamp_seconds", "When the newest day was published"
            )
            published.add_metric([], newest.published_at.timestamp())
            yield published
            day = GaugeMetricFamily(
                "shouyue_business_day_timestamp_seconds", "Midnight UTC of the newest published day"
            )
            day.add_metric([], datetime.combine(newest.as_of, time(), UTC).timestamp())
            yield day


def _by(name: str, words: str, field: str, rows: QuerySet[Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[field])
    for value, count in rows.order_by().values_list(field).annotate(count=Count("pk")):
        family.add_metric([value], count)
    return family


def text() -> bytes:
    """Everything, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(Desk())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)
