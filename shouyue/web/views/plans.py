"""Payment plans: worked out and shown before they are saved, listed, and one with what has come of it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouyue.base import money
from shouyue.base.errors import ShouyueError
from shouyue.casework import errors, queries
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, Plan
from shouyue.casework.plans import making
from shouyue.casework.plans.schedule import EVERY, Asked, Line, digest, next_pay_day
from shouyue.casework.plans.terms import terms
from shouyue.people.models import Role
from shouyue.people.permissions import can, require
from shouyue.web import showing, words
from shouyue.web.forms import day_of, uuid_of, whole_number
from shouyue.web.frame import DeskRequest, today

TONES = {"active": "info", "kept": "good", "broken": "bad"}
FIELDS = ("total", "count", "every", "first", "income", "costs")


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """The form; what it comes to, before it is saved; and saving exactly what was shown."""
    user = request.user
    require(user, "case.work")
    case = queries.case(user, case_id)
    queries.must_be_open(case)
    sent, wrong, plan = request.POST, {}, None
    if request.method == "POST":
        try:
            asked, wrong = _asked(sent, case.currency)
            if not wrong:
                if sent.get("action") == "save":
                    made = making.make(case_id, asked, sent.get("shown", ""), user, uuid_of(sent.get("id")) or uuid4())
                    messages.success(request, _("The plan is saved."))
                    return redirect("plan", made.pk)
                plan = making.show(case, asked, user)
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
    values = {name: sent.get(name, "") for name in FIELDS} if request.method == "POST" else _suggested(case)
    context = {
        "case": case,
        "name": case.customer.name or case.customer.customer_id,
        "currency": case.currency,
        "values": values,
        "errors": wrong,
        "every": [(key, words.word(words.PLAN_EVERY, key)) for key in EVERY],
        "pay_day": case.customer.salary_day,
        "least": showing.amount(terms().least_minor(case.currency), case.currency),
        "months": terms().longest_months.get(user.role, 0),
        "id": sent.get("id") or uuid4(),
        "shown": None,
    }
    if plan is not None:
        lines, means = plan
        context |= {
            "shown": digest(lines),
            "lines": _lines(lines, case.currency),
            "surplus": showing.amount(means.surplus_minor, case.currency),
            "room": showing.amount(means.room_minor, case.currency),
            "dearest": showing.amount(means.dearest_minor, case.currency),
        }
    return render(request, "desk/new_plan.html", context, status=422 if wrong else 200)


def _suggested(case: Case) -> dict[str, str]:
    """What is late, in three parts from the next pay day on; of the yearly income in the file a twelfth."""
    first = next_pay_day(case.as_of, case.customer.salary_day)
    income = case.customer.income_minor
    return {
        "total": str(money.from_minor(case.overdue_minor or case.due_minor, case.currency)),
        "count": "3",
        "every": "month",
        "first": first.isoformat() if first else "",
        "income": str(money.from_minor(income // 12, case.currency)) if income else "",
        "costs": "",
    }


def _asked(sent: Any, currency: str) -> tuple[Asked, dict[str, str]]:
    wrong: dict[str, str] = {}
    minor: dict[str, int | None] = {}
    for name in ("total", "income", "costs"):
        text = sent.get(name, "").strip()
        try:
            minor[name] = money.to_minor(text, currency) if text else None
        except ShouyueError as error:
            wrong[name], minor[name] = error.text(showing.language()), None
    count = whole_number(sent.get("count")) or None
    every = sent.get("every", "")
    return Asked(minor["total"], count, every, day_of(sent.get("first")), minor["income"], minor["costs"]), wrong


def _lines(lines: list[Line], currency: str, met: int = 0, day: date | None = None) -> list[dict[str, Any]]:
    return [
        {
            "seq": line.seq,
            "due": line.due_on,
            "amount": showing.amount(line.amount_minor, currency),
            "beside": showing.amount(line.beside_minor, currency) if line.beside_minor else "–",
            "whole": showing.amount(line.whole_minor, currency),
            "met": line.seq <= met,
            "late": day is not None and line.seq > met and line.due_on < day,
        }
        for line in lines
    ]


@require_GET
def plans(request: DeskRequest) -> HttpResponse:
    """A rep's own and his cases', a store's, everybody's for head office; the running ones where nothing is asked."""
    user = request.user
    seen = Plan.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        seen = seen.filter(staff=user) | seen.filter(case__assignee=user)
    state = request.GET.get("state", Plan.State.ACTIVE)
    if state in Plan.State.values:
        seen = seen.filter(state=state)
    page = Paginator(seen.select_related("case__customer", "staff").order_by("-made_on", "-id"), 50)
    found = page.get_page(request.GET.get("page"))
    return render(
        request,
        "desk/plans.html",
        {
            "page": found,
            "plans": [
                plan_line(one)
                | {
                    "case": one.case_id,
                    "name": showing.hidden_name(one.case.customer.name) or one.case.customer.customer_id,
                    "staff": one.staff,
                }
                for one in found
            ],
            "states": [(key, text, key == state) for key, text in Plan.State.choices],
        },
    )


def plan_line(one: Plan) -> dict[str, Any]:
    return {
        "id": one.pk,
        "total": showing.amount(one.total_minor, one.currency),
        "paid": showing.amount(one.paid_minor, one.currency) if one.paid_minor else "–",
        "made": one.made_on,
        "state": str(one.get_state_display()),  # type: ignore[attr-defined]
        "tone": TONES.get(one.state, ""),
        "every": words.word(words.PLAN_EVERY, one.every),
    }


@require_http_methods(["GET", "POST"])
def plan(request: DeskRequest, plan_id: UUID) -> HttpResponse:
    """One plan: its parts, what has come, and cancelling it with a reason."""
    user, error = request.user, ""
    seen = Plan.objects.filter(pk=plan_id, case__in=queries.visible_cases(user))
    found = seen.select_related("case__customer", "staff").first()
    if found is None:
        raise errors.NO_PLAN.error()
    if request.method == "POST":
        try:
            making.cancel(plan_id, request.POST.get("reason", ""), user)
        except Invalid as wrong:
            error = wrong.text(showing.language())
        else:
            messages.success(request, _("The plan is cancelled."))
            return redirect("plan", plan_id)
    lines = [
        Line(*row)
        for row in found.instalments.order_by("seq").values_list("seq", "due_on", "amount_minor", "beside_minor")
    ]
    reached, met = 0, 0
    for line in lines:
        reached += line.whole_minor
        met = line.seq if found.paid_minor * 1000 >= reached * found.tolerance_permille else met
    return render(
        request,
        "desk/plan.html",
        {
            "plan": found,
            "name": found.case.customer.name or found.case.customer.customer_id,
            "line": plan_line(found),
            "lines": _lines(lines, found.currency, met, today(request)),
            "income": showing.amount(found.income_minor, found.currency),
            "costs": showing.amount(found.costs_minor, found.currency),
            "room": showing.amount(found.room_minor, found.currency),
            "ended": words.word(words.PLAN_ENDS, found.ended_because) if found.ended_because else "",
            "may_cancel": found.state == Plan.State.ACTIVE and can(user, "case.work"),
            "reasons": [(key, words.word(words.PLAN_ENDS, key)) for key in making.REASONS],
            "error": error,
        },
        status=422 if error else 200,
    )
