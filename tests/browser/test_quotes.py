"""A customer wants to settle early: worked out in view, offered, accepted, written to him."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Quote
from shouyue.messaging.models import Letter
from tests import factories, published

from .conftest import sign_in

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("提前结清", "作出报价", "保存决定", "客户已确认"),
    "en": ("Early settlement", "Make the quote", "Save the decision", "Accepted by the customer"),
}


@pytest.mark.parametrize("language", WORDS)
def test_the_sum_is_shown_offered_accepted_and_written(desk, page: Page, language, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path))
    published.publish(tmp_path)
    early, make, save, accepted = WORDS[language]
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.locator("main").get_by_role("link", name=early).click()
    page.fill("#day", "2026-11-28")
    page.locator("button[value=show]").click()
    # 9 of the 30 days from 19 November: 50.00 * 9/30
    expect(page.locator("section:has(#shown-title)")).to_contain_text("15.00")
    page.get_by_role("button", name=make).click()
    page.wait_for_url("**/quotes/*-*/")
    page.locator("input[value=accept]").check()
    page.get_by_role("button", name=save).click()
    expect(page.locator("h1 .tag")).to_have_text(accepted)
    page.locator("form[action*=letters] button").click()
    page.wait_for_url("**/letters")
    found, letter = Quote.objects.get(), Letter.objects.get()
    assert (found.state, found.made_by) == ("accepted", desk.rep)
    assert letter.template == "settlement" and letter.content["quotes"][0]["settle_by"] == "2026-11-28"


@pytest.mark.parametrize("language", WORDS)
def test_all_loans_are_shown_offered_and_accepted_together(desk, page: Page, language, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path))
    factories.more_loans(desk.case, "SY-B", "SY-C")
    published.publish(tmp_path)
    _, _, save, accepted = WORDS[language]
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/quotes/new")
    page.locator("input[value=SY-C]").uncheck()
    page.fill("#day", "2026-11-28")
    page.locator("button[value=show]").click()
    # each: 900.00 of principal, 50.00 of interest due and 9/30 of the running 50.00
    shown = page.locator("section:has(#shown-title)")
    expect(shown.locator("header")).to_contain_text("1,930.00")
    shown.locator("summary").first.click()
    expect(shown.locator("details[open]")).to_contain_text("965.00")
    page.locator("button[value=save]").click()
    page.wait_for_url("**/quotes/together/*-*/")
    expect(page.locator("tbody tr").last).to_contain_text("1,930.00")
    page.locator("input[value=accept]").check()
    page.get_by_role("button", name=save).click()
    expect(page.locator("tbody .tag")).to_have_text([accepted, accepted])
    assert sorted(Quote.objects.values_list("loan_number", "state")) == [
        ("SY-B", "accepted"),
        ("SY00000001", "accepted"),
    ]
