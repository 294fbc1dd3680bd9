"""Two conventions compared in a real browser: from the form to the matrix to the customers behind a cell."""

from __future__ import annotations

import pytest

from tests import factories, published

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser


@pytest.fixture
def book(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path / "books"))
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    for number in range(10, 75):
        factories.case(desk.store, desk.rep, number)
    published.publish(tmp_path / "books", late_booking=True)
    return desk


def test_from_the_form_to_the_customers_behind_a_cell(book, page):
    sign_in(page, "head")
    page.get_by_role("link", name="Conventions").click()
    page.get_by_label("Convention instead").select_option("mba")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/conventions/*/")
    assert page.get_by_role("heading", level=1).inner_text() == "default → mba"
    cell = page.locator(".matrix td.better a")
    assert cell.inner_text() == "68"
    cell.click()
    assert page.locator("#loans tbody tr").count() == 50
    page.get_by_role("link", name="After").click()
    assert page.locator("#loans tbody tr").count() == 18
    assert page.locator("#loans tbody tr").first.locator("td").nth(3).inner_text() == "M2 → 30"
    with page.expect_download() as taken:
        page.locator(".take summary").click()
        page.get_by_label("What for?").select_option("check")
        page.get_by_role("button", name="CSV").click()
    assert taken.value.suggested_filename == "conventions.csv"
    page.get_by_role("link", name="测**").first.click()
    page.wait_for_url("**/cases/*/")


@pytest.mark.parametrize(
    ("scheme", "width", "language"),
    [("light", 1440, "zh-hans"), ("dark", 1440, "en"), ("light", 390, "en"), ("dark", 390, "zh-hans")],
)
def test_axe_finds_nothing_serious(book, browser, live_server, monkeypatch, scheme, width, language):
    factories.User.objects.update(language=language)
    context = browser.new_context(
        base_url=live_server.url, color_scheme=scheme, viewport={"width": width, "height": 844}
    )
    page = context.new_page()
    sign_in(page, "auditor")

    def look(name: str) -> None:
        assert not (faults := serious(page, f"{name} {scheme} {width}")), "\n".join(faults)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is wider than the screen of {width} by {wide}"

    page.goto("/conventions/")
    look("conventions")
    page.select_option("#id_now", "eba")
    page.click("form.filters button.main")
    page.wait_for_url("**/conventions/*/")
    look("comparison")
    monkeypatch.setattr("shouyue.reports.comparisons.AT_ONCE", 1)
    page.goto("/conventions/")
    page.select_option("#id_now", "fineract")
    page.click("form.filters button.main")
    page.wait_for_url("**/conventions/*/")
    look("waiting")
    context.close()
