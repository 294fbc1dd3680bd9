"""A whole call with somebody other than the borrower, in both languages."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from shouyue.casework import calls
from shouyue.casework.models import Contact
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import Wish
from tests import factories

from .conftest import sign_in
from .test_accessible import serious
from .test_keyboard import press

pytestmark = pytest.mark.browser

SAYS = {
    "zh-hans": ("朋友", "想联系测试客户", "今后任何案件都不再联系此人", "该联系人已拒绝"),
    "en": ("Friend", "I would like to reach 测试客户", "never contacted again", "this contact has refused"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_third_person_is_asked_told_nothing_and_left_alone(desk, page, language):
    friend, ask, stop, refused = SAYS[language]
    factories.User.objects.update(language=language)
    own = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert own is not None
    calls.finish(own.pk, desk.rep, Outcome(reached="invalid"))
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.locator(".pick label", has_text=friend).click()
    expect(page.locator(".work .script")).to_contain_text("请问方便" if language == "zh-hans" else "call back")
    press(page, "c")
    page.wait_for_url("**/contacts/*/call")
    expect(page.locator(".script")).to_contain_text(ask)
    text = page.locator("body").inner_text()
    assert "500.00" not in text and "SY0000" not in text and "loan" not in text and "借款" not in text
    assert not serious(page, "third person")
    page.goto(f"/cases/{desk.case.pk}/")
    assert page.url.endswith("/call"), "the case cannot be reached by its address"
    with page.expect_response("**/tick"):
        press(page, "4")
    expect(page.locator(".stop-here")).to_contain_text(stop)
    expect(page.locator("input[name=reached][value=other]")).to_be_checked()
    expect(page.locator("input[name=result][value=stop]")).to_be_checked()
    press(page, "s")
    page.wait_for_selector(".notice.success")
    assert Contact.objects.filter(result="stop").count() == 1
    assert Wish.objects.get().kind == "contact_refused"
    page.locator(".pick label", has_text=friend).click()
    expect(page.locator("#gate")).to_contain_text(refused)
    expect(page.locator(".work button.main")).to_be_disabled()
