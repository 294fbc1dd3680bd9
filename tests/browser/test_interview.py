"""The signing interview is filled in, kept as it is typed, corrected, and one answer becomes a wish."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Interview, InterviewDraft
from shouyue.compliance.models import Wish
from tests import factories

from .conftest import sign_in

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("填写面谈", "草稿已于", "1 至 31", "记为意愿", "想提前结清", "第 1 版到第 2 版"),
    "en": ("Fill in the interview", "Draft kept", "from 1 to 31", "Make it a wish", "Wants to settle early", "1 to 2"),
}


@pytest.mark.parametrize("language", WORDS)
def test_an_interview_filled_in_and_corrected(desk, page: Page, language):
    factories.User.objects.update(language=language)
    fill, kept, range_, wish, early, compared = WORDS[language]
    sign_in(page, "rep")
    page.goto(f"/customers/{desk.case.customer_id}/")
    page.get_by_role("link", name=fill).click()
    page.fill("#pay_day", "88")
    page.fill("#if_lost", "老家的哥哥")
    page.locator('input[name="early_settlement"][value="yes"]').check()
    page.locator('input[name="channels_refused"][value="visit"]').check()
    expect(page.locator("#draft-state")).to_contain_text(kept)
    page.goto("/")  # the laptop was closed
    page.goto(f"/customers/{desk.case.customer_id}/interview/edit")
    expect(page.locator("#if_lost")).to_have_value("老家的哥哥")
    page.locator("#pay_day").press("Control+Enter")
    expect(page.locator("#pay_day-error")).to_contain_text(range_)
    expect(page.locator("#if_lost")).to_have_value("老家的哥哥")
    page.fill("#pay_day", "8")
    page.locator("#pay_day").press("Control+Enter")
    page.wait_for_selector(".notice.success")
    assert Interview.objects.get().answers["pay_day"] == 8 and not InterviewDraft.objects.exists()

    page.goto(f"/customers/{desk.case.customer_id}/interview/edit")
    expect(page.locator("#if_lost")).to_have_value("")
    page.fill("#pay_day", "9")
    page.locator('input[name="kind"][value="correction"]').check()
    page.fill("#reason", "misheard")
    page.locator("#reason").press("Control+Enter")
    expect(page.locator("#differs-title")).to_contain_text(compared)
    assert Interview.objects.order_by("seq").last().answers["if_lost"] == "老家的哥哥"

    page.goto(f"/customers/{desk.case.customer_id}/")
    page.get_by_role("button", name=wish).click()
    page.wait_for_selector(".notice.success")
    assert Wish.objects.get().channels == ["visit"]
    page.goto(f"/cases/{desk.case.pk}/")
    expect(page.locator(".left .tag", has_text=early)).to_be_visible()
