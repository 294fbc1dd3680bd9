"""My day: the rep's list in the order to work it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shouyue.base import clock
from shouyue.casework import barring, queries
from shouyue.casework.models import Case, Contact, Phase, Promise
from shouyue.people.models import User
from shouyue.people.permissions import can, require
from shouyue.web import showing, words
from shouyue.web.frame import DeskRequest, today

PAGE = 50
WORK: dict[str, queries.Work] = {work: work for work in get_args(queries.Work)}


@dataclass(slots=True)
class Row:
    """A case as a line: words only, so that the template has nothing to work out."""

    id: int
    name: str
    number: str
    phase: str
    phase_text: str
    why: str
    segment: str
    amount: str
    days: str
    late: bool
    best_time: str
    last: str
    next: str
    waits: bool
    care: bool
    barred: str = ""


def row(case: Case, day: date, now: datetime, barred: bool = False) -> Row:
    zh = showing.language() == "zh"
    late = case.phase == Phase.COLLECTION
    return Row(
        id=case.pk,
        name=showing.hidden_name(case.customer.name) or case.customer.customer_id,
        number=case.customer.customer_id,
        phase=case.phase,
        phase_text=case.get_phase_display(),
        why=case.reason_zh if zh else case.reason_en,
        segment=words.strategy_label(case.strategy, "segments", case.segment, get_language() or "zh-hans"),
        amount=showing.amount(case.overdue_minor if late else case.due_minor, case.currency),
        days=_late(case.dpd) if late else showing.when_due(case.next_due, day),
        late=late,
        best_time=case.best_time,
        last=_last(case),
        next=_next(case, now),
        waits=case.next_action_at is not None and case.next_action_at > now,
        care=case.customer.vulnerable,
        barred=_barred(case) if barred else "",
    )


def _late(dpd: int) -> str:
    return ngettext("%(count)d day late", "%(count)d days late", dpd) % {"count": dpd}


_RESULTS: dict[str, object] = {**dict(Contact.Reached.choices), **dict(Contact.Result.choices)}


def _last(case: Case) -> str:
    if case.last_contact_at is None:
        return ""
    return f"{_RESULTS.get(case.last_result, '')} {showing.clock_time(case.last_contact_at)}".strip()


def _next(case: Case, now: datetime) -> str:
    if not case.next_action and case.next_action_at is None:
        return ""
    action = words.word(words.NEXT_ACTIONS, case.next_action)
    return f"{action} {showing.clock_time(case.next_action_at)}".strip()


def _barred(case: Case) -> str:
    """Until when the law keeps the case off the list, and why; quiet hours need no words on every line."""
    why = case.barred_zh if showing.language() == "zh" else case.barred_en
    if case.barred_until is None or not why:
        return _("Outside the hours that the law allows")
    if case.barred_until >= barring.FOR_EVER:
        return why
    return _("from %(time)s: %(why)s") % {"time": showing.clock_time(case.barred_until), "why": why}


@dataclass(frozen=True)
class Counts:
    todo: int
    waiting: int
    barred: int
    done: int
    minutes: int
    phases: dict[str, int]
    segments: dict[str, int]


def counts(user: User, day: date, now: datetime) -> Counts:
    """How much there is, by phase and segment, in one query."""
    groups = list(
        queries.my_day(user, day, now, "all")
        .order_by()
        .values_list("phase", "segment")
        .annotate(
            todo=Count("id", filter=queries.work_filter("todo", day, now)),
            waiting=Count("id", filter=queries.work_filter("waiting", day, now)),
            barred=Count("id", filter=queries.work_filter("barred", day, now)),
            done=Count("id", filter=queries.work_filter("done", day, now)),
            left=Sum("minutes", filter=queries.work_filter("todo", day, now)),
        )
    )
    phases: dict[str, int] = {}
    segments: dict[str, int] = {}
    for phase, segment, todo, *_rest in groups:
        phases[phase] = phases.get(phase, 0) + todo
        segments[segment] = segments.get(segment, 0) + todo
    return Counts(
        todo=sum(g[2] for g in groups),
        waiting=sum(g[3] for g in groups),
        barred=sum(g[4] for g in groups),
        done=sum(g[5] for g in groups),
        minutes=sum(g[6] or 0 for g in groups),
        phases=phases,
        segments=segments,
    )


def _due_promises(user: User, day: date) -> Q:
    """Cases of the user with a promise that falls due by the day."""
    due = Promise.objects.filter(state=Promise.State.OPEN, due_on__lte=day, case__assignee=user)
    return Q(pk__in=due.values("case_id"))


def _filtered(request: DeskRequest, cases: QuerySet[Case], day: date) -> QuerySet[Case]:
    asked = request.GET
    if asked.get("phase") in Phase.values:
        cases = cases.filter(phase=asked["phase"])
    if segment := asked.get("segment", "")[:60]:
        cases = cases.filter(segment=segment)
    if asked.get("promise") == "due":
        cases = cases.filter(_due_promises(request.user, day))
    return cases


@require_GET
def start(request: DeskRequest) -> HttpResponse:
    """Where one's work begins: the list for a rep, the team for a manager, the people for an administrator."""
    user = request.user
    if can(user, "today.view"):
        return redirect("today")
    return redirect("home" if can(user, "case.work") else "people")


@require_GET
def home(request: DeskRequest) -> HttpResponse:
    user = request.user
    if not can(user, "case.work"):
        return redirect("start")
    day, now = today(request), clock.now()
    work = WORK.get(request.GET.get("work", ""), "todo")
    page = _page(request)
    cases = _filtered(request, queries.my_day(user, day, now, work), day)
    cases = cases.only(*queries.MY_DAY_FIELDS, "strategy")
    found = list(cases[(page - 1) * PAGE : page * PAGE + 1])
    how_many = counts(user, day, now)
    context = {
        "rows": [row(case, day, now, work == "barred") for case in found[:PAGE]],
        "care": _("Needs care"),
        "counts": how_many,
        "work": work,
        "works": [
            ("todo", _("To do"), how_many.todo),
            ("waiting", _("Waiting"), how_many.waiting),
            *([("barred", _("Not now by law"), how_many.barred)] if how_many.barred or work == "barred" else []),
            ("done", _("Done"), how_many.done),
        ],
        "share": _share(how_many),
        "phase": request.GET.get("phase", ""),
        "phases": [(p, label, how_many.phases.get(p, 0)) for p, label in Phase.choices],
        "segment": request.GET.get("segment", ""),
        "segments": _segments(found, how_many),
        "promise": request.GET.get("promise", ""),
        "page": page,
        "older": _address(request, page - 1) if page > 1 else "",
        "newer": _address(request, page + 1) if len(found) > PAGE else "",
        "open_call": Contact.objects.filter(staff=user, status=Contact.Status.STARTED)
        .values_list("case_id", flat=True)
        .first(),
    }
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, "desk/_my_day.html" if part else "desk/my_day.html", context)


def _page(request: DeskRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, min(int(text), 10_000)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _address(request: DeskRequest, page: int) -> str:
    asked = {k: v for k, v in request.GET.items() if k in ("work", "phase", "segment", "promise") and v}
    return "?" + urlencode({**asked, "page": page})


def _share(how_many: Counts) -> int:
    """Per cent of today's list that is done."""
    total = how_many.todo + how_many.waiting + how_many.barred + how_many.done
    return 100 * how_many.done // total if total else 0


def _segments(found: list[Case], how_many: Counts) -> list[tuple[str, str, int]]:
    strategy = found[0].strategy if found else "standard@1"
    language = get_language() or "zh-hans"
    return [
        (key, words.strategy_label(strategy, "segments", key, language), count)
        for key, count in sorted(how_many.segments.items(), key=lambda item: -item[1])
    ]


@require_GET
def next_case(request: DeskRequest) -> HttpResponse:
    """The next case to do on the user's list, below the one just left."""
    user = request.user
    require(user, "case.work")
    after = request.GET.get("after", "")
    left = (
        queries.visible_cases(user).filter(pk=int(after)).first()
        if after.isascii() and after.isdigit() and len(after) < 19
        else None
    )
    found = queries.next_case(user, today(request), clock.now(), left)
    return redirect("case", found) if found is not None else redirect("home")
