"""Pages for what went wrong: not allowed, not found, stale form, a fault of ours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from shouyue.base.errors import ShouyueError


def page(
    request: HttpRequest, status: int, error: ShouyueError | None = None, title: str = "", hint: str = ""
) -> HttpResponse:
    titles = {
        400: _("This request makes no sense"),
        403: _("You may not do this"),
        404: _("Nothing here"),
        409: _("This did not work"),
        500: _("Something broke on our side"),
    }
    hints = {
        400: _("Go back and try again."),
        403: _("Your role does not include it. A colleague with another role can help."),
        404: _("It does not exist, or it belongs to another store."),
        409: _("Nothing was changed. Go back and mend it."),
        500: _("Nothing you entered before is lost. Try again in a moment; if it stays, tell your administrator."),
    }
    language = getattr(request, "LANGUAGE_CODE", "zh-hans")
    context = {
        "status": status,
        "title": title or titles[status],
        "hint": hint or hints[status],
        "code": error.code if error else "",
        "said": error.text(language) if error else "",
    }
    template = "desk/_failure.html" if getattr(request, "htmx", False) else "desk/failure.html"
    response = render(request, template, context, status=status)
    if getattr(request, "htmx", False):
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """Rendered without the database: that may be what broke."""
    request.user = None  # type: ignore[assignment]
    return page(request, 500)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(
        request,
        403,
        title=_("This page is too old"),
        hint=_("Reload it and send the form again; you may have signed in elsewhere meanwhile."),
    )
