"""The signing interview: its versions, the form, drafts that keep themselves, and wishes that follow from it."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouyue.base import clock
from shouyue.casework import customers
from shouyue.casework.errors import INTERVIEW_MEANWHILE, Invalid, WrongAnswers
from shouyue.casework.interviews import answers, feeding, form, keeping, reading
from shouyue.casework.models import Case, Interview, InterviewDraft
from shouyue.casework.queries import newest, visible_cases
from shouyue.people.permissions import can, require
from shouyue.web import interview_words, showing
from shouyue.web.forms import day_of, uuid_of, whole_number
from shouyue.web.frame import DeskRequest


@require_GET
def interview(request: DeskRequest, customer_id: int) -> HttpResponse:
    """One version with its answers, what it changed of the one before, and the list of all."""
    user = request.user
    found = customers.customer(user, customer_id)
    told, points = reading.versions(found.pk), keeping.points(found)
    asked = whole_number(request.GET.get("version"))
    shown = reading.version(told, asked) if asked else next(iter(told), None)
    against = whole_number(request.GET.get("against")) or (shown.seq - 1 if shown else 0)
    before = reading.version(told, against) if shown and against else None
    return render(
        request,
        "desk/interview.html",
        {
            "customer": found,
            "name": found.name or found.customer_id,
            "case": _case(request, customer_id),
            "versions": [interview_words.version(one) for one in told],
            "shown": interview_words.version(shown) if shown else None,
            "sections": interview_words.told(shown, points) if shown else [],
            "against": against,
            "differs": interview_words.differing(before, shown, points) if before and shown else [],
            "is_newest": shown is not None and shown.seq == told[0].seq,
            "may_work": can(user, "case.work"),
            "may_reveal": can(user, "personal.reveal"),
        },
    )


@require_http_methods(["GET", "POST"])
def edit(request: DeskRequest, customer_id: int) -> HttpResponse:
    """The form, with the user's draft in it; what does not fit is refused beside its field and stays in the draft."""
    user = request.user
    require(user, "case.work")
    wrong: dict[str, str] = {}
    if request.method == "POST":
        sent = dict(request.POST.lists())
        try:
            keeping.save(
                customer_id,
                sent,
                user,
                uuid_of(request.POST.get("id")) or uuid4(),
                kind=request.POST.get("kind", ""),
                held_on=day_of(request.POST.get("held_on", "")),
                reason=request.POST.get("reason", ""),
                wording_reason=request.POST.get("wording_reason", ""),
                seen=whole_number(request.POST.get("seen")),
            )
        except WrongAnswers as error:
            language = showing.language()
            wrong = {name: fault.text(language) for name, fault in error.faults.items()} | {"": error.text(language)}
        except Invalid as error:
            wrong = {error.field: error.text(showing.language()), "code": error.code}
        else:
            messages.success(request, _("The interview is saved."))
            return redirect("interview", customer_id)
        keeping.keep_draft(customer_id, sent, user)
    return _form(request, customer_id, wrong)


def _form(request: DeskRequest, customer_id: int, wrong: dict[str, str]) -> HttpResponse:
    user = request.user
    found = customers.customer(user, customer_id)
    last, points, asked = reading.newest(found.pk), keeping.points(found), form.current()
    draft = None if request.method == "POST" else keeping.draft(found.pk, user)
    sent: answers.Sent = dict(request.POST.lists()) if request.method == "POST" else draft.sent if draft else {}
    if not sent:
        sent = answers.typed(asked, last.answers) if last else {}
    first = {name: next(iter(sent.get(name, ())), "") for name in keeping.ABOUT}
    seen = whole_number(request.POST.get("seen")) if request.method == "POST" else last.seq if last else 0
    before = _version_seen(last, seen)
    meanwhile = wrong.pop("code", "") == INTERVIEW_MEANWHILE.id
    return render(
        request,
        "desk/interview_edit.html",
        {
            "customer": found,
            "name": found.name or found.customer_id,
            "sections": interview_words.fields(asked, sent, last, points),
            "first": last is None,
            "kinds": Interview.Kind.choices,
            "about": first | {"held_on": first["held_on"] or f"{clock.now().astimezone(showing.home_zone()):%Y-%m-%d}"},
            # who has been told of the newer version saves onto it
            "seen": last.seq if last and (meanwhile or request.method == "GET") else seen,
            "meanwhile": interview_words.differing(before, last, points) if meanwhile and before and last else [],
            "errors": wrong,
            "draft_at": showing.moment(draft.at) if draft else "",
            "id": request.POST.get("id") or uuid4(),
        },
        status=422 if wrong else 200,
    )


def _version_seen(last: Interview | None, seen: int) -> Interview | None:
    seen_of = Interview.objects.filter(customer_id=last.customer_id, seq=seen) if last else Interview.objects.none()
    return seen_of.select_related("form").first()


@require_POST
def draft(request: DeskRequest, customer_id: int) -> HttpResponse:
    """What is typed so far, kept as one types; or the draft thrown away."""
    if request.POST.get("discard"):
        keeping.drop_draft(customer_id, request.user)
        return redirect("edit-interview", customer_id)
    kept: InterviewDraft = keeping.keep_draft(customer_id, dict(request.POST.lists()), request.user)
    return HttpResponse(_("Draft kept at %(time)s") % {"time": showing.clock_time(kept.at)})


@require_POST
def wish(request: DeskRequest, customer_id: int) -> HttpResponse:
    """What was said becomes a wish that the gate heeds, by one click."""
    feeding.take(customer_id, request.POST.get("question", ""), request.user)
    messages.success(request, _("Written down. The rules heed it from now on."))
    return redirect("customer", customer_id)


def _case(request: DeskRequest, customer_id: int) -> Case | None:
    return newest(visible_cases(request.user).filter(customer_id=customer_id))
