"""Addresses for machines. ``shouyue.web.urls`` includes them at the root."""

from __future__ import annotations

from ninja import NinjaAPI

from shouyue.api import health

machines = NinjaAPI(title="Shouyue", urls_namespace="machines", docs_url=None, openapi_url=None)
machines.add_router("", health.router)

# without the root that ninja adds, which would answer for the desk's own first page
urlpatterns = [pattern for pattern in machines.urls[0] if pattern.name != "api-root"]
