"""What a session keeps to besides being signed in: the second factor is shown, nobody stays away for long, and it ends
after its hours however busy it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from shouyue.web import second_factor

_SEEN, _SINCE = "seen", "since"
#: seconds after which a page is noted again; each page would be a write each
_NOTED = 60
#: pages on the way in and out
FREE = frozenset({"sign-in", "sign-out", "language", "second-step"})
#: a page that asks for news by itself says so, and does not keep the session alive
BY_ITSELF = "X-By-Itself"


class SessionRules:
    def __init__(self, view: Callable[[HttpRequest], HttpResponse]):
        self.view = view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.view(request)

    def process_view(self, request: HttpRequest, view_func, view_args, view_kwargs) -> HttpResponse | None:
        user = request.user
        name = request.resolver_match.url_name if request.resolver_match else ""
        if not user.is_authenticated or not view_func.__module__.startswith("shouyue.web"):
            return None
        if _stayed_away(request):
            logout(request)
            messages.info(request, _("You were away for a while, or signed in for long. Please sign in again."))
            return _to(request, "sign-in")
        if name in FREE:
            return None
        if second_factor.wanted(request):
            return _to(request, "second-step")
        if not user.second_factor and user.role in settings.SECOND_FACTOR_ROLES and name != "second-factor":  # type: ignore[union-attr]
            return _to(request, "second-factor")
        return None


def _stayed_away(request: HttpRequest) -> bool:
    """Too long without a page, or signed in for too long. Also notes that somebody is there, at most once a minute."""
    now, seen = int(time.time()), request.session.get(_SEEN)
    if seen is not None and now - seen > settings.IDLE_MINUTES * 60:
        return True
    since = request.session.get(_SINCE)
    if since is None:  # Django counts a session's age from its last change
        request.session[_SINCE] = now
    elif now - since > settings.SESSION_COOKIE_AGE:
        return True
    if BY_ITSELF not in request.headers and (seen is None or now - seen >= _NOTED):
        request.session[_SEEN] = now
    return False


def _to(request: HttpRequest, name: str) -> HttpResponse:
    address = reverse(name)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    if request.method == "GET" and name != "second-factor":
        address += "?" + urlencode({"next": request.get_full_path()})
    return redirect(address)
