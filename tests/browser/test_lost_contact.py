"""A rep finds who has no number in the queue of lost contact, with why, and the steps that are for him."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from shouyue.base import clock
from shouyue.casework import calls
from shouyue.casework.outcome import Outcome
from tests import factories

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser

SAYS = {
    "zh-hans": ("无本人号码", "今天未联系上", "亲启", "换时段再拨"),
    "en": ("No number of his own", "Not reached today", "to the workplace", "at other hours"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_who_has_no_number_is_found_and_what_is_left_is_shown(desk, page, language):
    no_number, silent, workplace, hours = SAYS[language]
    factories.User.objects.update(language=language)
    for n in range(3):
        with clock.at(clock.now() - timedelta(minutes=30 - n)):
            call = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
            calls.finish(call.pk, desk.rep, Outcome(reached="nobody"))
    desk.number(case=desk.reminder).delete()
    sign_in(page, "rep")
    page.goto("/lost-contact/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text=no_number)).to_have_count(1)
    expect(rows.filter(has_text=silent)).to_have_count(1)
    assert not serious(page, "the queue of lost contact")
    rows.filter(has_text=no_number).get_by_role("link").click()
    expect(page.locator(".head .tag.bad + .tag")).to_have_text(no_number)
    expect(page.locator("main")).to_contain_text(workplace)
    expect(page.locator("main")).not_to_contain_text(hours)
    assert not serious(page, "a lost contact")
