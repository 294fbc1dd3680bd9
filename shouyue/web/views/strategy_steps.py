"""The steps of a version's life on its page: propose, approve, reject, withdraw, release, roll back; and stopping."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shouyue.base.errors import ShouyueError
from shouyue.daily.strategies import KIND
from shouyue.people.permissions import NotPermitted
from shouyue.releases import errors, releasing, reviewing
from shouyue.web.frame import DeskRequest, today
from shouyue.web.views import strategies
from shouyue.web.views.failures import page

NO_DAY = errors.Code("WEB-007", zh="请选择生效日", en="choose the day from which it is in force", kind=errors.Invalid)
NO_STEP = errors.Code("WEB-008", zh="没有这一步", en="there is no such step", kind=errors.Invalid)


@require_POST
def take(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The step whose button was pressed. What stands against it is told on the page, by its code."""
    try:
        said = _take(request, name, number, request.POST.get("action", ""))
    except (NotPermitted, errors.Missing):
        raise
    except ShouyueError as error:
        status = 422 if isinstance(error, (errors.Invalid, errors.Unfit)) else 409
        return strategies.show(request, name, number, error, status)
    messages.success(request, said)
    return redirect("strategy-version", name, number)


def _take(request: DeskRequest, name: str, number: int, action: str) -> str:
    user, reason, day = request.user, request.POST.get("reason", ""), today(request)
    told = {"number": number}
    match action:
        case "propose":
            reviewing.propose(KIND, name, number, user, reason)
            return _("Version %(number)d is proposed. Somebody else must approve it now.") % told
        case "approve":
            reviewing.approve(KIND, name, number, user, request.POST.getlist("seen"), reason)
            return _("Version %(number)d is approved. It can be released now, by somebody else than you.") % told
        case "reject":
            reviewing.reject(KIND, name, number, user, reason)
            return _("Version %(number)d is rejected.") % told
        case "withdraw":
            reviewing.withdraw(KIND, name, number, user, reason, day)
            return _("Version %(number)d is withdrawn.") % told
        case "release":
            from_ = _day(request)
            releasing.release(KIND, name, number, user, from_, day, reason)
            return _("Version %(number)d is in force from %(day)s on.") % (told | {"day": from_})
        case "roll_back":
            from_ = _day(request)
            releasing.roll_back(KIND, name, number, user, from_, day, reason)
            return _("Rolled back: version %(number)d is in force from %(day)s on.") % (told | {"day": from_})
    raise NO_STEP.error(field="action")


def _day(request: DeskRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("effective_from", ""))
    except ValueError:
        raise NO_DAY.error(field="effective_from") from None


@require_POST
def stop(request: DeskRequest, name: str) -> HttpResponse:
    """From the day on no released version is in force, and the file counts again."""
    try:
        from_ = _day(request)
        releasing.stop(KIND, name, request.user, from_, today(request), request.POST.get("reason", ""))
    except NotPermitted:
        raise
    except ShouyueError as error:
        return page(request, 409, error)
    messages.success(request, _("Stopped: from %(day)s on the file is in force again.") % {"day": from_})
    return redirect("strategy", name)
