"""The steps of a strategy's version on its page, and stopping."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from shouyue.base.errors import ShouyueError
from shouyue.daily.strategies import KIND
from shouyue.people.permissions import NotPermitted
from shouyue.web import release_steps
from shouyue.web.frame import DeskRequest
from shouyue.web.views import strategies
from shouyue.web.views.failures import page


@require_POST
def take(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """The step whose button was pressed. What stands against it is told on the page, by its code."""
    try:
        said = release_steps.take(request, KIND, name, number)
    except ShouyueError as error:
        return strategies.show(request, name, number, error, release_steps.told_on_the_page(error))
    messages.success(request, said)
    return redirect("strategy-version", name, number)


@require_POST
def stop(request: DeskRequest, name: str) -> HttpResponse:
    """From the day on no released version is in force, and the file counts again."""
    try:
        said = release_steps.stop(request, KIND, name)
    except NotPermitted:
        raise
    except ShouyueError as error:
        return page(request, 409, error)
    messages.success(request, said)
    return redirect("strategy", name)
