"""The page of a lost contact: whether he is lost, the steps that the law leaves, and where what was found goes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import calls
from shouyue.casework.outcome import Outcome
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "lost", "found"),
    [("en", "cannot be reached", "not lost at present"), ("zh-hans", "联系不上", "目前不属失联")],
)
def test_it_says_whether_he_is_lost_and_leads_to_what_was_found(desk, as_user, language, lost, found):
    factories.User.objects.update(language=language)
    page = f"/cases/{desk.case.pk}/lost-contact"

    def text(who) -> str:
        return as_user(who).get(page).content.decode()

    assert found in text(desk.rep) and lost not in text(desk.rep)
    for minutes in range(3):
        with clock.at(factories.AFTERNOON + timedelta(minutes=minutes)):
            call = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
            calls.finish(call.pk, desk.rep, Outcome("nobody"))
    shown = text(desk.rep)
    assert lost in shown and found not in shown
    for step in ("numbers/new", "details/new"):
        assert f'href="/cases/{desk.case.pk}/{step}"' in shown
        assert f'href="/cases/{desk.case.pk}/{step}"' not in text(desk.auditor)
