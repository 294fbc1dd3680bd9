"""Signing in and out, one's language and password."""

from __future__ import annotations

from base64 import b32encode
from textwrap import wrap
from typing import cast

import segno
from axes.decorators import axes_dispatch, axes_form_invalid
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import transaction
from django.dispatch import receiver
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shouyue.base.errors import Code
from shouyue.casework.errors import Invalid
from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.web import second_factor, showing
from shouyue.web.frame import DeskRequest

LOCKED = Code(
    "WEB-022",
    zh="密码错误次数过多，账号已锁定 {minutes} 分钟；也可请管理员解锁",
    en="too many wrong passwords: the account is locked for {minutes} minutes, or until an administrator unlocks it",
)


@method_decorator(login_not_required, name="dispatch")
@method_decorator(axes_dispatch, name="dispatch")
@method_decorator(axes_form_invalid, name="form_invalid")
class SignIn(LoginView):
    http_method_names = ["get", "head", "post"]
    template_name = "desk/sign_in.html"
    redirect_authenticated_user = True
    next_page = reverse_lazy("start")

    def form_valid(self, form) -> HttpResponse:
        response = super().form_valid(form)
        user = cast(User, self.request.user)
        audit.record("user.sign_in", f"user:{user.pk}", {}, user)
        return response


def locked_out(request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
    """Instead of the sign-in page's answer, while the account is locked: right or wrong, nothing is said of it."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    form = AuthenticationForm(request)
    form.cleaned_data, form._errors = {}, ErrorDict()  # type: ignore[attr-defined]
    form.add_error(None, LOCKED.error(minutes=minutes).text(showing.language()))
    return render(request, SignIn.template_name, {"form": form, "next": request.POST.get("next", "")}, status=429)


@receiver(user_locked_out)
def note_lock(request: HttpRequest, username: str, **_more: object) -> None:
    """In the trail, when it is somebody's account."""
    if (pk := User.objects.filter(username=username).values_list("pk", flat=True).first()) is not None:
        audit.record("user.locked", f"user:{pk}", {"wrong_passwords": settings.AXES_FAILURE_LIMIT}, None)


def _next(request: HttpRequest) -> str:
    """Where one wanted to go, if that is within the desk; else nothing."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()) and asked.startswith("/")
    return asked if safe else ""


@require_http_methods(["GET", "POST"])
def second_step(request: DeskRequest) -> HttpResponse:
    """After the password: the code from the phone, or a recovery code."""
    if not second_factor.wanted(request):
        return redirect("start")
    error = ""
    if request.method == "POST":
        try:
            second_factor.check(request.user, request.POST.get("code", "")[:60])
        except Invalid as wrong:
            error = wrong.text(showing.language())
        else:
            second_factor.passed(request)
            return redirect(_next(request) or "start")
    return render(
        request, "desk/second_step.html", {"error": error, "next": _next(request)}, status=422 if error else 200
    )


@require_http_methods(["GET", "POST"])
def second_factor_page(request: DeskRequest) -> HttpResponse:
    """Setting the second factor up, and new recovery codes once it is."""
    user, error, codes = request.user, "", []
    if request.method == "POST":
        code = request.POST.get("code", "")[:60]
        try:
            codes = second_factor.new_codes(user, code) if user.second_factor else second_factor.confirm(user, code)
            second_factor.passed(request)
        except Invalid as wrong:
            error = wrong.text(showing.language())
    device = None if user.second_factor else second_factor.begin(user)
    context = {
        "codes": codes,
        "error": error,
        "left": second_factor.left(user) if user.second_factor else 0,
        "must": user.role in settings.SECOND_FACTOR_ROLES and not user.second_factor,
        "picture": mark_safe(_picture(device.config_url)) if device else "",  # noqa: S308 - drawn by segno
        "key": " ".join(wrap(b32encode(device.bin_key).decode().rstrip("="), 4)) if device else "",
    }
    return render(request, "desk/second_factor.html", context, status=422 if error else 200)


def _picture(text: str) -> str:
    return segno.make_qr(text, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000")


class SignOut(LogoutView):
    next_page = reverse_lazy("sign-in")


class Password(PasswordChangeView):
    http_method_names = ["get", "head", "post"]
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
    response = redirect(_next(request) or "/")
    if chosen in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=chosen)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure()
        )
    return response
