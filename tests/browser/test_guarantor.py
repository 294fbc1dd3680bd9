"""A whole call with a guarantor, in both languages: his own script, and nothing of the borrower's account."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from shouyue.casework.models import Contact
from tests import factories

from .conftest import sign_in
from .test_accessible import serious
from .test_keyboard import press

pytestmark = pytest.mark.browser

SAYS = {
    "zh-hans": ("担保人", "请问是担保人甲本人吗", "您为测试客户的贷款签了担保合同", "逾期金额"),
    "en": ("Guarantor", "am I speaking to 担保人甲", "a guarantee for the loan of 测试客户", "is overdue"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_guarantor_is_asked_for_by_name_and_within_the_contract(desk, page, language):
    relation, asked, contract, owed = SAYS[language]
    factories.User.objects.update(language=language)
    desk.case.customer.contact_points.filter(relation="guarantor").update(name="担保人甲", liable=True)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.locator(".pick label", has_text=relation).click()
    expect(page.locator(".work .script")).to_contain_text(asked)
    press(page, "c")
    page.wait_for_selector(".call")
    script = page.locator(".script")
    for said in (asked, contract, owed):
        expect(script).to_contain_text(said)
    expect(page.locator("[data-element=agree]")).to_be_hidden()
    assert not serious(page, "a guarantor's call")
    for key in ("1", "1", "1", "1", "2", "2", "1", "1"):
        with page.expect_response("**/tick"):
            press(page, key)
    expect(page.locator("input[name=reached][value=guarantor]")).to_be_checked()
    expect(page.locator("input[name=result][value=promise]")).to_be_checked()
    press(page, "s")
    page.wait_for_selector(".notice.success")
    contact = Contact.objects.get()
    assert (contact.reached, contact.result, contact.elements["agree"]) == ("guarantor", "promise", "part")
