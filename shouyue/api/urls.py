"""Addresses for machines. ``shouyue.web.urls`` includes them at the root."""

from __future__ import annotations

from django.urls import path
from ninja import NinjaAPI

from shouyue.api import agency_docs, health
from shouyue.api.agencies import agencies

machines = NinjaAPI(title="Shouyue", urls_namespace="machines", docs_url=None, openapi_url=None)
machines.add_router("", health.router)

# without the root that ninja adds, which would answer for the desk's own first page
urlpatterns = [pattern for pattern in machines.urls[0] if pattern.name != "api-root"]
urlpatterns += [
    path("api/agency/v1/", agencies.urls),
    path("api/agency/docs", agency_docs.page, name="agency-docs"),
]
