"""Head office changes what is said in calls; the next call says it, one under way does not; nothing typed is lost."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from shouyue.casework import calls
from shouyue.casework.models import Contact
from shouyue.casework.scripts.choosing import shipped
from shouyue.casework.scripts.versions import KIND
from shouyue.releases import drafting, queries
from tests import factories

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser
WEEK = "collection_first_week"
WAIT = 15_000


@pytest.fixture
def office(desk) -> factories.Desk:
    """Two people at head office, one rep with a late customer and another one."""
    factories.user("gu", "head_office", full_name="顾总")
    factories.case(desk.store, desk.rep, 9, name="第二位")
    factories.User.objects.update(language="zh-hans")
    return desk


def newest() -> str:
    return queries.versions(KIND, WEEK).defer(None)[0].text


def saved(page: Page, number: int) -> None:
    expect(page.locator("#version-number")).to_have_text(f"#{number}", timeout=WAIT)
    expect(page.locator("[data-saved]")).to_have_text("已保存", timeout=WAIT)


def test_what_is_said_is_edited_mended_approved_and_released_and_a_call_under_way_keeps_its_own(
    office, page, browser: Browser, live_server
):
    faults: list[str] = []
    begun = calls.start(office.case.pk, office.number().pk, office.rep, uuid4()).contact
    sign_in(page, "head")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.get_by_role("link", name="逾期第一周").click()
    page.get_by_role("button", name="从文件起草").click()

    # what the pack forbids is told at the field and in the check; mended, it is seen as a rep will see it
    sentence = page.locator("[name='e.3.say_zh']")
    was = sentence.input_value()
    sentence.fill("{name}，再不还就报警抓你。")
    saved(page, 2)
    expect(page.locator("#c-e-3-say_zh")).to_contain_text("SCRIPT-010")
    expect(page.locator("#side")).to_contain_text("1 处错误")
    faults += serious(page, "script editor with a complaint")
    sentence.fill("{name}，有一笔 {overdue} 想和您核对。")
    saved(page, 3)
    expect(page.locator("#c-e-3-say_zh")).to_be_empty()
    expect(page.locator("#preview")).to_contain_text("测试客户，有一笔 ¥1,234.56 想和您核对。")
    page.locator("#fact-lang").select_option("en")
    expect(page.locator("#preview h3")).to_have_text("First week late")
    page.locator("#facts").get_by_label("需特别关怀").check()
    expect(page.locator("#preview")).to_contain_text("Slowly, and heard")

    # a part is added with its sentence, moved up, and taken away again
    page.get_by_role("button", name="环节", exact=True).click()
    saved_parts = page.locator("form#script-form > section.part[id^='e.']")
    expect(saved_parts.last.locator("[name$='.id']").first).to_have_value("element_1")
    saved_parts.last.get_by_role("button", name="上移").first.click()
    page.wait_for_url(f"**/scripts/{WEEK}/5/edit*")
    assert "element_1" in newest()
    page.locator("section.part", has=page.locator("input[value='element_1']")).get_by_role(
        "button", name="删除"
    ).first.click()
    page.wait_for_url(f"**/scripts/{WEEK}/6/edit*")
    assert "element_1" not in newest()

    # another person approves; it is in force from today on
    page.locator("#to-version").click()
    page.fill("#propose-reason", "先核对再谈")
    page.get_by_role("button", name="提交批准").click()
    other = browser.new_context(base_url=live_server.url).new_page()
    sign_in(other, "gu")
    other.goto(f"/scripts/{WEEK}/6/compare?against=0")
    expect(other.locator("main")).to_contain_text("想和您核对")
    faults += serious(other, "scripts compared")
    other.goto(f"/scripts/{WEEK}/6/")
    other.get_by_role("button", name="批准", exact=True).click()
    expect(other.locator("#notices")).to_contain_text("已批准")
    other.context.close()
    page.reload()
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("起生效")

    # the call that had begun says what it said; it is logged, and the next one says the new words
    rep = browser.new_context(base_url=live_server.url).new_page()
    sign_in(rep, "rep")
    rep.goto(f"/cases/{office.case.pk}/")
    expect(rep.locator(".call .script")).not_to_contain_text("想和您核对")
    Contact.objects.filter(pk=begun.pk).update(status="finished")
    second = office.case.__class__.objects.get(customer__name="第二位")
    rep.goto(f"/cases/{second.pk}/")
    expect(rep.locator(".script.preview")).to_contain_text("想和您核对")
    rep.get_by_role("button", name="开始通话").click()
    expect(rep.locator(".call .script")).to_contain_text("第二位，有一笔 ¥500.00 想和您核对。")
    kept = Contact.objects.get(case=second).script.text
    assert "想和您核对" in kept and was not in kept

    # rolled back to what ships: the next call has the old words, this one keeps the new
    page.goto(f"/scripts/{WEEK}/")
    page.get_by_text("停用，恢复使用文件").click()
    page.fill("#stop-reason", "客户听不明白")
    page.get_by_role("button", name="停用", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("已停用")
    rep.reload()
    expect(rep.locator(".call .script")).to_contain_text("想和您核对")
    rep.context.close()
    assert not faults, "\n".join(faults)


def test_what_is_typed_while_the_page_still_comes_is_saved(office, page):
    late: list[Route] = []
    sign_in(page, "head")
    page.goto(f"/scripts/{WEEK}/")
    page.route("**/script.js?v=*", lambda route: late.append(route))
    with page.expect_request("**/script.js?v=*"):
        page.get_by_role("button", name="从文件起草").click(no_wait_after=True)
    page.locator("[name='e.3.say_zh']").fill("慢慢打开的页面上写的。")
    [script] = late
    script.continue_()
    saved(page, 2)
    assert "慢慢打开的页面上写的。" in newest()


def test_a_lost_connection_a_closed_laptop_and_a_colleague_lose_nothing(office, page):
    drafting.save(KIND, WEEK, shipped()[WEEK], office.head, 0)
    sign_in(page, "head")
    page.goto(f"/scripts/{WEEK}/1/edit")
    page.context.set_offline(True)
    page.locator("[name='e.0.zh']").fill("先核对身份")
    expect(page.locator("[data-saved]")).to_contain_text("尚未保存", timeout=WAIT)
    page.context.set_offline(False)
    saved(page, 2)
    assert "先核对身份" in newest()

    page.context.set_offline(True)
    page.locator("[name='e.0.en']").fill("Who is it")
    expect(page.locator("[data-saved]")).to_contain_text("尚未保存", timeout=WAIT)
    page.close()  # the laptop is shut
    page = office_page = page.context.new_page()
    page.context.set_offline(False)
    page.goto(f"/scripts/{WEEK}/2/edit")
    saved(page, 3)
    assert "Who is it" in newest()

    gu = factories.User.objects.get(username="gu")
    drafting.save(KIND, WEEK, newest().replace("先核对身份", "顾总改的"), gu, 3)
    page.locator("[name='e.0.en']").fill("And mine")
    expect(page.locator("#refused")).to_contain_text("REL-004")
    assert "And mine" not in newest()
    page.get_by_role("button", name="以我的为准保存").click()
    saved(page, 5)
    assert "And mine" in newest() and "顾总改的" not in newest()
    assert office_page.locator("#refused").count() == 0
