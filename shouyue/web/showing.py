"""How values look on a page: amounts with currency, dates as 2026-11-24, times on the lender's clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shouyue.base import clock, money, settings


def language() -> str:
    """``zh`` or ``en``: which of an object's two texts this page shows."""
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def listed(texts: Iterable[str]) -> str:
    """One after the other, as the page's language parts them."""
    return ("、" if language() == "zh" else ", ").join(texts)


def amount(minor: int | None, currency: str) -> str:
    return money.show(minor, currency, language())


def percent(part: Fraction | None) -> str:
    return "–" if part is None else f"{float(part):.0%}"


@cache
def home_zone() -> ZoneInfo:
    return ZoneInfo(settings.zone())


def moment(at: datetime | None) -> str:
    return f"{at.astimezone(home_zone()):%Y-%m-%d %H:%M}" if at else ""


def clock_time(at: datetime | None) -> str:
    """The time alone where it is today, else with the day."""
    if at is None:
        return ""
    local, today = at.astimezone(home_zone()), clock.now().astimezone(home_zone()).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"


def days(count: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def when_due(day: date | None, today: date) -> str:
    """How far a due day is, in words."""
    if day is None:
        return ""
    ahead = (day - today).days
    if ahead == 0:
        return _("due today")
    if ahead > 0:
        return ngettext("due in %(count)d day", "due in %(count)d days", ahead) % {"count": ahead}
    return ngettext("%(count)d day ago", "%(count)d days ago", -ahead) % {"count": -ahead}


def hidden_name(name: str) -> str:
    """A name on a list: the first character and a mask of fixed length (``王**``); who opens the case sees it whole."""
    return f"{name[0]}**" if name else ""
