"""Signing in and out, one's language and password."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.web.frame import DeskRequest


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    template_name = "desk/sign_in.html"
    redirect_authenticated_user = True
    next_page = reverse_lazy("start")


class SignOut(LogoutView):
    next_page = reverse_lazy("sign-in")


class Password(PasswordChangeView):
    template_name = "desk/password.html"
    success_url = reverse_lazy("start")

    def form_valid(self, form) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            audit.record("user.password_change", f"user:{self.request.user.pk}", {}, cast(User, self.request.user))
        messages.success(self.request, _("Your password is changed."))
        return response


@require_POST
@login_not_required
def language(request: DeskRequest) -> HttpResponse:
    """The chosen language: kept with the user when signed in, and in a cookie for the sign-in page."""
    chosen = request.POST.get("language", "")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()) or not back.startswith("/"):
        back = "/"
    response = redirect(back)
    if chosen in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=chosen)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure()
        )
    return response
