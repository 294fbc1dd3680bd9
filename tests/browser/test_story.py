"""A rep's morning on real records, and the payment of the next day that keeps the promise."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shouyue.base import money
from shouyue.book.importing import import_folder
from shouyue.book.profile import load
from shouyue.casework.models import Case, Promise
from shouyue.daily.cycle import run
from tests import factories

from .conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.shared]
DAY, NEXT = date(2023, 6, 30), date(2023, 7, 1)


def numbers_for(book: Path, folder: Path, customers: list[str]) -> None:
    """The lender's later file of numbers, visibly made up: the sample of real records has none."""
    folder.mkdir()
    with (folder / "contacts.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["customer_id", "phone", "relation", "place", "rank"])
        out.writerows([c, f"100{n:08}", "self", "mobile", 0] for n, c in enumerate(customers))
    import_folder(folder, load("native"), book, append=True)


def payment(book: Path, folder: Path, loan: str, minor: int) -> None:
    folder.mkdir()
    with (folder / "payments.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["payment_no", "contract_no", "paid_on", "amount"])
        out.writerow(["next-day-1", loan, NEXT.isoformat(), money.from_minor(minor)])
    import_folder(folder, load("homecredit"), book, append=True)


@pytest.fixture
def published(shared_data, tmp_path, transactional_db, monkeypatch) -> Path:
    monkeypatch.setenv("SHOUYUE_NOW", "2023-06-30T14:00:00+08:00")
    book = tmp_path / "homecredit"
    import_folder(shared_data / "homecredit", load("homecredit"), book)
    run(DAY, book)
    late = Case.objects.filter(phase="collection", hold=False).order_by("-priority")
    numbers_for(book, tmp_path / "numbers", list(late.values_list("customer__customer_id", flat=True)))
    store = late[0].store
    factories.user("rep", "rep", store, full_name="王晓琳")
    factories.user("manager", "store_manager", store, full_name="何店长")
    run(DAY, book)
    return book


def figure(page: Page, name: str):
    return page.locator("a.figure", has_text=name).locator("b")


def test_from_the_list_to_a_kept_promise(published, page, tmp_path, monkeypatch):
    sign_in(page, "rep")
    expect(page.locator("h1")).to_have_text("我的一天")
    first = page.locator("tbody tr").first
    expect(first.locator(".why")).to_contain_text("逾期")
    first.locator("a").click()
    expect(page.locator("#gate")).to_contain_text("现在可以拨打")
    case = Case.objects.get(pk=int(page.url.rstrip("/").rsplit("/", 1)[1]))
    loan = case.customer.loans.order_by("-dpd").first()
    assert loan is not None and case.phase == "collection"

    page.get_by_role("button", name="开始通话").click()
    expect(page.locator("h2", has_text="通话中")).to_be_visible()
    for _ in range(4):
        page.keyboard.press("1")
    page.keyboard.press("p")
    page.fill("#promise_due", NEXT.isoformat())
    page.fill("#note", "明天发工资")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice.success")).to_contain_text("已登记")
    expect(page.locator(".timeline").first).to_contain_text("承诺 2023-07-01 前还")
    expect(page.locator(".timeline").first).to_contain_text("明天发工资")
    promise = Promise.objects.get()
    assert (promise.amount_minor, promise.state) == (case.overdue_minor, Promise.State.OPEN)

    sign_out(page)
    sign_in(page, "manager")
    expect(page.locator("h1")).to_contain_text("今日")
    expect(figure(page, "承诺")).to_have_text("1")
    expect(figure(page, "联系到本人")).to_have_text("1")
    figure(page, "承诺").click()
    expect(page.locator("tbody tr")).to_have_count(1)

    payment(published, tmp_path / "next", loan.loan_id, promise.amount_minor)
    monkeypatch.setenv("SHOUYUE_NOW", "2023-07-01T14:00:00+08:00")
    run(NEXT, published)
    promise.refresh_from_db()
    assert (promise.state, promise.paid_minor) == (Promise.State.KEPT, promise.amount_minor)
    page.goto("/today/")
    expect(page.locator(".chip", has_text="守约").first.locator("b")).to_have_text("1")
    page.goto(f"/cases/{case.pk}/")
    expect(page.locator(".timeline").first).to_contain_text("承诺判定：守约")
    expect(page.locator(".timeline").first).to_contain_text("还款 ¥")


def sign_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")
