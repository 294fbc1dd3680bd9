"""Concessions: proposed with their effect, decided by another person, followed until the core has booked them."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouyue.base import money
from shouyue.base.errors import ShouyueError
from shouyue.casework import errors, queries
from shouyue.casework.concessions import proposing, states
from shouyue.casework.concessions.limits import WAIVABLE, limits
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, Concession, Loan
from shouyue.people.models import Role
from shouyue.people.permissions import can, require
from shouyue.web import deciding, showing, words
from shouyue.web.forms import uuid_of
from shouyue.web.frame import DeskRequest

TONES = {
    **dict.fromkeys(("proposed", "approved"), "warn"),
    **dict.fromkeys(("exported",), "info"),
    **dict.fromkeys(("done",), "good"),
    **dict.fromkeys(("rejected", "differs", "refused"), "bad"),
}


@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, case_id: int) -> HttpResponse:
    """The form; what it would do, before it is saved; and the proposal."""
    user = request.user
    require(user, "concession.propose")
    case = queries.case(user, case_id)
    queries.must_be_open(case)
    sent, wrong, shown = request.POST, {}, None
    parts: dict[str, int] = {}
    loans = [one for one in Loan.objects.filter(customer_id=case.customer_id) if any(proposing.owed(one).values())]
    chosen = next((one for one in loans if one.loan_id == sent.get("loan")), loans[0] if len(loans) == 1 else None)
    if request.method == "POST":
        try:
            if chosen is None:
                raise errors.WAIVER_NO_LOAN.error(field="loan")
            parts, wrong = _parts(sent, chosen.currency)
            if not wrong and sent.get("action") == "save":
                key = uuid_of(sent.get("id")) or uuid4()
                note, reason = sent.get("note", ""), sent.get("reason", "")
                kept = sent.get("wording_reason", "")
                made = proposing.propose(case_id, chosen.loan_id, parts, reason, note, user, key, kept)
                messages.success(request, _("Proposed. Another person decides."))
                return redirect("concession", made.pk)
            if not wrong:
                shown = _effect(proposing.effect(case, chosen, parts), chosen.currency)
        except Invalid as error:
            wrong = {error.field: error.text(showing.language())}
            if chosen and error.field in ("note", "wording_reason"):  # it is saved from the effect
                shown = _effect(proposing.effect(case, chosen, parts), chosen.currency)
    return render(
        request,
        "desk/new_concession.html",
        {
            "case": case,
            "name": case.customer.name or case.customer.customer_id,
            "loans": [
                {
                    "id": one.loan_id,
                    "chosen": one is chosen,
                    "owed": [
                        (words.word(words.COMPONENTS, name), showing.amount(minor, one.currency))
                        for name, minor in proposing.owed(one).items()
                        if minor
                    ],
                }
                for one in loans
            ],
            "components": [(key, words.word(words.COMPONENTS, key), sent.get(key, "")) for key in WAIVABLE],
            "reasons": [(key, words.word(words.WAIVER_REASONS, key)) for key in proposing.REASONS],
            "limits": _limits(case),
            "sent": sent,
            "errors": wrong,
            "shown": shown,
            "id": sent.get("id") or uuid4(),
        },
        status=422 if wrong else 200,
    )


def _parts(sent: Any, currency: str) -> tuple[dict[str, int], dict[str, str]]:
    parts: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for name in WAIVABLE:
        if text := sent.get(name, "").strip():
            try:
                parts[name] = money.to_minor(text, currency)
            except ShouyueError as error:
                wrong[name] = error.text(showing.language())
    return parts, wrong


def _limits(case: Case) -> list[tuple[str, str, str, str]]:
    """Role, amount, share in percent, stages: as the page tells them."""
    stage = partial(words.strategy_label, case.strategy, "stages", language=get_language() or "zh-hans")
    return [
        (
            str(dict(Role.choices).get(role, role)),  # type: ignore[arg-type]
            showing.amount(money.to_minor(one.amount, case.currency), case.currency),
            f"{Decimal(one.share_permille) / 10:f}",
            showing.listed(map(stage, one.stages)) or _("all"),
        )
        for role, one in limits().by_role.items()
    ]


def _effect(found: proposing.Effect, currency: str) -> dict[str, Any]:
    def money_(minor: int) -> str:
        return showing.amount(minor, currency)

    return {
        "parts": [
            (words.word(words.COMPONENTS, name), *(money_(minor) for minor in row)) for name, row in found.parts.items()
        ],
        "owed": money_(found.owed_minor),
        "left": money_(found.left_minor),
        "used": money_(found.used_minor),
        "approvers": [str(dict(Role.choices).get(role, role)) for role in found.approvers],  # type: ignore[arg-type]
    }


@require_http_methods(["GET", "POST"])
def concession(request: DeskRequest, concession_id: UUID) -> HttpResponse:
    """One concession; a POST is somebody's word on it."""
    user, wrong = request.user, {}
    seen = Concession.objects.filter(pk=concession_id, case__in=queries.visible_cases(user))
    found = seen.select_related("case__customer", "proposed_by", "approved_by", "instruction").first()
    if found is None:
        raise errors.NO_WAIVER.error()
    if request.method == "POST":
        wrong = deciding.wrong(request, concession_id, states.DECISIONS, proposing.decide)
        if not wrong:
            return redirect("concession", concession_id)
    own, may = found.proposed_by_id == user.pk, can(user, "concession.approve")
    actions = [a for a in ("approve", "reject", "accept", "refuse") if states.after(found.state, a) and may and not own]
    if states.after(found.state, "withdraw") and (own or may) and can(user, "concession.propose"):
        actions.append("withdraw")
    return render(
        request,
        "desk/concession.html",
        {
            "concession": found,
            "name": found.case.customer.name or found.case.customer.customer_id,
            "line": line(found),
            "reason": words.word(words.WAIVER_REASONS, found.reason),
            "parts": [
                (
                    words.word(words.COMPONENTS, one.component),
                    showing.amount(one.owed_minor, found.currency),
                    showing.amount(one.amount_minor, found.currency),
                    showing.amount(one.owed_minor - one.amount_minor, found.currency),
                )
                for one in found.parts.order_by("component")
            ],
            "steps": [
                (showing.moment(s.at), words.word(words.WAIVER_ACTIONS, s.action), s.by, s.note)
                for s in found.steps.select_related("by").order_by("-seq")
            ],
            "actions": [(key, words.word(words.WAIVER_DECISIONS, key)) for key in actions],
            "own_word": own and may and found.state == states.PROPOSED,
            "errors": wrong,
            "sent": request.POST,
        },
        status=422 if wrong else 200,
    )


def line(one: Concession) -> dict[str, Any]:
    return {
        "id": one.pk,
        "loan": one.loan_number,
        "amount": showing.amount(sum(part.amount_minor for part in one.parts.all()), one.currency),
        "state": str(one.get_state_display()),  # type: ignore[attr-defined]
        "tone": TONES.get(one.state, ""),
        "made": one.proposed_on,
    }


@require_GET
def concessions(request: DeskRequest) -> HttpResponse:
    """A rep's own, a store's, everybody's for head office; those that wait for a word where nothing is asked."""
    user = request.user
    seen = Concession.objects.filter(case__in=queries.visible_cases(user))
    if user.role == Role.REP:
        seen = seen.filter(proposed_by=user) | seen.filter(case__assignee=user)
    state = request.GET.get("state", states.PROPOSED)
    if state in states.STATES:
        seen = seen.filter(state=state)
    chosen = seen.select_related("case__customer", "proposed_by", "approved_by", "instruction").prefetch_related(
        "parts"
    )
    page = Paginator(chosen.order_by("-proposed_on", "-pk"), 50).get_page(request.GET.get("page"))
    return render(
        request,
        "desk/concessions.html",
        {
            "page": page,
            "concessions": [
                line(one)
                | {
                    "name": showing.hidden_name(one.case.customer.name) or one.case.customer.customer_id,
                    "by": one.proposed_by,
                    "approved_by": one.approved_by or "–",
                    "number": one.instruction.number if one.instruction else "–",
                    "expires": one.expires_on,
                }
                for one in page
            ],
            "states": [(key, text, key == state) for key, text in Concession.State.choices],
        },
    )
