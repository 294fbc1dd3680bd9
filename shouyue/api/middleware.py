"""What each request cost, as metrics and as a line in the log: by the route's pattern, never by its address."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from shouyue.api import metrics

log = structlog.get_logger("shouyue.access")
#: asked every few seconds by machines: measured, not logged
SILENT = ("health/", "metrics")


class Observe:
    """Counts, times and logs each answer, and gives it an ``X-Request-ID`` to find its log lines by."""

    def __init__(self, view: Callable[[HttpRequest], HttpResponse]):
        self.view = view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid4().hex[:16]
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.view(request)
            seconds = time.perf_counter() - began
            route = request.resolver_match.route if request.resolver_match else "unmatched"
            metrics.answered(route, request.method or "", response.status_code, seconds)
            if not route.startswith(SILENT):
                log.info(
                    "request",
                    method=request.method,
                    route=route,
                    status=response.status_code,
                    duration_ms=round(seconds * 1000, 1),
                )
        response["X-Request-ID"] = request_id
        return response
