"""What happens around every page: its security headers, its language, and errors put into words."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation

from shouyue.base.errors import ShouyueError
from shouyue.casework.errors import Missing
from shouyue.people.permissions import NotPermitted
from shouyue.releases.errors import Missing as NoVersion
from shouyue.web.views import failures

View = Callable[[HttpRequest], HttpResponse]

#: everything comes from this very host; no script or style is written into a page
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class ContentSecurity:
    def __init__(self, view: View):
        self.view = view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.view(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        if not response.has_header("Cache-Control") and not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"  # pages show people's data
        return response


class Language:
    """The user's own language; before sign-in the one chosen on the page, else the browser's, else the first."""

    def __init__(self, view: View):
        self.view = view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") or _asked_for(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.view(request)
        response.setdefault("Content-Language", language)
        return response


def _asked_for(request: HttpRequest) -> str:
    known = dict(settings.LANGUAGES)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in known else translation.get_language_from_request(request)


class SignedIn(LoginRequiredMiddleware):
    """Every page of the desk wants a signed-in user; the interfaces of ``shouyue.api`` look after themselves."""

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs):
        if not view_func.__module__.startswith("shouyue.web"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"HX-Redirect": reverse(settings.LOGIN_URL)})
        return super().handle_no_permission(request, view_func)


class ThirdPersonOnTheLine:
    """While a user speaks with somebody other than the borrower, no page opens but the one made for that call.

    So nothing on the screen, and no address, tells of a loan or an amount until the call is logged.
    """

    OPEN = frozenset(
        {"third-person", "tick", "somebody-else", "himself", "finish-call", "language", "sign-out", "sign-in"}
    )

    def __init__(self, view: View):
        self.view = view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.view(request)

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs) -> HttpResponse | None:
        match = request.resolver_match
        if not view_func.__module__.startswith("shouyue.web") or match is None or match.url_name in self.OPEN:
            return None
        call = getattr(request.user, "third_call", None)
        if call is None:
            return None
        there = reverse("third-person", args=[call])
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"HX-Redirect": there})
        return HttpResponseRedirect(there)


class Errors:
    """Turns errors of the services into pages: 403 for lack of right, 404 for what is not there, 409 for the rest."""

    def __init__(self, view: View):
        self.view = view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.view(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotPermitted):
            return failures.page(request, 403, error)
        if isinstance(error, (Missing, NoVersion)):
            return failures.page(request, 404, error)
        if isinstance(error, ShouyueError):
            return failures.page(request, 409, error)
        if isinstance(error, Http404):
            return failures.page(request, 404)
        return None
