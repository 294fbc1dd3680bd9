"""The parts of a customer's file in words: gauges, loans, the people around, wishes, matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shouyue.casework.budget import Gauge
from shouyue.casework.customers import Around, CustomerPage
from shouyue.casework.interviews import feeding
from shouyue.casework.masking import mask_phone
from shouyue.casework.matters import states
from shouyue.casework.models import Case, Loan, Matter
from shouyue.casework.paying import BAND, Habit
from shouyue.compliance.models import Wish
from shouyue.compliance.wishes import BORROWERS, FOR_EVER
from shouyue.web import interview_words, showing, whom, words


def facts(page: CustomerPage, day: date) -> list[tuple[str, str]]:
    """Lines of (label, value) of who it is; what is personal is masked, here (``masked``) or on the case."""
    one = page.customer
    parts = (whom.age_band(one.born_on, day), words.word(words.SEXES, one.sex), one.marital_status)
    owed: dict[str, int] = {}
    for loan in page.loans:
        owed[loan.currency] = owed.get(loan.currency, 0) + loan.outstanding_minor
    lines = [
        (_("Customer no."), ", ".join(dict.fromkeys(c.customer.customer_id for c in page.cases))),
        (_("Person"), " · ".join(part for part in parts if part)),
        (_("Work"), one.occupation),
        (_("Salary day"), str(one.salary_day or "")),
        (_("City"), one.city),
        (_("Lives in the time zone, as told"), one.told_zone),
        (_("Store"), str(one.store)),
        (_("How he came across last"), whom.manner_on(page.manner)),
        (_("Owed in all"), " + ".join(showing.amount(minor, currency) for currency, minor in owed.items())),
    ]
    return [(label, value) for label, value in lines if value]


def masked(page: CustomerPage) -> list[tuple[str, str, str]]:
    """Where he lives and works, as (field, label, masked value): what was told above what the lender's file says."""
    return whom.lives_and_works(page.customer, page.told)


def habit(one: Habit) -> tuple[str, str]:
    """The habit, and on how many observations it rests."""
    rests = _("%(agree)d of %(of)d") % {"agree": one.agree, "of": one.of}
    return _HABITS[one.kind](one), rests


def paying(page: CustomerPage) -> list[tuple[str, str, str]]:
    """Each habit as it was found, on what it rests, and what he himself said of it; then what he said alone."""
    said = feeding.of_habits(page.interview)
    lines = []
    for one in page.habits:
        told = said.pop(one.kind, None)
        lines.append((*habit(one), interview_words.shown(*told) if told else ""))
    return lines + [
        (question.text(showing.language()), "", interview_words.shown(question, v)) for question, v in said.values()
    ]


def _relative_day(one: Habit) -> str:
    days = int(one.value or 0)
    if days == 0:
        return _("Usually pays on the due day")
    text = (
        ngettext("Usually pays %(days)d day before the due day", "Usually pays %(days)d days before the due day", -days)
        if days < 0
        else ngettext(
            "Usually pays %(days)d day after the due day", "Usually pays %(days)d days after the due day", days
        )
    )
    return text % {"days": abs(days)}


def _late(one: Habit) -> str:
    if not one.agree:
        return _("Paid late: never")
    days = int(one.value or 0)
    return ngettext("Paid late, usually by %(days)d day", "Paid late, usually by %(days)d days", days) % {"days": days}


def _hour(one: Habit) -> str:
    first = int(one.value or 0)
    return _("Answers most between %(from)s and %(to)s") % {"from": f"{first:02}:00", "to": f"{first + BAND:02}:00"}


_HABITS: dict[str, Callable[[Habit], str]] = {
    "relative_day": _relative_day,
    "late": _late,
    "day_of_month": lambda one: _("Usually pays on day %(day)s of the month") % {"day": one.value},
    "weekday": lambda one: _("Usually pays on a %(weekday)s") % {"weekday": words.WEEKDAYS[int(one.value or 0)]},
    "on_own": lambda one: _("Paid on his own, before any contact"),
    "channel": lambda one: _("Answers most: %(channel)s") % {"channel": words.word(words.CHANNELS, str(one.value))},
    "hour": _hour,
}


def gauge(one: Gauge) -> dict[str, Any]:
    """A gauge with its numbers in words, so that nothing is told by its picture alone."""
    over = {
        "number": _("to %(phone)s") % {"phone": mask_phone(one.point.phone)} if one.point else "",
        "loan": _("about the loan with most"),
    }.get(one.per, "")
    when = (
        _("today") if one.days == 1 else ngettext("in %(days)d day", "in %(days)d days", one.days) % {"days": one.days}
    )
    full = one.used >= one.allowed
    return {
        "title": showing.listed(words.word(words.CHANNELS, channel) for channel in one.channels),
        "over": over,
        "when": when,
        "counts": showing.listed(words.word(words.OUTCOMES, kind) for kind in one.outcomes),
        "used": one.used,
        "allowed": one.allowed,
        "shown": min(one.used, one.allowed),
        "text": _("%(used)d of %(allowed)d used") % {"used": one.used, "allowed": one.allowed},
        "tone": "info" if one.lifted else "bad" if full else "warn" if one.used * 3 >= one.allowed * 2 else "good",
        "note": _("the person agreed to more")
        if one.lifted and full
        else _("the next at %(time)s") % {"time": showing.clock_time(one.until)}
        if full and one.until
        else "",
        "source": one.source_zh if showing.language() == "zh" else one.source_en,
    }


def loan(one: Loan, page: CustomerPage) -> dict[str, Any]:
    case = next(c for c in page.cases if c.customer_id == one.customer_id)
    shown = whom.loan(one, case)
    return {
        **{key: shown[key] for key in ("id", "history", "product", "bucket", "late", "dpd", "overdue", "outstanding")},
        "open": one.outstanding_minor > 0,
        "opened": one.opened_on,
        "next": shown["next"],
        "next_due": one.next_due,
        "times_late": one.times_late,
    }


def around(one: Around, page: CustomerPage) -> dict[str, Any]:
    """A number and who is behind it; of a contact what he knows and whether he agreed, as far as is known."""
    point = one.point
    case: Case = next(c for c in page.cases if c.customer_id == point.customer_id)
    own = point.relation in BORROWERS
    known = {True: _("yes"), False: _("no"), None: _("not known")}
    return {
        **whom.number(point),
        "case": case.pk,
        "knows": "" if own else known[point.knows],
        "agreed": "" if own else known[point.agreed],
        "not_agreed": point.agreed is False,
        "wishes": [wish(w) for w in one.marks.wishes],
        "reached": whom.reached(one.marks.last),
        "allowed": one.answer.allowed,
        "words": one.answer.words(showing.language()),
        "when": reverse("when", args=[case.pk, point.pk]),
    }


def wish(one: Wish) -> dict[str, Any]:
    """What was said, of which ways of contact and times, and how one knows."""
    return {
        "id": one.pk,
        "for_ever": one.kind in FOR_EVER,
        "kind": str(one.get_kind_display()),  # type: ignore[attr-defined]
        "about": words.about_wish(one.channels, one.purposes, one.details),
        "at": showing.moment(one.at),
        "evidence": str(one.get_evidence_display()),  # type: ignore[attr-defined]
        "reference": one.evidence_ref,
    }


def matter(one: Matter) -> dict[str, Any]:
    return {
        "id": one.pk,
        "kind": words.matter(one.kind),
        "state": str(one.get_state_display()),  # type: ignore[attr-defined]
        "live": one.state in states.LIVE,
        "opened": showing.moment(one.opened_at),
        "owner": str(one.owner or ""),
    }
