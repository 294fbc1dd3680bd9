"""Whole calls before a real browser, in both languages: a reminder by keyboard alone, and a promise that is broken."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from shouyue.casework.models import Contact, Promise
from shouyue.people.models import Store
from tests import factories
from tests.daily.conftest import Lender, after, case_of

from .conftest import sign_in
from .test_accessible import serious
from .test_keyboard import press

pytestmark = pytest.mark.browser

REMINDER = {
    "zh-hans": ("请问是李提醒本人吗", "本期应还 ¥500.00", "已登记", "扣款日前会存入"),
    "en": ("am I speaking to 李提醒", "The exact amount is CN¥500.00", "Logged", "Will deposit before"),
}
BROKEN = {
    "zh-hans": ("现在可以拨打", "承诺未兑现，近90天爽约1次", "承诺判定：爽约", "爽约"),
    "en": ("You may call now", "promise broken, 1 time in 90 days", "Promise: Broken", "Broken"),
}


@pytest.mark.parametrize("language", REMINDER)
def test_a_whole_reminder_by_keyboard(desk, page: Page, language):
    greeting, amount, logged, result = REMINDER[language]
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.reminder.pk}/")
    press(page, "c")
    page.wait_for_selector("form.call")
    script = page.locator("form.call .script")
    expect(script).to_contain_text(greeting)
    expect(script).to_contain_text(amount)
    elements = page.locator("form.call [data-element]").count()
    for done in range(1, elements + 1):
        with page.expect_response("**/tick"):
            press(page, "1")
        expect(page.locator("[data-ticked]")).to_have_text(f"{done} / {elements}")
    assert not serious(page, "a reminder")
    expect(page.locator("input[name=reached][value=self]")).to_be_checked()
    press(page, "d m")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("1 day early, c s n")
    press(page, "Control+Enter")
    expect(page.locator(".notice.success")).to_contain_text(logged)
    expect(page.locator(".timeline").first).to_contain_text(result)
    made = Contact.objects.get()
    assert (made.purpose, made.reached, made.result) == ("reminder", "self", "will_deposit")
    assert len(made.elements) == elements and made.note == "1 day early, c s n"


@pytest.mark.parametrize("language", BROKEN)
def test_a_broken_promise_comes_back_at_the_top(transactional_db, page: Page, tmp_path, monkeypatch, language):
    may, why, judged, state = BROKEN[language]
    monkeypatch.setenv("SHOUYUE_NOW", factories.AFTERNOON.isoformat())
    store = Store.objects.create(code="S1", name="一店")
    factories.user("rep", "rep", store, language=language)
    lender = Lender(tmp_path / "book")
    for number in range(1, 4):
        lender.loan(f"L{number}", after(-5), amount=100_000)
    lender.day()
    case = case_of("C2")
    sign_in(page, "rep")
    page.goto(f"/cases/{case.pk}/")
    expect(page.locator("#gate")).to_contain_text(may)
    press(page, "c")
    page.wait_for_selector("form.call")
    press(page, "1 1 1 1 p")
    page.fill("#promise_due", after(1).isoformat())
    page.fill("#promise_amount", "600")
    press(page, "Control+Enter")
    page.wait_for_selector(".notice.success")
    promise = Promise.objects.get()
    page.goto("/")
    expect(page.locator(f'tbody a[href^="/cases/{case.pk}/"]')).to_have_count(0)

    for day in (1, 2, 3):  # its day, its day of grace, and the day after
        promise.refresh_from_db()
        assert promise.state == Promise.State.OPEN
        monkeypatch.setenv("SHOUYUE_NOW", f"{after(day)}T14:00:00+08:00")
        lender.day(after(day))
        if day == 1:
            page.goto("/")
            expect(page.locator("tbody tr")).to_have_count(2)
    promise.refresh_from_db()
    assert (promise.state, promise.paid_minor) == (Promise.State.BROKEN, 0)
    page.goto("/")
    first = page.locator("tbody tr").first
    expect(first.locator(".why")).to_contain_text(why)
    press(page, "j Enter")
    page.wait_for_url(f"**/cases/{case.pk}/**")
    expect(page.locator(".timeline").first).to_contain_text(judged)
    expect(page.locator("#gate")).to_contain_text(may)
    page.goto("/promises/?state=broken")
    expect(page.locator("main tbody")).to_contain_text(state)


BRANCHES = {
    "zh-hans": ("收入与必要开支", "困难处理，不谈金额", "分期安排", "核实还款，不再催"),
    "en": ("Income and costs", "Relief, and no sum", "Arrangement", "Have the payment checked"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_script_goes_where_the_answers_lead_and_is_there_after_the_laptop_was_shut(desk, page, language):
    means, relief, plan, proof = BRANCHES[language]
    factories.User.objects.update(language=language)
    desk.case.__class__.objects.filter(pk=desk.case.pk).update(dpd=20)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    expect(page.locator(".script.preview")).not_to_contain_text(means)
    press(page, "c")
    page.wait_for_selector(".call")
    up = page.locator("[data-element]:visible legend")
    expect(up.filter(has_text=means)).to_have_count(0)
    press(page, "1 1 1 2")  # himself, told of the recording, acknowledged, in hardship
    expect(page.locator(".element.at legend")).to_have_text(means)
    with page.expect_response("**/tick"):
        press(page, "2")  # nothing is left
    expect(page.locator(".element.at legend")).to_have_text(relief)
    expect(up.filter(has_text=plan)).to_have_count(0)
    assert not serious(page, "a call that branched")
    page.reload()
    expect(page.locator(".element.at legend")).to_have_text(relief)
    with page.expect_response("**/tick"):
        page.locator("[data-element=facts] label").nth(1).click()  # no: it is paid already
    expect(up.filter(has_text=proof)).to_have_count(1)
    with page.expect_response("**/tick"):
        page.locator("[data-element=proof] label").first.click()
    expect(up.last).to_have_text(proof)  # that ends the matter
    expect(page.locator("input[name=result][value=paid]")).to_be_checked()
    expect(page.locator(".stop-here")).to_be_visible()
    expect(page.locator("[data-ticked]")).to_have_text("4 / 4")
    page.locator("[data-element=facts] label").first.click()
    expect(up.filter(has_text=relief)).to_have_count(1)


REASON = {
    "zh-hans": ("做分期计划", "不争辩", "最近说明的逾期原因"),
    "en": ("make a plan", "Do not argue", "Why late, as told last"),
}


@pytest.mark.parametrize("language", REASON)
def test_a_reason_shows_its_own_advice_and_leads_to_the_next_step(desk, page: Page, language):
    plan, argue, title = REASON[language]
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    press(page, "c")
    page.wait_for_selector("form.call")
    advice = page.locator("form.call [data-why]:visible")
    expect(advice).to_have_count(0)
    for reason, said in (("dispute", argue), ("cash_flow", plan)):
        page.select_option("#why_late", reason)
        expect(advice).to_have_count(1)
        expect(advice).to_contain_text(said)
    press(page, "b r s")
    card = page.locator("section.card", has_text=title)
    expect(card).to_contain_text(plan)
    assert not serious(page, "a case with a reason")
    card.locator("a.button").click()
    page.wait_for_url(f"**/cases/{desk.case.pk}/plans/new")


MANNER = {
    "zh-hans": ("熟悉门道", "保持专业", "怎么跟他沟通", "下个月两期一起还", "适合他"),
    "en": ("Experienced", "Stay professional", "How to talk to him", "I shall pay both next month", "fits him"),
}


@pytest.mark.parametrize("language", MANNER)
def test_how_he_came_across_is_noted_by_keyboard_and_helps_in_the_next_call(desk, page: Page, language):
    manner, professional, title, answer, fits = MANNER[language]
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto(f"/cases/{desk.case.pk}/")
    press(page, "c")
    page.wait_for_selector("form.call")
    answers = page.locator(".objections dt")
    page.locator(".objections summary").click()
    expect(answers.first).not_to_contain_text(answer)
    for reached, why_late in (("u", False), ("z", False), ("y", True)):
        press(page, reached)
        expect(page.locator("#manner")).to_be_hidden()
        expect(page.locator("#why_late")).to_be_visible(visible=why_late)
    press(page, "b j")
    expect(page.locator("#manner")).to_be_focused()
    press(page, "ArrowDown ArrowDown ArrowDown ArrowDown ArrowDown")
    expect(page.locator("#manner option:checked")).to_have_text(manner)
    advice = page.locator("form.call [data-manner]:visible")
    expect(advice).to_have_count(1)
    expect(advice).to_contain_text(professional)
    assert not serious(page, "a call with a manner")
    press(page, "Escape r s")
    page.wait_for_selector(".notice.success")
    expect(page.locator(".timeline").first).to_contain_text(manner)
    card = page.locator("section.card", has_text=title)
    expect(card).to_contain_text(professional)
    assert not serious(page, "a case with a manner")
    press(page, "c")
    page.wait_for_selector("form.call")
    page.locator(".objections summary").click()
    expect(answers.first).to_contain_text(answer)
    expect(answers.first).to_contain_text(fits)
    expect(page.locator("#manner")).to_have_value("")
