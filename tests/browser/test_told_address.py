"""A rep is told a new address, writes it down, and the next letter goes there."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from shouyue.casework import calls
from shouyue.casework.outcome import Outcome
from tests import factories

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser

SAYS = {
    "zh-hans": ("新住址或单位", "只有借款人本人确认过", "告知新住址", "借款人于 2026-11-24 确认"),
    "en": ("New address or employer", "only to an address", "Address told", "as the borrower confirmed on 2026-11-24"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_letter_follows_the_address_that_the_borrower_confirmed(desk, page, language):
    link, refused, told, goes = SAYS[language]
    factories.User.objects.update(language=language)
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="no_result"))
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.get_by_role("link", name=link).click()
    page.check("input[name=what][value=address]")
    page.fill("#value", "虚构巷 7 号")
    page.fill("#city", "杭州")
    page.check("input[name=source][value=contact]")
    page.check("input[name=letters]")
    page.locator("main form button.main").click()
    expect(page.locator("#letters-error")).to_contain_text(refused)
    expect(page.locator("#value")).to_have_value("虚构巷 7 号")
    assert not serious(page, "a refused address")
    page.check("input[name=source][value=borrower]")
    page.locator("main form button.main").click()
    page.wait_for_selector(".notice.success")
    expect(page.locator(".middle-column")).to_contain_text(told)
    expect(page.locator("#shown-told_address")).to_have_text("虚构****")
    expect(page.locator("#shown-address")).to_have_text("苏州****")
    page.goto(f"/cases/{desk.case.pk}/letters")
    expect(page.locator("main")).to_contain_text(goes)
    assert not serious(page, "where letters go")
