"""A visit is asked for, made by two, and reported with a promise."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Promise, Visit
from tests import factories

from .conftest import sign_in

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("该时间不可外访", "开始外访", "外访已登记", "外访"),
    "en": ("no visit may be made", "Begin the visit", "is reported", "Visit"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_visit_asked_for_and_reported(desk, page: Page, language):
    factories.User.objects.update(language=language)
    refused, begin, reported, visit = WORDS[language]
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.keyboard.press("v")
    page.wait_for_selector("#planned_for")
    page.locator('input[name="why"][value="broken"]').check()
    page.locator('input[name="place"][value="home"]').check()
    page.fill("#planned_for", "2026-11-24T23:00")
    page.select_option("#second", str(desk.colleague.pk))
    page.locator("#second").press("Control+Enter")
    expect(page.locator("#planned_for-error")).to_contain_text(refused)
    page.fill("#planned_for", "2026-11-24T16:00")
    page.locator("#second").press("Control+Enter")
    expect(page.get_by_role("button", name=begin)).to_be_visible()
    assert Visit.objects.get().state == "planned"
    page.keyboard.press("c")
    page.wait_for_selector("#report-title")
    page.keyboard.press("b")
    page.keyboard.press("p")
    expect(page.locator("#promise_amount")).to_be_focused()
    page.fill("#reference", "ARC-5")
    page.locator("#reference").press("Control+Enter")
    expect(page.locator(".notice.success")).to_contain_text(reported)
    made = Visit.objects.get()
    assert (made.state, made.reference) == ("reported", "ARC-5") and Promise.objects.get().contact == made.contact
    page.goto(f"/cases/{desk.case.pk}/")
    expect(page.locator(".timeline")).to_contain_text(visit)
