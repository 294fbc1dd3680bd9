"""A concession needs two people: a rep proposes it with its effect in view, the manager approves it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Concession, Loan
from tests import factories

from .conftest import sign_in

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("提出减免", "提出", "保存决定", "已批准"),
    "en": ("New concession", "Propose", "Save the decision", "Approved"),
}


@pytest.mark.parametrize("language", WORDS)
def test_two_people_waive_what_is_owed_of_penalty(desk, page: Page, language):
    new, propose, save, approved = WORDS[language]
    factories.User.objects.update(language=language)
    Loan.objects.filter(customer=desk.case.customer).update(outstanding_penalty_minor=80_000)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.get_by_role("link", name=new).click()
    page.fill("#penalty", "200")
    page.select_option("#reason", "hardship")
    page.locator("button[value=show]").click()
    expect(page.locator("section:has(#effect-title)")).to_contain_text("600.00")
    page.get_by_role("button", name=propose, exact=True).click()
    page.wait_for_url("**/concessions/*/")
    expect(page.locator("input[value=approve]")).to_have_count(0)
    path = page.url

    page.context.clear_cookies()
    sign_in(page, "manager")
    page.goto(path)
    page.locator("input[value=approve]").check()
    page.get_by_role("button", name=save).click()
    expect(page.locator("h1 .tag")).to_have_text(approved)
    found = Concession.objects.get()
    assert (found.state, found.proposed_by, found.approved_by) == ("approved", desk.rep, desk.manager)
