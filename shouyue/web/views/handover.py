"""Handing cases to colleagues: one with its story, or many at once by the manager."""

from __future__ import annotations

from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue.base.errors import ShouyueError
from shouyue.casework import handover, queries
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, Handover
from shouyue.people.models import Role
from shouyue.people.permissions import can, require
from shouyue.web import showing, words
from shouyue.web.forms import uuid_of, whole_number
from shouyue.web.frame import DeskRequest, today

#: most cases in one go; more is allocation's work
AT_ONCE = 200


def _reasons() -> list[tuple[str, str]]:
    return [(key, words.word(words.HANDOVER_REASONS, key)) for key in handover.REASONS]


@require_http_methods(["GET", "POST"])
def hand_over(request: DeskRequest, case_id: int) -> HttpResponse:
    user = request.user
    require(user, "case.hand_over")
    case = queries.case(user, case_id)
    errors: dict[str, str] = {}
    if request.method == "POST":
        sent = request.POST
        try:
            made = handover.hand_over(
                case_id,
                whole_number(sent.get("taker")),
                user,
                sent.get("reason", ""),
                sent.get("note", ""),
                uuid_of(sent.get("id")) or uuid4(),
                sent.get("wording_reason", ""),
            )
        except Invalid as error:
            errors[error.field] = error.text(showing.language())
        else:
            messages.success(request, _("Handed over to %(name)s.") % {"name": made.taker})
            return redirect("home" if not can(user, "today.view") else "cases")
    todo = Count("cases", filter=Q(cases__status=Case.Status.OPEN) & _today_todo(request))
    return render(
        request,
        "desk/hand_over.html",
        {
            "case": case,
            "name": case.customer.name or case.customer.customer_id,
            "takers": handover.takers(case).annotate(todo=todo),
            "reasons": _reasons(),
            "errors": errors,
            "sent": request.POST,
            "id": request.POST.get("id") or uuid4(),
        },
        status=422 if errors else 200,
    )


def _today_todo(request: DeskRequest) -> Q:
    """Not finished today, as a condition on a colleague's cases."""
    return Q(cases__hold=False) & (Q(cases__done_on=None) | Q(cases__done_on__lt=today(request)))


@require_GET
def handovers(request: DeskRequest) -> HttpResponse:
    """The newest handovers: a rep's own, given and taken; for others all they may see."""
    user = request.user
    made = Handover.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        made = made.filter(Q(giver=user) | Q(taker=user))
    found = made.select_related("case__customer", "giver", "taker", "by").order_by("-at")[:100]
    return render(
        request,
        "desk/handovers.html",
        {
            "handovers": [
                {
                    "at": showing.moment(one.at),
                    "case": one.case_id,
                    "name": showing.hidden_name(one.case.customer.name) or one.case.customer.customer_id,
                    "giver": str(one.giver or "–"),
                    "taker": str(one.taker),
                    "by": str(one.by),
                    "reason": words.word(words.HANDOVER_REASONS, one.reason),
                    "note": one.note,
                }
                for one in found
            ]
        },
    )


@require_POST
def assign(request: DeskRequest) -> HttpResponse:
    """Several cases to one colleague. Sent twice, each is handed over once."""
    user = request.user
    require(user, "case.hand_over_any")
    sent = request.POST
    form_id: UUID = uuid_of(sent.get("id")) or uuid4()
    ids = list(dict.fromkeys(whole_number(text) for text in sent.getlist("case")))[:AT_ONCE]
    given, left = 0, ""
    for case_id in ids:
        try:
            handover.hand_over(
                case_id,
                whole_number(sent.get("taker")),
                user,
                sent.get("reason", ""),
                sent.get("note", ""),
                uuid5(form_id, str(case_id)),
            )
        except ShouyueError as error:
            left = error.text(showing.language())
        else:
            given += 1
    if given:
        messages.success(request, ngettext("%(n)d case handed over.", "%(n)d cases handed over.", given) % {"n": given})
    if given < len(ids):
        behind = len(ids) - given
        messages.error(
            request,
            ngettext("%(n)d case stays where it is: %(why)s", "%(n)d cases stay where they are: %(why)s", behind)
            % {"n": behind, "why": left},
        )
    elif not ids:
        messages.error(request, _("Choose the cases first."))
    return redirect(f"{reverse('cases')}?{sent.get('back', '')}" if _plain(sent.get("back", "")) else "cases")

    return reverse("cases")


def _plain(query: str) -> bool:
    """A query of the list, to come back to: nothing that could lead elsewhere."""
    return bool(query) and len(query) < 500 and all(c.isalnum() or c in "=&_-.%+" for c in query)
