"""A rep works by keyboard alone, and fast."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Contact, Promise

from .conftest import sign_in

pytestmark = pytest.mark.browser


def press(page: Page, keys: str) -> None:
    page.wait_for_load_state()  # the keys' own script has run
    for key in keys.split():
        page.keyboard.press(key)


def test_a_promise_is_logged_by_keyboard_in_under_ten_seconds(desk, page):
    sign_in(page, "rep")
    began = time.monotonic()
    press(page, "j Enter")
    page.wait_for_selector("#gate")
    press(page, "c")
    page.wait_for_selector(".call")
    press(page, "1 1 1 1 p")
    expect(page.locator("#promise_amount")).to_be_focused()
    press(page, "Control+Enter")
    page.wait_for_selector(".notice.success")
    press(page, "n")
    page.wait_for_url(f"**/cases/{desk.reminder.pk}/")
    assert time.monotonic() - began < 10
    promise = Promise.objects.get()
    assert promise.amount_minor == 50_000
    assert promise.contact.elements == {"identity": "self", "recorded": "told", "facts": "acknowledged", "why": "heard"}
    assert promise.contact.reached == "self"


def test_nobody_answers_takes_four_keys(desk, page):
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    press(page, "c")
    page.wait_for_selector(".call")
    press(page, "u")
    expect(page.locator(".script")).to_be_hidden()
    press(page, "s")
    page.wait_for_selector(".notice.success")
    assert Contact.objects.get().reached == "nobody"


def test_ticks_are_saved_one_by_one_and_taken_back(desk, page):
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.reminder.pk}/")
    press(page, "c")
    page.wait_for_selector(".call")
    with page.expect_response("**/tick"):
        press(page, "1")
    expect(page.locator("[data-ticked]")).to_have_text("1 / 10")
    with page.expect_response("**/tick"):
        page.fill("#note", "rings back from work")
    page.reload()
    expect(page.locator("#note")).to_have_value("rings back from work")
    expect(page.locator("input[name=tick-identity][value=self]")).to_be_checked()
    expect(page.locator("input[name=reached][value=self]")).to_be_checked()
    with page.expect_response("**/tick"):
        page.locator("label:has(input[name=tick-identity][value=self])").click()
    expect(page.locator("[data-ticked]")).to_have_text("0 / 10")
    assert Contact.objects.get().elements == {}


def test_who_is_not_the_borrower_ends_the_script(desk, page):
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.reminder.pk}/")
    press(page, "c")
    page.wait_for_selector(".call")
    press(page, "2")
    expect(page.locator(".stop-here")).to_be_visible()
    expect(page.locator("input[name=tick-amount]").first).to_be_hidden()
    expect(page.locator("input[name=reached][value=other]")).to_be_checked()


def test_letters_typed_into_a_note_press_no_keys(desk, page):
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    press(page, "m")
    page.keyboard.type("c n h u s 1 /")
    expect(page.locator("#note-text")).to_have_value("c n h u s 1 /")
    assert not Contact.objects.exists()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".timeline")).to_contain_text("c n h u s 1 /")


def test_single_keys_can_be_turned_off(desk, page):
    sign_in(page, "rep")
    page.keyboard.press("?")
    page.locator("[data-keys-switch]").uncheck()
    page.keyboard.press("Escape")
    press(page, "n")
    page.wait_for_timeout(200)
    assert page.url.endswith("/")


def test_go_to_a_page_with_two_keys(desk, page):
    sign_in(page, "rep")
    press(page, "g p")
    page.wait_for_url("**/promises/")
    press(page, "g d")
    page.wait_for_url("**/")


def test_a_number_is_revealed_in_a_dialog_with_a_reason(desk, page):
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    page.get_by_label("Show ID number").click()
    expect(page.locator("#asker")).to_be_visible()
    page.select_option("#reason", "identity_check")
    page.locator("#asker button.main").click()
    expect(page.locator("#shown-id_number")).to_have_text("990000199001010017")
    expect(page.locator("#asker")).to_be_hidden()


def test_search_finds_while_one_types_and_leaves_no_trace_in_the_address(desk, page):
    sign_in(page, "rep")
    page.keyboard.press("/")
    page.keyboard.type("测试")
    page.locator("#found a").first.wait_for()
    assert "测试" not in page.url and "%E6" not in page.url
    page.keyboard.press("Enter")
    page.wait_for_url("**/search")
    expect(page.locator("main")).to_contain_text("1 case found")


def test_filters_change_the_list_in_place(desk, page):
    sign_in(page, "rep")
    page.select_option("select[name=phase]", "reminder")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "phase=reminder" in page.url
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_another_number_brings_its_own_answer(desk, page):
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    expect(page.locator("#gate")).to_contain_text("You may call now")
    page.locator(".pick label", has_text="Friend").click()
    expect(page.locator("#gate")).to_contain_text("You may not call now")
    expect(page.locator(".work button.main")).to_be_disabled()


def test_a_lost_connection_is_told_and_nothing_typed_is_lost(desk, page, context):
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.reminder.pk}/")
    press(page, "c")
    page.wait_for_selector(".call")
    context.set_offline(True)
    press(page, "1")
    expect(page.locator("[data-offline]")).to_be_visible()
    context.set_offline(False)
    press(page, "b d s")
    page.wait_for_selector(".notice.success")
    assert Contact.objects.get().elements == {"identity": "self"}


def test_the_theme_stays(desk, page):
    sign_in(page, "rep")
    page.get_by_label("Light or dark").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
