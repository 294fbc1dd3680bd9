"""What the history page says of a loan: figures beside each other, stays in buckets, and what changed the days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shouyue.web import showing

if TYPE_CHECKING:
    from shouyue.ageing.convention import Convention
    from shouyue.ageing.events import Event
    from shouyue.ageing.history import History
    from shouyue.daily.histories import Look

EVENTS: dict[str, LazyText] = {
    "past_due": gettext_lazy("Instalment past due"),
    "missed": gettext_lazy("A payment counts as missed"),
    "payment": gettext_lazy("Payment"),
    "late": gettext_lazy("Payment booked late"),
    "reversal": gettext_lazy("Payment reversed"),
    "charge": gettext_lazy("Charge"),
    "pause": gettext_lazy("Pause begins"),
    "pause_over": gettext_lazy("Pause is over"),
    "material": gettext_lazy("Arrears exceed the threshold"),
    "immaterial": gettext_lazy("Arrears no longer exceed the threshold"),
}
#: kinds that are marked on the picture; the others show in the line itself
MARKED = ("payment", "late", "reversal", "pause", "material", "immaterial")
TONES = {"payment": "good", "late": "warn", "reversal": "bad", "material": "bad", "immaterial": "good", "pause": "info"}


def kind(event: Event) -> str:
    """The event's kind; ``late`` for money that was booked after the day it counts from."""
    return "late" if event.kind == "payment" and event.late_known else event.kind


def marks(found: History, currency: str) -> Iterator[tuple[date, str, str]]:
    """Day, kind and words of the events that are marked on the picture."""
    for event in found.events:
        if kind(event) in MARKED and found.start <= event.day <= found.end:
            amount = showing.amount(event.minor, currency) if event.minor else ""
            words = (event.day.isoformat(), str(EVENTS[kind(event)]), amount)
            yield event.day, kind(event), " · ".join(part for part in words if part)


def line(event: Event, currency: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """An event as a row; ``asked`` is the page's query, from which the row's links differ."""
    details = []
    if event.seq is not None:
        details.append(_("no. %(seq)d, due %(day)s") % {"seq": event.seq, "day": event.other})
    if event.kind == "reversal" and event.other:
        details.append(_("of the payment of %(day)s") % {"day": event.other})
    if event.kind == "pause" and event.other:
        details.append(_("until %(day)s") % {"day": event.other})
    if event.taken_back:
        details.append(_("%(amount)s taken back") % {"amount": showing.amount(event.taken_back, currency)})
    learned = event.late_known or event.kind == "reversal"
    return {
        "day": event.day.isoformat(),
        "day_link": query(asked, as_of=event.day.isoformat()),
        "what": str(EVENTS[kind(event)]),
        "tone": TONES.get(kind(event), ""),
        "details": " · ".join(details),
        "amount": showing.amount(event.minor, currency) if event.minor else "",
        "moved": moved(event.dpd),
        "learned": event.learned.isoformat() if learned else "",
        "before_link": query(asked, known_at=(event.learned - timedelta(days=1)).isoformat()) if learned else "",
        "seen": moved(event.seen) if learned else "",
    }


def moved(days: tuple[int, int] | None) -> str:
    return "" if days is None else f"{days[0]} → {days[1]}"


def query(asked: Mapping[str, str], **changes: str) -> str:
    """The page's query with some of it changed; what is empty is left out."""
    return "?" + urlencode({key: value for key, value in {**asked, **changes}.items() if value})


def stays(found: History) -> list[dict[str, Any]]:
    """The stays in buckets, newest first."""
    numbers = {bucket.label: number for number, bucket in enumerate(found.convention.buckets)}
    told = [
        {
            "bucket": stay.bucket,
            "number": min(7, numbers[stay.bucket]),
            "first": stay.first.isoformat(),
            "last": stay.last.isoformat(),
            "days": f"{(stay.last - stay.first).days + 1:,}",
            "from": int(found.dpd[found.place(stay.first)]),
            "worst": stay.worst,
        }
        for stay in found.stays()
    ]
    return told[::-1]


FIGURES: tuple[tuple[str, LazyText], ...] = (
    ("dpd", gettext_lazy("Days past due")),
    ("bucket", gettext_lazy("Bucket")),
    ("overdue_minor", gettext_lazy("Overdue")),
    ("outstanding_minor", gettext_lazy("Outstanding")),
    ("oldest_unpaid_due", gettext_lazy("Oldest unpaid due date")),
    ("next_due", gettext_lazy("Next due date")),
    ("last_payment_on", gettext_lazy("Last payment")),
    ("paid_total_minor", gettext_lazy("Paid in all")),
)


def looks(found: Sequence[Look]) -> list[dict[str, str]]:
    """The heads of the columns: what knowledge, and of which version of the book."""
    return [{"name": _look(one), "version": one.version} for one in found]


def _look(one: Look) -> str:
    if one.kind == "known":
        return _("Known on %(day)s") % {"day": one.known_at}
    return _("Shown on the day") if one.kind == "shown" else _("Known now")


def beside(found: Sequence[Look], currency: str) -> list[dict[str, Any]]:
    """The figures of a day, a row each with a cell per look; ``differs`` where not all say the same."""
    said = [one.figures for one in found]
    return [
        {
            "name": str(name),
            "cells": ["–" if one is None else _shown(key, one[key], currency) for one in said],
            "differs": len({one[key] for one in said if one is not None}) > 1,
        }
        for key, name in FIGURES
    ]


def day(found: History, as_of: date) -> dict[str, Any]:
    """The day asked about, in a few words."""
    dpd, seen = int(found.dpd[found.place(as_of)]), int(found.seen[found.place(as_of)])
    return {
        "days": showing.days(dpd),
        "late": dpd > 0,
        "bucket": found.convention.bucket_of(dpd),
        "seen": showing.days(seen) if seen != dpd else "",
    }


def convention(rules: Convention) -> dict[str, Any]:
    """The rules in words; ``own`` where a customer's loans count together, but this page shows the loan's own days."""
    words = rules.zh if showing.language() == "zh" else rules.en
    return {"name": rules.name, "words": words, "own": rules.customer_dpd != "none"}


def legend(found: History) -> list[tuple[str, LazyText]]:
    """The kinds of mark on the picture, with their words."""
    kinds = {kind(event) for event in found.events if found.start <= event.day <= found.end}
    return [(name, EVENTS[name]) for name in MARKED if name in kinds]


def _shown(key: str, value: Any, currency: str) -> str:
    if value is None:
        return "–"
    if key.endswith("_minor"):
        return showing.amount(value, currency)
    return value.isoformat() if isinstance(value, date) else str(value)
