"""Accounts: who works here, in which role, with how much time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue.casework.errors import Invalid
from shouyue.people.models import Line, Role, Store, User
from shouyue.people.permissions import PERMISSIONS, require
from shouyue.web import second_factor, showing, staff, words
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
            "lines": Line.choices,
            "locked": staff.locked(),
            "form": form,
        },
        status=422 if form.errors else 200,
    )


@require_POST
def change(request: DeskRequest, user_id: int) -> HttpResponse:
    """Let in, keep out, unlock, take the second factor away, or set the minutes a day, by the button pressed."""
    require(request.user, "people.manage")
    action = request.POST.get("action", "")
    by = request.user
    if action in ("activate", "deactivate"):
        changed = staff.set_active(by, user_id, action == "activate")
    elif action == "unlock":
        changed = staff.unlock(by, user_id)
    elif action == "line":
        changed = staff.set_line(by, user_id, request.POST.get("line", ""))
    elif action == "second_factor_off":
        changed = second_factor.remove(by, user_id)
    else:
        text = request.POST.get("minutes", "")
        if not (text.isascii() and text.isdigit() and len(text) < 6):
            messages.error(request, _("Give the minutes as a whole number."))
            return redirect("people")
        changed = staff.set_capacity(by, user_id, int(text))
    messages.success(request, _("Saved: %(name)s.") % {"name": changed})
    return redirect("people")


@require_GET
def permissions(request: DeskRequest) -> HttpResponse:
    """The table by which the desk decides who may do what, as it stands."""
    require(request.user, "permissions.view")
    rows = [
        (words.word(words.ACTIONS, action), action, [role in roles for role in Role.values])
        for action, roles in PERMISSIONS.items()
    ]
    return render(request, "desk/permissions.html", {"roles": [label for _role, label in Role.choices], "rows": rows})
