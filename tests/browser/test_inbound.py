"""The customer rings the store and promises: written down by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Contact, Promise
from shouyue.compliance.models import Wish
from tests import factories

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser
WORDS = {
    "zh-hans": ("来电已登记", "客户来电", "请先核实身份"),
    "en": ("is written down", "Rang us", "identity is checked first"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_call_that_came_in_with_a_promise(desk, page: Page, language):
    factories.User.objects.update(language=language)
    done, rang, identity = WORDS[language]
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.keyboard.press("r")
    page.wait_for_selector("#point")
    page.keyboard.press("b")
    page.keyboard.press("p")
    expect(page.locator("#promise_amount")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#identified-error")).to_contain_text(identity)
    page.locator("h1").click()
    page.keyboard.press("c")
    page.keyboard.press("s")
    expect(page.locator(".notice.success")).to_contain_text(done)
    expect(page.locator(".timeline")).to_contain_text(rang)
    assert Contact.objects.get().inbound and Promise.objects.get().amount_minor == 50_000


@pytest.mark.parametrize("language", WORDS)
def test_somebody_else_rings_from_the_borrowers_number_and_refuses(desk, page: Page, language):
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/inbound")
    expect(page.locator("#who")).not_to_be_visible()
    page.keyboard.press("e")
    page.select_option("#point", str(desk.number().pk))
    page.select_option("#who", "spouse")
    assert not serious(page, "somebody else rang")
    page.locator("h1").click()
    page.keyboard.press("t")
    page.keyboard.press("s")
    expect(page.locator(".notice.success")).to_contain_text(WORDS[language][0])
    expect(page.locator(".timeline")).to_contain_text({"zh-hans": "来电人：配偶", "en": "rang: Spouse"}[language])
    assert Wish.objects.get().kind == "contact_refused"


def test_the_form_of_a_wish_asks_only_for_what_was_said_of_it(desk, page: Page):
    sign_in(page, "rep")
    page.goto(f"/customers/{desk.case.customer_id}/wishes/new")
    expect(page.locator("#begins")).not_to_be_visible()
    page.select_option("#kind", "inconvenient_time")
    expect(page.locator("#begins")).to_be_visible()
    expect(page.locator("#point")).not_to_be_visible()
    page.select_option("#kind", "call_back")
    expect(page.locator("#begins")).not_to_be_visible()
    page.fill("#call_at", "2026-11-24T16:30")
    page.select_option("#evidence", "written")
    page.locator("#evidence_ref").press("Control+Enter")
    page.wait_for_selector(".notice.success")
    page.goto(f"/cases/{desk.case.pk}/")
    expect(page.locator(".timeline")).to_contain_text("2026-11-24 16:30")
