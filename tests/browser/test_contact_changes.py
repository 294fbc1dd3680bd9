"""What the core is told of contact data, before a real browser in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import factories

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("告知核心系统", "生成下一份文件", "尚未告知", "已生成第 1 号文件", "没有新的变更需要告知"),
    "en": ("Told to the core", "Make the next file", "Not told yet", "File 1 is made", "nothing new to tell"),
}


@pytest.mark.parametrize("language", WORDS)
def test_head_office_tells_the_core_and_takes_the_file(desk, page: Page, language):
    title, make, untold, made, nothing = WORDS[language]
    factories.User.objects.update(language=language)
    factories.told(desk.case, desk.rep)
    sign_in(page, "head")
    page.get_by_role("link", name=title).click()
    card = page.locator("section:has(#untold-title)")
    expect(card).to_contain_text(untold)
    page.get_by_role("button", name=make).click()  # the browser asks for the reason first
    assert page.url.endswith("/core/") and page.locator(".notice").count() == 0
    page.select_option("#make-reason", "core")
    page.get_by_role("button", name=make).click()
    expect(page.locator(".notice.success")).to_contain_text(made)
    expect(card).to_contain_text(nothing)
    assert not serious(page, "told to the core")
    page.select_option("#take-reason", "core")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    assert taken.value.suggested_filename == "contacts-000001.csv"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
