"""A hardship is told in a call; a manager grants a pause; nobody calls until it is over."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Matter
from tests import factories

from .conftest import sign_in

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("客户有待决定的事项", "约定暂停联系", "困难", "保存决定", "事项", "现在可以拨打"),
    "en": (
        "waits for its decision",
        "a pause was agreed",
        "Hardship",
        "Save the decision",
        "Matters",
        "You may call now",
    ),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_hardship_pause(desk, page: Page, language):
    factories.User.objects.update(language=language)
    waits, agreed, hardship, save, queue, may = WORDS[language]
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.keyboard.press("c")
    page.wait_for_selector("form.call")
    page.locator('input[name="reached"][value="self"]').check()
    page.locator('input[name="result"][value="hardship"]').check()
    page.fill("#note", "lost the job")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#gate")).to_contain_text(waits)
    expect(page.locator('[data-key="c"]')).to_be_disabled()
    arranged = page.locator("section:has(#arrangements-title)")
    expect(arranged).to_contain_text(hardship)
    page.goto("/")
    expect(page.locator(f'tbody a[href^="/cases/{desk.reminder.pk}/"]').first).to_be_visible()
    expect(page.locator(f'tbody a[href^="/cases/{desk.case.pk}/"]')).to_have_count(0)
    page.goto(f"/matters/{Matter.objects.get().pk}/")
    expect(page.locator("h1")).to_contain_text(hardship)
    expect(page.locator('input[name="action"]:is([value="pause"], [value="release"])')).to_have_count(0)

    page.context.clear_cookies()
    sign_in(page, "manager")
    page.locator("nav a", has_text=queue).click()
    page.locator('tbody a[href^="/matters/"]').click()
    expect(page.locator("h1")).to_contain_text(hardship)
    page.locator('input[name="action"][value="pause"]').check()
    page.fill("#until", "2026-12-20")
    page.fill("#why", "new job from 21 December")
    page.get_by_role("button", name=save).click()
    expect(page.locator("h1 .tag")).to_contain_text("2026-12-20")
    matter = Matter.objects.get()
    assert (matter.state, matter.paused_until.isoformat()) == ("paused", "2026-12-20")

    page.goto(f"/cases/{desk.case.pk}/")
    expect(page.locator("#gate")).to_contain_text(agreed)
    expect(page.locator("#gate")).to_contain_text("2026-12-21")
    page.goto(f"/matters/{matter.pk}/")
    page.locator('input[name="action"][value="release"]').check()
    page.fill("#why", "works again")
    page.get_by_role("button", name=save).click()
    page.wait_for_selector(".notice.success")
    page.goto(f"/cases/{desk.case.pk}/")
    expect(page.locator("#gate")).to_contain_text(may)
