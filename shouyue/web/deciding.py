"""A person's word on something that waits for one: a concession, an early settlement."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from django.contrib import messages
from django.utils.translation import gettext as _

from shouyue.casework import errors
from shouyue.casework.errors import Invalid
from shouyue.people.models import User
from shouyue.web import showing
from shouyue.web.frame import DeskRequest


def wrong(
    request: DeskRequest, key: UUID, decisions: Collection[str], decide: Callable[[UUID, str, str, User, str], object]
) -> dict[str, str]:
    """Take the decision on ``key`` that was sent: ``decide`` is given it, the action, the note, who says so, and why
    words that need a reason are kept.

    Gives what does not fit, by field; empty where it was done, which the next page then says.
    """
    sent = request.POST
    action = sent.get("action", "")
    try:
        if action not in decisions:
            raise errors.UNKNOWN_CHOICE.error(field="action", value=action[:40])
        decide(key, action, sent.get("note", ""), request.user, sent.get("wording_reason", ""))
    except Invalid as error:
        return {error.field: error.text(showing.language())}
    messages.success(request, _("Saved."))
    return {}
