"""A call: begin it, tick as it goes on, log what became of it."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, errors, queries
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Contact
from shouyue.casework.third_persons import is_third
from shouyue.people.models import User
from shouyue.web import showing
from shouyue.web.forms import OutcomeForm, uuid_of, whole_number
from shouyue.web.frame import DeskRequest
from shouyue.web.views import third_person
from shouyue.web.views.case import show


@require_POST
def start(request: DeskRequest, case_id: int) -> HttpResponse:
    """Ask the gate and begin. The page's id makes a second click the same call."""
    user = request.user
    point = whole_number(request.POST.get("point"))
    try:
        started = calls.start(case_id, point, user, uuid_of(request.POST.get("contact")) or uuid4())
    except ShouyueError as error:
        if error.code != errors.OTHER_CALL_OPEN.id:
            raise
        running = Contact.objects.filter(staff=user, status=Contact.Status.STARTED).first()
        link = reverse("case", args=[running.case_id]) if running else reverse("home")
        messages.error(
            request, format_html('{} <a href="{}">{}</a>', error.text(showing.language()), link, _("Open that call"))
        )
        return redirect("case", case_id)
    if started.contact is None:
        messages.warning(request, started.answer.words(showing.language()))
        return redirect(f"{reverse('case', args=[case_id])}?point={point}")
    if is_third(started.contact):
        return redirect("third-person", started.contact.pk)
    return redirect("case", case_id)


def _contact(request: DeskRequest, contact_id: UUID) -> Contact:
    found = (
        Contact.objects.select_related("case__customer", "contact_point")
        .filter(pk=contact_id, case__in=queries.visible_cases(request.user))
        .first()
    )
    if found is None:
        raise errors.NO_CONTACT.error()
    return found


@require_POST
def tick(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    """One element's outcome, or the note so far, saved while the call goes on."""
    if "note" in request.POST:
        try:
            calls.jot(contact_id, request.POST["note"], request.user)
        except Invalid:  # it is complained of with the outcome; until then the page keeps it
            return HttpResponse(status=422)
        return HttpResponse(status=204)
    calls.tick(contact_id, request.POST.get("element", ""), request.POST.get("outcome", ""), request.user)
    return HttpResponse(status=204)


@require_POST
def finish(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    user = request.user
    contact = _contact(request, contact_id)
    form = OutcomeForm(request.POST, contact.case.currency)
    if form.is_valid():
        try:
            if contact.status == Contact.Status.STARTED:
                _late_ticks(request, contact, user)
            calls.finish(contact_id, user, form.outcome())
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Logged. N opens the next case."))
            return redirect("case", contact.case_id)
    if is_third(contact):
        return third_person.show(request, contact, form, status=422)
    return show(request, contact.case_id, form, status=422)


def _late_ticks(request: DeskRequest, contact: Contact, user: User) -> None:
    """Ticks that did not arrive one by one: a browser without scripts, or a connection that was away."""
    for element in calls.elements_of(contact):
        outcome = request.POST.get(f"tick-{element.id}", "")
        if outcome and contact.elements.get(element.id) != outcome:
            calls.tick(contact.pk, element.id, outcome, user)
