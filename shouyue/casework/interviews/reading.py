"""Reading interviews: the newest, any version, and the form each was asked by."""

from __future__ import annotations

import json

from shouyue.casework import errors
from shouyue.casework.interviews.form import Form, built
from shouyue.casework.models import Interview


def newest(customer_id: int) -> Interview | None:
    """What stands now, with its form."""
    return Interview.objects.filter(customer_id=customer_id).select_related("form", "by").order_by("-seq").first()


def versions(customer_id: int) -> list[Interview]:
    """All, the newest first."""
    return list(Interview.objects.filter(customer_id=customer_id).select_related("form", "by").order_by("-seq"))


def version(told: list[Interview], seq: int) -> Interview:
    """Raises INTV-010."""
    found = next((one for one in told if one.seq == seq), None)
    if found is None:
        raise errors.NO_INTERVIEW.error()
    return found


def form_of(interview: Interview) -> Form:
    return built(json.loads(interview.form.content))
