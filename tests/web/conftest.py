from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from shouyue.base import clock
from shouyue.people.models import User
from tests import factories


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
