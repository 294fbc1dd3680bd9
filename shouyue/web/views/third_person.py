"""A call with somebody other than the borrower: a page of its own, which has nothing to disclose."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from shouyue.casework import errors, queries, third_persons
from shouyue.casework.models import Contact
from shouyue.casework.queries import CasePage
from shouyue.compliance import gate
from shouyue.web import guide, showing, words
from shouyue.web.forms import OutcomeForm
from shouyue.web.frame import DeskRequest


@require_GET
def talk(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    user = request.user
    contact = (
        Contact.objects.select_related("case__customer", "contact_point", "attempt__decision", "other")
        .filter(pk=contact_id, staff=user, case__in=queries.visible_cases(user))
        .first()
    )
    if contact is None:
        raise errors.NO_CONTACT.error()
    if contact.status == Contact.Status.FINISHED or not third_persons.is_third(contact):
        return redirect("contact", contact_id)
    return show(request, contact)


def show(request: DeskRequest, contact: Contact, form: OutcomeForm | None = None, status: int = 200) -> HttpResponse:
    """The page with the permitted script and nothing of the loan: what is not read cannot be shown."""
    point = contact.contact_point
    page = CasePage(
        case=contact.case,
        loans=[],
        contact_points=[],
        timeline=[],
        promises=[],
        call=contact,
        other_call=None,
        interview=None,
        placement=None,
    )
    speaker = third_persons.other(contact) if third_persons.took_line(contact) else None
    contents = speaker.may_say if speaker else gate.answer_of(contact.attempt.decision).contents
    context = {
        "call": contact,
        "phone": point.phone if point else "",
        "relation": words.word(words.RELATIONS, point.relation if point else "other"),
        "their_name": showing.hidden_name(point.name) if point and not speaker else "",
        "borrower": guide.looked_for(page),
        "taken": speaker is not None,
        "may_say": [words.word(words.CONTENTS, content) for content in contents],
        "script": guide.script_for(page, point, request.user),
        **guide.outcome_fields(page, form),
    }
    return render(request, "desk/third_person.html", context, status=status)
