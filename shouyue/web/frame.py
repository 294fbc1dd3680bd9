"""What stands around every page: navigation by role, business day, theme."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_htmx.middleware import HtmxDetails

from shouyue.daily import business_day
from shouyue.people.models import User
from shouyue.people.permissions import can
from shouyue.web.templating import url


class DeskRequest(HttpRequest):
    """What a view of the desk is given: nobody gets there without having signed in (middleware.SignedIn)."""

    user: User
    htmx: HtmxDetails


@dataclass(frozen=True)
class Link:
    name: str
    text: object
    icon: str
    action: str
    key: str
    #: beginnings of the names of the pages at which it is marked as current
    at: tuple[str, ...] = ()


_RECONCILIATION = ("reconciliation", "reconciliation-of")
_SCRIPT = ("scripts", "script", "script-version", "script-compare", "script-edit", "script-step")
_STRATEGY = ("strategies", "strategy", "strategy-version", "strategy-compare", "strategy-edit", "strategy-step")
_STRATEGY += ("trials", "trial", "trial-customers")

#: in groups: the work on cases; law and proof; what head office decides; who works
LINKS = (
    (
        Link("home", _("My day"), "list", "case.work", "D", ("home", "case", "hand-over")),
        Link("today", _("Today"), "gauge", "today.view", "T", ("today", "late-reasons", "late-reason")),
        Link("cases", _("Cases"), "folder", "case.view", "C", ("cases",)),
        Link(
            "promises",
            _("Promises"),
            "handshake",
            "case.view",
            "P",
            ("promises", "cancel-promise", "plans", "plan", "new-plan"),
        ),
        Link("letters", _("Letters"), "note", "case.view", "N", ("letters", "case-letters")),
        Link("lost-contacts", _("Lost contact"), "search", "case.view", "L", ("lost-contacts", "lost-contact")),
        Link("matters", _("Matters"), "heart", "case.view", "M", ("matters", "matter", "new-matter")),
        Link(
            "concessions", _("Concessions"), "money", "case.view", "W", ("concessions", "concession", "new-concession")
        ),
        Link(
            "quotes", _("Settlements"), "scale", "case.view", "J", ("quotes", "quote", "new-quote", "quotes-together")
        ),
        Link("handovers", _("Handovers"), "swap", "case.view", "O", ("handovers",)),
    ),
    (
        Link("rules", _("Rules in force"), "check", "decision.view", "B", ("rules",)),
        Link("audit", _("Audit trail"), "shield", "audit.view", "U", ("audit", "decision", "contact")),
        Link("reconciliation", _("Reconciliation"), "check", "reconciliation.view", "R", _RECONCILIATION),
    ),
    (
        Link("strategies", _("Strategies"), "table", "strategy.view", "S", _STRATEGY),
        Link("scripts", _("Scripts"), "note", "script.view", "K", _SCRIPT),
        Link("conventions", _("Conventions"), "scale", "convention.compare", "V", ("conventions", "comparison")),
        Link("experiments", _("Experiments"), "flask", "experiment.view", "X", ("experiments",)),
    ),
    (
        Link("people", _("People"), "people", "people.manage", "E", ("people",)),
        Link("examinations", _("Examinations"), "check", "exam.view", "A", ("examinations",)),
        Link("interview-import", _("Interviews"), "upload", "interview.import", "I", ("interview-import",)),
        Link("core", _("Told to the core"), "out", "core.view", "Z", ("core",)),
        Link("agencies", _("Agencies"), "phone", "agency.view", "Y", ("agencies", "agency-token")),
    ),
)


def today(request: HttpRequest):
    """The desk's business day, read once a request."""
    if not hasattr(request, "_business_day"):
        request._business_day = business_day.today()  # type: ignore[attr-defined]
    return request._business_day  # type: ignore[attr-defined]


def frame(request: HttpRequest) -> dict[str, object]:
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    match = request.resolver_match
    here = match.url_name if match else ""
    groups = []
    if user is not None and user.is_authenticated:
        groups = [[link for link in group if can(user, link.action)] for group in LINKS]
    links = [(link, url(link.name), here in link.at, link is group[0]) for group in groups for link in group]
    return {
        "language": get_language() or settings.LANGUAGE_CODE,
        "theme": theme if theme in ("light", "dark") else "",
        "links": links,
        "here": here or "",
        "business_day": SimpleLazyObject(lambda: today(request)),
        "languages": settings.LANGUAGES,
        "may_view_cases": user is not None and can(user, "case.view"),
    }
