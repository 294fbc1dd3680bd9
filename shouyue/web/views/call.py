"""A call: begin it, tick as it goes on, log what became of it."""

from __future__ import annotations

from contextlib import suppress
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
from shouyue.casework.third_persons import NOT_HIMSELF, is_third
from shouyue.people.models import User
from shouyue.people.permissions import require
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
        Contact.objects.select_related("case__customer", "contact_point", "other")
        .filter(pk=contact_id, case__in=queries.visible_cases(request.user))
        .first()
    )
    if found is None:
        raise errors.NO_CONTACT.error()
    return found


@require_POST
def tick(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    """One element's outcome, the note so far, or who somebody says he is, saved while the call goes on.

    Where the one who answered is not the one called, the page for somebody else opens.
    """
    sent, user = request.POST, request.user
    try:
        if "note" in sent:
            calls.jot(contact_id, sent["note"], user)
            return HttpResponse(status=204)
        if "who" in sent:
            calls.who(contact_id, sent["who"], user)
            return HttpResponse(status=204)
    except Invalid:  # it is complained of with the outcome; until then the page keeps it
        return HttpResponse(status=422)
    outcome = sent.get("outcome", "")
    contact = calls.tick(contact_id, sent.get("element", ""), outcome, user)
    if outcome != NOT_HIMSELF or is_third(contact):
        return HttpResponse(status=204)
    calls.somebody_else(contact_id, user)
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("third-person", args=[contact_id])})


@require_POST
def somebody_else(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    """Somebody else has the line: what was ticked and noted is kept, and his page opens."""
    _keep(request, contact_id)
    calls.somebody_else(contact_id, request.user)
    return redirect("third-person", contact_id)


@require_POST
def himself(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    """The one called has come to the phone: his script again, with all that was kept."""
    _keep(request, contact_id)
    contact = calls.himself(contact_id, request.user)
    return redirect("third-person", contact_id) if is_third(contact) else redirect("case", contact.case_id)


def _keep(request: DeskRequest, contact_id: UUID) -> None:
    """What the page holds that did not arrive yet, before it changes for another."""
    sent, user = request.POST, request.user
    require(user, "case.work")
    _late_ticks(request, _contact(request, contact_id), user)
    with suppress(Invalid):
        if "note" in sent:
            calls.jot(contact_id, sent["note"], user)
        if "who" in sent:
            calls.who(contact_id, sent["who"], user)


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
    ticked = calls.written(contact).elements
    for element in calls.at_hand(contact):
        outcome = request.POST.get(f"tick-{element.id}", "")
        if outcome and ticked.get(element.id) != outcome:
            calls.tick(contact.pk, element.id, outcome, user)
