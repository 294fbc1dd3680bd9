"""Accounts: who works here, in which role, with how much time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shouyue.casework.errors import Invalid
from shouyue.people.models import Role, Store, User
from shouyue.people.permissions import require
from shouyue.web import showing, staff
from shouyue.web.forms import NewStaff
from shouyue.web.frame import DeskRequest


@require_http_methods(["GET", "POST"])
def people(request: DeskRequest) -> HttpResponse:
    require(request.user, "people.manage")
    form = NewStaff(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            added = staff.add(
                request.user,
                given["username"],
                given["full_name"],
                given["role"],
                given["store"],
                given["capacity_minutes"],
                given["password"],
            )
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.text(showing.language()))
        else:
            messages.success(request, _("%(name)s can sign in now.") % {"name": added})
            return redirect("people")
    return render(
        request,
        "desk/people.html",
        {
            "users": User.objects.select_related("store").order_by("-is_active", "store__name", "role", "full_name"),
            "stores": Store.objects.order_by("name", "code"),
            "roles": Role.choices,
            "form": form,
        },
        status=422 if form.errors else 200,
    )


@require_POST
def change(request: DeskRequest, user_id: int) -> HttpResponse:
    """Let in, keep out, or set the minutes a day, by the button that was pressed."""
    require(request.user, "people.manage")
    action = request.POST.get("action", "")
    by = request.user
    if action in ("activate", "deactivate"):
        changed = staff.set_active(by, user_id, action == "activate")
    else:
        text = request.POST.get("minutes", "")
        if not (text.isascii() and text.isdigit() and len(text) < 6):
            messages.error(request, _("Give the minutes as a whole number."))
            return redirect("people")
        changed = staff.set_capacity(by, user_id, int(text))
    messages.success(request, _("Saved: %(name)s.") % {"name": changed})
    return redirect("people")
