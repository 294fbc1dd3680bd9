"""Head office ends a case once its matter is confirmed, and takes the work up again."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.matters import working
from shouyue.casework.models import Case
from tests import factories

from .conftest import sign_in

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("结案", "死亡", "须先核实事项", "恢复作业"),
    "en": ("End the case", "Deceased", "First the matter is confirmed", "Take up again"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_case_ends_with_its_borrower_and_is_taken_up_again(desk, page: Page, language):
    factories.User.objects.update(language=language)
    end, deceased, first, again = WORDS[language]
    paper = working.Evidence(note="his daughter rang", reference="A-17")
    matter = working.open_matter(desk.case.pk, "death", paper, desk.rep, uuid4())
    sign_in(page, "head")
    page.goto(f"/cases/{desk.case.pk}/")
    page.get_by_role("link", name=end).click()
    expect(page.locator('input[value="deceased"]')).to_be_disabled()
    expect(page.locator("main")).to_contain_text(first)
    working.decide(matter.pk, "confirm", "certificate seen", desk.head, uuid4())
    page.reload()
    page.locator('input[value="deceased"]').check()
    page.fill("#note", "这个老赖 died")
    page.get_by_role("button", name=end).click()
    expect(page.locator("#note-error")).to_contain_text("老赖")
    page.fill("#note", "certificate 17, the estate is told")
    page.get_by_role("button", name=end).click()
    expect(page.locator("h1 .tag").last).to_have_text(deceased)
    assert Case.objects.get(pk=desk.case.pk).close_reason == "deceased"
    page.get_by_role("link", name=again).click()
    page.fill("#note", "the certificate was somebody else's")
    page.get_by_role("button", name=again).click()
    expect(page.locator(".timeline, main").first).to_contain_text("somebody else's")
    assert Case.objects.get(pk=desk.case.pk).customer.ended_because == ""
