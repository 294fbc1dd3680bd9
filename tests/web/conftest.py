from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.template.backends import jinja2
from django.test import Client
from django.test.signals import template_rendered

from shouyue.base import clock
from shouyue.people.models import User
from tests import factories


@pytest.fixture(autouse=True)
def what_pages_were_given(monkeypatch) -> None:
    """``answer.context``: Django's test client learns it only from Django's own template language."""
    written = jinja2.Template.render

    def render(self, context=None, request=None):
        text = written(self, context, request)
        template_rendered.send(sender=self, template=self, context=context)
        return text

    monkeypatch.setattr(jinja2.Template, "render", render)


@pytest.fixture
def afternoon() -> Iterator[None]:
    with clock.at(factories.AFTERNOON):
        yield


@pytest.fixture
def desk(db, afternoon) -> factories.Desk:
    return factories.desk()


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in
