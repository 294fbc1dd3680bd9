"""What the desk's templates can say beyond Jinja itself: texts, addresses, pictures, and how values look."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from django.templatetags import static as files
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from shouyue.web import showing, words


def environment(**options: Any) -> Environment:
    """Jinja as ``TEMPLATES`` asks for it, with the desk's own functions and filters. ``_`` and ``{% trans %}`` speak
    the language of the page."""
    made = Environment(**options)  # noqa: S701 - Django's backend turns autoescape on
    made.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext, translation.ngettext, newstyle=True, pgettext=translation.pgettext
    )
    made.globals |= {
        "_": made.globals["gettext"],
        "icon": icon,
        "static": static,
        "url": url,
        "querystring": querystring,
        "export_reasons": export_reasons,
    }
    made.filters |= {"day": day, "moment": showing.moment, "money": showing.amount}
    return made


# Addresses of the desk and of its files stay the same as long as the process lives, and a page names dozens of them.
static = cache(files.static)
_page = cache(reverse)


@cache
def icon(name: str) -> SafeString:
    """A picture beside words; it says nothing of its own to a screen reader."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("desk/icons.svg"),
        name,
    )


def url(name: str, *args: object) -> str:
    return reverse(name, args=args) if args else _page(name)


@pass_context
def querystring(context: Context, changes: dict[str, Any]) -> str:
    """The query of the page's address with some of its values changed."""
    asked = context["request"].GET.copy()
    for key, value in changes.items():
        asked[key] = value
    return f"?{asked.urlencode()}"


def export_reasons() -> list[tuple[str, object]]:
    """Why a list may be taken along: (id, words)."""
    return list(words.EXPORT_REASONS.items())


def day(value: date | None) -> str:
    """A date as 2026-11-24; ``–`` when there is none."""
    return value.isoformat() if value else "–"
