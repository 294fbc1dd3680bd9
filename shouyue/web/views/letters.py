"""Letters: writing one on a case, the list of all, the file, and what became of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue.base.errors import ShouyueError
from shouyue.casework import queries, reveal
from shouyue.casework.errors import Invalid, Missing
from shouyue.casework.masking import mask_text
from shouyue.casework.models import Case
from shouyue.casework.quotes import quoting as quotes
from shouyue.messaging.letters import addressing, making
from shouyue.messaging.letters.template import templates
from shouyue.messaging.models import Letter
from shouyue.people.permissions import can, require
from shouyue.web import showing, words
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest, today
from shouyue.web.tables import LetterFilter, LetterTable, paged


@require_GET
def letters(request: DeskRequest) -> HttpResponse:
    """Letters of all cases that the user may see."""
    user = request.user
    seen = Letter.objects.filter(case__in=queries.visible_cases(user))
    found = LetterFilter(request.GET, seen.select_related("case__customer", "by"))
    return render(
        request,
        "desk/letters.html",
        {"table": paged(request, LetterTable(found.qs, may_open=can(user, "personal.reveal"))), "filter": found},
    )


@require_http_methods(["GET", "POST"])
def of_case(request: DeskRequest, case_id: int) -> HttpResponse:
    """The letters of a case, and a form for another."""
    user, error = request.user, ""
    case = queries.case(user, case_id)
    if request.method == "POST":
        require(user, "letter.make")
        asked = request.POST
        try:
            made = making.make(
                case_id, asked.get("template", ""), asked.get("language", ""), user, uuid_of(asked.get("id")) or uuid4()
            )
        except Missing:
            raise
        except ShouyueError as wrong:
            error = wrong.text(showing.language())
        else:
            messages.success(request, _("Letter %(number)s is made.") % {"number": made.number})
            return redirect("case-letters", case_id)
    offered = [
        (one.id, words.word(words.LETTERS, one.id))
        for one in templates().values()
        if case.phase in one.phases
        and (case.closed_on is None or not one.gated)
        and (not one.quotes or quotes.standing(case).exists())
    ]
    context = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "letters": Letter.objects.filter(case=case).select_related("by").order_by("-made_at"),
        "titles": {key: words.word(words.LETTERS, key) for key in templates()},
        "steps": STEPS,
        "offered": offered,
        "spoken": case.customer.language or "zh",
        "may_make": can(user, "letter.make"),
        "may_open": can(user, "personal.reveal"),
        "error": error,
        "id": uuid4(),
        "day": today(request),
        **_address(case),
    }
    return render(request, "desk/case_letters.html", context, status=422 if error else 200)


def _address(case: Case) -> dict[str, Any]:
    """Where letters go, masked, why there, and whether the last one to the address that was told came back."""
    lines, told, returned = addressing.chosen(case.customer)
    why = _("as the borrower confirmed on %(day)s") % {"day": showing.moment(told.at)[:10]} if told else ""
    return {"goes_to": mask_text(lines[-1]) if lines else "", "goes_why": why, "came_back": returned}


#: state of a letter -> the steps that are offered
STEPS = {
    "made": (("sent", gettext_lazy("Sent")), ("cancelled", gettext_lazy("Cancel"))),
    "sent": (("delivered", gettext_lazy("Delivered")), ("returned", gettext_lazy("Returned"))),
    "delivered": (("returned", gettext_lazy("Returned")),),
}


@require_http_methods(["GET", "POST"])
def letter(request: DeskRequest, letter_id: UUID) -> HttpResponse:
    """Asks why the letter is opened, for it shows a name and an address in full; then shows its file."""
    user = request.user
    require(user, "personal.reveal")
    found = making.seen(letter_id, user)
    if request.method == "GET":
        reasons = [(key, words.word(words.REVEAL_REASONS, key)) for key in reveal.LETTER_REASONS]
        title = words.word(words.LETTERS, found.template)
        return render(request, "desk/letter.html", {"letter": found, "title": title, "reasons": reasons})
    _letter, drawn = making.file(letter_id, user, request.POST.get("reason", ""))
    name = f"{found.number}.pdf"
    return HttpResponse(
        drawn, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


@require_POST
def step(request: DeskRequest, letter_id: UUID) -> HttpResponse:
    asked, user = request.POST, request.user
    try:
        letter = making.step(letter_id, asked.get("state", ""), user, asked.get("tracking", ""))
    except Invalid as wrong:
        letter = Letter.objects.get(pk=letter_id, case__in=queries.visible_cases(user))
        messages.error(request, wrong.text(showing.language()))
    else:
        messages.success(request, _("Saved: %(name)s.") % {"name": letter.number})
    return redirect("case-letters", letter.case_id)
