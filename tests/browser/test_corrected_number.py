"""A rep is told whose a number is, corrects it, and finds another page before him when he chooses to call it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from shouyue.casework import calls
from shouyue.casework.models import ContactPoint
from shouyue.casework.outcome import Outcome
from tests import factories

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser

SAYS = {
    "zh-hans": ("更正", "先有联系才能更正", "机构资料：", "号码信息已更正"),
    "en": ("Correct what is known of", "corrected from a contact", "Lender's file: The borrower", "Number corrected"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_borrowers_number_is_his_wifes_from_the_moment_a_rep_is_told(desk, page, language):
    link, refused, filed, told = SAYS[language]
    factories.User.objects.update(language=language)
    own = desk.number()
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.locator(f"#shown-phone-{own.pk}").locator("..").get_by_role("link", name=link).click()
    page.select_option("#relation", "spouse")
    page.fill("#name", "欧阳甲乙")
    page.check("input[name=source][value=borrower]")
    page.locator("main form button.main").click()
    expect(page.locator("#source-error")).to_contain_text(refused)
    expect(page.locator("#name")).to_have_value("欧阳甲乙")
    assert not serious(page, "a refused correction")
    contact = calls.start(desk.case.pk, own.pk, desk.rep, uuid4()).contact
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="no_result"))
    page.locator("main form button.main").click()
    page.wait_for_selector(".notice.success")
    line = page.locator(f"#shown-phone-{own.pk}").locator("..")
    expect(line).to_contain_text(filed)
    expect(page.locator(".middle-column")).to_contain_text(told)
    assert "欧阳甲乙" not in page.content()
    page.locator(f".pick label:has(input[value='{own.pk}'])").click()
    expect(page.locator("#gate.no")).to_be_visible()
    assert ContactPoint.objects.get(pk=own.pk).relation == "spouse"
