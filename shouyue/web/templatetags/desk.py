"""Tags and filters of the desk's templates."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shouyue.web import showing

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture beside words; it says nothing of its own to a screen reader."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("desk/icons.svg"),
        name,
    )


@register.filter
def money(minor: int | None, currency: str) -> str:
    return showing.amount(minor, currency)


@register.filter
def moment(at: datetime | None) -> str:
    return showing.moment(at)


@register.filter
def day(value: object) -> str:
    """A date as 2026-11-24; ``–`` when there is none."""
    return value.isoformat() if value else "–"  # type: ignore[attr-defined]


@register.filter
def get(mapping: dict, key: object) -> object:
    return mapping.get(key, "")
