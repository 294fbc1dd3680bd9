"""The steps of a version's life as its page sends them, from proposing to rolling back, and stopping."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from shouyue.base.errors import ShouyueError
from shouyue.people.permissions import NotPermitted
from shouyue.releases import errors, releasing, reviewing
from shouyue.web.frame import DeskRequest, today

NO_DAY = errors.Code("WEB-007", zh="请选择生效日", en="choose the day from which it is in force", kind=errors.Invalid)
NO_STEP = errors.Code("WEB-008", zh="没有这一步", en="there is no such step", kind=errors.Invalid)


def told_on_the_page(error: ShouyueError) -> int:
    """The status with which a version's page tells why a step was not taken; what it cannot tell is raised again."""
    if isinstance(error, (NotPermitted, errors.Missing)):
        raise error
    return 422 if isinstance(error, (errors.Invalid, errors.Unfit)) else 409


def take(request: DeskRequest, kind: str, name: str, number: int) -> str:
    """Take the step whose button was pressed; returns what to say of it."""
    action = request.POST.get("action", "")
    user, reason, day = request.user, request.POST.get("reason", ""), today(request)
    told = {"number": number}
    match action:
        case "propose":
            reviewing.propose(kind, name, number, user, reason)
            return _("Version %(number)d is proposed. Somebody else must approve it now.") % told
        case "approve":
            reviewing.approve(kind, name, number, user, request.POST.getlist("seen"), reason)
            return _("Version %(number)d is approved. It can be released now, by somebody else than you.") % told
        case "reject":
            reviewing.reject(kind, name, number, user, reason)
            return _("Version %(number)d is rejected.") % told
        case "withdraw":
            reviewing.withdraw(kind, name, number, user, reason, day)
            return _("Version %(number)d is withdrawn.") % told
        case "release":
            from_ = _day(request)
            releasing.release(kind, name, number, user, from_, day, reason)
            return _("Version %(number)d is in force from %(day)s on.") % (told | {"day": from_})
        case "roll_back":
            from_ = _day(request)
            releasing.roll_back(kind, name, number, user, from_, day, reason)
            return _("Rolled back: version %(number)d is in force from %(day)s on.") % (told | {"day": from_})
    raise NO_STEP.error(field="action")


def _day(request: DeskRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("effective_from", ""))
    except ValueError:
        raise NO_DAY.error(field="effective_from") from None


def stop(request: DeskRequest, kind: str, name: str) -> str:
    """From the day on no released version is in force; returns what to say of it."""
    from_ = _day(request)
    releasing.stop(kind, name, request.user, from_, today(request), request.POST.get("reason", ""))
    return _("Stopped: from %(day)s on the file is in force again.") % {"day": from_}
