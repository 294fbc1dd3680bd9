"""Head office changes a table in the browser, and the next day's list is another; nothing that was typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from shouyue import strategy
from shouyue.casework.models import Case
from shouyue.daily import jobs
from shouyue.daily.models import TrialRun
from shouyue.daily.strategies import KIND
from shouyue.people.models import Store
from shouyue.releases import drafting, queries
from shouyue.strategy import editing
from tests import factories
from tests.daily.conftest import DAY, Lender, after, lender  # noqa: F401

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(transactional_db, afternoon, lender, monkeypatch, tmp_path) -> Lender:  # noqa: F811
    """A lender whose day is published: one customer seven days late, one six, one in the second month."""
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHOUYUE_BOOKS", str(lender.path.parent))
    store = Store.objects.create(code="S1", name="一店")
    factories.user("rep", "rep", store, full_name="王晓琳")
    factories.user("lin", "head_office", full_name="林总")
    factories.user("gu", "head_office", full_name="顾总")
    lender.loan("L1", after(-7))
    lender.loan("L2", after(-6))
    lender.loan("L3", after(-20))
    lender.day()
    return lender


def cell(page: Page, row: str, column: str):
    return page.locator(f'tr[data-id="{row}"] input[data-column="{column}"]')


def number(page: Page) -> int:
    found = re.search(r"/strategies/standard/(\d+)/", page.url)
    assert found, page.url
    return int(found[1])


def saved(page: Page, count: int) -> None:
    """Wait until the editor shows the version of that number."""
    address = f"/strategies/standard/{count}/edit"
    expect(page.locator("#sheet")).to_have_attribute("data-address", address, timeout=15_000)


def test_a_table_is_edited_mended_tried_approved_released_and_the_next_day_is_another(desk, page, browser, live_server):
    faults: list[str] = []
    sign_in(page, "lin")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.get_by_role("link", name="标准策略").click()
    page.get_by_role("button", name="从文件起草").click()

    # the cell is edited by keyboard; the check complains beside it; it is mended
    page.get_by_role("link", name="名单与进程", exact=True).click()
    cell(page, "golden", "dpd").fill("[1..x]")
    page.keyboard.press("Enter")
    saved(page, 2)
    complaint = page.locator("tr.complaint")
    expect(complaint).to_contain_text("STRAT-032")
    expect(complaint).to_contain_text("改成整数")
    expect(cell(page, "golden", "dpd")).to_have_attribute("aria-invalid", "true")
    expect(cell(page, "M1", "dpd")).to_be_focused()
    faults += serious(page, "editor with a complaint")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("[1..6]")
    page.keyboard.press("Enter")
    saved(page, 3)
    expect(complaint).to_have_count(0)
    page.keyboard.type("[7..30]")
    page.keyboard.press("Enter")
    saved(page, 4)
    expect(page.locator("#check-title + .tag")).to_contain_text("没有问题")
    expect(page.locator("#sheet")).to_contain_text("自测 35/35 通过")
    page.get_by_role("link", name="改好了，看一遍").click()

    # it is tried before it is used
    page.get_by_role("link", name="试算").click()
    page.get_by_role("button", name="试算").click()
    expect(page.locator("#progress")).to_contain_text("等待后台处理")
    assert jobs.try_out(trial=str(TrialRun.objects.get().pk)) == "done"
    expect(page.locator(".figures")).to_contain_text("有变动1")
    faults += serious(page, "a trial")
    page.locator(".figure", has_text="有变动").get_by_role("link").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("M1 黄金周 1–7天")
    expect(page.locator("tbody")).to_contain_text("测**")
    faults += serious(page, "customers of a trial")

    # proposed; her own word does not count, another's does; she releases it from tomorrow
    page.goto("/strategies/standard/4/")
    page.fill("#propose-reason", "第七天起按 M1 处理")
    page.get_by_role("button", name="提交批准").click()
    page.get_by_role("button", name="批准", exact=True).click()
    expect(page.locator("#refused")).to_contain_text("REL-007")
    other = browser.new_context(base_url=live_server.url).new_page()
    sign_in(other, "gu")
    other.goto("/strategies/standard/4/")
    expect(other.locator("main")).to_contain_text("第七天起按 M1 处理")
    other.get_by_role("button", name="批准", exact=True).click()
    expect(other.locator("#notices")).to_contain_text("已批准")
    other.context.close()
    page.goto("/strategies/standard/4/")
    page.fill("#release-day", after(1).isoformat())
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("#notices")).to_contain_text(f"自 {after(1)} 起生效")
    faults += serious(page, "a released version")

    # the rep's list is another on the next day, and not before
    def reasons(day: int) -> str:
        desk.day(after(day))
        rep = browser.new_context(base_url=live_server.url).new_page()
        sign_in(rep, "rep")
        rep.goto("/")
        told = rep.locator("table.lines tbody").inner_text()
        rep.context.close()
        return told

    assert "逾期6天" in (today := reasons(0)) and "逾期第一周" in today
    tomorrow = reasons(1)
    assert "逾期7天" in tomorrow and "逾期第一周" not in tomorrow
    seven_late = Case.objects.get(customer__customer_id="C2", status="open")
    assert (seven_late.stage, seven_late.strategy.partition("#")[2]) == ("M1", "4")
    assert not faults, "\n".join(faults)


@pytest.fixture
def editing_stage(desk, page) -> Page:
    """Lin edits the stages of a draft."""
    drafting.save(KIND, "standard", strategy.load("standard").text, factories.User.objects.get(username="lin"), 0)
    sign_in(page, "lin")
    page.goto("/strategies/standard/1/edit?part=stage")
    return page


def texts() -> list[str]:
    newest = queries.versions(KIND, "standard").defer(None)[0]
    return [row.cells[0] for row in editing.sheets(newest.text)[1].rows]


def connection(page: Page, there: bool) -> None:
    """Take the connection away, or give it back, and wait until requests meet it."""
    page.context.set_offline(not there)
    page.wait_for_function(
        f"async () => {str(there).lower()} === await fetch('/static/desk/desk.js').then(r => r.ok, () => false)"
    )


def test_a_lost_connection_and_a_closed_page_lose_no_cell(editing_stage: Page):
    page = editing_stage
    connection(page, False)
    cell(page, "golden", "dpd").fill("[1..6]")
    page.keyboard.press("Enter")
    page.keyboard.type("[7..30]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    assert texts()[:2] == ["[1..7]", "[8..30]"]
    connection(page, True)
    saved(page, 3)
    assert texts()[:2] == ["[1..6]", "[7..30]"]
    expect(page.locator("[data-unsaved]")).to_be_hidden()
    connection(page, False)
    cell(page, "M2", "dpd").fill("[31..61]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    page.close()  # the laptop is shut
    again = editing_stage.context.new_page()
    editing_stage.context.set_offline(False)
    again.goto("/strategies/standard/3/edit?part=stage")
    saved(again, 4)
    assert texts()[2] == "[31..61]"


def test_a_cell_filled_while_the_page_still_comes_is_saved(editing_stage: Page):
    page, late = editing_stage.context.new_page(), []
    editing_stage.close()
    page.route("**/editor.js?v=*", lambda route: late.append(route))
    with page.expect_request("**/editor.js?v=*"):
        page.goto("/strategies/standard/1/edit?part=stage", wait_until="commit")
    cell(page, "golden", "dpd").fill("[1..6]")
    cell(page, "golden", "stage").focus()
    cell(page, "M2", "dpd").fill("[31..61]")
    late[0].continue_()
    page.wait_for_load_state("load")
    cell(page, "M3", "dpd").focus()
    saved(page, 3)
    assert (texts()[0], texts()[2]) == ("[1..6]", "[31..61]")


@pytest.fixture
def held(editing_stage: Page) -> Iterator[list[Route]]:
    """Changes that the server has been sent and not been let answer, in order; a test lets them go on by hand."""
    routes: list[Route] = []
    editing_stage.route("**/change", lambda route: routes.append(route))
    yield routes
    editing_stage.unroute("**/change")


def let_go(page: Page, held: list[Route]) -> None:
    """Let the server answer the next change, once it is sent."""
    page.wait_for_timeout(50)
    for _ in range(100):
        if held:
            return held.pop(0).continue_()
        page.wait_for_timeout(50)
    raise AssertionError("nothing was sent")


def test_what_is_typed_while_an_answer_replaces_the_cells_is_saved(editing_stage: Page, held: list[Route]):
    page = editing_stage
    cell(page, "golden", "dpd").fill("[1..6]")
    page.keyboard.press("Enter")
    page.keyboard.type("[7..30]")  # all of it before the answer comes; Enter after
    let_go(page, held)
    saved(page, 2)
    expect(cell(page, "M1", "dpd")).to_be_focused()
    expect(cell(page, "M1", "dpd")).to_have_value("[7..30]")
    page.keyboard.press("Enter")
    cell(page, "golden", "dpd").fill("[1..5]")  # a cell once more, whose change is on its way
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("[1..4]")
    let_go(page, held)
    saved(page, 3)
    expect(cell(page, "golden", "dpd")).to_have_value("[1..4]")
    let_go(page, held)
    saved(page, 4)
    expect(cell(page, "golden", "dpd")).to_have_value("[1..4]")
    page.keyboard.press("Tab")
    let_go(page, held)
    saved(page, 5)
    assert texts()[:2] == ["[1..4]", "[7..30]"]


def test_a_complaint_or_a_new_name_takes_no_cell_from_under_the_hands(editing_stage: Page, held: list[Route]):
    page = editing_stage
    cell(page, "golden", "dpd").fill("1 | 2")
    page.keyboard.press("Enter")
    page.keyboard.type("[7..30]")
    let_go(page, held)
    expect(page.locator("tr.complaint")).to_contain_text("STRAT-115")
    expect(cell(page, "M1", "dpd")).to_be_focused()
    expect(cell(page, "M1", "dpd")).to_have_value("[7..30]")
    cell(page, "M1", "row").fill("second")
    let_go(page, held)
    saved(page, 2)
    page.keyboard.press("Tab")
    page.keyboard.type("[8..29]")
    page.keyboard.press("Enter")
    let_go(page, held)
    saved(page, 3)
    let_go(page, held)
    saved(page, 4)
    assert texts()[1] == "[8..29]"
    expect(page.locator(".notice.error")).to_have_count(0)


def test_a_session_that_ends_and_a_server_that_fails_lose_no_cell(editing_stage: Page):
    page = editing_stage
    page.route("**/change", lambda route: route.fulfill(status=503, body="down"))
    cell(page, "golden", "dpd").fill("[1..6]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    page.unroute("**/change")
    saved(page, 2)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.type("[7..30]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in*")
    sign_in(page, "gu")  # a colleague at the same computer sends nothing of hers
    page.goto("/strategies/standard/2/edit?part=stage")
    expect(cell(page, "M1", "dpd")).to_have_value("[8..30]")
    page.context.clear_cookies(name="sessionid")
    sign_in(page, "lin")
    page.goto("/strategies/standard/2/edit?part=stage")
    saved(page, 3)
    assert texts()[:2] == ["[1..6]", "[7..30]"]


def test_rows_and_undo_by_keyboard(editing_stage: Page):
    page = editing_stage
    cell(page, "golden", "dpd").focus()
    page.keyboard.press("Alt+Enter")
    saved(page, 2)
    expect(cell(page, "row_1", "dpd")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    saved(page, 3)
    expect(page.locator("tr[data-row='1']")).to_have_attribute("data-id", "row_1")
    page.keyboard.press("Control+z")
    saved(page, 4)
    expect(page.locator("tr[data-row='1']")).to_have_attribute("data-id", "golden")
    page.keyboard.press("Control+y")
    saved(page, 5)
    expect(page.locator("tr[data-row='1']")).to_have_attribute("data-id", "row_1")
    page.locator("tr[data-id='row_1'] summary").click()
    page.locator("tr[data-id='row_1']").get_by_role("button", name="删除").click()
    saved(page, 6)
    expect(page.locator("tr[data-id='row_1']")).to_have_count(0)
    cell(page, "golden", "dpd").fill("1 | 2")
    page.keyboard.press("Tab")
    expect(page.locator("tr.complaint")).to_contain_text("STRAT-115")
    expect(cell(page, "golden", "dpd")).to_have_value("1 | 2")
    page.keyboard.press("Escape")
    expect(cell(page, "golden", "dpd")).to_have_value("[1..7]")


def test_two_who_edit_lose_nothing_and_overwrite_nothing(editing_stage: Page, browser: Browser, live_server):
    page = editing_stage
    other = browser.new_context(base_url=live_server.url).new_page()
    sign_in(other, "gu")
    other.goto("/strategies/standard/1/edit?part=stage")
    cell(other, "M1", "dpd").fill("[7..30]")
    other.keyboard.press("Enter")
    saved(other, 2)
    other.context.close()
    cell(page, "golden", "dpd").fill("[1..6]")
    page.keyboard.press("Enter")
    dialog = page.locator("#conflict")
    expect(dialog).to_contain_text("REL-004")
    expect(dialog).to_contain_text("顾总")
    assert not (faults := serious(page, "conflict")), faults
    dialog.get_by_role("button", name="把我的修改写进第 2 版").click()
    saved(page, 3)
    assert texts()[:2] == ["[1..6]", "[7..30]"]


def headings(page: Page) -> list[str]:
    return page.locator(".cells thead small").all_inner_texts()


def menu(page: Page, column: str, button: str) -> None:
    page.locator(f"[data-column-name='{column}'] >> xpath=..").locator("summary").focus()
    page.keyboard.press("Enter")
    page.locator(f"[data-column-name='{column}']").get_by_role("button", name=button, exact=True).press("Enter")


def test_a_column_is_added_filled_checked_moved_and_removed_by_keyboard(editing_stage: Page):
    page = editing_stage
    before = headings(page)
    menu(page, "dpd", "右边加一列")
    dialog = page.locator("#new-column")
    expect(dialog).to_contain_text("逾期天数 右边的新列")
    expect(dialog.locator("option", has_text="整数（次） · times_late")).to_have_count(1)
    expect(dialog.locator("select:visible option[value='dpd']")).to_have_count(0)
    assert not (faults := serious(page, "a column is chosen")), faults
    dialog.locator("select:visible").select_option("times_late")
    page.keyboard.press("Enter")
    saved(page, 2)
    at = before.index("dpd") + 1
    assert headings(page) == [*before[:at], "times_late", *before[at:]]
    expect(cell(page, "golden", "times_late")).to_be_focused()

    # filled: the check complains beside the cell until it is mended
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    saved(page, 3)
    expect(page.locator("tr.complaint")).to_contain_text("STRAT-032")
    cell(page, "golden", "times_late").fill(">= 0")
    page.keyboard.press("Enter")
    saved(page, 4)
    expect(page.locator("tr.complaint")).to_have_count(0)
    expect(page.locator("#check-title + .tag")).to_contain_text("没有问题")
    assert not (faults := serious(page, "a column more")), faults

    # moved and back, renamed and undone, removed
    cell(page, "golden", "times_late").focus()
    page.keyboard.press("Alt+ArrowLeft")
    saved(page, 5)
    assert headings(page)[at - 1 : at + 1] == ["times_late", "dpd"]
    expect(cell(page, "golden", "times_late")).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    saved(page, 6)
    menu(page, "times_late", "改为别的名称")
    dialog.locator("select:visible").select_option("city")
    dialog.get_by_role("button", name="放入").press("Enter")
    saved(page, 7)
    expect(page.locator("tr.complaint").first).to_contain_text("STRAT-0")
    page.keyboard.press("Control+z")
    saved(page, 8)
    menu(page, "times_late", "删除此列")
    saved(page, 9)
    assert headings(page) == before
    newest = queries.versions(KIND, "standard").defer(None)[0]
    assert newest.text == queries.version(KIND, "standard", 1).text


def test_which_rows_count_and_a_missing_result_are_complained_of_beside_the_table(editing_stage: Page):
    page = editing_stage
    page.get_by_label("生效方式").select_option("unique")
    saved(page, 2)
    expect(page.locator(".cells thead")).to_be_visible()
    expect(page.locator("tr.complaint").first).to_contain_text("STRAT-051")
    page.locator("[data-op='undo']").click()
    saved(page, 3)
    expect(page.get_by_label("生效方式")).to_have_value("first")
    expect(page.locator("tr.complaint")).to_have_count(0)
    menu(page, "stage", "改为别的名称")
    page.locator("#new-column select:visible").select_option("whom")
    page.keyboard.press("Enter")
    saved(page, 4)
    expect(page.locator("#sheet")).to_contain_text("STRAT-0")
    page.locator("[data-op='undo']").click()
    saved(page, 5)
    expect(page.locator("#check-title + .tag")).to_contain_text("没有问题")


def test_results_are_ranked_by_keyboard(editing_stage: Page):
    page = editing_stage
    page.get_by_label("生效方式").select_option("priority")
    saved(page, 2)
    ranks = page.locator("[data-rank-column='stage']")
    expect(page.locator("#sheet .finding").first).to_contain_text("ranks")
    ranks.get_by_role("button", name="全部按行的次序").press("Enter")
    saved(page, 3)
    expect(ranks.locator("li").first).to_have_attribute("data-rank", "golden")
    assert not (faults := serious(page, "ranks")), faults
    ranks.locator("li[data-rank='M1'] [data-op='rank-up']").press("Enter")
    saved(page, 4)
    expect(ranks.locator("li").first).to_have_attribute("data-rank", "M1")
    expect(ranks.locator("li[data-rank='M1'] [data-op='rank-down']")).to_be_focused()
    ranks.locator("li[data-rank='golden'] [data-op='rank-out']").press("Enter")
    saved(page, 5)
    expect(page.locator("tr.complaint").first).to_contain_text("golden")
    page.keyboard.press("Control+z")
    saved(page, 6)
    expect(page.locator("tr.complaint")).to_have_count(0)
    newest = queries.versions(KIND, "standard").defer(None)[0]
    assert strategy.read(newest.text).table("stage").ranks["stage"][:2] == ("M1", "golden")
