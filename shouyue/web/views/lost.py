"""Lost contact: the queue, and one case's lawful steps with what was tried."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from shouyue.base import clock
from shouyue.casework import lost_contact, lost_terms, queries, unreachable
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, LostStep
from shouyue.casework.unreachable import Lost
from shouyue.compliance import gate
from shouyue.people.models import Role
from shouyue.people.permissions import can
from shouyue.web import showing
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest


@require_GET
def queue(request: DeskRequest) -> HttpResponse:
    """Borrowers who cannot be reached: a rep's own, a store's, everybody's for head office."""
    lost = unreachable.at_work()
    found = lost_contact.queue(request.user, lost)
    if request.user.role == Role.REP:
        found = found.filter(assignee=request.user)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    rows = [
        {
            "case": one.pk,
            "name": showing.hidden_name(one.customer.name) or one.customer.customer_id,
            "days": showing.days(one.dpd) if one.dpd > 0 else "–",
            "overdue": showing.amount(one.overdue_minor, one.currency) if one.overdue_minor else "–",
            "assignee": one.assignee or "–",
            "store": one.store,
            "last": showing.moment(one.last_contact_at),
            "why": _why(lost[one.customer_id]),
        }
        for one in page
    ]
    return render(request, "desk/lost_contacts.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
def case(request: DeskRequest, case_id: int) -> HttpResponse:
    """The steps that the law leaves, and the record of what was tried."""
    user, wrong, sent = request.user, {}, request.POST
    found = queries.case(user, case_id)
    if request.method == "POST":
        key = uuid_of(sent.get("id")) or uuid4()
        try:
            step, outcome, note = sent.get("step", ""), sent.get("outcome", ""), sent.get("note", "")
            lost_contact.tried(case_id, step, outcome, note, user, key, sent.get("wording_reason", ""))
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
        else:
            messages.success(request, _("Written down."))
            return redirect("lost-contact", case_id)
    lost = unreachable.of(found)
    language, may_work = showing.language(), can(user, "case.work") and found.status == Case.Status.OPEN
    gated = lost_contact.allowed_now(found, user) if may_work else {}
    return render(
        request,
        "desk/lost_contact.html",
        {
            "case": found,
            "name": found.customer.name or found.customer.customer_id,
            "lost": _why(lost) if lost else "",
            "steps": [
                {
                    "id": step.id,
                    "text": step.text(language),
                    "calls": step.goes_through == "call",
                    "gate": _gate(gated.get(step.id)),
                    "last": showing.moment(last.at) if last else "",
                    "outcome": last.get_outcome_display() if last else "",  # type: ignore[attr-defined]
                    "by": last.by if last else "",
                }
                for step, last in lost_contact.open_steps(found, lost)
            ],
            "outcomes": LostStep.Outcome.choices,
            "may_work": may_work,
            "sent": sent,
            "errors": wrong,
            "id": sent.get("id") or uuid4(),
        },
        status=422 if wrong else 200,
    )


def _why(lost: Lost) -> str:
    """Why he is lost, in words."""
    if lost.why == lost_terms.NO_NUMBER:
        return _("No number of his own")
    if lost.why == lost_terms.DEAD or lost.since is None:
        return _("None of his numbers is in service")
    days = (clock.day_of(clock.now()) - clock.day_of(lost.since)).days
    if days < 1:
        return _("Not reached today")
    return ngettext("Not reached for %(days)d day", "Not reached for %(days)d days", days) % {"days": days}


def _gate(answer: gate.Answer | None) -> dict[str, object] | None:
    """May the message or letter go out now, in the gate's words."""
    if answer is None:
        return None
    return {"allowed": answer.allowed, "words": answer.words("zh" if showing.language() == "zh" else "en")}
