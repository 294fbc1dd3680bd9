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
    "zh-hans": (
        *("朋友", "想联系测试客户", "今后任何案件都不再联系此人", "该联系人已拒绝"),
        *("联系人拒绝被联系", "2026-11-24 号码无效"),
    ),
    "en": (
        *("Friend", "I would like to reach 测试客户", "never contacted again", "this contact has refused"),
        *("A contact refuses to be contacted", "did not work on 2026-11-24"),
    ),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_third_person_is_asked_told_nothing_and_left_alone(desk, page, language):
    friend, ask, stop, refused, beside, dead = SAYS[language]
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
        press(page, "1")  # the line is recorded, and that is told first
    with page.expect_response("**/tick"):
        press(page, "4")
    expect(page.locator(".stop-here")).to_contain_text(stop)
    expect(page.locator("input[name=reached][value=other]")).to_be_checked()
    expect(page.locator("input[name=result][value=stop]")).to_be_checked()
    press(page, "s")
    page.wait_for_selector(".notice.success")
    assert Contact.objects.filter(result="stop").count() == 1
    assert Wish.objects.get().kind == "contact_refused"
    numbers = page.locator(".numbers li")
    expect(numbers.filter(has_text=friend)).to_contain_text(beside)
    expect(numbers.first).to_contain_text(dead)
    expect(numbers.filter(has_text=beside)).to_have_count(1)
    assert not serious(page, "a case with marked numbers")
    page.locator(".pick label", has_text=friend).click()
    expect(page.locator("#gate")).to_contain_text(refused)
    expect(page.locator(".work button.main")).to_be_disabled()


TURNS = {
    "zh-hans": ("不是本人接听", "想联系测试客户", "配偶", "先由他人接听"),
    "en": ("Somebody else answered", "I would like to reach 测试客户", "Spouse", "first answered by"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_somebody_else_answers_the_borrowers_number_and_the_borrower_comes(desk, page, language):
    said, ask, spouse, first = TURNS[language]
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    press(page, "c")
    page.wait_for_selector(".call")
    page.fill("#note", "已逾期 500.00")
    page.locator("#note").blur()
    press(page, "q")
    page.wait_for_url("**/contacts/*/call")
    expect(page.locator("h1 + p")).to_have_text(said)
    expect(page.locator(".script")).to_contain_text(ask)
    text = page.locator("body").inner_text() + page.locator("#note").input_value()
    assert "500.00" not in text and "loan" not in text and "借" not in text and "逾期" not in text
    assert not serious(page, "the borrower's line with somebody else")
    page.goto(f"/cases/{desk.case.pk}/")
    assert page.url.endswith("/call"), "the case cannot be reached by its address"
    for _ in range(2):  # that it is recorded, and the message
        with page.expect_response("**/tick"):
            press(page, "1")
    page.select_option("#who", label=spouse)
    page.locator("h1").click()
    press(page, "b")
    page.wait_for_url(f"**/cases/{desk.case.pk}/")
    expect(page.locator("#note")).to_have_value("已逾期 500.00")
    with page.expect_response("**/tick"):
        press(page, "2")
    page.wait_for_url("**/contacts/*/call")  # a tick that it is not he turns the page as well
    expect(page.locator("#who")).to_have_value("spouse")
    expect(page.locator(".script input[value=will_pass_on]")).to_be_checked()
    press(page, "b")
    page.wait_for_url(f"**/cases/{desk.case.pk}/")
    with page.expect_response("**/tick"):
        press(page, "1")
    press(page, "a s")
    page.wait_for_selector(".notice.success")
    expect(page.locator(".timeline").first).to_contain_text(first)
    contact = Contact.objects.get()
    assert (contact.reached, contact.elements) == ("self", {"identity": "self"})
    assert [turn["to"] for turn in contact.other.turns] == ["other", "himself", "other", "himself"]
