"""Who it is and what is owed, as the case page shows it: masked, in words, ready to be put on the page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shouyue.base import settings
from shouyue.casework import manners, numbers, reasons
from shouyue.casework.interviews import feeding
from shouyue.casework.masking import mask_id, mask_phone, mask_text
from shouyue.casework.models import (
    Case,
    Contact,
    ContactPoint,
    Customer,
    Interview,
    Loan,
    Phase,
    Placement,
    Promise,
    ToldDetail,
)
from shouyue.casework.number_marks import Last, Marks
from shouyue.casework.queries import CasePage
from shouyue.compliance.models import Wish
from shouyue.compliance.rules import Answer
from shouyue.compliance.wishes import BORROWERS
from shouyue.people.models import User
from shouyue.people.permissions import can
from shouyue.web import interview_words, showing, telling, words


def head(case: Case, day: date) -> dict[str, str]:
    """What stands beside the name: how late, how much, why this case is on the list."""
    late = case.phase == Phase.COLLECTION
    language = get_language() or "zh-hans"
    return {
        "amount": showing.amount(case.overdue_minor if late else case.due_minor, case.currency),
        "amount_is": _("overdue") if late else _("due"),
        "days": (
            ngettext("%(count)d day late", "%(count)d days late", case.dpd) % {"count": case.dpd}
            if late
            else showing.when_due(case.next_due, day)
        ),
        "late": "bad" if late else "",
        "why": case.reason_zh if showing.language() == "zh" else case.reason_en,
        "segment": words.strategy_label(case.strategy, "segments", case.segment, language),
        "stage": words.strategy_label(case.strategy, "stages", case.stage, language),
        "treatment": words.strategy_label(case.strategy, "treatments", case.treatment, language),
        "because": case.assigned_because_zh if showing.language() == "zh" else case.assigned_because_en,
    }


#: where a step that a reason suggests is made, and by whom
_STEPS = {
    "plan": ("new-plan", "case.work"),
    "matter": ("new-matter", "matter.open"),
    "concession": ("new-concession", "concession.propose"),
    "hand_over": ("hand-over", "case.work"),
    "visit": ("new-visit", "case.work"),
    "address": ("new-detail", "case.work"),
}


def late_because(page: CasePage, user: User) -> dict[str, Any] | None:
    """Why he is late, as told last in this case, what that suggests, and the steps that the user may take by it."""
    told = reasons.last(page.case, page.timeline)
    advice = reasons.advice().get(told[0]) if told else None
    if told is None or advice is None:
        return None
    reason, line = told
    case = page.case
    handing = page.call is None and (case.assignee_id == user.pk or can(user, "case.hand_over_any"))
    return {
        "why": str(Contact.WhyLate(reason).label),
        "on": showing.moment(line.at)[:10],
        "advice": advice.text(showing.language()),
        "steps": [
            (reverse(_STEPS[step][0], args=[case.pk]), words.word(words.REASON_STEPS, step))
            for step in advice.next
            if case.status == Case.Status.OPEN and can(user, _STEPS[step][1]) and (step != "hand_over" or handing)
        ],
    }


def talking(page: CasePage) -> dict[str, str] | None:
    """How he came across last, and how to talk to him then."""
    if (told := page.manner) is None:
        return None
    advice = manners.advice().get(told.manner)
    return {
        "manner": str(told.get_manner_display()),
        "on": told.business_day.isoformat(),
        "advice": advice.text(showing.language()) if advice else "",
    }


def manner_on(told: Contact | None) -> str:
    return f"{told.get_manner_display()} · {told.business_day.isoformat()}" if told else ""


def placed(placement: Placement | None) -> str:
    """Which agency has the customer; its contacts count in the same budget."""
    if placement is None:
        return ""
    told = {"agency": placement.agency.name or placement.agency.code, "day": showing.moment(placement.placed_at)[:10]}
    if placement.ends_on is None:
        return _("With %(agency)s since %(day)s") % told
    return _("With %(agency)s since %(day)s, until %(until)s") % {**told, "until": placement.ends_on.isoformat()}


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def age_band(born_on: date | None, day: date) -> str:
    if born_on is None:
        return ""
    years = day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
    decade = years // 10 * 10
    return _("%(from)d–%(to)d years") % {"from": decade, "to": decade + 9}


def borrower(page: CasePage, day: date) -> dict[str, Any]:
    """Lines of (label, value), and those of (field, label, masked value) that can be revealed."""
    customer: Customer = page.case.customer
    currency = page.case.currency
    person = (age_band(customer.born_on, day), words.word(words.SEXES, customer.sex), customer.marital_status)
    plain = [
        (_("Customer no."), customer.customer_id),
        (_("Person"), _joined(*person)),
        (_("Work"), customer.occupation),
        (_("Yearly income"), showing.amount(customer.income_minor, currency) if customer.income_minor else ""),
        (_("Salary day"), str(customer.salary_day or "")),
        (_("City"), _joined(customer.city, customer.zone if customer.zone != settings.zone() else "")),
        (_("Lives in the time zone, as told"), customer.told_zone),
    ]
    masked = [
        ("id_number", _("ID number"), mask_id(customer.id_number)),
        ("born_on", _("Date of birth"), "****-**-**" if customer.born_on else ""),
        *lives_and_works(customer, page.told),
    ]
    return {
        "name": customer.name or customer.customer_id,
        "plain": [(label, value) for label, value in plain if value],
        "masked": [line for line in masked if line[2]],
        "care": customer.vulnerable,
        "habits": habits(page.loans, page.interview),
    }


def lives_and_works(customer: Customer, told: Mapping[str, ToldDetail]) -> list[tuple[str, str, str]]:
    """Employer and address masked, as (field, label, value): what was told above what the lender's file says of it."""
    lines = [
        *_told(told, "employer", _("Employer told on %(day)s")),
        ("employer", _("Employer"), mask_text(customer.employer)),
        *_told(told, "address", _("Address told on %(day)s")),
        ("address", _("Address"), mask_text(customer.address)),
    ]
    return [line for line in lines if line[2]]


def _told(told: Mapping[str, ToldDetail], what: str, label: str) -> list[tuple[str, str, str]]:
    one = told.get(what)
    return [(f"told_{what}", label % {"day": showing.moment(one.at)[:10]}, mask_text(one.value))] if one else []


def where(page: CasePage, day: date, place: str) -> list[tuple[str, str, str]]:
    """The masked lines that say where a visit goes."""
    what = "employer" if place == "work" else "address"
    return [line for line in borrower(page, day)["masked"] if line[0] in (what, f"told_{what}")]


def habits(loans: list[Loan], interview: Interview | None) -> list[tuple[str, str]]:
    """What is worth knowing before the call: (tone, words)."""
    known: list[tuple[str, str]] = []
    times = sum(one.times_late for one in loans)
    if times:
        known.append(
            ("warn", ngettext("%(count)d time late so far", "%(count)d times late so far", times) % {"count": times})
        )
    if any(one.wants_early_settlement for one in loans):
        known.append(("info", _("Wants to settle early")))
    if any(one.pays_corporate for one in loans):
        known.append(("info", _("Pays to the corporate account")))
    if any(one.lateness and (one.lateness[0] or 0) > 0 for one in loans):
        known.append(("warn", _("Last period abnormal")))
    told = (interview_words.hint(question, value) for question, value in feeding.hints(interview))
    return known + [("info", text) for text in told if ("info", text) not in known]


def number(point: ContactPoint, marks: Marks | None = None) -> dict[str, Any]:
    return {
        "marks": marked(marks, point.mark) if marks else [],
        "id": point.pk,
        "phone": mask_phone(point.phone),
        "relation": words.word(words.RELATIONS, point.relation),
        "own": point.relation in BORROWERS,
        "name": showing.hidden_name(point.name) if point.relation != "self" else "",
        "place": words.word(words.PLACES, point.place) if point.place else "",
        "knows": {True: _("knows of the loan"), False: _("does not know of the loan")}.get(point.knows, "")  # type: ignore[arg-type]
        if point.relation not in BORROWERS
        else "",
        "not_agreed": point.agreed is False,
        "mark": words.word(words.NUMBER_MARKS, point.mark) if point.mark else "",
        "marked_on": showing.moment(point.marked_at)[:10] if point.marked_at else "",
        "mark_tone": "good" if point.mark == numbers.VERIFIED else "warn",
        "guarantor": point.relation == "guarantor",
        "filed": filed(point),
        "liable": {True: _("bound by the contract"), False: _("not bound by the contract")}.get(point.liable, ""),  # type: ignore[arg-type]
    }


def filed(point: ContactPoint) -> str:
    """What stood before a rep was told otherwise: in the lender's file, or as the number was first told."""
    said = point.filed or {}
    was = _joined(
        words.word(words.RELATIONS, said.get("relation", "")),
        showing.hidden_name(said.get("name", "")),
        words.word(words.PLACES, said.get("place", "")),
    )
    if not said:
        return ""
    return (_("Lender's file: %(said)s") if point.added_at is None else _("Before: %(said)s")) % {"said": was or "–"}


def marked(marks: Marks, by_hand: str = "") -> list[tuple[str, str]]:
    """What a colleague has to know of a number before he dials it: (tone, words). One marked as wrong by hand
    says so already."""
    said = [
        ("good" if wish.kind == Wish.Kind.CONSENT else "bad", str(wish.get_kind_display()))  # type: ignore[attr-defined]
        for wish in marks.wishes
        if not (by_hand == numbers.WRONG and wish.kind == Wish.Kind.WRONG_NUMBER)
    ]
    return said + reached(marks.last)


def reached(last: Last | None) -> list[tuple[str, str]]:
    """Who was reached on a number last, as the tone and the words of a mark; a wrong number is told by its wish."""
    if last is None or last.reached == Contact.Reached.WRONG:
        return []
    day = {"day": showing.moment(last.at)[:10]}
    if last.reached == Contact.Reached.INVALID:
        return [("warn", _("did not work on %(day)s") % day)]
    return [("good", _("reached on it on %(day)s") % day)]


def way(answer: Answer) -> dict[str, Any]:
    """The gate's answer about one way of contact."""
    return {
        "channel": words.word(words.CHANNELS, answer.channel),
        "allowed": answer.allowed,
        "words": answer.words(showing.language()),
        "next": "" if answer.allowed else showing.moment(answer.next_allowed_at) if answer.next_allowed_at else "–",
    }


def loan(one: Loan, case: Case) -> dict[str, Any]:
    currency = one.currency
    parts = [
        (_("Principal"), one.outstanding_principal_minor),
        (_("Interest"), one.outstanding_interest_minor),
        (_("Fees"), one.outstanding_fee_minor),
        (_("Penalty interest"), one.outstanding_penalty_minor),
        (_("Late fees"), one.outstanding_late_fee_minor),
    ]
    return {
        "id": one.loan_id,
        "history": reverse("loan-history", args=[case.pk, one.pk]),
        "product": _joined(one.product, one.goods),
        "bucket": one.bucket,
        "late": one.dpd > 0,
        "dpd": showing.days(one.dpd) if one.dpd > 0 else "",
        "overdue": showing.amount(one.overdue_minor, currency) if one.overdue_minor else "",
        "outstanding": showing.amount(one.outstanding_minor, currency),
        "next": showing.amount(one.next_due_minor, currency) if one.next_due else "",
        "next_due": one.next_due,
        "debit": one.debit_date,
        "account": one.debit_account,
        "parts": [(label, showing.amount(minor, currency)) for label, minor in parts if minor],
        "opened": one.opened_on,
        "principal": showing.amount(one.principal_minor, currency) if one.principal_minor else "",
        "last": showing.amount(one.last_payment_minor, currency) if one.last_payment_on else "",
        "last_on": one.last_payment_on,
        "instalments": telling.instalments(one.schedule, case.closed_on or case.as_of, currency),
    }


def promise(one: Promise, day: date) -> dict[str, Any]:
    return {
        "id": one.pk,
        "open": one.state == Promise.State.OPEN,
        "confirmed": showing.moment(one.confirmed_at)[:10],
        "ended": words.word(words.PROMISE_ENDS, one.ended_because) if one.ended_because else "",
        "amount": showing.amount(one.amount_minor, one.currency),
        "paid": showing.amount(one.paid_minor, one.currency) if one.paid_minor else "",
        "due": one.due_on.isoformat(),
        "when": showing.when_due(one.due_on, day) if one.state == Promise.State.OPEN else "",
        "state": str(one.get_state_display()),  # type: ignore[attr-defined]
        "tone": {"kept": "good", "broken": "bad", "part_kept": "warn", "open": "info"}.get(one.state, ""),
    }
