"""The agencies' interface told as a page: from its own OpenAPI document, with nothing loaded from elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shouyue.api.agencies import agencies


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """For everybody: it tells what may be asked, and holds no data."""
    schema = agencies.get_openapi_schema()
    told = {"operations": list(_operations(schema)), "shapes": list(_shapes(schema)), "about": schema["info"]}
    return render(request, "api/agency_docs.html", told)


def _operations(schema: dict[str, Any]):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            yield {
                "method": method.upper(),
                "path": path,
                "about": operation.get("description", ""),
                "body": _type(body) if body else "",
                "answers": [(status, _type(_json(answer))) for status, answer in operation["responses"].items()],
            }


def _json(answer: dict[str, Any]) -> dict[str, Any]:
    return answer.get("content", {}).get("application/json", {}).get("schema", {})


def _shapes(schema: dict[str, Any]):
    for name, shape in schema["components"]["schemas"].items():
        needed = set(shape.get("required", ()))
        fields = [(f, _type(s), f in needed) for f, s in shape.get("properties", {}).items()]
        yield {"name": name, "about": shape.get("description", ""), "fields": fields}


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(s) for s in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{_type(schema['items'])}]"
    return schema.get("format") or schema.get("type", "")
